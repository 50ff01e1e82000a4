// A store that does everything unpleasant that the contract allows, to test code that uses stores: it runs each
// transaction's work twice, lets others in between at every call, and fails the Nth call.

import { setImmediate as turn } from 'node:timers/promises'
import { type Reader, type Store, type Transaction, Unavailable } from '../store.ts'

export interface ChaosOptions {
  /** Runs each transaction's work once before the run that counts, and discards what the first run wrote. */
  readonly twice?: boolean
  /** Lets the event loop turn before every call. */
  readonly yields?: boolean
  /** The number, from 1, of the call that rejects Unavailable and does nothing. A commit is a call. */
  readonly failAt?: number
}

export type ChaosStore = Store & {
  /** How many calls have begun. */
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

  /** A run whose writes never commit. Its error is ignored: the run that counts may throw it again. */
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
    watch: (watcher) => store.watch(watcher),
    heardAt: () => store.heardAt(),
    ...(store.backup && { backup: store.backup }),
    close: () => store.close(),
  }
}

export interface Anomalies<T> {
  /** Makes a store with the records from which `run` starts. It is closed after each run. */
  readonly make: () => Promise<Store>
  readonly run: (store: Store) => Promise<T>
  /** Checks what the run left, on the store without chaos. */
  readonly check: (store: Store, ended: { readonly value: T } | { readonly error: unknown }) => Promise<void>
  readonly options?: Omit<ChaosOptions, 'failAt'>
}

/**
 * Runs with the first store call failing, then with the second, and so on until none fails; checks each run.
 * Resolves to the number of calls that failed in turn.
 */
export async function anomalies<T>({ make, run, check, options }: Anomalies<T>): Promise<number> {
  for (let failAt = 1; ; failAt++) {
    const store = await make()
    try {
      const failing = chaos(store, { ...options, failAt })
      const ended = await run(failing).then(
        (value) => ({ value }),
        (error: unknown) => ({ error }),
      )
      await check(store, ended)
      if (failing.calls < failAt) return failAt - 1
    } finally {
      await store.close()
    }
  }
}
