// Sign-ins of people as the store keeps them: one record from which every credential of a sign-in descends.
import type { Collection } from '../../../store/store.ts'
import type { SignIn, SignInEnd } from '../../contracts/sign-ins.ts'

/** Something that was given in a sign-in. */
export interface GivenRecord {
  /** A role's ARN, or `federated-user/ACCOUNT`. */
  readonly what: string
  /** Digest of what it permits: tags and session policies. Another one now is another thing. */
  readonly digest: string
  /** The broker user's account, in which the sign-in is revoked; absent for what a target gave. */
  readonly broker?: string
  readonly target?: string
}

export interface HeldRecord {
  readonly since: number
  readonly detail: string
}

export interface SignInRecord {
  /** `system`: people belong to no account. */
  readonly account: string
  /** 128 random bits, hex. */
  readonly id: string
  readonly connector: string
  /** Who vouched, beyond the connector's name: another provider under the name knows other people by the same ids. */
  readonly authority: string
  readonly personId: string
  readonly login: string
  readonly client: SignIn['client']
  /** Times are in ms. */
  readonly startedAt: number
  readonly endsAt: number
  /** When everything that was given, and what others were made of it, is over; absent while nothing was given. */
  readonly givenUntil?: number
  /** After it the record may go: later than the end, so that who comes back is told how it ended. */
  readonly until: number
  readonly multiFactorAt?: number
  readonly authenticatedAt?: number
  readonly confirmedAt: number
  /** When the connector is asked again unasked; absent once it has ended. */
  readonly dueAt?: number
  readonly given: readonly GivenRecord[]
  /** Groups, attributes and the renewal secret, sealed to (account, id, 'sign-in'). */
  readonly sealed: string
  /** Since when (ms), and why, nothing that was given in it is accepted: the connector cannot be asked. */
  readonly held?: HeldRecord
  /** How it ended before its time. */
  readonly ended?: { readonly how: SignInEnd; readonly detail: string }
}

export const signIns: Collection<SignInRecord, 'person' | 'due' | 'until'> = {
  name: 'sign_in',
  key: (r) => [r.account, r.id],
  indexes: {
    // Those that live: what ended is not looked for.
    person: { of: (r) => (r.dueAt === undefined ? undefined : [r.connector, r.personId, r.startedAt, r.id]) },
    due: { of: (r) => (r.dueAt === undefined ? undefined : [r.dueAt, r.id]) },
    until: { of: (r) => [r.until, r.account, r.id] },
  },
  shape: 1,
  upgrade: (old) => old as SignInRecord,
}

/** Failed attempts to sign in that count against one login, one person, or one network of addresses. */
export interface AttemptsRecord {
  /** `system`. */
  readonly account: string
  readonly connector: string
  readonly of: 'login' | 'person' | 'network'
  /** Digest of the folded login or of the person's id; or the network. */
  readonly key: string
  readonly attempts: readonly {
    readonly id: string
    /** ms. */
    readonly at: number
    /** Digest of the login to the letter. */
    readonly login: string
    /** Not yet answered ones count, and are not forgotten by a success. */
    readonly failed?: true
  }[]
  /** ms. */
  readonly until: number
}

export const peopleAttempts: Collection<AttemptsRecord, 'until'> = {
  name: 'people_attempts',
  key: (r) => [r.account, r.connector, r.of, r.key],
  indexes: { until: { of: (r) => [r.until, r.account, r.connector, r.of, r.key] } },
  shape: 1,
  upgrade: (old) => old as AttemptsRecord,
}
