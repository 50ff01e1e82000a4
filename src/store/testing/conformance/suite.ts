// What the parts of the conformance suite share: the test records, and how to open a store under test.

import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { AnyCollection, Collection, Store } from '../../store.ts'

/** A store under test, with data of its own. */
export interface Opened {
  readonly store: Store
  /** Closes the store (if it is open) and opens the same data again, as a later or earlier release might declare it. */
  readonly reopen: (collections?: readonly AnyCollection[]) => Promise<Store>
  /** Opens the same data as another process would. Absent for a store that only one process can use. */
  readonly second?: () => Promise<Store>
  /** Closes everything, and deletes the data. */
  readonly discard: () => Promise<void>
}

export interface Opening {
  readonly collections: readonly AnyCollection[]
  readonly clock: () => Date
  /** How many changes the feed keeps, at least, for processes that are behind. */
  readonly changesKept?: number
}

export type Open = (opening: Opening) => Promise<Opened>

export interface Person {
  readonly account: string
  readonly name: string
  readonly email?: string
  readonly team?: string
  readonly age?: number
}

export const people: Collection<Person, 'email' | 'team'> = {
  name: 'people',
  key: ({ account, name }) => [account, name],
  indexes: {
    email: { of: ({ email }) => (email === undefined ? undefined : [email]), unique: true },
    team: { of: ({ account, team }) => (team === undefined ? undefined : [account, team]) },
  },
  shape: 1,
  upgrade: () => {
    throw new TypeError('there is no older shape')
  },
}

export interface Counter {
  readonly id: string
  readonly count: number
}

export const counters: Collection<Counter> = {
  name: 'counters',
  key: ({ id }) => [id],
  indexes: {},
  shape: 1,
  upgrade: () => {
    throw new TypeError('there is no older shape')
  },
}

export const START = new Date('2026-01-01T00:00:00Z')

/** Opens a store for one test, with a clock that the test moves. */
export async function begin(t: TestContext, open: Open, opening: Partial<Opening> = {}) {
  const clock = { now: START }
  const opened = await open({ collections: [people, counters], clock: () => clock.now, ...opening })
  t.after(() => opened.discard())
  const pass = (ms: number) => {
    clock.now = new Date(clock.now.getTime() + ms)
  }
  return { ...opened, clock, pass }
}

export const named = (items: readonly Person[]): string[] => items.map(({ name }) => name)

export async function createPeople(store: Store, ...records: readonly Person[]): Promise<void> {
  await store.transact(async (tx) => {
    for (const record of records) await tx.create(people, record)
  })
}

export async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = []
  for await (const item of source) items.push(item)
  return items
}

/** Asserts that a promise rejects with an error of this name. */
export async function rejects(promise: Promise<unknown>, name: string, more: object = {}): Promise<void> {
  await assert.rejects(promise, { name, ...more })
}
