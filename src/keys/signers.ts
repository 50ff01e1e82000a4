// Keys that sign what others verify: JWTs of an account's outbound issuer, OpenID tokens (RFC 7515, 7517, 7518, 7519). Each
// is published a day before it signs, and until everything that it signed has expired, so that a relying party that caches
// a JWKS for hours never meets an unknown `kid`. The private keys are in the store, sealed by the vault.
import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { inBatches } from '../store/batches.ts'
import { everything } from '../store/everything.ts'
import type { Reader, Store, Transaction } from '../store/store.ts'
import type { PublicJwk, Signers, SigningAlgorithm, SigningSet } from './keys.ts'
import { type SigningKeyRecord, signingKeys } from './records.ts'
import type { createVault } from './vault.ts'

export interface SignersOptions {
  readonly store: Store
  readonly vault: ReturnType<typeof createVault>
}

/** Signers, with rotation for the operator and maintenance for the timer. */
export interface KeptSigners extends Signers {
  /**
   * Draws a successor for every key that has none, in every set. The function that it resolves to stores them in a
   * transaction and resolves to their `kid`s.
   */
  rotation(now: Date): Promise<(tx: Transaction) => Promise<readonly string[]>>
  /** Makes successors that are due, and deletes keys that are no longer published. A timer calls it. */
  tend(now: Date): Promise<void>
}

const hourMs = 3_600_000
/** How long a key signs. */
export const signingMs = 90 * 24 * hourMs
/** How long a key is published before it signs: longer than a relying party caches a JWKS. */
export const aheadMs = 24 * hourMs
/** How long a key is published after it last signed: a day, as the longest token lives, and an hour for clocks. */
export const afterMs = 25 * hourMs

const makePair = promisify(generateKeyPair)
const field = 'signing-key'
const maxOpenedKeys = 500

/** Signing keys over a store. */
export function createSigners({ store, vault }: SignersOptions): KeptSigners {
  const opened = new Map<string, KeyObject>()
  const making = new Map<string, Promise<void>>()

  async function fresh(set: Omit<SigningSet, 'algorithms'>, algorithm: SigningAlgorithm, now: Date) {
    const { publicKey, privateKey } = await drawPair(algorithm)
    const publicJwk = publicKey.export({ format: 'jwk' }) as Record<string, string>
    // jose is loaded with the first token: 15 MB that a server that issues none does without.
    const { calculateJwkThumbprint } = await import('jose')
    const id = await calculateJwkThumbprint(publicJwk)
    const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }) as string
    const secret = vault.seal(set.account, id, field, pem)
    const { account, purpose } = set
    return { account, purpose, algorithm, id, publicJwk, secret, createdAt: now.getTime() }
  }

  /** The record's private key. Unsealing is slow, so memory keeps what was opened. */
  function keyOf(record: SigningKeyRecord): KeyObject {
    const cached = opened.get(record.id)
    if (cached !== undefined) return cached
    const key = createPrivateKey(vault.open(record.account, record.id, field, record.secret))
    if (opened.size >= maxOpenedKeys) opened.clear()
    opened.set(record.id, key)
    return key
  }

  /** Makes the set's first key of each algorithm that has none: once at a time on a node; between nodes the transaction decides. */
  function makeFirst(set: SigningSet, missing: readonly SigningAlgorithm[], now: Date): Promise<void> {
    const name = JSON.stringify([set.account, set.purpose, missing])
    const running = making.get(name)
    if (running !== undefined) return running
    const run = async () => {
      const made = await Promise.all(missing.map((algorithm) => fresh(set, algorithm, now)))
      await store.transact(async (tx) => {
        for (const key of made) {
          if ((await recordsOf(tx, set, key.algorithm)).length > 0) continue
          await tx.create(signingKeys, newest(key, now.getTime()))
        }
      })
    }
    const done = run().finally(() => making.delete(name))
    making.set(name, done)
    return done
  }

  /** Every record of the set; makes keys so that each algorithm has at least one. */
  async function all(set: SigningSet, now: Date): Promise<readonly SigningKeyRecord[]> {
    const read = async () => {
      const byAlgorithm = await Promise.all(set.algorithms.map((algorithm) => recordsOf(store, set, algorithm)))
      return byAlgorithm.flat()
    }
    const records = await read()
    const missing = set.algorithms.filter((algorithm) => !records.some((record) => record.algorithm === algorithm))
    if (missing.length === 0) return records
    await makeFirst(set, missing, now)
    return read()
  }

  const isPublished = (now: Date) => (record: SigningKeyRecord) =>
    record.publishedUntil === undefined || record.publishedUntil > now.getTime()

  /** Draws a successor. The function that it resolves to stores it in a transaction, unless there is one already. */
  async function successor(before: SigningKeyRecord, now: Date): Promise<(tx: Transaction) => Promise<string>> {
    const made = await fresh(before, before.algorithm, now)
    return async (tx) => {
      const records = await recordsOf(tx, before, before.algorithm)
      const last = records.find(({ publishedUntil }) => publishedUntil === undefined)
      // Another node stored one first, or the successor of an earlier call does not sign yet.
      if (last !== undefined && (last.id !== before.id || last.signsFrom > now.getTime())) return last.id
      const next = newest(made, now.getTime() + aheadMs)
      if (last !== undefined) {
        const publishedUntil = next.signsFrom + afterMs
        await tx.replace(signingKeys, { ...last, publishedUntil, dueAt: publishedUntil })
      }
      await tx.create(signingKeys, next)
      return made.id
    }
  }

  return {
    async sign(set, algorithm, claims, now) {
      if (!set.algorithms.includes(algorithm)) throw new TypeError(`the set does not sign with ${algorithm}`)
      const records = (await all(set, now)).filter((record) => record.algorithm === algorithm)
      const ready = records.filter(({ signsFrom }) => signsFrom <= now.getTime())
      // After a clock was set back none may be ready: then the oldest signs, as relying parties know it.
      const record = ready.length > 0 ? latest(ready) : earliest(records)
      if (record === undefined) throw new TypeError('a set without keys')
      const { SignJWT } = await import('jose')
      return new SignJWT({ ...claims })
        .setProtectedHeader({ alg: algorithm, kid: record.id, typ: 'JWT' })
        .sign(keyOf(record))
    },
    async published(set, now) {
      return (await all(set, now)).filter(isPublished(now)).map(jwkOf)
    },
    async verifying(set, kid, now) {
      for (const algorithm of set.algorithms) {
        const record = await store.get(signingKeys, [set.account, set.purpose, algorithm, kid])
        if (record === undefined || !isPublished(now)(record)) continue
        return { algorithm, key: createPublicKey({ key: { ...record.publicJwk }, format: 'jwk' }) }
      }
      return undefined
    },
    async rotation(now) {
      const last = (await everything(store, signingKeys)).filter(({ publishedUntil }) => publishedUntil === undefined)
      const successors = await Promise.all(last.map((record) => successor(record, now)))
      return async (tx) => {
        const ids: string[] = []
        for (const storeSuccessor of successors) ids.push(await storeSuccessor(tx))
        return ids
      }
    },
    async tend(now) {
      await inBatches(async () => {
        const { items } = await store.list(signingKeys, 'due', { prefix: [], limit: 20 })
        const due = items.filter(({ dueAt }) => dueAt <= now.getTime())
        for (const record of due) {
          if (record.publishedUntil === undefined) await store.transact(await successor(record, now))
          else await store.transact((tx) => tx.delete(signingKeys, signingKeys.key(record)))
        }
        return { count: due.length, more: due.length > 0 }
      })
    },
  }
}

/**
 * Deletes the signing keys of every set: nobody can verify any more what they signed. The next use of a set makes new
 * ones.
 */
export async function dropSigningKeys(tx: Transaction): Promise<void> {
  for (const record of await everything(tx, signingKeys)) await tx.delete(signingKeys, signingKeys.key(record))
}

/** The record of a key without a successor. */
const newest = (key: Omit<SigningKeyRecord, 'signsFrom' | 'dueAt'>, signsFrom: number): SigningKeyRecord => {
  return { ...key, signsFrom, dueAt: signsFrom + signingMs }
}

async function recordsOf(
  from: Reader | Transaction,
  { account, purpose }: Omit<SigningSet, 'algorithms'>,
  algorithm: SigningAlgorithm,
): Promise<readonly SigningKeyRecord[]> {
  return (await from.list(signingKeys, 'key', { prefix: [account, purpose, algorithm], limit: 100 })).items
}

/** By when they begin to sign. */
const earliest = (records: readonly SigningKeyRecord[]) => [...records].sort((a, b) => a.signsFrom - b.signsFrom)[0]
const latest = (records: readonly SigningKeyRecord[]) => [...records].sort((a, b) => b.signsFrom - a.signsFrom)[0]

function jwkOf({ publicJwk, id, algorithm }: SigningKeyRecord): PublicJwk {
  return { ...publicJwk, kid: id, use: 'sig', alg: algorithm }
}

function drawPair(algorithm: SigningAlgorithm): Promise<{ publicKey: KeyObject; privateKey: KeyObject }> {
  return algorithm === 'ES384' ? makePair('ec', { namedCurve: 'P-384' }) : makePair('rsa', { modulusLength: 2048 })
}
