// Which attempts of a batch may be written together, and the statements that write them.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Cells } from '../cells.ts'
import { encodeKey } from '../key.ts'
import { startAttempt } from '../optimistic/attempt.ts'
import type { Row } from '../optimistic/rows.ts'
import { driveInOrder } from '../optimistic/steps.ts'
import type { Transaction } from '../store.ts'
import { type Person, people } from '../testing/conformance/suite.ts'
import { openBatch } from './compare.ts'
import type { Session } from './session.ts'
import { openTable, type PostgresTable } from './table.ts'
import { runParts, writingOf } from './write.ts'

const ann: Person = { account: '1', name: 'ann', email: 'ann@x', team: 'red' }

/** A table with one row, without a server. */
function tableOf(record: Person, version: number): PostgresTable {
  const table = openTable(people, 's', () => assert.fail('no server'))
  const row: Row = { key: encodeKey(people.key(record)), version, shape: 1, json: JSON.stringify(record) }
  const place = encodeKey([record.email ?? ''])
  return {
    ...table,
    row: async (key) => (Buffer.compare(key, row.key) === 0 ? row : undefined),
    holder: async (_, at) => (Buffer.compare(at, place) === 0 ? row : undefined),
    list: async () => [{ ...row, place: row.key }],
  }
}

const table = tableOf(ann, 7)
const attempted = async (work: (tx: Transaction) => Promise<unknown>) => {
  const attempt = startAttempt(() => table, driveInOrder())
  await work(attempt.tx)
  return attempt
}
const bob = (email?: string): Person => ({ account: '1', name: 'bob', ...(email !== undefined && { email }) })

describe('in a batch, an attempt', () => {
  const rows: readonly (readonly [
    string,
    (tx: Transaction) => Promise<unknown>,
    (tx: Transaction) => Promise<unknown>,
    boolean,
  ])[] = [
    [
      'that read a record which an earlier one replaces is stale',
      (tx) => tx.replace(people, { ...ann, age: 1 }),
      (tx) => tx.get(people, ['1', 'ann']),
      true,
    ],
    [
      'that read an absent record which an earlier one creates is stale',
      (tx) => tx.create(people, bob()),
      (tx) => tx.get(people, ['1', 'bob']),
      true,
    ],
    ['that read another record is not', (tx) => tx.create(people, bob()), (tx) => tx.get(people, ['1', 'cyd']), false],
    [
      'that found a unique key free which an earlier one takes is stale',
      (tx) => tx.create(people, bob('bob@x')),
      (tx) => tx.find(people, 'email', ['bob@x']),
      true,
    ],
    [
      'that found a record by a unique key which an earlier one deletes is stale',
      (tx) => tx.delete(people, ['1', 'ann']),
      (tx) => tx.find(people, 'email', ['ann@x']),
      true,
    ],
    [
      'that listed a range into which an earlier one writes is stale',
      (tx) => tx.create(people, bob()),
      (tx) => tx.list(people, 'key', { prefix: ['1'], limit: 9 }),
      true,
    ],
    [
      'that listed a record which an earlier one deletes is stale',
      (tx) => tx.delete(people, ['1', 'ann']),
      (tx) => tx.list(people, 'team', { prefix: ['9'], limit: 9 }),
      true,
    ],
    [
      'that listed another range is not',
      (tx) => tx.create(people, bob()),
      (tx) => tx.list(people, 'key', { prefix: ['2'], limit: 9 }),
      false,
    ],
  ]
  for (const [title, first, second, touches] of rows)
    test(title, async () => {
      const batch = openBatch()
      batch.add(await attempted(first))
      assert.equal(batch.touches(await attempted(second)), touches)
    })
})

/** A session that records its statements. */
function recorded() {
  const statements: { text: string; values: readonly unknown[] }[] = []
  const session: Session = {
    async query(text, values = []) {
      statements.push({ text, values })
      return []
    },
    script: async (): Promise<readonly Cells[]> => [],
    commit: async () => {},
  }
  return { session, statements }
}

describe('writing', () => {
  test('versions are positions in the order of writing; what nobody ever saw is not a change', async () => {
    const attempt = await attempted(async (tx) => {
      await tx.create(people, bob())
      await tx.delete(people, ['1', 'bob'])
      await tx.create(people, { account: '1', name: 'cyd' })
      await tx.replace(people, { ...ann, age: 1 })
    })
    const { own, deletions, rest } = writingOf([attempt], 40)
    assert.deepEqual(
      own.map(({ key }) => Buffer.from(key).toString('latin1').includes('cyd')),
      [true, false],
    )
    // A table with a unique index: what is replaced beside other writes is deleted first.
    assert.equal(deletions.length, 1)
    assert.deepEqual(
      rest.flatMap(({ values }) => values.filter((value) => typeof value === 'number')),
      [41, 1, 42, 1],
    )
  })

  test('parts share a statement, with their parameters numbered through', async () => {
    const { session, statements } = recorded()
    const part = (name: string, ...values: number[]) => ({
      sql: (from: number) => `${name} ${values.map((_, at) => `$${from + at}`).join()}`,
      values,
    })
    await runParts(session, [part('a', 1, 2), part('b', 3), part('c', 4, 5)])
    assert.deepEqual(statements, [{ text: 'WITH w0 AS (a $1,$2), w1 AS (b $3) c $4,$5', values: [1, 2, 3, 4, 5] }])
  })

  test('more values than a statement holds go in several', async () => {
    const { session, statements } = recorded()
    const many = Array.from({ length: 15_000 }, (_, at) => at)
    const part = { sql: (from: number) => `from ${from}`, values: many }
    await runParts(session, [part, part])
    assert.deepEqual(
      statements.map(({ text, values }) => [text, values.length]),
      [
        ['from 1', 15_000],
        ['from 1', 15_000],
      ],
    )
  })
})
