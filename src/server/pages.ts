// The pages' face: what is answered under the public URL's name, to browsers and to relying parties. A table of routes;
// headers that leave a browser nothing to guess and nothing to run (CSP Level 3, RFC 6797, Fetch). It never answers an API.
import { splitTarget } from '../core/http.ts'
import type { Maybe } from '../core/maybe.ts'
import { BodyRefused, type Exchange, type Handler, isRepeated, type Reply } from './exchange.ts'
import type { Limits } from './limits.ts'

/** A request for a page. */
export interface Asked {
  readonly exchange: Exchange
  /** What stood for the `:names` of the path, decoded; what stood for a final `*` under `*`, as it was sent. */
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly now: Date
}

export interface Page {
  /** Of a GET, HEAD is answered too. `*` takes every method. */
  readonly method: 'GET' | 'POST' | '*'
  /** Below the public URL: `/issuers/:id/keys`; a final `*` takes the rest, slashes and all. */
  readonly path: string
  /** Undefined: there is no such page. Headers that the reply has itself stand; the face adds those it lacks. */
  readonly handle: (asked: Asked) => Maybe<Reply | undefined>
}

export interface PagesOptions {
  /** The public URL: its path is where the pages begin. */
  readonly publicUrl: string
  readonly pages: readonly Page[]
  readonly limits: Pick<Limits, 'take'>
  readonly clock: () => Date
  /** Tells the operator of a failure that is ours. */
  readonly fail: (error: unknown, requestId: string) => void
}

const NOTHING_TO_RUN = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** What every answer has, unless its page says otherwise. */
const standard: readonly (readonly [string, string])[] = [
  ['Content-Security-Policy', NOTHING_TO_RUN],
  ['X-Content-Type-Options', 'nosniff'],
  ['X-Frame-Options', 'DENY'],
  ['Referrer-Policy', 'no-referrer'],
  ['Cross-Origin-Opener-Policy', 'same-origin'],
  ['Cross-Origin-Resource-Policy', 'same-origin'],
  ['Cache-Control', 'no-store'],
]
const strictTransport = ['Strict-Transport-Security', 'max-age=31536000'] as const

/** The handler of the pages' face. */
export function createPages({ publicUrl, pages, limits, clock, fail }: PagesOptions): Handler {
  const base = new URL(publicUrl).pathname.replace(/\/$/, '')
  const routes = pages.map((page) => ({ page, match: matcher(base + page.path) }))

  async function answered(exchange: Exchange): Promise<Reply> {
    const { message, from, requestId } = exchange
    const now = clock()
    if (isRepeated(message)) return text(400, 'The request has a header twice that may stand once.')
    if (!limits.take('address', from.address, now)) return text(429, 'Too many requests. Try again in a moment.')
    const { path, query } = splitTarget(message.target)
    const there = routes.flatMap(({ page, match }) => {
      const params = match(path)
      return params === undefined ? [] : [{ page, params }]
    })
    if (there.length === 0) return missing
    const found = there.find(({ page }) => takes(page, message.method))
    if (found === undefined) return text(405, 'Not with this method.', ['Allow', allowed(there)])
    try {
      const asked: Asked = { exchange, params: found.params, query: new URLSearchParams(query), now }
      return (await found.page.handle(asked)) ?? missing
    } catch (error) {
      if (error instanceof BodyRefused) return text(error.status, 'The body of the request was not taken.')
      fail(error, requestId)
      return text(500, `Something went wrong. The operator finds it under request ${requestId}.`)
    }
  }

  return async (exchange) => dressed(await answered(exchange), exchange.from.tls)
}

const missing: Reply = text(404, 'There is no such page.')

/** A short answer in words. */
export function text(status: number, words: string, more: readonly string[] = []): Reply {
  return { status, headers: ['Content-Type', 'text/plain; charset=utf-8', ...more], body: `${words}\n` }
}

/** A document for programs. */
export function json(body: object, more: readonly string[] = []): Reply {
  return { status: 200, headers: ['Content-Type', 'application/json', ...more], body: JSON.stringify(body) }
}

function dressed(reply: Reply, tls: boolean): Reply {
  const has = new Set(reply.headers.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase()))
  const lacking = (tls ? [...standard, strictTransport] : standard).filter(([name]) => !has.has(name.toLowerCase()))
  return { ...reply, headers: [...reply.headers, ...lacking.flat()] }
}

const takes = ({ method }: Page, asked: string) =>
  method === '*' || method === asked || (method === 'GET' && asked === 'HEAD')

const allowed = (there: readonly { readonly page: Page }[]) =>
  there.map(({ page }) => (page.method === 'GET' ? 'GET, HEAD' : page.method)).join(', ')

/** Compares a raw path, segment by segment. What does not decode matches nothing. */
function matcher(pattern: string): (path: string) => Record<string, string> | undefined {
  const open = pattern.endsWith('*')
  const wanted = (open ? pattern.slice(0, -1) : pattern).split('/')
  const fixed = open ? wanted.slice(0, -1) : wanted
  return (path) => {
    const given = path.split('/')
    if (open ? given.length <= fixed.length : given.length !== fixed.length) return undefined
    const params: Record<string, string> = {}
    for (const [at, segment] of fixed.entries()) {
      const stands = given[at] ?? ''
      if (!segment.startsWith(':')) {
        if (segment !== stands) return undefined
        continue
      }
      const value = decoded(stands)
      if (value === undefined || value === '') return undefined
      params[segment.slice(1)] = value
    }
    if (open) params['*'] = given.slice(fixed.length).join('/')
    return params
  }
}

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment)
  } catch {
    return undefined
  }
}
