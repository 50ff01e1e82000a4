// How a test's browser reaches pages: over the network, or straight to their handler under any public URL.
import { BodyRefused, type Exchange, type Handler } from '../../exchange.ts'

export interface Sent {
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | undefined
}

export interface Received {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

export type Transport = (sent: Sent) => Promise<Received>

export const overNetwork: Transport = async ({ method, url, headers, body }) => {
  const answer = await fetch(url, { method, headers, redirect: 'manual', ...(body === undefined ? {} : { body }) })
  return { status: answer.status, headers: answer.headers, text: await answer.text() }
}

/** Calls the handler of all pages. */
export function toHandler(handler: Handler): Transport {
  return async (sent) => {
    const reply = await handler(exchangeOf(sent))
    const headers = new Headers()
    for (let at = 0; at + 1 < reply.headers.length; at += 2) {
      headers.append(reply.headers[at] ?? '', reply.headers[at + 1] ?? '')
    }
    return { status: reply.status, headers, text: String(reply.body) }
  }
}

/** A request as the listener hands it over. */
export function exchangeOf({ method, url, headers, body = '' }: Sent): Exchange {
  const bytes = Buffer.from(body, 'latin1')
  return {
    requestId: 'REQUEST',
    message: {
      method,
      target: url.pathname + url.search,
      headers: new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
    },
    body: { bytes: async (limit: number) => (bytes.length > limit ? tooLarge() : bytes) },
    from: { address: '192.0.2.1', tls: url.protocol === 'https:', userAgent: '', host: url.host },
  } as unknown as Exchange
}

function tooLarge(): never {
  throw new BodyRefused('too-large')
}
