// The router of the pages: what is answered under the public URL's name, to browsers and to relying parties. A table of pages; it never
// answers an API. A form is checked here, before its page is asked.
import { splitTarget } from '../../core/http.ts'
import { Unavailable } from '../../store/store.ts'
import {
  BodyRefused,
  type Exchange,
  exchangeWith,
  type Handler,
  isRepeated,
  type Reply,
  withoutCookies,
} from '../exchange.ts'
import type { Limits } from '../limits.ts'
import { costOfBytes } from '../refusal-charge.ts'
import { styleSheet } from './assets.ts'
import { readable } from './error-page.ts'
import { readFields, readForeignFields } from './form.ts'
import { tokenField } from './form-guard.ts'
import { withPageHeaders } from './headers.ts'
import { type ForeignFormPage, type FormPage, type Page, type PageRequest, text } from './page.ts'
import { pathPattern } from './path-pattern.ts'
import { pathIn, siteOf } from './site.ts'

export interface PagesOptions {
  /** The public URL: its path is where the pages begin. */
  readonly publicUrl: string
  readonly pages: readonly Page[]
  readonly limits: Pick<Limits, 'take' | 'charge'>
  readonly clock: () => Date
  /** Tells the operator of a failure that is ours. */
  readonly fail: (error: unknown, requestId: string) => void
}

/** The handler of all pages. */
export function createPages({ publicUrl, pages, limits, clock, fail }: PagesOptions): Handler {
  const site = siteOf(publicUrl)
  // Without the files of documents, words are all there is.
  const hasDocuments = pages.some(({ path }) => path === styleSheet.path)
  const routes = pages.map((page) => ({ page, match: pathPattern(pathIn(site, page.path)) }))

  async function answered(exchange: Exchange): Promise<Reply> {
    const { message, from, requestId } = exchange
    const now = clock()
    if (isRepeated(message)) return text(400, 'The request has a header twice that may stand once.')
    if (!limits.take('address', from.address, now)) return text(429, 'Too many requests. Try again in a moment.')
    const { path, query } = splitTarget(message.target)
    const matching = routes.flatMap(({ page, match }) => {
      const params = match(path)
      return params === undefined ? [] : [{ page, params }]
    })
    if (matching.length === 0) return missing
    const chosen = matching.find(({ page }) => takes(page, message.method))
    if (chosen === undefined) return text(405, 'Not with this method.', ['Allow', allowed(matching)])
    const { page, params } = chosen
    const request: PageRequest = { exchange, path, params, query: new URLSearchParams(query), now }
    try {
      return (await answerOf(page, request, limits)) ?? missing
    } catch (error) {
      if (error instanceof BodyRefused) return text(error.status, 'The body of the request was not taken.')
      if (error instanceof Unavailable) {
        return text(503, 'Not now: this server waits for its store. Try again in a moment.', ['Retry-After', '5'])
      }
      fail(error, requestId)
      return text(500, `Something went wrong. The operator finds it under request ${requestId}.`)
    }
  }

  return async (exchange) => {
    const reply = await answered(exchange)
    return withPageHeaders(hasDocuments ? readable(site, exchange, reply) : reply, exchange.from.tls)
  }
}

function answerOf(page: Page, request: PageRequest, limits: PagesOptions['limits']) {
  if (page.method !== 'POST') return page.handle(request)
  return 'isForeign' in page ? chargedAnswer(page, request, limits) : formAnswer(page, request)
}

/** INVARIANT: anybody may send a form of another site, and a long one: who is refused pays for its length, as at the APIs. */
async function chargedAnswer(page: ForeignFormPage, request: PageRequest, limits: PagesOptions['limits']) {
  const { body, from } = request.exchange
  let length = 0
  const measured: Exchange['body'] = {
    stream: () => body.stream(),
    async bytes(limit) {
      const bytes = await body.bytes(limit)
      length = bytes.length
      return bytes
    },
  }
  const reply = await foreignAnswer(page, {
    ...request,
    exchange: exchangeWith(withoutCookies(request.exchange), { body: measured }),
  })
  const cost = reply !== undefined && reply.status < 400 ? 0 : costOfBytes(length)
  if (cost > 0) limits.charge('address', from.address, request.now, cost)
  return reply
}

/** Asks a page with a form of another site. */
async function foreignAnswer({ fields: names, longestForm, handle }: ForeignFormPage, request: PageRequest) {
  const sent = await readForeignFields(request.exchange, longestForm)
  if ('refused' in sent) return text(sent.status, sent.refused)
  const reply = await handle(request, new Map([...sent].filter(([name]) => names.includes(name))))
  if (reply?.headers.some((name, at) => at % 2 === 0 && name.toLowerCase() === 'set-cookie'))
    throw new TypeError('a page that takes forms of other sites sets no cookie')
  return reply
}

/** Asks a page with the form that it was sent, if a page of ours sent it. The cheap check comes before the body is read. */
async function formAnswer({ guard, fields: names, handle }: FormPage, request: PageRequest) {
  const { exchange, path } = request
  if (!guard.isSameOrigin(exchange)) return text(403, 'The form was not sent from a page of this server.')
  const fields = await readFields(exchange, [...names, tokenField])
  if ('refused' in fields) return text(fields.status, fields.refused)
  if (!(await guard.isIssued(exchange, path, fields))) {
    const shown = await guard.refusal?.(exchange, request.now)
    if (shown !== undefined) return shown
    return text(403, 'The form was not made for this browser, or this server was started since. Load the page again.')
  }
  return handle(request, fields)
}

const missing: Reply = text(404, 'There is no such page.')

const takes = (page: Page, method: string) =>
  page.method === '*' || page.method === method || (page.method === 'GET' && method === 'HEAD')

const allowed = (matching: readonly { readonly page: Page }[]) =>
  matching.map(({ page }) => (page.method === 'GET' ? 'GET, HEAD' : page.method)).join(', ')
