// The records of the control plane: accounts, users, access keys, roles, instance profiles, managed policies, MFA devices.
// Keys begin with the account. Names are unique without regard to case, so keys hold the lower-cased name; unique ids have an index.
import { isoSeconds } from '../core/time.ts'
import type { Collection } from '../store/store.ts'

export interface Tag {
  readonly Key: string
  readonly Value: string
}

export interface Account {
  readonly id: string
  readonly name: string
  readonly email?: string
  /** SUSPENDED once it was closed: nobody of it is anybody, and none of its roles is assumed. */
  readonly status: 'ACTIVE' | 'SUSPENDED'
  /** ISO 8601, seconds. So are all times in records. */
  readonly createdAt: string
  readonly organization?: {
    readonly id: string
    readonly joinedAt: string
    readonly joinedMethod: 'CREATED' | 'INVITED'
  }
  /** Of the account in its organization: they end with its membership. */
  readonly tags?: readonly Tag[]
}

export interface InlinePolicy {
  readonly name: string
  readonly text: string
}

/** What IAM keeps under a name in an account: names are unique without regard to case, ids are never used again. */
export interface IamResource {
  readonly account: string
  /** AIDA…, AROA…, AIPA…. */
  readonly id: string
  readonly name: string
  readonly path: string
  readonly createdAt: string
  /** Absent where there are never any. */
  readonly tags?: readonly Tag[]
}

/** What holds policies. */
export interface PolicyHolder extends IamResource {
  readonly inline: readonly InlinePolicy[]
  /** ARNs of attached managed policies, in the order they were attached. */
  readonly attached: readonly string[]
}

/** A holder that requests are made as: it has tags, and may be bounded. */
export interface Principal extends PolicyHolder {
  readonly tags: readonly Tag[]
  /** ARN of the managed policy that bounds it. */
  readonly boundary?: string
}

export interface User extends Principal {}

export interface Role extends Principal {
  readonly description?: string
  /** Seconds, 3600 to 43200. */
  readonly maxSessionDuration: number
  readonly trust: NamingPolicy
}

/** A name under which a machine finds the role that it may be. */
export interface InstanceProfile extends IamResource {
  readonly tags: readonly Tag[]
  /** AROA… of the one role in it. By id: a role that was made again under the name was passed by nobody. */
  readonly role?: string
}

/** A policy that names principals: a role's trust policy, a resource's. */
export interface NamingPolicy {
  readonly text: string
  /** ARNs of users, roles and role sessions in the text, each with the unique id of the user or role it stood for. */
  readonly principals: Readonly<Record<string, string>>
}

export interface AccessKey {
  readonly account: string
  /** AKIA…. */
  readonly id: string
  /** AIDA…, or the account id for root's. */
  readonly principal: string
  readonly status: 'Active' | 'Inactive'
  readonly createdAt: string
  /** The secret, sealed to (account, id, 'secret'). */
  readonly secret: string
}

export interface PolicyVersion {
  /** `v1`, `v2`, …: never used again. */
  readonly id: string
  readonly text: string
  readonly createdAt: string
}

export interface ManagedPolicy {
  readonly account: string
  /** ANPA…. */
  readonly id: string
  readonly name: string
  readonly path: string
  readonly arn: string
  readonly description?: string
  readonly createdAt: string
  readonly updatedAt: string
  readonly tags: readonly Tag[]
  readonly versions: readonly PolicyVersion[]
  readonly defaultVersion: string
  readonly lastVersion: number
}

/** That a managed policy is attached to, or bounds, a user or role: the way back from the policy to its holders. */
export interface Attachment {
  /** The holder's account. */
  readonly account: string
  readonly policyArn: string
  readonly use: 'permissions' | 'boundary'
  readonly holder: 'user' | 'role'
  readonly holderId: string
  readonly holderName: string
}

export interface MfaDevice {
  readonly account: string
  /** `arn:aws:iam::ACCT:mfa/…`. */
  readonly serial: string
  readonly name: string
  readonly path: string
  readonly createdAt: string
  readonly tags: readonly Tag[]
  /** The seed (base32 text), sealed to (account, serial, 'seed'). */
  readonly seed: string
  /** AIDA…, or the account id for root; absent until it is enabled. */
  readonly principal?: string
  readonly enabledAt?: string
  /** The last 30-second step whose code was accepted: only later ones are. */
  readonly lastStep: number
  /** Wrong codes in a row, and until when (ms) none is looked at. */
  readonly failures: number
  readonly lockedUntil: number
}

/** An OpenID Connect provider that an account trusts. */
export interface OidcProvider {
  readonly account: string
  /** Random: what its keys are kept under, with the record's version. A provider made again is another one. */
  readonly id: string
  /** The issuer without its scheme, to the letter: AWS's name of the provider. */
  readonly url: string
  /** The issuer whole: what a token's `iss` must be, to the letter. */
  readonly issuer: string
  readonly clientIds: readonly string[]
  /** SHA-1 of certificates, 40 characters in lower case. */
  readonly thumbprints: readonly string[]
  readonly createdAt: string
  readonly tags: readonly Tag[]
}

/** A SAML provider that an account trusts. */
export interface SamlProvider {
  readonly account: string
  readonly name: string
  /** SAMLProviderUUID: one in the installation, and never used again. A provider made again under its name is another one. */
  readonly uuid: string
  /** The document as it was uploaded. What is read of it is compiled at load (federation/saml/metadata.ts). */
  readonly metadata: string
  readonly createdAt: string
  /** When the document says that it ends; absent: it does not say. */
  readonly validUntil?: string
  readonly tags: readonly Tag[]
  /** AssertionEncryptionMode. Without private keys nothing can be encrypted, and it is `Allowed`. */
  readonly encryption: 'Required' | 'Allowed'
  readonly privateKeys: readonly SamlPrivateKey[]
}

export interface SamlPrivateKey {
  readonly id: string
  readonly addedAt: string
  /** PKCS#8 PEM, sealed to (account, uuid, `saml-key:${id}`). */
  readonly sealed: string
}

/** The name that an account goes by where people look, beside its id: at most one an account, of one account in the installation. */
export interface AccountAlias {
  readonly account: string
  readonly alias: string
}

const asIs =
  <R>() =>
  (old: unknown) =>
    old as R

export const accounts: Collection<Account, 'email' | 'organization'> = {
  name: 'account',
  key: (r) => [r.id],
  indexes: {
    email: { of: (r) => (r.email === undefined ? undefined : [r.email.toLowerCase()]), unique: true },
    organization: { of: (r) => (r.organization === undefined ? undefined : [r.organization.id, r.id]) },
  },
  shape: 1,
  upgrade: asIs<Account>(),
}

export const users: Collection<User, 'id'> = {
  name: 'user',
  key: (r) => [r.account, r.name.toLowerCase()],
  indexes: { id: { of: (r) => [r.account, r.id], unique: true } },
  shape: 1,
  upgrade: asIs<User>(),
}

export const roles: Collection<Role, 'id'> = {
  name: 'role',
  key: (r) => [r.account, r.name.toLowerCase()],
  indexes: { id: { of: (r) => [r.account, r.id], unique: true } },
  shape: 1,
  upgrade: asIs<Role>(),
}

export const instanceProfiles: Collection<InstanceProfile, 'role'> = {
  name: 'instance_profile',
  key: (r) => [r.account, r.name.toLowerCase()],
  indexes: { role: { of: (r) => (r.role === undefined ? undefined : [r.account, r.role, r.name.toLowerCase()]) } },
  shape: 1,
  upgrade: asIs<InstanceProfile>(),
}

export const accessKeys: Collection<AccessKey, 'principal' | 'id'> = {
  name: 'access_key',
  key: (r) => [r.account, r.id],
  indexes: {
    principal: { of: (r) => [r.account, r.principal, r.id] },
    id: { of: (r) => [r.id], unique: true },
  },
  shape: 1,
  upgrade: asIs<AccessKey>(),
}

export const managedPolicies: Collection<ManagedPolicy, 'id'> = {
  name: 'managed_policy',
  key: (r) => [r.account, r.name.toLowerCase()],
  indexes: { id: { of: (r) => [r.account, r.id], unique: true } },
  shape: 1,
  upgrade: asIs<ManagedPolicy>(),
}

export const attachments: Collection<Attachment> = {
  name: 'attachment',
  key: (r) => [r.account, r.policyArn, r.use, r.holder, r.holderId],
  indexes: {},
  shape: 1,
  upgrade: asIs<Attachment>(),
}

export const mfaDevices: Collection<MfaDevice, 'principal'> = {
  name: 'mfa_device',
  key: (r) => [r.account, r.serial],
  indexes: { principal: { of: (r) => (r.principal ? [r.account, r.principal, r.serial] : undefined) } },
  shape: 1,
  upgrade: asIs<MfaDevice>(),
}

export const oidcProviders: Collection<OidcProvider> = {
  name: 'oidc_provider',
  key: (r) => [r.account, r.url],
  indexes: {},
  shape: 1,
  upgrade: asIs<OidcProvider>(),
}

export const samlProviders: Collection<SamlProvider, 'uuid'> = {
  name: 'saml_provider',
  key: (r) => [r.account, r.name.toLowerCase()],
  indexes: { uuid: { of: (r) => [r.uuid], unique: true } },
  shape: 1,
  upgrade: asIs<SamlProvider>(),
}

export const accountAliases: Collection<AccountAlias, 'alias'> = {
  name: 'account_alias',
  key: (r) => [r.account],
  indexes: { alias: { of: (r) => [r.alias], unique: true } },
  shape: 1,
  upgrade: asIs<AccountAlias>(),
}

/** When a role or access key was last used; written at most once in 15 minutes a record. */
export interface LastUsed {
  readonly account: string
  /** AROA… or AKIA…. */
  readonly id: string
  readonly at: string
  readonly region: string
  readonly service: string
}

export const lastUsed: Collection<LastUsed> = {
  name: 'last_used',
  key: (r) => [r.account, r.id],
  indexes: {},
  shape: 1,
  upgrade: asIs<LastUsed>(),
}

/** A thing that may happen once: taken in the transaction of the success it guards. */
export interface Once {
  readonly account: string
  readonly scope: string
  readonly key: string
  /** ms: after this the record may go. */
  readonly until: number
}

export const onces: Collection<Once, 'until'> = {
  name: 'once',
  key: (r) => [r.account, r.scope, r.key],
  indexes: { until: { of: (r) => [r.until, r.account, r.scope, r.key] } },
  shape: 1,
  upgrade: asIs<Once>(),
}

/** A time as records hold it: ISO 8601 in whole seconds, UTC. */
export const isoTime = isoSeconds
