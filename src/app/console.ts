// Puts the sign-in endpoint and the console together: their pages under the public URL, and the endpoint's other names.
import { consolePages } from '../server/console/home.ts'
import { createBrowserSessions, visitOf } from '../server/console-session.ts'
import type { Handler } from '../server/exchange.ts'
import { signInAlias } from '../server/federation/alias.ts'
import { type FederationParts, federationPages } from '../server/federation/pages.ts'
import { nothing } from '../server/hosts.ts'
import { assetPages } from '../server/pages/assets.ts'
import type { Page } from '../server/pages/page.ts'
import { siteOf } from '../server/pages/site.ts'
import { refusedSignInEntry } from '../service/console/sign-in-events.ts'
import { createSignInTokens } from '../service/console/sign-in-tokens.ts'
import type { Serving } from './serving.ts'

/** Whether the public URL may have pages with cookies: with https, or in development. */
export const servesConsole = ({ isDevelopment }: Pick<Serving, 'isDevelopment'>, publicUrl: string): boolean =>
  isDevelopment || siteOf(publicUrl).isSecure

export function consoleAndSignIn(serving: Serving, publicUrl: string): readonly Page[] {
  const { engine, isDevelopment } = serving
  const { parts, clock, consoleSessions: sessions } = engine
  const browsers = createBrowserSessions({
    ...{ site: siteOf(publicUrl), allowsHttp: isDevelopment, sessions, clock },
    random: parts.random,
  })
  return [...assetPages, ...federationPages(federation(serving, publicUrl), browsers), ...consolePages(browsers)]
}

export function signInNames(serving: Serving): Handler {
  const { limits, fail, engine } = serving
  const { publicUrl } = engine.parts
  if (publicUrl === undefined || !servesConsole(serving, publicUrl)) return nothing
  return signInAlias(federation(serving, publicUrl), { publicUrl, limits, fail, clock: engine.clock })
}

function federation({ engine, limits }: Serving, publicUrl: string): FederationParts {
  const { parts, store, audit } = engine
  const { vault, passes, subjects, fresh, random } = parts
  return {
    limits,
    tokens: createSignInTokens({ store, vault, passes, subjects, fresh, audit, random, publicUrl }),
    refused: (exchange, event, now) =>
      audit.noteUnprovenEntry(exchange.from.address, () => refusedSignInEntry(visitOf(exchange, now), event)),
  }
}
