// How the broker's API refuses: AWS's code where AWS has one, a sentence, the request's id.
import type { BrokerError } from '../../wire/broker-api.ts'
import type { Reply } from '../exchange.ts'
import { json, type Refusal } from '../pages/page.ts'

export interface ApiRefusal {
  readonly refused: { readonly code: string; readonly status: number; readonly message: string }
}

export const isRefusal = (value: object): value is ApiRefusal => 'refused' in value

export const refused = (code: string, status: number, message: string): ApiRefusal => ({
  refused: { code, status, message },
})

export const invalid = (message: string) => refused('ValidationError', 400, message)
export const denied = (message: string) => refused('AccessDenied', 403, message)

/**
 * INVARIANT: whoever is not signed in is told the same, whatever was wrong: else it could be found out which logins there are, and whose
 * account is locked.
 */
export const notSignedIn = refused(
  'UnauthorizedException',
  401,
  'Nobody was signed in: the login, password, code, token or response is not good, or it was used before.',
)

export const notNow = refused(
  'ServiceUnavailable',
  503,
  'The company’s directory or provider cannot be asked now. Try again in a moment.',
)

export function errorReply({ refused: { code, status, message } }: ApiRefusal, requestId: string): Reply {
  const more = status === 401 ? ['WWW-Authenticate', 'Bearer'] : []
  return json({ code, message, requestId } satisfies BrokerError, more, status)
}

const codes: Readonly<Record<number, string>> = {
  403: 'AccessDenied',
  405: 'MethodNotAllowed',
  408: 'RequestTimeout',
  413: 'RequestEntityTooLarge',
  429: 'Throttling',
  500: 'InternalFailure',
  503: 'ServiceUnavailable',
}

/** What is refused before the API is asked. */
export const refusalBefore: Refusal = (status, words, requestId, more) =>
  json({ code: codes[status] ?? 'InvalidRequest', message: words, requestId } satisfies BrokerError, more, status)
