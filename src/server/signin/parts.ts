// What the pages of the SAML sign-in endpoint are made of, and where they are.
import type { KeptResponses } from '../../service/console/kept-responses.ts'
import type { ConsoleSessions } from '../../service/console/session.ts'
import type { Saml } from '../../service/contracts/saml.ts'
import type { Subjects } from '../../service/contracts/subject.ts'
import type { OwnKeys } from '../../service/saml/own-keys.ts'
import type { Reader } from '../../store/store.ts'
import type { BrowserSessions } from '../console-session.ts'
import type { Exchange } from '../exchange.ts'
import type { Limits } from '../limits.ts'
import type { CallOperation } from '../operation-caller.ts'
import type { Cookie } from '../pages/cookie.ts'
import type { SharedFormGuard } from '../pages/shared-form-guard.ts'

/** Below the public URL. */
export const consumerPath = '/saml'
export const ownConsumerPath = (uuid: string) => `${consumerPath}/acs/${uuid}`
export const signInPath = '/saml/signin'
export const loginPath = (uuid: string) => `/saml/login/${uuid}`
export const logoutPath = (uuid: string) => `/saml/logout/${uuid}`
export const metadataPath = '/saml/metadata'

export interface SignInParts {
  /** Without a slash at its end. */
  readonly publicUrl: string
  readonly browsers: BrowserSessions
  readonly sessions: Pick<ConsoleSessions, 'samlLogin' | 'endOfPerson'>
  readonly saml: Saml
  readonly subjects: Pick<Subjects, 'roleByName'>
  readonly store: Reader
  readonly kept: KeptResponses
  readonly ownKeys: (now: Date) => Promise<OwnKeys>
  /** The cookie of a browser that signs in. It stands for nobody. */
  readonly cookie: Cookie
  /** The check of the sign-in's forms: their tokens belong to that cookie. */
  readonly forms: SharedFormGuard
  readonly call: CallOperation
  readonly limits: Pick<Limits, 'take'>
  readonly random: (bytes: number) => Buffer
  /** Tells the operator of a failure that is ours. */
  readonly fail: (error: unknown, requestId: string) => void
  /** Notes a refusal for the operator. */
  readonly refused: (exchange: Exchange, reason: string, now: Date) => void
}
