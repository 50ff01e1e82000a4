// EKS Pod Identity on a node, as AWS's agent answers it (Amazon EKS User Guide, "Understand how EKS Pod Identity works"): a pod sends
// its service account's token, and gets the credentials that EKS Auth gives for it. Texts and codes are those of that agent.
import { splitTarget } from '../core/http.ts'
import type { Exchange, Handler, Reply } from '../server/exchange.ts'
import type { Caller } from './callers.ts'
import { EksAuthFailed, EksAuthRefused } from './eks-auth.ts'
import { type PodCredentials, TooMany } from './pod-credentials.ts'
import { membersOf, servedOf } from './served.ts'

export interface PodIdentityParts {
  readonly pods: PodCredentials
  readonly callerOf: (exchange: Exchange) => Caller
  /** Its own addresses, for the refusal that names them. */
  readonly names: readonly string[]
  readonly clock: () => Date
}

export const podPath = '/v1/credentials'

export function podIdentityHandler({ pods, callerOf, names, clock }: PodIdentityParts): Handler {
  return (exchange) => {
    const caller = callerOf(exchange)
    if ('foreign' in caller) {
      if (caller.foreign === 'repeated') return text(400, 'A header stands twice')
      if (caller.foreign !== 'host') return text(403, 'Access Denied. This agent is for pods of its node')
      const use = `please use either [${names.join(' ')}] address not ${exchange.from.host}`
      return text(403, `Access Denied. Called agent through invalid address, ${use}`)
    }
    const { method, headers, target } = caller.message
    if (splitTarget(target).path !== podPath) return text(404, '404 page not found')
    if (method !== 'GET') return text(405, 'Method Not Allowed', ['Allow', 'GET'])
    const token = headers.get('authorization') ?? ''
    const times = timesOf(token, clock())
    if (typeof times === 'string') return text(400, times)
    return give(() => pods.current(token, times.endsAt, exchange.from.address), clock)
  }
}

async function give(current: PodSet, clock: () => Date): Promise<Reply> {
  const served = await servedOf({ current }, clock)
  if ('set' in served) {
    return {
      status: 200,
      headers: ['Content-Type', 'application/json', 'Cache-Control', 'no-store'],
      body: JSON.stringify({ ...membersOf(served.set), AccountId: served.set.accountId }),
    }
  }
  const { error } = served
  if (error instanceof TooMany) return text(429, `Too Many Requests. ${error.message}`)
  if (!(error instanceof EksAuthRefused || error instanceof EksAuthFailed)) return text(500, served.why)
  const { status, requestId, code, message } = error.answer
  return text(status, `[${requestId}]: (${code}): ${message}, fault: ${status < 500 ? 'client' : 'server'}`)
}

type PodSet = () => ReturnType<PodCredentials['current']>

/** When a token ends; a text that says what is wrong with it as far as a node can tell. Whether it is genuine, EKS Auth says. */
function timesOf(token: string, now: Date): { readonly endsAt: Date } | string {
  if (token === '') return 'Service account token cannot be empty'
  const claims = claimsOf(token)
  if (typeof claims === 'string') return `Service account token cannot be parsed: token is malformed: ${claims}`
  const { exp, nbf } = claims
  const seconds = now.getTime() / 1000
  const failed = (why: string) =>
    `Service account token failed basic claim validations: token has invalid claims: ${why}`
  if (exp === undefined || exp <= seconds) return failed('token is expired')
  if (nbf !== undefined && nbf > seconds) return failed('token is not valid yet')
  return { endsAt: new Date(exp * 1000) }
}

/** The times that a token names, unverified; a text that says why it is none. */
function claimsOf(token: string): { readonly exp?: number; readonly nbf?: number } | string {
  const parts = token.split('.')
  if (parts.length !== 3) return 'token contains an invalid number of segments'
  if (!parts.every((part) => /^[A-Za-z0-9_-]+$/.test(part))) return 'could not base64 decode'
  try {
    const claims = JSON.parse(Buffer.from(parts[1] ?? '', 'base64url').toString()) as Record<string, unknown>
    const time = (name: string) => (typeof claims[name] === 'number' ? { [name]: claims[name] } : {})
    return { ...time('exp'), ...time('nbf') }
  } catch {
    return 'could not JSON decode claim'
  }
}

const text = (status: number, body: string, headers: readonly string[] = []): Reply => ({
  status,
  headers: ['Content-Type', 'text/plain; charset=utf-8', 'X-Content-Type-Options', 'nosniff', ...headers],
  body: `${body}\n`,
})
