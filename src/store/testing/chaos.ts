// A store that makes every misfortune the contract allows happen, for tests of what is built on stores: each
// transaction's work runs twice, others get in between at every call, and the Nth call fails.

import { setImmediate as turn } from 'node:timers/promises'
import { type Reader, type Store, type Transaction, Unavailable } from '../store.ts'

export interface ChaosOptions {
  /** Runs each transaction's work once more before the run that counts, and discards what that one wrote. */
  readonly twice?: boolean
  /** Lets the event loop turn before every call. */
  readonly yields?: boolean
  /** The call, counted from 1, that is Unavailable instead of being made. A commit is a call. */
  readonly failAt?: number
}

export type ChaosStore = Store & {
  /** How many calls were begun. */
  readonly calls: number
}

export function chaos(store: Store, { twice = false, yields = false, failAt }: ChaosOptions = {}): ChaosStore {
  const discarded = Symbol('discarded')
  let calls = 0

  function count(): void {
    if (++calls === failAt) throw new Unavailable(`call ${calls} was chosen to fail`)
  }

  async function before(): Promise<void> {
    count()
    if (yields) await turn()
  }

  const reader = (inner: Reader): Reader => ({
    async get(collection, key) {
      await before()
      return inner.get(collection, key)
    },
    async read(collection, key) {
      await before()
      return inner.read(collection, key)
    },
    async find(collection, index, key) {
      await before()
      return inner.find(collection, index, key)
    },
    async list(collection, by, range) {
      await before()
      return inner.list(collection, by, range)
    },
  })

  const transaction = (inner: Transaction): Transaction => ({
    ...reader(inner),
    async create(collection, record) {
      await before()
      return inner.create(collection, record)
    },
    async replace(collection, record) {
      await before()
      return inner.replace(collection, record)
    },
    async delete(collection, key) {
      await before()
      return inner.delete(collection, key)
    },
    append(journal, until, entries) {
      count()
      inner.append(journal, until, entries)
    },
  })

  /** One run whose writes never commit. What it throws, the run that counts will throw again, or not. */
  async function rehearse<T>(work: (tx: Transaction) => Promise<T>): Promise<void> {
    try {
      await store.transact(async (tx) => {
        await work(transaction(tx))
        throw discarded
      })
    } catch (error) {
      if (error instanceof Unavailable) throw error
    }
  }

  return {
    get calls() {
      return calls
    },
    ...reader(store),
    async transact(work) {
      if (twice) await rehearse(work)
      return store.transact(async (tx) => {
        const value = await work(transaction(tx))
        await before()
        return value
      })
    },
    async append(journal, until, entries) {
      await before()
      return store.append(journal, until, entries)
    },
    async *scan(journal, from) {
      await before()
      yield* store.scan(journal, from)
    },
    watch: (hear) => store.watch(hear),
    heardAt: () => store.heardAt(),
    ...(store.backup && { backup: store.backup }),
    close: () => store.close(),
  }
}

export interface Anomalies<T> {
  /** A store with what `run` starts from. It is closed after each run. */
  readonly make: () => Promise<Store>
  readonly run: (store: Store) => Promise<T>
  /** Looks at what is left, with the store as it is without misfortune. */
  readonly check: (store: Store, ended: { readonly value: T } | { readonly error: unknown }) => Promise<void>
  readonly options?: Omit<ChaosOptions, 'failAt'>
}

/**
 * Runs with the first store call failing, then with the second, and so on until none fails; checks each.
 * Answers how many calls failed in turn.
 */
export async function anomalies<T>({ make, run, check, options }: Anomalies<T>): Promise<number> {
  for (let failAt = 1; ; failAt++) {
    const store = await make()
    try {
      const chosen = chaos(store, { ...options, failAt })
      const ended = await run(chosen).then(
        (value) => ({ value }),
        (error: unknown) => ({ error }),
      )
      await check(store, ended)
      if (chosen.calls < failAt) return failAt - 1
    } finally {
      await store.close()
    }
  }
}
