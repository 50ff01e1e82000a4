// How many attempts to sign in are let through to a directory, so that nobody guesses passwords through this server, nor locks
// people out of the directory with it. Counted in the store: of all nodes together.
import { addressNetwork } from '../../../core/address-network.ts'
import { digest } from '../../../core/digest.ts'
import { removePast } from '../../../store/batches.ts'
import type { Store, Transaction } from '../../../store/store.ts'
import type { DirectoryConnector } from '../../contracts/people-table.ts'
import { SYSTEM } from '../sign-ins/sign-in-content.ts'
import { type AttemptsRecord, peopleAttempts } from '../sign-ins/sign-in-records.ts'

/** One that was let through, until its answer is known. */
export interface Attempt {
  readonly id: string
  readonly connector: Counting
  /** Digest of the folded login: what it is counted as. */
  readonly login: string
  /** Digest of the login to the letter: several people's may be counted as one. */
  readonly typed: string
  /** Digest of the person's id, once it is known. */
  readonly person?: string
  readonly network: string
  readonly at: Date
}

type Counting = Pick<DirectoryConnector, 'name' | 'attempts'>

/** `proven`: the password was right. `unknown`: the directory could not say. */
export type AttemptEnd = 'proven' | 'failed' | 'unknown'

export interface Attempts {
  /**
   * Counts an attempt as failed before the directory is asked. Undefined: there were too many, of this login or from this
   * network; then it is not asked.
   */
  reserve(connector: Counting, login: string, address: string, now: Date): Promise<Attempt | undefined>
  /**
   * The same of the person whose login it is: they may have several, which the directory alone knows. May be called again for one attempt.
   */
  reservePerson(attempt: Attempt, personId: string): Promise<Attempt | undefined>
  /** Takes it back unless it failed. A right password also takes back what failed before it, as directories do. */
  settle(attempt: Attempt, end: AttemptEnd): Promise<void>
  sweep(now: Date): Promise<number>
}

export interface AttemptsOptions {
  readonly store: Store
  readonly random: (bytes: number) => Buffer
  /** So many attempts from one network may fail, over all logins, in the time that a connector counts by. */
  readonly perNetwork: number
}

type Counted = AttemptsRecord['attempts'][number]
type Place = Pick<AttemptsRecord, 'connector' | 'of' | 'key'>

/**
 * What a login is counted as. Directories compare logins by rules of their own: case, width, accents, spaces and invisible characters
 * may or may not count, and `CORP\ann`, `ann@corp.example` and `ann` may be one person. Whatever might be one is counted as one: two
 * people who share a count lose nothing but attempts.
 */
export function foldedLogin(login: string): string {
  const plain = login
    .normalize('NFKD')
    .replace(/[\p{M}\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\s]/gu, '')
    .toLowerCase()
    .toUpperCase()
    .toLowerCase()
  return plain.replace(/^[^\\]*\\/, '').replace(/@.*$/, '') || plain
}

/** Where an attempt is counted. */
function placesOf({ connector: { name }, login, person, network }: Attempt): readonly Place[] {
  return [
    { connector: name, of: 'login', key: login },
    { connector: name, of: 'network', key: network },
    ...(person === undefined ? [] : [{ connector: name, of: 'person', key: person } as const]),
  ]
}

export function createAttempts({ store, random, perNetwork }: AttemptsOptions): Attempts {
  const get = (tx: Transaction, { connector, of, key }: Place) => tx.get(peopleAttempts, [SYSTEM, connector, of, key])

  /** `old`: the place's record as this transaction has read it. */
  async function write(tx: Transaction, old: AttemptsRecord | undefined, record: AttemptsRecord): Promise<void> {
    if (record.attempts.length === 0) await tx.delete(peopleAttempts, peopleAttempts.key(record))
    else if (old === undefined) await tx.create(peopleAttempts, record)
    else await tx.replace(peopleAttempts, record)
  }

  /**
   * Counts the attempt at each place, or at none when one is full.
   * INVARIANT: counted in one transaction before the question, so that guesses sent at once are as few as those sent in turn.
   */
  async function count(attempt: Attempt, places: readonly Place[]): Promise<boolean> {
    const { id, typed, connector } = attempt
    const { failures, seconds } = connector.attempts
    const at = attempt.at.getTime()
    const counted: Counted = { id, at, login: typed }
    return store.transact(async (tx) => {
      const writes: (readonly [AttemptsRecord | undefined, AttemptsRecord])[] = []
      for (const place of places) {
        const old = await get(tx, place)
        const others = (old?.attempts ?? []).filter((one) => one.at > at - seconds * 1000 && one.id !== id)
        if (others.length >= (place.of === 'network' ? perNetwork : failures)) return false
        const until = at + seconds * 1000
        writes.push([old, { account: SYSTEM, ...place, attempts: [...others, counted], until }])
      }
      for (const [old, record] of writes) await write(tx, old, record)
      return true
    })
  }

  return {
    async reserve(connector, login, address, now) {
      const attempt: Attempt = {
        ...{ id: random(12).toString('base64url'), connector, at: now },
        // A login may be a password in the wrong field.
        ...{ login: digest(foldedLogin(login)), typed: digest(login), network: addressNetwork(address) },
      }
      return (await count(attempt, placesOf(attempt))) ? attempt : undefined
    },

    async reservePerson(before, personId) {
      const person = digest(personId)
      // The next server of the directory says the same: it is counted.
      if (before.person === person) return before
      const attempt = { ...before, person }
      const isLet = await count(attempt, [{ connector: before.connector.name, of: 'person', key: person }])
      return isLet ? attempt : undefined
    },

    async settle(attempt, end) {
      await store.transact(async (tx) => {
        for (const place of placesOf(attempt)) {
          const old = await get(tx, place)
          if (old === undefined) continue
          await write(tx, old, { ...old, attempts: settled(old.attempts, attempt, end, place) })
        }
      })
    },

    sweep: (now) => removePast(store, peopleAttempts, now),
  }
}

/**
 * INVARIANT: a right password takes back nobody else's failures: the person's own, and those of the login to the letter. Whose login
 * counts as another's (`ann@a.example`, `ann@b.example`) would else clear the way for guesses at theirs.
 */
function settled(
  attempts: readonly Counted[],
  { id, typed }: Attempt,
  end: AttemptEnd,
  { of }: Place,
): readonly Counted[] {
  if (end === 'failed') return attempts.map((one) => (one.id === id ? { ...one, failed: true } : one))
  return attempts.filter((one) => {
    if (one.id === id) return false
    return end === 'unknown' || one.failed !== true || (of !== 'person' && one.login !== typed)
  })
}
