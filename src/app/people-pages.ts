// Puts the pages together on which people of connectors sign in.
import type { BrowserSessions } from '../server/console-session.ts'
import { visitOf } from '../server/console-session.ts'
import type { Page } from '../server/pages/page.ts'
import { createPeopleBrowsers } from '../server/people/browser.ts'
import { createNextPages } from '../server/people/next.ts'
import type { PeopleParts } from '../server/people/parts.ts'
import { refusedSignInEntry } from '../service/console/sign-in-events.ts'
import { createBrowserSignIns } from '../service/people/browsers.ts'
import type { OwnKeys } from '../service/saml/own-keys.ts'
import { oauth } from './oauth.ts'
import type { Serving } from './serving.ts'

export interface PeoplePagesOptions {
  readonly consoles: BrowserSessions
  readonly ownKeys: (now: Date) => Promise<OwnKeys>
}

/** The parts of all of them: a room's own parts are these and more. */
export function peopleParts(
  serving: Serving,
  publicUrl: string,
  { consoles, ownKeys }: PeoplePagesOptions,
): Omit<PeopleParts, 'broker'> {
  const { engine, limits, fail, isDevelopment } = serving
  const { parts, store, clock, audit, people } = engine
  const { vault, random } = parts
  const browser = createPeopleBrowsers({
    ...{ site: consoles.site, allowsHttp: isDevelopment, ownKeys, random, clock },
    signIns: createBrowserSignIns({ store, vault, signIns: people.signIns }),
  })
  return {
    ...{ publicUrl, people, browser, consoles, store, limits, random, clock, fail },
    next: createNextPages(vault),
    refused: (exchange, reason, now) =>
      audit.noteRefusedSignIn(exchange.from.address, () =>
        refusedSignInEntry(visitOf(exchange, now), { name: 'ConsoleLogin', reason }),
      ),
  }
}

/** Every page under `/signin`: a room is a row. */
export function peoplePages(serving: Serving, publicUrl: string, options: PeoplePagesOptions): readonly Page[] {
  const parts = peopleParts(serving, publicUrl, options)
  return [...oauth(serving, parts)]
}
