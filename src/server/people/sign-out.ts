// `/signin/out`: ends the browser's sign-in, and with it every credential that it gave.
import type { BrowserSessionsOptions } from '../console-session.ts'
import { html } from '../pages/html.ts'
import { notice } from '../pages/notice.ts'
import type { Page } from '../pages/page.ts'
import { pathIn } from '../pages/site.ts'
import type { PeopleBrowsers } from './browser.ts'
import { type PeopleParts, signInPath, signOutPath } from './parts.ts'
import { isOfPerson } from './person-key.ts'

/** What a sign-out of the console ends beside: the sign-in of the person who had it, or anybody could go on from there. */
export const signInEnds =
  (browser: PeopleBrowsers): NonNullable<BrowserSessionsOptions['signedOut']> =>
  async (exchange, session, now) => {
    const signIn = await browser.of(exchange, now)
    return signIn !== undefined && isOfPerson(session, signIn) ? browser.end(exchange, 'signed out', now) : []
  }

export function signOutPages({ browser, consoles }: PeopleParts): readonly Page[] {
  const { site } = browser
  return [
    {
      method: 'POST',
      path: signOutPath,
      guard: browser.guard,
      fields: [],
      async handle({ exchange, now }) {
        const signIn = await browser.of(exchange, now)
        const found = await consoles.of(exchange, now)
        // The console ends the sign-in with it.
        const isOwn =
          signIn !== undefined && found !== undefined && 'session' in found && isOfPerson(found.session, signIn)
        const headers = isOwn
          ? await consoles.end(exchange, found.session, now)
          : await browser.end(exchange, 'signed out', now)
        return notice(
          site,
          'You are signed out',
          html`<p>Credentials that you were given here no longer work.</p>
<nav><a href="${pathIn(site, signInPath)}">Sign in again</a></nav>`,
          { headers },
        )
      },
    },
  ]
}
