// The records of workloads that prove themselves to Hallpass: machines with their join tokens, and declared services.
import type { Collection } from '../../store/store.ts'
import type { Tag } from '../records.ts'

/** A public key (RFC 7517): its numbers, and as `kid` its thumbprint (RFC 7638). */
export interface KeyRecord {
  readonly kid: string
  readonly jwk: Readonly<Record<string, string>>
}

/** What a machine joins with, once. */
export interface JoinToken {
  /** SHA-256 of the token, base64url: the store holds no token. */
  readonly digest: string
  /** ms: from then on it is not accepted. */
  readonly until: number
}

/** A role that a task of the machine has. */
export interface TaskRole {
  readonly task: string
  /** AROA…. By id: a role that was made again under the name was given to nobody. */
  readonly role: string
}

/** A machine that an operator let in. It is what EC2 calls an instance. */
export interface Machine {
  readonly account: string
  /** `i-` and 17 hexadecimal digits, random: a machine that is added again is another one. */
  readonly id: string
  /** One in the installation. */
  readonly name: string
  readonly region: string
  /** The instance profile by name and id: one that was made again under the name is another one. */
  readonly profile: { readonly name: string; readonly id: string }
  readonly tasks: readonly TaskRole[]
  readonly tags: readonly Tag[]
  readonly createdAt: string
  readonly isEnabled: boolean
  /** Counts the keys it had, and how often it was disabled: sessions of an earlier one are dead. */
  readonly incarnation: number
  /** Absent until it has joined. */
  readonly key?: KeyRecord & { readonly joinedAt: string }
  readonly join?: JoinToken
}

export const machines: Collection<Machine, 'id' | 'name' | 'join'> = {
  name: 'machine',
  key: (r) => [r.account, r.id],
  indexes: {
    id: { of: (r) => [r.id], unique: true },
    name: { of: (r) => [r.name], unique: true },
    join: { of: (r) => (r.join === undefined ? undefined : [r.join.digest]), unique: true },
  },
  shape: 1,
  upgrade: (old) => old as Machine,
}

/** How a declared service may prove itself. */
export type ServiceProof = {
  /** Random, and never used again: sessions name the proof that they began with, and end with it. */
  readonly id: string
  readonly addedAt: string
} & (
  | { readonly kind: 'key'; readonly key: KeyRecord }
  | {
      readonly kind: 'issuer'
      /** To the letter as `iss` has it. */
      readonly issuer: string
      readonly audience: string
      /** What `sub` must be like: `*` is any text, `?` any character. */
      readonly subject: string
      /** Its JWKS document: then nothing is fetched. */
      readonly keys?: string
      /** PEM of authorities that vouch for its servers, instead of the public ones. */
      readonly ca?: string
    }
  | {
      readonly kind: 'certificate'
      /** PEM of the authorities that its certificates lead to. */
      readonly authorities: string
      /** What a DNS name or URI of the certificate must be like. */
      readonly subject: string
    }
)

export interface ServiceApi {
  /** What clients sign for: `notes`. One service's alone, and none of AWS's. */
  readonly signingName: string
  /** Host names that it answers under; none: any. */
  readonly hosts: readonly string[]
}

/** A service of the operator's own, which trust policies name as they name AWS's. */
export interface DeclaredService {
  /** The principal: `backup.corp.example`. */
  readonly name: string
  /** Random: a service that is declared again under the name is another one. */
  readonly id: string
  /** Those on whose behalf it may act. */
  readonly accounts: readonly string[] | 'any'
  readonly proofs: readonly ServiceProof[]
  /** Of a service with an API of its own, which it may ask about who signed requests to. */
  readonly api?: ServiceApi
  readonly createdAt: string
  readonly isEnabled: boolean
  /** Counts how often it was disabled: sessions of before are dead. */
  readonly incarnation: number
}

/** Part 0 of the keys of what belongs to no account. */
const SYSTEM = 'system'
export const serviceKey = (name: string) => [SYSTEM, name] as const

export const declaredServices: Collection<DeclaredService, 'signingName'> = {
  name: 'declared_service',
  key: (r) => serviceKey(r.name),
  // INVARIANT: no two services have one: a request that is signed for one could be shown to Hallpass by the other.
  indexes: {
    signingName: { of: (r) => (r.api === undefined ? undefined : [r.api.signingName]), unique: true },
  },
  shape: 1,
  upgrade: (old) => old as DeclaredService,
}

export const workloadCollections = [machines, declaredServices] as const
