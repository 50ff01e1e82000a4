// The table of who may have what, and what it gives to one person. Read by service/people, from the file that was applied.
import type { Secret } from '../../core/secret.ts'
import type { DirectorySettings } from '../../federation/directory/directory.ts'
import type { Tag } from '../records.ts'

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
