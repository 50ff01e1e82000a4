// What the pages of signing in as a person of a connector are made of, and where they are.
import type { People } from '../../service/contracts/people.ts'
import type { FactorParts } from '../../service/people/factors/factors.ts'
import type { Store } from '../../store/store.ts'
import type { Broker } from '../broker/broker.ts'
import type { BrowserSessions } from '../console-session.ts'
import type { Exchange } from '../exchange.ts'
import type { Limits } from '../limits.ts'
import type { PeopleBrowsers } from './browser.ts'
import type { NextPages } from './next.ts'

/** Below the public URL. */
export const signInPath = '/signin'
export const connectorPath = (name: string) => `${signInPath}/with/${name}`
export const startPath = (name: string) => `${connectorPath(name)}/start`
/** Parameter of a start: the person is to prove who they are, whatever session they have at the provider. */
export const afreshField = 'afresh'
export const rolesPath = `${signInPath}/roles`
export const factorPath = `${signInPath}/factor`
export const enrolPath = `${factorPath}/enrol`
export const signOutPath = `${signInPath}/out`

export interface PeopleParts {
  /** Without a slash at its end. */
  readonly publicUrl: string
  readonly people: People
  readonly broker: Broker
  /** The sign-in of the browser. */
  readonly browser: PeopleBrowsers
  /** The console session of the browser. */
  readonly consoles: BrowserSessions
  readonly next: NextPages
  /** Second factors. */
  readonly factors: FactorParts
  readonly store: Store
  readonly limits: Pick<Limits, 'take' | 'charge'>
  readonly random: (bytes: number) => Buffer
  readonly clock: () => Date
  /** Lets time pass before an answer. */
  readonly wait: (ms: number) => Promise<void>
  /** Notes a refusal for the operator. INVARIANT: the reason has nothing that was sent as a login, password or code. */
  readonly refused: (exchange: Exchange, reason: string, now: Date) => void
}
