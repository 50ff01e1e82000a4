// A console session: what a browser's random cookie stands for. INVARIANT: the pass in one is opened at every request, so
// that whatever ends the pass (its end, a revocation, the role's deletion, the account's closing) ends the console with it,
// on every node; and the record is read from the store every time, so that a sign-out anywhere is one everywhere.
import { isDeepStrictEqual } from 'node:util'
import type { Pass } from '../../core/identity.ts'
import type { Transaction } from '../../store/store.ts'
import type { Subject } from '../contracts/subject.ts'
import type { PassRejection } from '../parts.ts'
import type { Visit } from './sign-in-events.ts'

/** Temporary credentials without their secret: it is in the sealed token too. */
export interface PassCredentials {
  readonly accessKeyId: string
  readonly token: string
}

/** Credentials with what is in them, opened at this request. */
export interface OpenedCredentials {
  readonly credentials: PassCredentials
  readonly pass: Pass
  readonly subject: Subject | undefined
}

/** What there is to revoke of a session that a sign-in of the same person replaced. */
export interface EarlierPass {
  readonly account: string
  /** Of the pass. */
  readonly id: string
  /** Seconds since 1970. */
  readonly expiresAt: number
}

export type PassToEnd = Pick<Pass, 'account' | 'id'>

export interface ConsoleSession {
  /** The record's account and id. */
  readonly account: string
  readonly id: string
  /** Who the console is now: all that a person is shown of themselves comes from this pass. */
  readonly current: OpenedCredentials
  /** Who it was before a switch of roles; absent when it did not switch. A next switch is asked for by these. */
  readonly before?: OpenedCredentials
  /** Why it is no longer in the role that it had switched to: told once. */
  readonly returned?: PassRejection
  /** ARNs of roles that it switched to, the last first. */
  readonly recentRoles: readonly string[]
  /** ARNs of the roles that the sign-in offered, where it offered several. To take another is a new sign-in. */
  readonly offeredRoles: readonly string[]
  readonly startedAt: Date
  /** When the current pass or the session ends, whichever is first. */
  readonly endsAt: Date
  readonly issuer?: string
  /** The secret of its forms, the same on every node. */
  readonly formKey: Buffer
  /** Passes of the sessions that this one replaced: a sign-out ends them too. */
  readonly earlier: readonly EarlierPass[]
  /** The sealed text that all this was read from: a change is made to nothing newer. */
  readonly sealed: string
}

/** Why a session is over: nobody used it for too long, its own end came, or its pass no longer opens. `held`: not now. */
export type SessionEnd = 'idle' | PassRejection

export type FoundSession =
  | { readonly session: ConsoleSession }
  /** `left`: what there is to sign out of one that nobody used for too long. It lets nobody in. */
  | { readonly ended: SessionEnd; readonly issuer?: string; readonly left?: ConsoleSession }
  /** No session of that cookie: signed out, long over, or never there. */
  | undefined

export interface BeginSession {
  /** A new cookie's id. INVARIANT: never one that a browser sent: nobody's session has an id that somebody else chose. */
  readonly cookie: string
  readonly credentials: PassCredentials
  /** Its end, when it is before the credentials' (ms). */
  readonly endsAt?: number
  readonly issuer?: string
  /** Where the browser goes next: CloudTrail's `LoginTo`. */
  readonly destination: string
  /** Whether the pass was sealed for this session: the index of sessions then has it from this record. */
  readonly isNewPass?: boolean
  /** The session that this browser had. `signsOut`: somebody else's, which ends as by a sign-out. */
  readonly replaces?: { readonly session: ConsoleSession; readonly signsOut: boolean }
  /** What this browser left without a sign-out: remembered if it is the same person's, and otherwise left alone. */
  readonly left?: ConsoleSession | undefined
  /** ARNs of roles that the person could have chosen instead, with the one that was chosen. */
  readonly offeredRoles?: readonly string[]
  /** The person's sign-in at a SAML provider, when that is what it begins with. */
  readonly saml?: SamlLogin
  /** What must be true as it begins, in the same transaction: a one-time token's use. False: nothing begins. */
  readonly provided?: (tx: Transaction) => Promise<boolean>
}

/** A sign-in at a SAML provider, as single logout names it. */
export interface SamlLogin {
  /** The provider's ARN. */
  readonly provider: string
  /** Of the provider itself: several accounts may have a record of it. */
  readonly entityId: string
  readonly nameId: string
  readonly format: string | undefined
  readonly sessionIndex: string | undefined
}

export interface PersonSignOut extends Pick<SamlLogin, 'entityId' | 'nameId'> {
  readonly indexes: readonly string[]
  readonly isOf: (provider: string) => Promise<boolean>
}

export type Begun = { readonly begun: true } | { readonly rejected: PassRejection | 'used' }

export interface ConsoleSessions {
  begin(request: BeginSession, visit: Visit): Promise<Begun>
  /** The session of a cookie's id. Notes that it was used. */
  find(cookie: string, now: Date): Promise<FoundSession>
  /** Goes on as another role. `changed`: the session is another by now, or over. */
  switchTo(
    session: ConsoleSession,
    to: PassCredentials,
    visit: Visit,
  ): Promise<{ readonly switched: true } | { readonly rejected: PassRejection | 'changed' }>
  /** Goes back to who it was before the switch; false when there is no such, or the session is another by now. */
  switchBack(session: ConsoleSession, visit: Visit): Promise<boolean>
  /** Records that the session's credentials are shown; false when the session is another by now, or over: then they are not. */
  noteShown(session: ConsoleSession, form: string, visit: Visit): Promise<boolean>
  /** Signs out: the session ends on every node, and so do its passes and what was issued with them. */
  end(session: ConsoleSession, visit: Visit): Promise<void>
  /** The sign-in at a SAML provider that the session began with. */
  samlLogin(session: ConsoleSession): Promise<SamlLogin | undefined>
  /**
   * Signs a person of a SAML provider out, as the provider asks: of its sessions of those names, or of all when none are given.
   * `isOf` says of a provider's ARN whether that record of the provider vouches for the request. Answers how many sessions ended.
   */
  endOfPerson(request: PersonSignOut, visit: Visit): Promise<number>
  /** Removes what is long over. Answers how many went. */
  sweep(now: Date): Promise<number>
}

/** Who it is now, and who it was before a switch. */
export const openedOf = ({ current, before }: ConsoleSession): readonly OpenedCredentials[] =>
  before === undefined ? [current] : [current, before]

/** All that a session stands for, and the sessions before it that were the same person's. */
export const passesOf = (session: ConsoleSession): readonly PassToEnd[] => [
  ...openedOf(session).map(({ pass }) => pass),
  ...session.earlier,
]

/** INVARIANT: what was copied from a session that the person's next sign-in replaced is not forgotten by a sign-out. */
export function earlierOf({ current, before, earlier }: ConsoleSession, now: Date): readonly EarlierPass[] {
  const { account, id, expiresAt } = (before ?? current).pass
  return [{ account, id, expiresAt }, ...earlier].filter((pass) => pass.expiresAt * 1000 > now.getTime())
}

/**
 * Whether a session is of somebody else than a pass: another person, account, role, session name, or source identity and tags,
 * which alone tell a broker's people apart where it names all their sessions alike.
 */
export const isOfAnother = ({ current, before }: ConsoleSession, pass: Pass): boolean => {
  const mine = (before ?? current).pass
  return mine.account !== pass.account || !isDeepStrictEqual(whoIs(mine), whoIs(pass))
}

const whoIs = ({ by, principal, name, sourceIdentity, tags }: Pass) => ({
  ...{ by, principal, name, sourceIdentity },
  tags: new Map(Object.entries(tags)),
})
