// People of connectors as other rooms see them: the table of who may have what, and sign-ins. Made in service/people.
import type { Secret } from '../../core/secret.ts'
import type { DirectorySettings, ServerCheck } from '../../federation/directory/directory.ts'
import type { Person, PersonGroup, PersonOutcome } from '../../federation/person.ts'
import type { Tag } from '../records.ts'

// ---- the table -----------------------------------------------------------------------------------------------------

interface ConnectorCommon {
  readonly name: string
  /** What people read on the sign-in page. */
  readonly title: string
  /** Not on the sign-in page: reached by its own address alone. */
  readonly hidden: boolean
  /** Seconds that a sign-in lasts, whatever is renewed in it. */
  readonly signInSeconds: number
  /** Session tags of every person: the tag's key, and the attribute or claim that is its value. */
  readonly tags: ReadonlyMap<string, string>
}

export interface DirectoryConnector extends ConnectorCommon {
  readonly kind: 'directory'
  readonly directory: DirectorySettings
  /** So many failed attempts of one person in so many seconds are let through to the directory. */
  readonly attempts: { readonly failures: number; readonly seconds: number }
  /** Seconds for which renewal goes on while the directory cannot be asked. */
  readonly graceSeconds: number
}

export interface OidcConnector extends ConnectorCommon {
  readonly kind: 'oidc'
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret?: Secret
  readonly scopes: readonly string[]
  readonly loginClaim: string
  /** Absent (`none`): people of this connector are in no groups. Where it is named, a token without it is refused. */
  readonly groupsClaim?: string
  /** `amr` values, of which one says that a second factor was used. Empty: the provider is not believed. */
  readonly multiFactorAmr: readonly string[]
  /** PEM; instead of the public authorities. */
  readonly ca?: string
  readonly allow: readonly string[]
  /** As a directory's, for its refresh tokens. */
  readonly graceSeconds: number
}

export interface SamlConnector extends ConnectorCommon {
  readonly kind: 'saml'
  /** ARN of the IAM record of the provider. */
  readonly provider: string
  /** Absent (`none`): people of this connector are in no groups. Where it is named, a response without it is refused. */
  readonly groupsAttribute?: string
  /** Who they are: one value that is never another person's. Absent: the NameID, which then must be persistent. */
  readonly idAttribute?: string
  /** Absent: the NameID. */
  readonly loginAttribute?: string
  /** AuthnContextClassRef values, of which one says that a second factor was used. */
  readonly multiFactorContexts: readonly string[]
}

export type Connector = DirectoryConnector | OidcConnector | SamlConnector

/** The IAM user without keys that assumes roles for people: one of an account. */
export interface BrokerUser {
  readonly account: string
  readonly user: string
}

/** An STS that is not this one: AWS's own, another installation. */
export interface Target {
  readonly name: string
  /** Accounts that are there. */
  readonly accounts: readonly string[]
  /** Its STS endpoint. */
  readonly sts: string
  readonly region: string
  /** Its federation endpoint (`https://signin.aws.amazon.com/federation`), and where a console of it begins. */
  readonly federation: string
  readonly console: string
  /** The audience of the tokens that it is shown. One target alone has it. */
  readonly audience: string
  readonly ca?: string
  readonly allow: readonly string[]
  /** A long-term key there, for GetFederationToken alone. */
  readonly key?: { readonly accessKeyId: string; readonly secret: Secret }
}

/** What a row's group must be. */
export type GroupMatch =
  /** A DN, compared as DNs are; or a name or claim's value, where the connector has no DNs. Case is ignored. */
  | { readonly group: string }
  /** `AWS-{account}-{role}`: groups directly named so. Of a directory, those below the DN `base` alone. */
  | {
      readonly pattern: string
      readonly base?: string
      /** What `{account}` may be, and the account's id that it stands for: a name, or the id itself. */
      readonly accounts: ReadonlyMap<string, string>
    }

export interface Entitlement {
  readonly account: string
  readonly policyArns: readonly string[]
  /** AWS's JSON. */
  readonly policy?: string
}

/** A row of the table: who is in the group may have this. */
export interface Assignment {
  /** `file:line:column` of its row, for the operator. */
  readonly place: string
  readonly connector: string
  readonly match: GroupMatch
  /** ARNs; none where a pattern gives them. */
  readonly roles: readonly string[]
  readonly entitlements: readonly Entitlement[]
  /** Seconds; 3600 where the row does not say. */
  readonly sessionSeconds: number
  readonly tags: readonly Tag[]
  /** A second factor is needed. */
  readonly multiFactor: boolean
  /** The account of the broker user that assumes; absent: the role's account's, or the only one. */
  readonly broker?: string
}

/** Everything that `hallpass apply` brought in about people. */
export interface PeopleTable {
  /** Grows with every change; 0 when nothing was ever applied. */
  readonly version: number
  readonly connectors: readonly Connector[]
  readonly brokers: readonly BrokerUser[]
  readonly targets: readonly Target[]
  readonly assignments: readonly Assignment[]
  /** Networks (CIDR) from which a device code may be asked for; none: nowhere. */
  readonly deviceNetworks: readonly string[]
}

// ---- what a person may have ----------------------------------------------------------------------------------------

export interface AllowedRole {
  readonly arn: string
  readonly account: string
  /** The target that the role is at; absent: it is here. */
  readonly target?: string
  /** Whose broker user assumes it; absent for a role elsewhere. */
  readonly broker?: BrokerUser
  readonly sessionSeconds: number
  /** Of the connector, the groups' rows over them. */
  readonly tags: readonly Tag[]
  readonly multiFactor: boolean
  readonly places: readonly string[]
}

/** The entitlements in one account of all rows together: session policies of one federated user. */
export interface AllowedEntitlement {
  readonly account: string
  readonly target?: string
  readonly broker?: BrokerUser
  readonly policyArns: readonly string[]
  /** One document with the statements of all. */
  readonly policy?: string
  readonly sessionSeconds: number
  readonly tags: readonly Tag[]
  /** GetFederationToken carries no second factor: then it is refused, and AssumeRole offered. */
  readonly multiFactor: boolean
  readonly places: readonly string[]
}

/** What credentials are given for. */
export type AllowedCredential = AllowedRole | AllowedEntitlement

export interface Allowed {
  /** By ARN, sorted by account and name; each once. */
  readonly roles: readonly AllowedRole[]
  readonly entitlements: readonly AllowedEntitlement[]
  /** Rows that gave nothing, and why: for the operator. */
  readonly problems: readonly { readonly place: string; readonly problem: string }[]
}

// ---- connectors ----------------------------------------------------------------------------------------------------

/** A proof that a program or browser brings: what each kind of connector takes. */
export interface PeopleConnectors {
  /** A directory. Counts the attempt before the directory is asked. */
  logIn(connector: string, login: string, password: Secret, address: string, now: Date): Promise<PersonOutcome>
  /** The person as the connector has them now; of one that cannot be asked (SAML) the person of the sign-in. */
  findAgain(signIn: SignIn, now: Date): Promise<PersonOutcome>
  /** For the operator: `people explain`. */
  look(connector: string, login: string, now: Date): Promise<PersonOutcome>
  /** For the operator: `doctor`. */
  check(connector: string, now: Date): Promise<readonly ServerCheck[]>
}

// ---- sign-ins ------------------------------------------------------------------------------------------------------

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

export interface People {
  /** The table in force, as the store has it now. */
  table(): Promise<PeopleTable>
  /** What the table gives this person. Pure. */
  allowed(table: PeopleTable, person: Pick<Person, 'connector' | 'id' | 'login' | 'groups' | 'attributes'>): Allowed
  readonly connectors: PeopleConnectors
  readonly signIns: SignIns
}
