// Records of keys in the store: the ring's keys, wrapped; the nodes that must know a key before it seals; signing keys.
import type { AnyCollection, Collection } from '../store/store.ts'
import type { KeyState, Purpose, SigningAlgorithm, SigningPurpose } from './keys.ts'

/** Part 0 of the keys of records that belong to no account. */
const system = 'system'

export interface RingKeyRecord {
  /** 16 hexadecimal digits, random. */
  readonly id: string
  readonly purpose: Purpose
  readonly state: KeyState
  /** The key, wrapped by the master key and bound to (id, purpose); empty once retired. */
  readonly wrapped: string
  /** Id of the master key that wrapped it. */
  readonly master: string
  /** In ms, like every time here. */
  readonly createdAt: number
  readonly activatedAt?: number
  /** When a closing key retires; absent while it is not closing, and for a vault key, which never retires by itself. */
  readonly opensUntil?: number
  readonly retiredAt?: number
}

export interface NodeRecord {
  readonly id: string
  readonly seenAt: number
  /** Ids of the ring keys that it can open with. */
  readonly keys: readonly string[]
  /** The newest format of session tokens that it opens. Nodes of the previous release omit it, and open version 1. */
  readonly tokens?: number
}

export const ringKeys: Collection<RingKeyRecord, 'active'> = {
  name: 'ring_key',
  key: (r) => [system, r.id],
  // INVARIANT: one active key of each purpose. Two nodes that start at once cannot both make the first.
  indexes: { active: { of: (r) => (r.state === 'active' ? [system, r.purpose] : undefined), unique: true } },
  shape: 1,
  upgrade: (old) => old as RingKeyRecord,
}

export const nodes: Collection<NodeRecord> = {
  name: 'node',
  key: (r) => [system, r.id],
  indexes: {},
  shape: 1,
  upgrade: (old) => old as NodeRecord,
}

/** A key that signs what others verify. Times say what it is for: nothing has to be moved on at the minute. */
export interface SigningKeyRecord {
  /** Whose set it is in: an account, or `system`. */
  readonly account: string
  readonly purpose: SigningPurpose
  readonly algorithm: SigningAlgorithm
  /** The `kid`: the key's RFC 7638 thumbprint. */
  readonly id: string
  /** Members of the public key's JWK, without `kid`, `use` and `alg`. */
  readonly publicJwk: Readonly<Record<string, string>>
  /** The private key, PKCS #8 (PEM), sealed for (account, id, 'signing-key'). */
  readonly secret: string
  /** When it is first published. */
  readonly createdAt: number
  /** When it begins to sign; it signs until a later key does. */
  readonly signsFrom: number
  /** When it is last published; present once its successor exists. */
  readonly publishedUntil?: number
  /** When the timer acts on it: makes its successor or, once it has one, deletes the record. */
  readonly dueAt: number
}

export const signingKeys: Collection<SigningKeyRecord, 'due'> = {
  name: 'signing_key',
  key: (r) => [r.account, r.purpose, r.algorithm, r.id],
  indexes: { due: { of: (r) => [r.dueAt, r.account, r.purpose, r.algorithm, r.id] } },
  shape: 1,
  upgrade: (old) => old as SigningKeyRecord,
}

/** The collections of this room, for app/engine.ts. */
export const keyCollections: readonly AnyCollection[] = [ringKeys, nodes, signingKeys]

/** What the wrapping of a ring key is bound to. */
export const context = (record: Pick<RingKeyRecord, 'id' | 'purpose'>) => JSON.stringify([record.id, record.purpose])

/** Another master key wrapped some or all keys of this store's ring. */
export class ForeignRing extends Error {
  override readonly name = 'ForeignRing'
  constructor() {
    super('another master key wrapped the key ring in the store: give the one that made it or last rewrapped it')
  }
}
