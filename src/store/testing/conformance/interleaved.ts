// Conformance: two transactions, interleaved at every await in every order, end as if they had run one after the other.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Store, Transaction } from '../../store.ts'
import { begin, counters, createPeople, named, type Open, people } from './suite.ts'

/** A transaction's work. It awaits `step` before each call, so that the other transaction can run there. */
type Work = (tx: Transaction, step: () => Promise<void>) => Promise<unknown>

interface Scenario {
  readonly title: string
  readonly setUp: (store: Store) => Promise<void>
  readonly works: readonly [Work, Work]
  /** How often each work awaits `step`, at most. */
  readonly steps: readonly [number, number]
  /** Checks the records, and how each work ended: its value, or the name of its error. */
  readonly check: (store: Store, ended: readonly [unknown, unknown]) => Promise<void>
}

const increment: Work = async (tx, step) => {
  await step()
  const { count } = (await tx.get(counters, ['x'])) ?? { count: Number.NaN }
  await step()
  await tx.replace(counters, { id: 'x', count: count + 1 })
}

const leave =
  (own: string, other: string): Work =>
  async (tx, step) => {
    await step()
    const present = [await tx.get(counters, [own])]
    await step()
    present.push(await tx.get(counters, [other]))
    await step()
    if (present.every((counter) => counter?.count === 1)) await tx.replace(counters, { id: own, count: 0 })
  }

const firstOf =
  (name: string, by: 'key' | 'team'): Work =>
  async (tx, step) => {
    await step()
    const { items } = await tx.list(people, by, { prefix: by === 'key' ? ['1'] : ['1', 'red'], limit: 5 })
    await step()
    if (items.length === 0) await tx.create(people, { account: '1', name, team: 'red' })
  }

const claim =
  (name: string): Work =>
  async (tx, step) => {
    await step()
    if (await tx.find(people, 'email', ['one@x'])) return 'taken'
    await step()
    await tx.create(people, { account: '1', name, email: 'one@x' })
    return 'mine'
  }

const create =
  (name: string, email: string): Work =>
  async (tx, step) => {
    await step()
    await tx.create(people, { account: '1', name, email })
  }

const createUnless =
  (other: string, own: string): Work =>
  async (tx, step) => {
    await step()
    const existing = await tx.get(counters, [other])
    await step()
    if (!existing) await tx.create(counters, { id: own, count: 1 })
  }

const transfer: Work = async (tx, step) => {
  for (const [id, by] of [
    ['x', -1],
    ['y', 1],
  ] as const) {
    await step()
    const { count } = (await tx.get(counters, [id])) ?? { count: Number.NaN }
    await tx.replace(counters, { id, count: count + by })
  }
}

const sum: Work = async (tx, step) => {
  let total = 0
  for (const id of ['x', 'y']) {
    await step()
    total += (await tx.get(counters, [id]))?.count ?? Number.NaN
  }
  return total
}

/** Throws when its reads are from two moments: the store must not let such an error out. */
const strict: Work = async (tx, step) => {
  if ((await sum(tx, step)) !== 2) throw new RangeError('saw two moments')
}

const list: Work = async (tx, step) => {
  await step()
  const { items } = await tx.list(counters, 'key', { prefix: [], limit: 1 })
  await step()
  const rest = await tx.list(counters, 'key', { prefix: [], after: ['x'], limit: 1 })
  return [...items, ...rest.items].reduce((total, { count }) => total + count, 0)
}

const remove: Work = async (tx, step) => {
  await step()
  await tx.delete(people, ['1', 'a'])
}

const rename: Work = async (tx, step) => {
  await step()
  await tx.replace(people, { account: '1', name: 'a', team: 'new' })
}

const createTwoCounters = (store: Store) =>
  store.transact(async (tx) => {
    await tx.create(counters, { id: 'x', count: 1 })
    await tx.create(counters, { id: 'y', count: 1 })
  })
const createNothing = async () => {}
const count = async (store: Store, id: string) => (await store.get(counters, [id]))?.count
const everyone = async (store: Store) => named((await store.list(people, 'key', { prefix: [], limit: 9 })).items)

const scenarios: readonly Scenario[] = [
  {
    title: 'two increments are both counted',
    setUp: createTwoCounters,
    works: [increment, increment],
    steps: [2, 2],
    check: async (store) => assert.equal(await count(store, 'x'), 3),
  },
  {
    title: 'write skew: two transactions each leave only if the other stays, and one stays',
    setUp: createTwoCounters,
    works: [leave('x', 'y'), leave('y', 'x')],
    steps: [3, 3],
    check: async (store) => assert.equal(((await count(store, 'x')) ?? 0) + ((await count(store, 'y')) ?? 0), 1),
  },
  {
    title: 'phantoms: two transactions each create only in an empty index range, and one does',
    setUp: createNothing,
    works: [firstOf('a', 'team'), firstOf('b', 'team')],
    steps: [2, 2],
    check: async (store) => assert.equal((await everyone(store)).length, 1),
  },
  {
    title: 'phantoms: two transactions each create only under an empty prefix, and one does',
    setUp: createNothing,
    works: [firstOf('a', 'key'), firstOf('b', 'key')],
    steps: [2, 2],
    check: async (store) => assert.equal((await everyone(store)).length, 1),
  },
  {
    title: 'two transactions look for a unique key first: one takes it, and the other sees it taken',
    setUp: createNothing,
    works: [claim('a'), claim('b')],
    steps: [2, 2],
    check: async (store, ended) => {
      assert.equal((await everyone(store)).length, 1)
      assert.deepEqual([...ended].sort(), ['mine', 'taken'])
    },
  },
  {
    title: 'two transactions create under one unique key: one conflicts',
    setUp: createNothing,
    works: [create('a', 'one@x'), create('b', 'one@x')],
    steps: [1, 1],
    check: async (store, ended) => {
      assert.equal((await everyone(store)).length, 1)
      assert.deepEqual([...ended].map(String).sort(), ['Conflict', 'undefined'])
    },
  },
  {
    title: 'two transactions create the same record: one conflicts',
    setUp: createNothing,
    works: [create('a', '1@x'), create('a', '2@x')],
    steps: [1, 1],
    check: async (_, ended) => assert.deepEqual([...ended].map(String).sort(), ['Conflict', 'undefined']),
  },
  {
    title: 'two transactions each create a record only while the other’s is absent: one does',
    setUp: createNothing,
    works: [createUnless('x', 'y'), createUnless('y', 'x')],
    steps: [2, 2],
    check: async (store) => assert.equal(((await count(store, 'x')) ?? 0) + ((await count(store, 'y')) ?? 0), 1),
  },
  {
    title: 'a transaction that only reads sees one moment',
    setUp: createTwoCounters,
    works: [transfer, sum],
    steps: [2, 2],
    check: async (_, ended) => assert.equal(ended[1], 2),
  },
  {
    title: 'an error caused by reads from two moments never leaves a transaction',
    setUp: createTwoCounters,
    works: [transfer, strict],
    steps: [2, 2],
    check: async (_, ended) => assert.equal(ended[1], undefined),
  },
  {
    title: 'a transaction that reads pages of a list sees one moment',
    setUp: createTwoCounters,
    works: [transfer, list],
    steps: [2, 2],
    check: async (_, ended) => assert.equal(ended[1], 2),
  },
  {
    title: 'a record that one deletes and another replaces is deleted',
    setUp: (store) => createPeople(store, { account: '1', name: 'a', team: 'old' }),
    works: [remove, rename],
    steps: [1, 1],
    check: async (store, ended) => {
      assert.deepEqual(await everyone(store), [])
      assert.ok(ended[1] === undefined || ended[1] === 'Missing')
    },
  },
]

export function interleaved(open: Open): void {
  describe('two transactions, at every interleaving', () => {
    for (const scenario of scenarios)
      test(scenario.title, async (t) => {
        const { store } = await begin(t, open)
        // Each has one more step: the commit.
        for (const order of orders(scenario.steps[0] + 1, scenario.steps[1] + 1))
          for (const together of [false, true]) {
            await scenario.setUp(store)
            const ended = await run(store, scenario.works, order, together)
            await scenario.check(store, ended)
            await clear(store)
          }
      })
  })
}

function orders(first: number, second: number): readonly (readonly (0 | 1)[])[] {
  if (first === 0 && second === 0) return [[]]
  const begun = (which: 0 | 1, rest: ReturnType<typeof orders>) => rest.map((order) => [which, ...order] as const)
  return [
    ...(first > 0 ? begun(0, orders(first - 1, second)) : []),
    ...(second > 0 ? begun(1, orders(first, second - 1)) : []),
  ]
}

/**
 * Runs the two works step by step in this order. A work that the store runs again runs freely. `together`: does not wait
 * for the commits, so that two in a row share a batch.
 */
async function run(store: Store, works: readonly [Work, Work], order: readonly (0 | 1)[], together: boolean) {
  const lanes = [walker(store, works[0]), walker(store, works[1])] as const
  for (const which of order) await lanes[which].go(together)
  return Promise.all([lanes[0].ended, lanes[1].ended])
}

function walker(store: Store, work: Work) {
  let proceed = Promise.withResolvers<void>()
  let arrived = Promise.withResolvers<void>()
  let runs = 0
  let committing = false
  const gate = async () => {
    arrived.resolve()
    await proceed.promise
    proceed = Promise.withResolvers()
  }
  const ended = store
    .transact(async (tx) => {
      const free = ++runs > 1
      try {
        return await work(tx, free ? async () => {} : gate)
      } finally {
        if (!free) {
          await gate()
          committing = true
        }
      }
    })
    .catch((error: Error) => error.name)
  let over = false
  void ended.then(() => {
    over = true
  })
  return {
    ended,
    async go(together: boolean): Promise<void> {
      await Promise.race([arrived.promise, ended])
      if (over || committing) return
      arrived = Promise.withResolvers()
      proceed.resolve()
      // Waits until the work is at its next step or has ended; with `together`, also until it has only just begun to commit.
      if (together) await Promise.race([arrived.promise, ended, ready(() => committing)])
      else await Promise.race([arrived.promise, ended])
    },
  }
}

async function ready(holds: () => boolean): Promise<void> {
  for (let turn = 0; !holds() && turn < 100; turn++) await Promise.resolve()
}

async function clear(store: Store): Promise<void> {
  await store.transact(async (tx) => {
    for (const { account, name } of (await tx.list(people, 'key', { prefix: [], limit: 99 })).items)
      await tx.delete(people, [account, name])
    for (const { id } of (await tx.list(counters, 'key', { prefix: [], limit: 99 })).items)
      await tx.delete(counters, [id])
  })
}
