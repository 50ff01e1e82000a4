// What our own APIs for programs have in common: JSON in and out, AWS's code where AWS has one, a sentence, the request's id.
import type { ApiError } from '../wire/api-answers.ts'
import { type Json, readJson } from '../wire/json-text.ts'
import { type Exchange, isRepeated, type Reply } from './exchange.ts'
import { json, type Refusal } from './pages/page.ts'

export interface ApiRefusal {
  readonly refused: { readonly code: string; readonly status: number; readonly message: string }
}

export const isRefusal = (value: object): value is ApiRefusal => 'refused' in value

export const refused = (code: string, status: number, message: string): ApiRefusal => ({
  refused: { code, status, message },
})

export const invalid = (message: string) => refused('ValidationError', 400, message)
export const denied = (message: string) => refused('AccessDenied', 403, message)

export function errorReply({ refused: { code, status, message } }: ApiRefusal, requestId: string): Reply {
  const more = status === 401 ? ['WWW-Authenticate', 'Bearer'] : []
  return json({ code, message, requestId } satisfies ApiError, more, status)
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
  json({ code: codes[status] ?? 'InvalidRequest', message: words, requestId } satisfies ApiError, more, status)

/** The headers of a request that a page answers. */
export function headersOf({ message }: Exchange): ReadonlyMap<string, string> {
  if (isRepeated(message)) throw new TypeError('a page is asked by no request with a header twice')
  return message.headers
}

const jsonType = /^application\/json(?:[ \t]*;[ \t]*charset="?utf-8"?)?$/i
const nothing: Json = new Map()

/** The body as JSON; an object without members where there is none. */
export function jsonOf(exchange: Exchange, bytes: Buffer): { readonly json: Json } | ApiRefusal {
  const headers = headersOf(exchange)
  if (bytes.length > 0 && (!jsonType.test(headers.get('content-type') ?? '') || headers.has('content-encoding'))) {
    return refused('UnsupportedMediaType', 415, 'The body is not application/json.')
  }
  const read = bytes.length === 0 ? { value: nothing } : readJson(bytes)
  if ('wrong' in read) return refused('SerializationException', 400, 'The body is not JSON that can be read.')
  return { json: read.value }
}
