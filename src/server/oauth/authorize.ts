// `authorize` (RFC 6749 4.1, RFC 8252): a person says in the browser that a command line may have a sign-in of theirs. Anybody may send
// somebody this link, so nothing happens until they say so, on a page that tells who asks and where the code goes.
import { splitTarget } from '../../core/http.ts'
import { readForm } from '../../wire/form.ts'
import { loopbackPath, oauthPaths } from '../../wire/sign-in-oauth.ts'
import { type Exchange, isRepeated, type Reply } from '../exchange.ts'
import type { FormFields } from '../pages/form.ts'
import type { Page } from '../pages/page.ts'
import {
  type AuthorizeRequest,
  authorizeFields,
  type RefusedRequest,
  type Return,
  readAuthorizeRequest,
} from './authorize-request.ts'
import { askToAllow, loopbackLinkPage, pastedCodePage, problem } from './documents.ts'
import { type OauthParts, signedInForm, signInFirst } from './parts.ts'

export function authorizePages(parts: OauthParts): readonly Page[] {
  const { site, guard } = parts.browser
  const refuse = (exchange: Exchange, refused: RefusedRequest) => {
    const { answer, error, reason } = refused
    if (answer?.returnTo.kind === 'loopback') {
      return toProgram(answer.returnTo, { error, error_description: reason, state: answer.state })
    }
    return problem(site, exchange, `This link is not one of the command line’s: ${reason}.`)
  }
  return [
    {
      method: 'GET',
      path: oauthPaths.authorize,
      async handle({ exchange, now }) {
        const { message } = exchange
        const query = isRepeated(message) ? undefined : readForm(splitTarget(message.target).query)
        if (!(query instanceof Map)) return problem(site, exchange, 'This link cannot be read: a part of it is broken.')
        const request = readAuthorizeRequest(site, query)
        if ('error' in request) return refuse(exchange, request)
        const form = await signedInForm(parts, exchange, oauthPaths.authorize, now)
        return form === undefined ? signInFirst(parts, message.target, now) : askToAllow(site, exchange, form, request)
      },
    },
    {
      ...{ method: 'POST', path: oauthPaths.authorize, guard, fields: [...authorizeFields, 'answer'] },
      async handle({ exchange, now }, fields) {
        const request = readAuthorizeRequest(site, fields)
        if ('error' in request) return refuse(exchange, request)
        return answer(parts, exchange, request, fields, now)
      },
    },
  ]
}

async function answer(
  { browser, grants }: OauthParts,
  exchange: Exchange,
  { redirectUri, returnTo, state, challenge }: AuthorizeRequest,
  fields: FormFields,
  now: Date,
): Promise<Reply> {
  const { site } = browser
  const signIn = await browser.of(exchange, now)
  if (signIn === undefined) return problem(site, exchange, 'You are not signed in any more. Begin again.')
  const isAllowed = fields.get('answer') === 'allow'
  const returned = isAllowed
    ? { code: await grants.allow(signIn, { redirectUri, challenge }, now), state }
    : { error: 'access_denied', error_description: 'It was refused in the browser.', state }
  if (returnTo.kind === 'page') {
    // Never in an address: the browser's history, and whatever stands between, would keep it.
    return 'code' in returned
      ? pastedCodePage(site, returned.code)
      : problem(site, exchange, 'Nothing was allowed. You can close this page.', 200)
  }
  // A content-security policy has no way to name an IPv6 address, so a browser would not follow the form there: a link leads on.
  return returnTo.host === '[::1]'
    ? loopbackLinkPage(site, addressOf(returnTo, returned))
    : toProgram(returnTo, returned)
}

type Loopback = Extract<Return, { readonly kind: 'loopback' }>

const addressOf = ({ host, port }: Loopback, parameters: Readonly<Record<string, string>>): string =>
  `http://${host}:${port}${loopbackPath}?${new URLSearchParams(parameters)}`

/** INVARIANT: the address is made of the port alone: no text of a request is a destination. */
const toProgram = (to: Loopback, parameters: Readonly<Record<string, string>>): Reply => ({
  ...{ status: 303, headers: ['Location', addressOf(to, parameters)], body: '' },
})
