// What a program asks of `authorize` (RFC 6749 4.1.1, RFC 7636 4.3, RFC 8252 7.3), read in one way or refused.
import { challengeMethod } from '../../core/pkce.ts'
import type { Form } from '../../wire/form.ts'
import { commandLineClient, loopbackPath, oauthPaths } from '../../wire/sign-in-oauth.ts'
import { pathIn, type Site } from '../pages/site.ts'

/** Where a code goes: to a program that listens on the person's own machine, or onto a page from which they paste it. */
export type Return =
  | { readonly kind: 'loopback'; readonly host: '127.0.0.1' | '[::1]'; readonly port: number }
  | { readonly kind: 'page' }

export interface AuthorizeRequest {
  /** To the letter. */
  readonly redirectUri: string
  readonly returnTo: Return
  readonly state: string
  readonly challenge: string
}

/** Why a request is refused: to the program that waits for it where there is one, else to the person. */
export interface RefusedRequest {
  readonly error: 'invalid_request' | 'unsupported_response_type'
  readonly reason: string
  readonly answer?: { readonly returnTo: Return; readonly state: string }
}

/** What every request has, in this order. */
export const authorizeFields = [
  'response_type',
  'client_id',
  'redirect_uri',
  'state',
  'code_challenge',
  'code_challenge_method',
] as const

const stateShape = /^[A-Za-z0-9._~-]{1,512}$/
const challengeShape = /^[A-Za-z0-9_-]{43}$/
const loopbackShape = /^http:\/\/(127\.0\.0\.1|\[::1\]):([1-9][0-9]{0,4})(\/[a-z]+)$/

/**
 * INVARIANT: a code goes to the machine that the browser runs on, or onto a page of ours: scheme, host and path are compared to the
 * letter, and nothing of the text is used but the port. `localhost` is a name, which somebody else may answer to.
 */
function readReturn(site: Site, redirectUri: string): Return | undefined {
  if (redirectUri === site.origin + pathIn(site, oauthPaths.code)) return { kind: 'page' }
  const [, host, digits, path] = loopbackShape.exec(redirectUri) ?? []
  const port = Number(digits)
  if ((host !== '127.0.0.1' && host !== '[::1]') || path !== loopbackPath || port > 65_535) return undefined
  return { kind: 'loopback', host, port }
}

/** The rest of a request is looked at only once it is known where an answer may go. */
const checks: readonly (readonly [
  name: string,
  isRight: (value: string) => boolean,
  reason: string,
  error?: RefusedRequest['error'],
])[] = [
  ['response_type', (value) => value === 'code', 'response_type is not code', 'unsupported_response_type'],
  ['code_challenge_method', (value) => value === challengeMethod, `code_challenge_method is not ${challengeMethod}`],
  ['code_challenge', (value) => challengeShape.test(value), 'code_challenge is not a SHA-256 in base64url'],
]

export function readAuthorizeRequest(site: Site, form: Form): AuthorizeRequest | RefusedRequest {
  const value = (name: string) => form.get(name) ?? ''
  const invalid = (reason: string): RefusedRequest => ({ error: 'invalid_request', reason })
  if (value('client_id') !== commandLineClient.id) return invalid('client_id is not a client of this server')
  const redirectUri = value('redirect_uri')
  const returnTo = readReturn(site, redirectUri)
  if (returnTo === undefined) {
    return invalid(
      `redirect_uri is neither http://127.0.0.1:PORT${loopbackPath}, nor http://[::1]:PORT${loopbackPath}, nor the page of this server that shows a code`,
    )
  }
  const state = value('state')
  if (!stateShape.test(state)) return invalid('state is missing, or has other signs than A-Z a-z 0-9 . _ ~ -')
  for (const [name, isRight, reason, error = 'invalid_request'] of checks) {
    if (!isRight(value(name))) return { error, reason, answer: { returnTo, state } }
  }
  return { redirectUri, returnTo, state, challenge: value('code_challenge') }
}
