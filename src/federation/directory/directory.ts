// A directory as a connector: LDAP (RFC 4511, 4513), Active Directory, OpenLDAP, FreeIPA.
import type { Secret } from '../../core/secret.ts'
import type { PersonOutcome } from '../person.ts'

/** How a person's groups are found, in the order in which the ways are tried together. */
export type Membership =
  | 'token-groups' // Active Directory: one reading of tokenGroups gives all of them, nested ones too
  | 'member-of' // the person's memberOf; nested ones by the groups' own memberOf
  | 'member' // groups whose member or uniqueMember is the person; nested ones in batches
  | 'member-uid' // groups whose memberUid is the login (RFC 2307)
  | 'matching-rule-in-chain' // 1.2.840.113556.1.4.1941: slow in large directories, so by choice alone

export interface DirectorySettings {
  /** The connector's name. */
  readonly name: string
  /** `ldaps://host[:port]` or `ldap://host[:port]`, the preferred first. */
  readonly servers: readonly string[]
  /** StartTLS on `ldap://`. INVARIANT: without it such a server is used in development alone. */
  readonly startTls: boolean
  /** PEM; instead of the public authorities. */
  readonly ca?: string
  readonly clientCertificate?: { readonly certificate: string; readonly key: Secret }
  /** Who searches: a DN, a UPN, `DOMAIN\name`. Absent where people are found with their own bind alone. */
  readonly bind?: { readonly name: string; readonly password: Secret }
  readonly people: {
    /** DN below which people are. */
    readonly base: string
    readonly objectClass: string
    /** Attributes of which one equals what a person types. */
    readonly loginAttributes: readonly string[]
    /** The attribute that is shown as the login, and that session names are made of. */
    readonly nameAttribute: string
    /** `objectGUID`, `entryUUID`, `ipaUniqueID`, `nsUniqueId`. */
    readonly idAttribute: string
    /** `{login}@corp.example`, `CORP\{login}`, `uid={login},ou=people,dc=…`: bind at once, without a search before it. */
    readonly directBind?: string
    /** Attributes that session tags are made of. */
    readonly attributes: readonly string[]
  }
  readonly groups: {
    /** DN below which groups count; others are ignored. */
    readonly base: string
    readonly membership: readonly Membership[]
    readonly nested: boolean
    /** The attribute that is a group's name. */
    readonly nameAttribute: string
  }
  /** ms for one sign-in or look-up, all servers and searches together. */
  readonly deadlineMs: number
  /** Plain `ldap://` on loopback: development's own directory. */
  readonly allowsPlain?: boolean
}

/** What one server answered to the operator's check. */
export interface ServerCheck {
  readonly server: string
  /** Undefined: it answers, and lets the connector search. */
  readonly problem: string | undefined
}

/** Whether the password of the person of that id may be tried. Never rejects. */
export type Admits = (id: string) => Promise<boolean>

export interface Directory {
  /**
   * Whether the password is the person's; with their groups, read after it. Never rejects. Where the person is found before their
   * password is tried, `admits` says whether it may be: one person may have several logins. Asked once for each server that is tried.
   */
  logIn(login: string, password: Secret, now: Date, admits?: Admits): Promise<PersonOutcome>
  /** The person of that id as the directory has them now: `unknown` when there is none, `disabled`, `locked` and so on. Never rejects. */
  findAgain(id: string, now: Date): Promise<PersonOutcome>
  /** The person of that login, by the connector's own bind: for the operator. Never rejects. */
  look(login: string, now: Date): Promise<PersonOutcome>
  check(now: Date): Promise<readonly ServerCheck[]>
  close(): Promise<void>
}
