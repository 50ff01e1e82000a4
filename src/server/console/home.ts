// The console's home: who somebody is, and the way out.
import type { ConsoleSession, SessionEnd } from '../../service/console/sessions.ts'
import type { BrowserSessions } from '../console-session.ts'
import type { Reply } from '../exchange.ts'
import { consolePath } from '../federation/destinations.ts'
import { nameOf } from '../federation/documents.ts'
import { document } from '../pages/document.ts'
import { html } from '../pages/html.ts'
import type { Page } from '../pages/page.ts'
import { redirects } from '../pages/redirect.ts'
import { pathIn, type Site } from '../pages/site.ts'
import type { OfferLogout } from '../signin/logout.ts'

export const consoleSignOutPath = '/console/sign-out'

/** Why a session is over, to the person whose it was. */
export const endings: Readonly<Record<SessionEnd, string>> = {
  idle: 'Nobody used your session for too long.',
  expired: 'Your session has reached its end.',
  revoked: 'Your session was ended by somebody who may.',
  'principal-gone': 'The role of your session no longer exists.',
  'account-suspended': 'The account of your session is closed.',
  malformed: 'Your session is no longer good.',
}

export function consolePages(browsers: BrowserSessions, offerLogout: OfferLogout): readonly Page[] {
  const { site } = browsers
  const redirect = redirects(site, [consolePath])
  return [
    {
      method: 'GET',
      path: consolePath,
      async handle({ exchange, now }) {
        const found = await browsers.of(exchange, now)
        if (found === undefined) return signedOut(site, 'You are not signed in.')
        return 'ended' in found ? signedOut(site, endings[found.ended], found.issuer) : home(browsers, found.session)
      },
    },
    {
      method: 'POST',
      path: consoleSignOutPath,
      guard: browsers.guard,
      fields: [],
      async handle({ exchange, now }) {
        const found = await browsers.of(exchange, now)
        if (found === undefined || 'ended' in found) return redirect(consolePath, undefined, browsers.forget())
        const offer = await offerLogout(found.session, now)
        const headers = await browsers.end(exchange, found.session, now)
        return offer === undefined ? redirect(consolePath, undefined, headers) : offer(headers)
      },
    },
  ]
}

function home(browsers: BrowserSessions, session: ConsoleSession): Reply {
  const { site } = browsers
  const { pass } = session.current
  const action = pathIn(site, consoleSignOutPath)
  return document(
    site,
    'Console',
    html`<h1>${pass.name}</h1>
<dl><dt>You are</dt><dd>${nameOf(session.current)}</dd><dt>Account</dt><dd>${pass.account}</dd>
<dt>Until</dt><dd>${session.endsAt.toISOString()}</dd></dl>
<form method="post" action="${action}">${browsers.field(session, action)}<button class="button">Sign out</button></form>`,
    { formTargets: ["'self'"] },
  )
}

/** With the way back that whoever sent the person named: a link, never followed by itself. */
export const signedOut = (site: Site, words: string, issuer?: string): Reply =>
  document(
    site,
    'Signed out',
    html`<h1>${words}</h1>
${issuer === undefined ? [] : html`<p>Sign in again at <a href="${issuer}" rel="noreferrer">${issuer}</a>.</p>`}`,
    { status: 401 },
  )
