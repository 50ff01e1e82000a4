// Puts the pages together on which people of connectors sign in.
import { setTimeout } from 'node:timers/promises'
import { type BrowserSessions, visitOf } from '../server/console-session.ts'
import type { Page } from '../server/pages/page.ts'
import type { Site } from '../server/pages/site.ts'
import { createPeopleBrowsers, type PeopleBrowsers } from '../server/people/browser.ts'
import { createNextPages } from '../server/people/next.ts'
import { peopleSignInPages } from '../server/people/pages.ts'
import type { PeopleParts } from '../server/people/parts.ts'
import { providerPages } from '../server/people/provider-pages.ts'
import { createKeptResponses } from '../service/console/kept-responses.ts'
import { refusedSignInEntry } from '../service/console/sign-in-events.ts'
import type { SignInTokens } from '../service/console/sign-in-tokens.ts'
import { createBrowserSignIns } from '../service/people/sign-ins/browsers.ts'
import type { OwnKeys } from '../service/saml/own-keys.ts'
import { createSamlPeople } from '../service/saml/people.ts'
import { peoplePrograms } from './people-programs.ts'
import type { Serving } from './serving.ts'

/** The browsers of people who sign in: the console's sign-out ends what they stand for. */
export function peopleBrowsers(
  { engine, isDevelopment }: Serving,
  { site, ownKeys }: { readonly site: Site; readonly ownKeys: (now: Date) => Promise<OwnKeys> },
): PeopleBrowsers {
  const { parts, store, clock, people } = engine
  const { vault, random } = parts
  return createPeopleBrowsers({
    ...{ site, allowsHttp: isDevelopment, ownKeys, random, clock },
    signIns: createBrowserSignIns({ store, vault, signIns: people.signIns }),
  })
}

/** Every page under `/signin` and `/broker`: a room is a row. */
export function peoplePages(
  serving: Serving,
  publicUrl: string,
  consoles: BrowserSessions,
  {
    browser,
    ownKeys,
    signInTokens,
  }: {
    readonly browser: PeopleBrowsers
    readonly ownKeys: (now: Date) => Promise<OwnKeys>
    readonly signInTokens: SignInTokens
  },
): readonly Page[] {
  const { store, parts } = serving.engine
  const { codeFlows, saml, vault, random } = parts
  const people = partsOf(serving, publicUrl, consoles, browser)
  const samlPeople = createSamlPeople(saml, publicUrl)
  return [
    ...peopleSignInPages(people),
    ...providerPages({
      ...{ ...people, codeFlows, samlPeople, ownKeys },
      kept: createKeptResponses(store, vault, random),
    }),
    ...peoplePrograms(serving, people, { codeFlows, samlPeople, signInTokens }),
  ]
}

/** The parts of all of them: a room's own parts are these and more. */
function partsOf(serving: Serving, publicUrl: string, consoles: BrowserSessions, browser: PeopleBrowsers): PeopleParts {
  const { engine, limits, broker } = serving
  const { parts, store, clock, audit, people } = engine
  const { vault, random } = parts
  return {
    ...{ publicUrl, people, broker, browser, consoles, store, limits, random, clock },
    next: createNextPages(vault),
    factors: { store, vault, audit, random, signIns: people.signIns },
    wait: (ms) => setTimeout(ms),
    refused: (exchange, reason, now) =>
      audit.noteRefusedSignIn(exchange.from.address, () =>
        refusedSignInEntry(visitOf(exchange, now), { name: 'ConsoleLogin', reason }),
      ),
  }
}
