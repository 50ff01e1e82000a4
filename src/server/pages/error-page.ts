// What a browser shows its person of a request that was refused: the words that programs get as plain text, on a page.
import { type Exchange, isRepeated, type Reply } from '../exchange.ts'
import { html } from './html.ts'
import { notice } from './notice.ts'
import type { Site } from './site.ts'

const plainText = 'text/plain; charset=utf-8'

const titles: Readonly<Record<number, string>> = {
  404: 'Page not found',
  429: 'Too many requests',
  500: 'Something went wrong',
  503: 'Not available now',
}

/** The reply as it is, unless it refuses in plain words what somebody opened in a browser (RFC 9110 12.5.1). */
export function readable(site: Site, { message }: Exchange, reply: Reply): Reply {
  const { status, headers, body } = reply
  const isPlain = headers[0] === 'Content-Type' && headers[1] === plainText
  if (status < 400 || !isPlain || typeof body !== 'string' || isRepeated(message)) return reply
  if (!/\btext\/html\b/.test(message.headers.get('accept') ?? '')) return reply
  const words =
    status === 404
      ? html`<p>There is no page at this address. It may be mistyped, or the link that led here may be out of date.</p>`
      : html`<p role="alert">${body.trim()}</p>`
  return notice(
    site,
    titles[status] ?? 'This was refused',
    html`${words}
<nav><a href="${site.home}">Go to the start</a></nav>`,
    { status, headers: headers.slice(2) },
  )
}
