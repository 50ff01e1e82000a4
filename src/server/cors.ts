// Calls from browsers (Fetch Standard, "HTTP CORS protocol"): which services' answers pages may read is a column of
// wire/services.ts.
import type { Message } from '../core/http.ts'
import { forwardedOf, serviceNames, services } from '../wire/services.ts'
import type { Reply } from './exchange.ts'

const exposed = 'x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date'
/** `*` does not stand for Authorization. */
const allowed = [
  ...['*', 'Authorization', 'Date', 'X-Amz-Date', 'X-Amz-Security-Token', 'X-Amz-Target', 'Content-Type'],
  ...['x-amz-content-sha256', 'x-amz-user-agent', 'amz-sdk-invocation-id', 'amz-sdk-request'],
  ...['x-amzn-platform-id', 'x-amzn-trace-id'],
].join(',')

const none: readonly string[] = []
const exposing = (names: string): readonly string[] => [
  ...['access-control-allow-origin', '*'],
  ...['access-control-expose-headers', names],
]
const always = exposing(exposed)

/** By service. What is passed on is answered with the checksum of its backend. */
const readable: ReadonlyMap<string, readonly string[]> = new Map(
  serviceNames
    .filter((name) => services[name].pages)
    .map((name) => [name, forwardedOf(name) === undefined ? always : exposing(`${exposed},x-amz-crc32`)]),
)

/** Headers of an answer (of a refusal as well) that let the page which asked read it. */
export const corsHeaders = (message: Message, service: string | undefined): readonly string[] =>
  service !== undefined && message.headers.has('origin') ? (readable.get(service) ?? none) : none

/**
 * The answer to a browser that asks whether it may ask; undefined for every other request. It names no service, so it is
 * the same for all: a page may send, but the answers of other services stay closed to it.
 */
export function preflight({ method, headers }: Message): Reply | undefined {
  if (method !== 'OPTIONS' || !headers.has('origin') || !headers.has('access-control-request-method')) return undefined
  return {
    status: 200,
    headers: [
      ...always,
      ...['access-control-allow-methods', 'GET,POST,OPTIONS'],
      ...['access-control-allow-headers', allowed],
      ...['access-control-max-age', '172800'],
    ],
    body: '',
  }
}
