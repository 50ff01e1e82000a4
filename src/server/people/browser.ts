// The browser of somebody who signs in: its cookie, the sign-in that it stands for, and what keeps other sites from sending forms
// in its name.
import type { SignIn } from '../../service/contracts/sign-ins.ts'
import type { BrowserSignIns } from '../../service/people/sign-ins/browsers.ts'
import type { OwnKeys } from '../../service/saml/own-keys.ts'
import type { Exchange } from '../exchange.ts'
import { type Cookie, createCookie, foundOnce } from '../pages/cookie.ts'
import { createSharedFormGuard, type SharedFormGuard } from '../pages/shared-form-guard.ts'
import type { Site } from '../pages/site.ts'

export interface PeopleBrowsers {
  readonly site: Site
  /** The cookie of a browser. Without a sign-in it stands for nobody: a provider's answer is bound to it. */
  readonly cookie: Cookie
  /** The check of every form of the sign-in pages, and what such a form needs. */
  readonly guard: SharedFormGuard
  /** The live sign-in of the request's browser. Read once for one request. */
  of(exchange: Exchange, now: Date): Promise<SignIn | undefined>
  /** The sign-in is this browser's, under a new cookie whatever it had. Answers the headers that give it. */
  begin(exchange: Exchange, signIn: SignIn, now: Date): Promise<readonly string[]>
  /** Ends the browser's sign-ins, and every credential with them. Answers the headers that take the cookie away. */
  end(exchange: Exchange, why: string, now: Date): Promise<readonly string[]>
}

export interface PeopleBrowsersOptions {
  readonly site: Site
  /** Whether the site may be plain http, as in development. */
  readonly allowsHttp: boolean
  readonly signIns: BrowserSignIns
  readonly ownKeys: (now: Date) => Promise<OwnKeys>
  readonly random: (bytes: number) => Buffer
  readonly clock: () => Date
}

/** @throws TypeError for a site in the clear, unless it is allowed */
export function createPeopleBrowsers(options: PeopleBrowsersOptions): PeopleBrowsers {
  const { site, allowsHttp, signIns, ownKeys, random, clock } = options
  const cookie = createCookie({ site, name: 'hallpass-people', allowsHttp, random })
  const mac = async () => (await ownKeys(clock())).mac
  return {
    ...{ site, cookie },
    guard: createSharedFormGuard({ site, cookie, purpose: 'people-form', mac }),
    of: foundOnce(cookie, signIns.find),
    async begin(exchange, signIn, now) {
      const { id: made, headers } = cookie.renew()
      await signIns.begin({ made, sent: cookie.read(exchange) }, signIn, now)
      return headers
    },
    async end(exchange, why, now) {
      const id = cookie.read(exchange)
      if (id !== undefined) await signIns.end(id, why, now)
      return cookie.wasSent(exchange) ? cookie.clear() : []
    },
  }
}
