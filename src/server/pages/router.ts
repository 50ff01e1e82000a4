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
import { type ForeignFormPage, type FormPage, type Page, type PageRequest, type ProgramPage, text } from './page.ts'
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
    const { path, query } = splitTarget(message.target)
    const matching = routes.flatMap(({ page, match }) => {
      const params = match(path)
      return params === undefined ? [] : [{ page, params }]
    })
    const refuse = refusalOf(matching, requestId)
    if (isRepeated(message)) return refuse(400, 'The request has a header twice that may stand once.')
    if (!limits.take('address', from.address, now)) return refuse(429, 'Too many requests. Try again in a moment.')
    if (matching.length === 0) return missing
    const chosen = matching.find(({ page }) => takes(page, message.method))
    if (chosen === undefined) return refuse(405, 'Not with this method.', ['Allow', allowed(matching)])
    const { page, params } = chosen
    const request: PageRequest = { exchange, path, params, query: new URLSearchParams(query), now }
    try {
      return (await answerOf(page, request, limits)) ?? missing
    } catch (error) {
      if (error instanceof BodyRefused) return refuse(error.status, 'The body of the request was not taken.')
      if (error instanceof Unavailable) {
        return refuse(503, 'Not now: this server waits for its store. Try again in a moment.', ['Retry-After', '5'])
      }
      fail(error, requestId)
      return refuse(500, `Something went wrong. The operator finds it under request ${requestId}.`)
    }
  }

  return async (exchange) => {
    const reply = await answered(exchange)
    return withPageHeaders(hasDocuments ? readable(site, exchange, reply) : reply, exchange.from.tls)
  }
}

function answerOf(page: Page, request: PageRequest, limits: PagesOptions['limits']) {
  if (page.method !== 'POST') return page.handle(request)
  if ('isForPrograms' in page) return chargedAnswer(page, programAnswer, request, limits)
  return 'isForeign' in page ? chargedAnswer(page, foreignAnswer, request, limits) : formAnswer(page, request)
}

/**
 * INVARIANT: anybody may send a form of another site, or what programs send, and a long one: who is refused pays for its length, as
 * at the APIs. What they send has no cookie, and is given none.
 */
async function chargedAnswer<P extends ForeignFormPage | ProgramPage>(
  page: P,
  answer: (page: P, request: PageRequest) => Promise<Reply | undefined>,
  request: PageRequest,
  limits: PagesOptions['limits'],
) {
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
  const exchange = exchangeWith(withoutCookies(request.exchange), { body: measured })
  const reply = await answer(page, { ...request, exchange })
  const cost = reply !== undefined && reply.status < 400 ? 0 : costOfBytes(length)
  if (cost > 0) limits.charge('address', from.address, request.now, cost)
  if (reply?.headers.some((name, at) => at % 2 === 0 && name.toLowerCase() === 'set-cookie'))
    throw new TypeError('a page that takes forms of other sites, or what programs send, sets no cookie')
  return reply
}

/** Asks a page with a form of another site. */
async function foreignAnswer({ fields: names, longestForm, handle }: ForeignFormPage, request: PageRequest) {
  const sent = await readForeignFields(request.exchange, longestForm)
  if ('refused' in sent) return text(sent.status, sent.refused)
  return handle(request, new Map([...sent].filter(([name]) => names.includes(name))))
}

/** Asks a page with what a program sent. Browsers say where a request comes from, programs do not. */
async function programAnswer({ longestBody, refusal, answer }: ProgramPage, request: PageRequest) {
  const { message, body, requestId } = request.exchange
  if (isRepeated(message) || message.headers.has('origin') || message.headers.has('sec-fetch-site')) {
    return refusal(403, 'Programs are answered here, and no page in a browser.', requestId)
  }
  return answer(request, await body.bytes(longestBody))
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

/** How a refusal is said: in words, unless programs are answered at that path. */
function refusalOf(matching: readonly { readonly page: Page }[], requestId: string): typeof text {
  for (const { page } of matching) {
    if ('isForPrograms' in page) return (status, words, more) => page.refusal(status, words, requestId, more)
  }
  return text
}

const takes = (page: Page, method: string) =>
  page.method === '*' || page.method === method || (page.method === 'GET' && method === 'HEAD')

const allowed = (matching: readonly { readonly page: Page }[]) =>
  matching.map(({ page }) => (page.method === 'GET' ? 'GET, HEAD' : page.method)).join(', ')
