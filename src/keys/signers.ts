// Keys that sign what others verify: JWTs of an account's outbound issuer, OpenID tokens (RFC 7515, 7517, 7518, 7519). Each
// is published a day before it signs and stays published until nothing signed by it can be good, so that a relying party
// that keeps a JWKS for hours never meets an unknown `kid`. The private halves are in the store, sealed by the vault.
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

/** Signers, and what an operator and the timer do with them. */
export interface KeptSigners extends Signers {
  /**
   * Draws a successor for every key that has none, in every set. The transaction that the answer is run in puts them in
   * their place, and is told their `kid`s.
   */
  rotation(now: Date): Promise<(tx: Transaction) => Promise<readonly string[]>>
  /** Makes successors that are due, drops keys that nobody needs. Now and then, by a timer. */
  tend(now: Date): Promise<void>
}

const hourMs = 3_600_000
/** How long a key signs. */
export const signingMs = 90 * 24 * hourMs
/** How long a key is published before it signs: longer than a relying party keeps a JWKS. */
export const aheadMs = 24 * hourMs
/** How long it is published after: the longest token (a day), and an hour for clocks. */
export const afterMs = 25 * hourMs

const makePair = promisify(generateKeyPair)
const field = 'signing-key'
/** Private keys in memory. */
const kept = 500

/** Signing keys over a store. */
export function createSigners({ store, vault }: SignersOptions): KeptSigners {
  const opened = new Map<string, KeyObject>()
  const making = new Map<string, Promise<void>>()

  async function fresh(set: Omit<SigningSet, 'algorithms'>, algorithm: SigningAlgorithm, now: Date) {
    const { publicKey, privateKey } = await pair(algorithm)
    const publicJwk = publicKey.export({ format: 'jwk' }) as Record<string, string>
    // jose is loaded with the first token: 15 MB that a server that issues none does without.
    const { calculateJwkThumbprint } = await import('jose')
    const id = await calculateJwkThumbprint(publicJwk)
    const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }) as string
    const secret = vault.seal(set.account, id, field, pem)
    const { account, purpose } = set
    return { account, purpose, algorithm, id, publicJwk, secret, createdAt: now.getTime() }
  }

  /** A private key of the set, opened once. */
  function keyOf(record: SigningKeyRecord): KeyObject {
    const known = opened.get(record.id)
    if (known !== undefined) return known
    const key = createPrivateKey(vault.open(record.account, record.id, field, record.secret))
    if (opened.size >= kept) opened.clear()
    opened.set(record.id, key)
    return key
  }

  /** Makes the keys that the set has none of. One making at a time on a node; the transaction settles it between nodes. */
  function first(set: SigningSet, missing: readonly SigningAlgorithm[], now: Date): Promise<void> {
    const name = JSON.stringify([set.account, set.purpose, missing])
    const running = making.get(name)
    if (running !== undefined) return running
    const run = async () => {
      const made = await Promise.all(missing.map((algorithm) => fresh(set, algorithm, now)))
      await store.transact(async (tx) => {
        for (const one of made) {
          if ((await recordsOf(tx, set, one.algorithm)).length > 0) continue
          await tx.create(signingKeys, newest(one, now.getTime()))
        }
      })
    }
    const done = run().finally(() => making.delete(name))
    making.set(name, done)
    return done
  }

  /** Every record of the set, at least one of each algorithm. */
  async function all(set: SigningSet, now: Date): Promise<readonly SigningKeyRecord[]> {
    const read = async () => {
      const found = await Promise.all(set.algorithms.map((algorithm) => recordsOf(store, set, algorithm)))
      return found.flat()
    }
    const records = await read()
    const missing = set.algorithms.filter((algorithm) => !records.some((one) => one.algorithm === algorithm))
    if (missing.length === 0) return records
    await first(set, missing, now)
    return read()
  }

  const isPublished = (now: Date) => (record: SigningKeyRecord) =>
    record.publishedUntil === undefined || record.publishedUntil > now.getTime()

  /** Draws a successor; the transaction it is run in puts it in its place, unless one is there already. */
  async function successor(before: SigningKeyRecord, now: Date): Promise<(tx: Transaction) => Promise<string>> {
    const made = await fresh(before, before.algorithm, now)
    return async (tx) => {
      const records = await recordsOf(tx, before, before.algorithm)
      const last = records.find(({ publishedUntil }) => publishedUntil === undefined)
      // Another node was first, or the successor of an earlier call does not sign yet.
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
      const records = (await all(set, now)).filter((one) => one.algorithm === algorithm)
      const ready = records.filter(({ signsFrom }) => signsFrom <= now.getTime())
      // With a clock that was set back none may be ready: then the oldest is the one that others know.
      const record = ready.length > 0 ? by(ready, -1) : by(records, 1)
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
        for (const put of successors) ids.push(await put(tx))
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
 * Takes all signing keys away, of every set: nothing that they signed is vouched for any more. A set that is asked for its
 * keys again has new ones made.
 */
export async function dropSigningKeys(tx: Transaction): Promise<void> {
  for (const record of await everything(tx, signingKeys)) await tx.delete(signingKeys, signingKeys.key(record))
}

/** The record of a key without a successor. */
const newest = (made: Omit<SigningKeyRecord, 'signsFrom' | 'dueAt'>, signsFrom: number): SigningKeyRecord => {
  return { ...made, signsFrom, dueAt: signsFrom + signingMs }
}

async function recordsOf(
  from: Reader | Transaction,
  { account, purpose }: Omit<SigningSet, 'algorithms'>,
  algorithm: SigningAlgorithm,
): Promise<readonly SigningKeyRecord[]> {
  return (await from.list(signingKeys, 'key', { prefix: [account, purpose, algorithm], limit: 100 })).items
}

/** The earliest (1) or the latest (-1) by when it signs. */
const by = (records: readonly SigningKeyRecord[], order: 1 | -1): SigningKeyRecord | undefined =>
  [...records].sort((a, b) => order * (a.signsFrom - b.signsFrom))[0]

function jwkOf({ publicJwk, id, algorithm }: SigningKeyRecord): PublicJwk {
  return { ...publicJwk, kid: id, use: 'sig', alg: algorithm }
}

function pair(algorithm: SigningAlgorithm): Promise<{ publicKey: KeyObject; privateKey: KeyObject }> {
  return algorithm === 'ES384' ? makePair('ec', { namedCurve: 'P-384' }) : makePair('rsa', { modulusLength: 2048 })
}
