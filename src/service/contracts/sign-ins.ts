// Sign-ins of people of connectors, as other rooms see them. Made in service/people.
import type { Secret } from '../../core/secret.ts'
import type { Person, PersonGroup } from '../../federation/person.ts'
import type { AllowedCredential } from './people-table.ts'

/**
 * A person signed in: what every credential that they get descends from. Its id is an ancestor of their passes, so that its
 * revocation ends all of them.
 */
export interface SignIn {
  /** 128 random bits, hex. */
  readonly id: string
  readonly connector: string
  /** Of the person. */
  readonly personId: string
  readonly login: string
  readonly groups: readonly PersonGroup[]
  readonly attributes: ReadonlyMap<string, readonly string[]>
  readonly client: 'browser' | 'command-line' | 'api'
  readonly startedAt: Date
  readonly endsAt: Date
  /** When a second factor was given, here or (believed) at the connector. */
  readonly multiFactorAt?: Date
  /** When they last proved to their provider who they are, by its own word. */
  readonly authenticatedAt?: Date
  /** When the connector last said that they are who they were. */
  readonly confirmedAt: Date
  /** What the connector gave to ask again with: an OIDC refresh token. */
  readonly renewal?: Secret
}

/** The request that a sign-in came with, as the audit names it: an exchange is one. */
export interface SignInOrigin {
  readonly requestId: string
  readonly from: {
    readonly address: string
    readonly tls: boolean
    readonly userAgent: string
    readonly host: string
  }
}

export interface BeginSignIn {
  readonly person: Person
  readonly origin: SignInOrigin
  readonly client: SignIn['client']
  /** ms; when before the connector's own length. */
  readonly endsAt?: number
  readonly multiFactorAt?: Date
  /** When the connector said who it is, where that was not just now: the connector's grace is no longer for a sign-in made of another. */
  readonly confirmedAt?: Date
  readonly renewal?: Secret
}

export type SignInEnd =
  | 'over' // its length is over, or it never was
  | 'ended' // signed out, or ended by an operator
  | 'refused' // the connector lets the person in no more, or what was given is no longer theirs
  | 'unavailable' // the connector cannot be asked: nothing is given now, and the sign-in goes on

/** A live sign-in, as operators list it. */
export interface ListedSignIn extends Pick<SignIn, 'id' | 'connector' | 'personId' | 'login' | 'client'> {
  readonly startedAt: Date
  readonly endsAt: Date
  readonly confirmedAt: Date
  /** ARNs of roles, and `federated-user/ACCOUNT`. */
  readonly given: readonly string[]
  /** Since when, and why, what was given is not accepted: the connector cannot be asked. */
  readonly held?: { readonly since: Date; readonly detail: string }
}

export interface SignIns {
  begin(request: BeginSignIn, now: Date): Promise<SignIn>
  /** Undefined: over, ended, never there. */
  byId(id: string, now: Date): Promise<SignIn | undefined>
  /** Notes that a second factor was given. */
  confirmFactor(id: string, now: Date): Promise<SignIn | undefined>
  /**
   * The sign-in with what the connector says of the person now, as before each thing that is given to them. Whom the connector
   * no longer lets in loses the sign-in, and every credential with it. One that cannot be asked is asked again later, for the
   * connector's grace.
   */
  renew(
    id: string,
    now: Date,
  ): Promise<{ readonly signIn: SignIn } | { readonly ended: SignInEnd; readonly detail: string }>
  /**
   * Remembers what is about to be given, so that it can be taken back when the person may no longer have it.
   * INVARIANT: called before the credentials are asked for. False: the sign-in has ended or is held meanwhile, and nothing is given.
   */
  noteGiven(id: string, given: AllowedCredential, now: Date): Promise<boolean>
  /** Signs out: the sign-in and all that descends from it. False: it was not there. */
  end(id: string, why: string, now: Date): Promise<boolean>
  /** Ends the live sign-ins of a person. Answers how many. */
  endOfPerson(connector: string, personId: string, why: string, now: Date): Promise<number>
  /** Those that live, by connector and person. */
  list(now: Date): Promise<readonly ListedSignIn[]>
  /**
   * Asks again for those whose turn it is. Answers how many were ended. Those that the connector cannot be asked about are held: what was
   * given in them is refused until it answers.
   */
  checkDue(now: Date): Promise<number>
  sweep(now: Date): Promise<number>
}
