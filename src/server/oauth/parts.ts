// What the OAuth endpoints of `hallpass login` are made of.
import type { People, SignIn } from '../../service/contracts/people.ts'
import type { DeviceGrants } from '../../service/people/device-grants.ts'
import type { OauthGrants } from '../../service/people/oauth-grants.ts'
import type { OauthTokens } from '../../service/people/oauth-tokens.ts'
import type { Exchange, Reply } from '../exchange.ts'
import type { FormCheck } from '../pages/form-guard.ts'
import type { Html } from '../pages/html.ts'
import type { Site } from '../pages/site.ts'

/** Of the browser in front of a page: who signed in there. */
export interface SignedInBrowser {
  readonly signIn: SignIn
  /** The hidden field of a form that is sent to `action`: the path as a browser asks for it. */
  readonly field: (action: string) => Html
}

export interface OauthParts {
  readonly site: Site
  readonly people: Pick<People, 'table'>
  readonly grants: OauthGrants
  readonly devices: DeviceGrants
  readonly tokens: Pick<OauthTokens, 'refresh' | 'revoke'>
  /** Undefined: nobody has signed in there. */
  readonly browserOf: (exchange: Exchange, now: Date) => Promise<SignedInBrowser | undefined>
  /** The guard of every form of somebody who signed in. */
  readonly guard: FormCheck
  /** Leads to the sign-in page, and from there back to this path and query. */
  readonly signInFirst: (exchange: Exchange, target: string, now: Date) => Promise<Reply>
  /** Notes for the operator what was refused. Never what was sent. */
  readonly refused: (exchange: Exchange, reason: string, now: Date) => void
}
