// Opaque access tokens of Facebook and Login with Amazon: only the provider knows whose they are and for which app, so it
// is asked (Facebook Graph API, /debug_token; Login with Amazon, /auth/o2/tokeninfo). A token of an app that is not
// configured here is rejected: what proves a user to another app proves nothing to this one.
import { hash } from 'node:crypto'
import { type Json, readJson } from '../../wire/json-text.ts'
import type { Fetch, FetchRejection, Trust } from '../fetch.ts'
import { tokenText } from '../token-text.ts'
import { createQuestions } from './questions.ts'

/** The providers' names: ProviderId, Federated principal and prefix of condition keys. */
export const oauthProviders = ['graph.facebook.com', 'www.amazon.com'] as const
export type OauthProvider = (typeof oauthProviders)[number]

export interface OauthSettings {
  /** Base URL of the provider's API: `https://graph.facebook.com`, `https://api.amazon.com`. */
  readonly endpoint: string
  /** App ids whose tokens are accepted; Facebook's, each with its app secret. */
  readonly apps: ReadonlyMap<string, string>
  readonly trust: Trust
}

export interface InspectedToken {
  readonly subject: string
  readonly app: string
  /** Seconds since 1970; absent for tokens that do not expire. */
  readonly expiresAt?: number
}

export type InspectRejection =
  | FetchRejection
  | 'not-offered'
  | 'not-a-document'
  | 'revoked'
  | 'expired'
  | 'app'
  | 'malformed'

export type Inspected = InspectedToken | { readonly rejected: InspectRejection; readonly detail: string }

export interface Inspector {
  /** `address`: of the client that sent the token. */
  inspect(provider: OauthProvider, token: string, now: Date, address: string): Promise<Inspected>
}

/** Tokens are printable and have no spaces: anything else is no token and is sent nowhere. */
const opaqueText = /^[\x21-\x7e]{4,4096}$/
/** How long a rejection is remembered, and of how many tokens. A valid token is never remembered: it may be revoked. */
const refusedMs = 60_000
const mostRefused = 10_000
/** Requests that may wait for a provider at once: while it hangs, documents of others can still be fetched. */
const mostRunning = 24
/** Rejections that depend on the token alone: the provider would repeat them. */
const lasting: ReadonlySet<InspectRejection> = new Set(['revoked', 'expired', 'app', 'malformed'])

export function createInspector(
  fetch: Fetch,
  settings: { readonly [P in OauthProvider]?: OauthSettings | undefined },
): Inspector {
  const questions = createQuestions()
  /** By the token's hash: requests under way, and recent rejections. */
  const running: Readonly<Record<OauthProvider, Map<string, Promise<Inspected>>>> = {
    'graph.facebook.com': new Map(),
    'www.amazon.com': new Map(),
  }
  const refused = new Map<string, { readonly answer: Inspected; readonly until: number }>()

  async function askProvider(
    provider: OauthProvider,
    configured: OauthSettings,
    token: string,
    now: Date,
  ): Promise<Inspected> {
    const read = provider === 'www.amazon.com' ? amazon : facebook
    const inspected = await read(fetch, configured, token)
    if ('rejected' in inspected) return inspected
    const { expiresAt } = inspected
    if (expiresAt !== undefined && now.getTime() / 1000 >= expiresAt) {
      return { rejected: 'expired', detail: `expired at ${expiresAt}` }
    }
    return configured.apps.has(inspected.app)
      ? inspected
      : { rejected: 'app', detail: `a token for app ${inspected.app}` }
  }

  function remember(name: string, answer: Inspected, now: number): void {
    if (!('rejected' in answer) || !lasting.has(answer.rejected)) return
    if (refused.size >= mostRefused) refused.delete(refused.keys().next().value ?? '')
    refused.set(name, { answer, until: now + refusedMs })
  }

  return {
    async inspect(provider, given, now, address) {
      const token = tokenText(given)
      const configured = settings[provider]
      if (configured === undefined || configured.apps.size === 0) {
        return { rejected: 'not-offered', detail: `no app of ${provider} is configured` }
      }
      if (!opaqueText.test(token)) return { rejected: 'malformed', detail: 'no access token' }
      const name = `${provider} ${hash('sha256', token, 'base64')}`
      const rejection = refused.get(name)
      const time = now.getTime()
      if (rejection !== undefined && time < rejection.until && time >= rejection.until - refusedMs)
        return rejection.answer
      refused.delete(name)
      // All who send the same token at once share one request.
      const waiting = running[provider]
      const same = waiting.get(name)
      if (same !== undefined) return same
      // Facebook is asked once for each app.
      const count = provider === 'www.amazon.com' ? 1 : configured.apps.size
      if (waiting.size >= mostRunning || !questions.take(provider, address, count, time)) {
        return { rejected: 'busy', detail: `${provider} is asked too often` }
      }
      const question = askProvider(provider, configured, token, now).finally(() => waiting.delete(name))
      waiting.set(name, question)
      const answer = await question
      if ('rejected' in answer) remember(name, answer, time)
      else questions.proven(provider, address, count)
      return answer
    },
  }
}

/** The provider's answer as an object. A 4xx means that the token was revoked or invented. */
async function ask(
  fetch: Fetch,
  { endpoint, trust }: OauthSettings,
  path: string,
  query: Readonly<Record<string, string>>,
  bearer?: string,
): Promise<ReadonlyMap<string, Json> | { readonly rejected: InspectRejection; readonly detail: string }> {
  const url = new URL(`${endpoint.replace(/\/$/, '')}${path}?${new URLSearchParams(query)}`)
  const headers = bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }
  const answer = await fetch(url, trust, headers)
  if ('rejected' in answer) {
    return answer.rejected === 'status' ? { rejected: 'revoked', detail: answer.detail } : answer
  }
  const read = readJson(answer.body)
  return 'value' in read && read.value instanceof Map
    ? read.value
    : { rejected: 'not-a-document', detail: 'no JSON object' }
}

/** `{ iss, user_id, aud, app_id, exp, iat }`; `exp` is the number of seconds that are left. */
async function amazon(fetch: Fetch, settings: OauthSettings, token: string): Promise<Inspected> {
  const answer = await ask(fetch, settings, '/auth/o2/tokeninfo', { access_token: token })
  if ('rejected' in answer) return answer as { rejected: InspectRejection; detail: string }
  const [subject, app, left] = [text(answer, 'user_id'), text(answer, 'app_id'), answer.get('exp')]
  if (subject === undefined || app === undefined) return { rejected: 'not-a-document', detail: 'no user_id or app_id' }
  if (typeof left !== 'number' || left <= 0) return { rejected: 'expired', detail: 'no time is left' }
  return { subject, app }
}

/** Facebook answers for one app at a time, with that app's secret. */
async function facebook(fetch: Fetch, settings: OauthSettings, token: string): Promise<Inspected> {
  let last: Inspected = { rejected: 'app', detail: 'no app knows the token' }
  for (const [app, secret] of settings.apps) {
    const answer = await ask(fetch, settings, '/debug_token', { input_token: token }, `${app}|${secret}`)
    if ('rejected' in answer) {
      last = answer as { rejected: InspectRejection; detail: string }
      continue
    }
    const inspected = debugged(answer)
    if (!('rejected' in inspected) && inspected.app === app) return inspected
    last = 'rejected' in inspected ? inspected : { rejected: 'app', detail: `a token for app ${inspected.app}` }
  }
  return last
}

/** `{ data: { app_id, user_id, is_valid, expires_at, type } }`; `expires_at` 0 is never. */
function debugged(answer: ReadonlyMap<string, Json>): Inspected {
  const data = answer.get('data')
  if (!(data instanceof Map)) return { rejected: 'not-a-document', detail: 'no data' }
  const members = data as ReadonlyMap<string, Json>
  if (members.get('is_valid') !== true) return { rejected: 'revoked', detail: 'is_valid is not true' }
  if (members.get('type') !== 'USER') return { rejected: 'malformed', detail: 'not a token of a user' }
  const [subject, app, expiresAt] = [text(members, 'user_id'), text(members, 'app_id'), members.get('expires_at')]
  if (subject === undefined || app === undefined || typeof expiresAt !== 'number') {
    return { rejected: 'not-a-document', detail: 'no user_id, app_id or expires_at' }
  }
  return expiresAt === 0 ? { subject, app } : { subject, app, expiresAt }
}

const text = (members: ReadonlyMap<string, Json>, name: string): string | undefined => {
  const value = members.get(name)
  return typeof value === 'string' && value !== '' && value.length <= 255 ? value : undefined
}
