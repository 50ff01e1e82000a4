// Puts the sign-in endpoint and the console together: their pages under the public URL, and the endpoint's other names.
import { consolePages } from '../server/console/pages.ts'
import { type BrowserSessions, createBrowserSessions, visitOf } from '../server/console-session.ts'
import type { Handler } from '../server/exchange.ts'
import { signInAlias } from '../server/federation/alias.ts'
import { type FederationParts, federationPages } from '../server/federation/pages.ts'
import { nothing } from '../server/hosts.ts'
import { assetPages } from '../server/pages/assets.ts'
import { createCookie } from '../server/pages/cookie.ts'
import type { Page } from '../server/pages/page.ts'
import { createSharedFormGuard } from '../server/pages/shared-form-guard.ts'
import { siteOf } from '../server/pages/site.ts'
import { signInEnds } from '../server/people/sign-out.ts'
import { createOfferLogout } from '../server/signin/logout.ts'
import { samlSignInPages } from '../server/signin/pages.ts'
import type { SignInParts } from '../server/signin/parts.ts'
import { createKeptResponses } from '../service/console/kept-responses.ts'
import { refusedSignInEntry } from '../service/console/sign-in-events.ts'
import { createSignInTokens } from '../service/console/sign-in-tokens.ts'
import { accountName } from '../service/principals/account-name.ts'
import { createOwnKeys } from '../service/saml/own-keys.ts'
import { peopleBrowsers, peoplePages } from './people-pages.ts'
import type { Serving } from './serving.ts'

/** Whether the public URL may have pages with cookies: with https, or in development. */
export const servesConsole = ({ isDevelopment }: Pick<Serving, 'isDevelopment'>, publicUrl: string): boolean =>
  isDevelopment || siteOf(publicUrl).isSecure

export function consoleAndSignIn(serving: Serving, publicUrl: string): readonly Page[] {
  const { engine, isDevelopment } = serving
  const { parts, clock, consoleSessions: sessions } = engine
  const { store, vault, random } = { ...parts, store: engine.store }
  const own = { site: siteOf(publicUrl), ownKeys: createOwnKeys({ store, vault, random }) }
  const people = peopleBrowsers(serving, own)
  const browsers = createBrowserSessions({
    ...{ site: own.site, allowsHttp: isDevelopment, sessions, clock, random },
    signedOut: signInEnds(people),
  })
  const { call, tries, apiUrl } = serving
  // The demonstration's.
  const start = isDevelopment ? '/' : undefined
  const nameOf = (id: string) => accountName(engine.store, id)
  const signIn = samlSignIn(serving, publicUrl, browsers, own.ownKeys)
  const endpoint = federation(serving, publicUrl)
  return [
    ...assetPages,
    ...federationPages(endpoint, browsers),
    ...samlSignInPages(signIn),
    ...peoplePages(serving, publicUrl, browsers, {
      ...{ browser: people, ownKeys: own.ownKeys, signInTokens: endpoint.tokens },
    }),
    ...consolePages({
      browsers,
      call,
      tries,
      apiUrl,
      start,
      offerLogout: createOfferLogout(signIn),
      accountName: nameOf,
    }),
  ]
}

function samlSignIn(
  serving: Serving,
  publicUrl: string,
  browsers: BrowserSessions,
  ownKeys: SignInParts['ownKeys'],
): SignInParts {
  const { engine, limits, call, fail, isDevelopment } = serving
  const { parts, store, clock, audit, consoleSessions: sessions } = engine
  const { saml, subjects, vault, random } = parts
  const { site } = browsers
  const cookie = createCookie({ site, name: 'hallpass-saml', allowsHttp: isDevelopment, random })
  const mac = async () => (await ownKeys(clock())).mac
  return {
    ...{ publicUrl, browsers, sessions, saml, subjects, store, call, limits, fail, random, ownKeys, cookie },
    kept: createKeptResponses(store, vault, random),
    forms: createSharedFormGuard({ site, cookie, purpose: 'saml-form', mac }),
    refused: (exchange, reason, now) =>
      audit.noteRefusedSignIn(exchange.from.address, () =>
        refusedSignInEntry(visitOf(exchange, now), { name: 'ConsoleLogin', reason }),
      ),
  }
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
      audit.noteRefusedSignIn(exchange.from.address, () => refusedSignInEntry(visitOf(exchange, now), event)),
  }
}
