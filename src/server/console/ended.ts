// What stands where a session was: that it is over and why, and how to have another.
import type { SessionEnd } from '../../service/console/session.ts'
import type { BrowserSessions } from '../console-session.ts'
import type { Exchange, Reply } from '../exchange.ts'
import { type Html, html } from '../pages/html.ts'
import { notice } from '../pages/notice.ts'
import { pathIn } from '../pages/site.ts'

/** Why a session is over, to the person whose it was. */
const endings: Readonly<Record<SessionEnd, readonly [title: string, why: string]>> = {
  idle: [
    'Your session is over',
    'Your session was not used for too long. Credentials that you copied from it work until they expire.',
  ],
  expired: ['Your session is over', 'Your session has reached its end.'],
  revoked: ['Your session was ended', 'Your session was revoked. Credentials that you copied from it no longer work.'],
  held: [
    'Your company’s directory cannot be asked now',
    'The directory or provider that vouches for you does not answer, so your session and what you were given in it wait. They go on by themselves once it answers: open this page again in a moment.',
  ],
  'attestation-ended': [
    'Your session was ended',
    'What vouched for the workload that your session began with does so no longer. Credentials that you copied from it no longer work.',
  ],
  'principal-gone': [
    'Your session was ended',
    'The role of your session no longer exists. Credentials that you copied from it no longer work.',
  ],
  'account-suspended': ['Your session was ended', 'The account of your session is closed.'],
  malformed: ['Your session is over', 'Your session is no longer valid.'],
}

export const endedPage = (
  browsers: BrowserSessions,
  exchange: Exchange,
  { ended, issuer }: { readonly ended: SessionEnd; readonly issuer?: string },
): Reply => {
  const [title, why] = endings[ended]
  // INVARIANT: the browser keeps the cookie of a session that goes on later.
  if (ended === 'held') return notice(browsers.site, title, html`<p>${why}</p>`, { status: 503 })
  return gone(browsers, exchange, title, html`<p>${why}</p>${again(browsers, issuer)}`)
}

/** `start`: the path of a page where people can sign in, if this server has one. */
export const signedOutPage = (browsers: BrowserSessions, exchange: Exchange, start: string | undefined): Reply =>
  gone(
    browsers,
    exchange,
    'You are not signed in',
    html`<p>You signed out, or this browser has no session.</p>
${start === undefined ? again(browsers, undefined) : toStart(pathIn(browsers.site, start))}`,
  )

const toStart = (href: string): Html => html`<p><a class="button inline" href="${href}">Go to the start page</a></p>`

/** The way back that whoever sent the person named: a link, never followed by itself. */
const again = ({ site }: BrowserSessions, issuer: string | undefined): Html =>
  issuer === undefined
    ? html`<p>Sign in at your company’s sign-in page, or with a link from your command-line tool.</p>`
    : html`<p><a class="button inline" href="${issuer}" rel="noreferrer">Sign in again</a></p>
<p class="soft">This leads to ${new URL(issuer).origin === site.origin ? 'your company’s sign-in page' : new URL(issuer).host}, where you signed in before.</p>`

const gone = ({ site, forget }: BrowserSessions, exchange: Exchange, title: string, content: Html): Reply =>
  notice(site, title, content, { status: 401, headers: forget(exchange) })
