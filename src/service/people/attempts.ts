// How many attempts to sign in are let through to a directory, so that nobody guesses passwords through this server, nor locks
// people out of the directory with it. Counted in the store: of all nodes together.
import { hash } from 'node:crypto'
import { addressNetwork } from '../../core/address-network.ts'
import { removePast } from '../../store/batches.ts'
import type { Store, Transaction } from '../../store/store.ts'
import type { DirectoryConnector } from '../contracts/people.ts'
import { SYSTEM } from './sign-in-content.ts'
import { type AttemptsRecord, peopleAttempts } from './sign-in-records.ts'

/** One that was let through, until its answer is known. */
export interface Attempt {
  readonly id: string
  readonly connector: string
  readonly login: string
  readonly network: string
}

/** `proven`: the password was right. `unknown`: the directory could not say. */
export type AttemptEnd = 'proven' | 'failed' | 'unknown'

export interface Attempts {
  /**
   * Counts an attempt as failed before the directory is asked. Undefined: there were too many, of this login or from this
   * network; then it is not asked.
   */
  reserve(
    connector: Pick<DirectoryConnector, 'name' | 'attempts'>,
    login: string,
    address: string,
    now: Date,
  ): Promise<Attempt | undefined>
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
type RecordOf = Pick<AttemptsRecord, 'connector' | 'of' | 'key'>

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

/** A login may be a password in the wrong field: the store holds its digest. */
const digest = (login: string) => hash('sha256', foldedLogin(login), 'base64url')

export function createAttempts({ store, random, perNetwork }: AttemptsOptions): Attempts {
  const read = async (tx: Transaction, of: RecordOf, since: number): Promise<readonly Counted[]> =>
    ((await tx.get(peopleAttempts, [SYSTEM, of.connector, of.of, of.key]))?.attempts ?? []).filter(
      ({ at }) => at > since,
    )

  async function write(tx: Transaction, of: RecordOf, attempts: readonly Counted[], until: number): Promise<void> {
    const { connector, key } = of
    const record: AttemptsRecord = { account: SYSTEM, connector, of: of.of, key, attempts, until }
    if ((await tx.get(peopleAttempts, peopleAttempts.key(record))) === undefined) {
      if (attempts.length > 0) await tx.create(peopleAttempts, record)
    } else if (attempts.length > 0) await tx.replace(peopleAttempts, record)
    else await tx.delete(peopleAttempts, peopleAttempts.key(record))
  }

  async function change(tx: Transaction, of: RecordOf, changed: (attempts: readonly Counted[]) => readonly Counted[]) {
    const record = await tx.get(peopleAttempts, [SYSTEM, of.connector, of.of, of.key])
    if (record !== undefined) await write(tx, of, changed(record.attempts), record.until)
  }

  return {
    async reserve({ name: connector, attempts: { failures, seconds } }, typed, address, now) {
      const attempt: Attempt = {
        ...{ id: random(12).toString('base64url'), connector },
        ...{ login: digest(typed), network: addressNetwork(address) },
      }
      const { id, login } = attempt
      const [at, since] = [now.getTime(), now.getTime() - seconds * 1000]
      const until = at + seconds * 1000
      // INVARIANT: counted in one transaction before the question, so that guesses sent at once are as few as those sent in turn.
      const isLet = await store.transact(async (tx) => {
        const ofLogin = { connector, of: 'login', key: login } as const
        const ofNetwork = { connector, of: 'network', key: attempt.network } as const
        const mine = await read(tx, ofLogin, since)
        const theirs = await read(tx, ofNetwork, since)
        if (mine.length >= failures || theirs.length >= perNetwork) return false
        await write(tx, ofLogin, [...mine, { id, at }], until)
        await write(tx, ofNetwork, [...theirs, { id, at, login }], until)
        return true
      })
      return isLet ? attempt : undefined
    },

    async settle({ id, connector, login, network }, end) {
      await store.transact(async (tx) => {
        const ofLogin = { connector, of: 'login', key: login } as const
        const ofNetwork = { connector, of: 'network', key: network } as const
        for (const one of [ofLogin, ofNetwork]) await change(tx, one, (attempts) => settled(attempts, id, end, login))
      })
    },

    sweep: (now) => removePast(store, peopleAttempts, now),
  }
}

/** One login's right password takes back nobody else's failures: of a network, those of that login alone. */
function settled(attempts: readonly Counted[], id: string, end: AttemptEnd, login: string): readonly Counted[] {
  if (end === 'failed') return attempts.map((one) => (one.id === id ? { ...one, failed: true } : one))
  return attempts.filter((one) => {
    if (one.id === id) return false
    return end === 'unknown' || one.failed !== true || (one.login !== undefined && one.login !== login)
  })
}
