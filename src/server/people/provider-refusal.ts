// What somebody is told whom a provider did not sign in. The reason is the operator's: it may hold what a stranger wrote.
import type { Exchange, Reply } from '../exchange.ts'
import { type Html, html } from '../pages/html.ts'
import { notice, requestIdNote } from '../pages/notice.ts'
import { pathIn } from '../pages/site.ts'
import { type ProviderParts, signInPath } from './provider-parts.ts'

export type Refusing = Pick<ProviderParts, 'site' | 'refused'>

/** `reason` is noted for the operator, `said` is shown. */
export function refuse(
  { site, refused }: Refusing,
  exchange: Exchange,
  {
    reason,
    said = notProven,
    status = 403,
  }: { readonly reason: string; readonly said?: Html; readonly status?: number },
  now: Date,
): Reply {
  refused(exchange, reason, now)
  return notice(
    site,
    'You are not signed in',
    html`<p role="alert">${said}</p>
${requestIdNote(exchange.requestId)}
<nav><a href="${pathIn(site, signInPath)}">Sign in again</a></nav>`,
    { status },
  )
}

export const notProven = html`Your company’s sign-in did not say who you are in a way that this server takes.`
export const notHere = html`This sign-in was not begun in this browser, or it is over. Begin it here, and stay in this browser.`
export const notNow = html`Your company’s sign-in cannot be reached from this server now. Try again in a moment.`
