// The endpoints that programs ask: `token` (RFC 6749 3.2), `revoke` (RFC 7009), `device` (RFC 8628 3.1). Forms in, JSON out.
import { inRanges, readRange } from '../../core/policy/addresses.ts'
import type { CommandLineTokens, OauthRefused } from '../../service/people/oauth/oauth-tokens.ts'
import { type Form, readForm } from '../../wire/form.ts'
import {
  commandLineClient,
  type DeviceAnswer,
  deviceGrant,
  type OauthError,
  oauthPaths,
  type TokenAnswer,
} from '../../wire/sign-in-oauth.ts'
import { type Exchange, isRepeated, type Reply } from '../exchange.ts'
import { isForm } from '../pages/form.ts'
import { json, type Page, type PageRequest, type ProgramPage, type Refusal } from '../pages/page.ts'
import { pathIn } from '../pages/site.ts'
import type { OauthParts } from './parts.ts'

const longestForm = 16_384

const refuse = (error: OauthError['error'], error_description: string, status = 400, more: readonly string[] = []) =>
  json({ error, error_description } satisfies OauthError, more, status)

/** What is refused before the endpoint is asked. */
const refusal: Refusal = (status, words, _requestId, more) => {
  if (status === 429 || status === 503) return refuse('temporarily_unavailable', words, status, more)
  return refuse(status === 500 ? 'server_error' : 'invalid_request', words, status, more)
}

type Answer = (request: PageRequest, form: Form) => Promise<Reply>

/** An endpoint that takes the form of a client. Parameters that are not known are passed over (RFC 6749 3.2). */
const endpoint = (path: string, answer: Answer): ProgramPage => ({
  ...{ method: 'POST', path, isForPrograms: true, longestBody: longestForm, refusal },
  async answer(request, body) {
    const { message } = request.exchange
    if (isRepeated(message) || !isForm(message)) return refuse('invalid_request', 'The request is not a form.', 415)
    const form = readForm('', body)
    if (!(form instanceof Map)) return refuse('invalid_request', 'The form cannot be read.')
    if (form.get('client_id') !== commandLineClient.id) {
      return refuse('invalid_client', `client_id is not ${commandLineClient.id}.`, 401)
    }
    return answer(request, form)
  },
})

type Given = CommandLineTokens | OauthRefused
interface Grant {
  /** Parameters beside `grant_type` and `client_id`; all are needed. */
  readonly needs: readonly string[]
  readonly give: (value: (name: string) => string, exchange: Exchange, now: Date) => Promise<Given>
}

export function oauthEndpoints(parts: OauthParts): readonly Page[] {
  const { grants, devices, tokens, people } = parts
  const { site } = parts.browser

  const mayUseDevices = async ({ from }: Exchange): Promise<boolean> =>
    inRanges(
      (await people.table()).deviceNetworks.flatMap((text) => readRange(text) ?? []),
      from.address,
    )
  const noDevices = () =>
    refuse('unauthorized_client', 'Device codes are not given to this address. Sign in with: hallpass login', 403)

  const kinds: ReadonlyMap<string, Grant> = new Map<string, Grant>([
    [
      'authorization_code',
      {
        needs: ['code', 'redirect_uri', 'code_verifier'],
        give: (value, exchange, now) =>
          grants.exchange(
            { code: value('code'), redirectUri: value('redirect_uri'), verifier: value('code_verifier') },
            exchange,
            now,
          ),
      },
    ],
    [
      'refresh_token',
      { needs: ['refresh_token'], give: (value, _exchange, now) => tokens.refresh(value('refresh_token'), now) },
    ],
    [
      deviceGrant,
      { needs: ['device_code'], give: (value, exchange, now) => devices.poll(value('device_code'), exchange, now) },
    ],
  ])

  return [
    endpoint(oauthPaths.token, async ({ exchange, now }, form) => {
      const kind = form.get('grant_type') ?? ''
      const grant = kinds.get(kind)
      if (grant === undefined) return refuse('unsupported_grant_type', 'grant_type is none that is known here.')
      const missing = grant.needs.find((name) => (form.get(name) ?? '') === '')
      if (missing !== undefined) return refuse('invalid_request', `${missing} is missing.`)
      if (kind === deviceGrant && !(await mayUseDevices(exchange))) return noDevices()
      const given = await grant.give((name) => form.get(name) ?? '', exchange, now)
      if (!('error' in given)) return json(tokenAnswer(given, now))
      if (given.error === 'invalid_grant') parts.refused(exchange, given.description, now)
      return refuse(given.error, given.description, given.error === 'temporarily_unavailable' ? 503 : 400)
    }),

    endpoint(oauthPaths.revoke, async ({ now }, form) => {
      const token = form.get('token') ?? ''
      if (token === '') return refuse('invalid_request', 'token is missing.')
      await tokens.revoke(token, now)
      return json({})
    }),

    endpoint(oauthPaths.device, async ({ exchange, now }) => {
      if (!(await mayUseDevices(exchange))) return noDevices()
      const { deviceCode, userCode, expiresIn, interval } = await devices.begin(exchange.from.address, now)
      return json({
        ...{ device_code: deviceCode, user_code: userCode, expires_in: expiresIn, interval },
        verification_uri: site.origin + pathIn(site, oauthPaths.devicePage),
      } satisfies DeviceAnswer)
    }),
  ]
}

function tokenAnswer({ accessToken, refreshToken, expiresIn, signIn }: CommandLineTokens, now: Date): TokenAnswer {
  return {
    ...{ access_token: accessToken, token_type: 'Bearer', expires_in: expiresIn, refresh_token: refreshToken },
    sign_in_expires_in: Math.max(0, Math.floor((signIn.endsAt.getTime() - now.getTime()) / 1000)),
    ...{ connector: signIn.connector, login: signIn.login },
  }
}
