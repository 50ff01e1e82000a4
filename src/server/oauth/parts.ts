// What the OAuth endpoints of `hallpass login` are made of.
import type { SignIn } from '../../service/contracts/sign-ins.ts'
import type { DeviceGrants } from '../../service/people/oauth/device-grants.ts'
import type { OauthGrants } from '../../service/people/oauth/oauth-grants.ts'
import type { OauthTokens } from '../../service/people/oauth/oauth-tokens.ts'
import type { Exchange, Reply } from '../exchange.ts'
import type { Html } from '../pages/html.ts'
import { pathIn } from '../pages/site.ts'
import { nextField } from '../people/next.ts'
import { type PeopleParts, signInPath } from '../people/parts.ts'

export interface OauthParts extends Pick<PeopleParts, 'browser' | 'next' | 'refused'> {
  readonly people: Pick<PeopleParts['people'], 'table'>
  readonly grants: OauthGrants
  readonly devices: DeviceGrants
  readonly tokens: Pick<OauthTokens, 'refresh' | 'revoke'>
}

/** Who signed in in the browser in front of a page, and the form that the page shows them. */
export interface SignedInForm {
  readonly signIn: SignIn
  /** Where it is sent: the path as a browser asks for it. */
  readonly action: string
  /** The hidden field that it needs. */
  readonly field: Html
}

/** Undefined: nobody has signed in in this browser. */
export async function signedInForm(
  { browser }: Pick<OauthParts, 'browser'>,
  exchange: Exchange,
  path: string,
  now: Date,
): Promise<SignedInForm | undefined> {
  const signIn = await browser.of(exchange, now)
  if (signIn === undefined) return undefined
  const action = pathIn(browser.site, path)
  // Who signed in has the cookie already: there are no headers to give.
  return { signIn, action, field: (await browser.guard.issue(exchange, action)).field }
}

/** Leads to the sign-in page, and from there back to this path and query. */
export function signInFirst({ browser, next }: Pick<OauthParts, 'browser' | 'next'>, target: string, now: Date): Reply {
  const search = new URLSearchParams({ [nextField]: next.seal(target, now) })
  return { status: 303, headers: ['Location', `${pathIn(browser.site, signInPath)}?${search}`], body: '' }
}
