// What the ring keeps in the store: its keys, wrapped, and the nodes that must know a key before it seals.
import type { AnyCollection, Collection } from '../store/store.ts'
import type { KeyState, Purpose, SigningAlgorithm, SigningPurpose } from './keys.ts'

/** Part 0 of the keys of records that belong to no account. */
const system = 'system'

export interface RingKeyRecord {
  /** 16 hexadecimal digits, random. */
  readonly id: string
  readonly purpose: Purpose
  readonly state: KeyState
  /** The key, wrapped by the master key to (id, purpose); empty once retired. */
  readonly wrapped: string
  /** Id of the master key that wrapped it. */
  readonly master: string
  /** Milliseconds, as all times here. */
  readonly createdAt: number
  readonly activatedAt?: number
  /** When a closing key retires; absent while it is not closing, and for a vault key, which never retires by itself. */
  readonly opensUntil?: number
  readonly retiredAt?: number
}

export interface NodeRecord {
  readonly id: string
  readonly seenAt: number
  /** Ids of the ring keys it can open with. */
  readonly keys: readonly string[]
  /** The newest format of session tokens that it opens; nodes of the release before do not say, and open version 1. */
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
  /** PKCS #8 (PEM), sealed to (account, id, 'signing-key'). */
  readonly secret: string
  /** It is published from then on. */
  readonly createdAt: number
  /** It signs from then on, until a later one does. */
  readonly signsFrom: number
  /** Its successor is made: it is published until then. */
  readonly publishedUntil?: number
  /** When something is to be done about it: a successor made, or the record dropped. */
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

/** What a key of the ring is wrapped to. */
export const context = (record: Pick<RingKeyRecord, 'id' | 'purpose'>) => JSON.stringify([record.id, record.purpose])

/** The ring of this store under another master key, or partly so. */
export class ForeignRing extends Error {
  override readonly name = 'ForeignRing'
  constructor() {
    super('the key ring in the store is wrapped by another master key: give the one it was made or last rewrapped with')
  }
}
