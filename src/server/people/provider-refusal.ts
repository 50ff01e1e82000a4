// What somebody is told whom a provider did not sign in. The reason is the operator's: it may hold what a stranger wrote.
import type { Exchange, Reply } from '../exchange.ts'
import { type Html, html } from '../pages/html.ts'
import type { PeopleParts } from './parts.ts'
import { problem } from './words.ts'

interface Refusal {
  /** Noted for the operator. */
  readonly reason: string
  readonly said?: Html | undefined
  readonly status?: number | undefined
}

export function refuse(
  { browser, refused }: Pick<PeopleParts, 'browser' | 'refused'>,
  exchange: Exchange,
  { reason, said = notProven, status = 403 }: Refusal,
  now: Date,
): Reply {
  refused(exchange, reason, now)
  return problem(browser.site, exchange, said, status)
}

const notProven = html`Your company’s sign-in did not say who you are in a way that this server takes.`
export const notHere: Html = html`This sign-in was not begun in this browser, or it is over. Begin it here, and stay in this browser.`
export const notReached: Html = html`Your company’s sign-in cannot be reached from this server now. Try again in a moment.`
