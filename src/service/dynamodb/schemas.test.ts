// Key schemas are asked for once, believed for seconds, and never where they may be wrong.
import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { createSchemas, type TableSchema } from './schemas.ts'

const schema = (name: string): TableSchema => ({
  partition: [{ name, type: 'S' }],
  sort: [],
  indexes: new Map(),
  backendArn: undefined,
})
const at = (seconds: number) => new Date(seconds * 1000)

/** A backend whose answers are given by hand. */
function backend() {
  const asked: {
    readonly table: string
    readonly answer: (value: TableSchema | undefined) => void
    readonly fail: () => void
  }[] = []
  const describe = (table: string) =>
    new Promise<TableSchema | undefined>((resolve, reject) => {
      asked.push({ table, answer: resolve, fail: () => reject(new Error('away')) })
    })
  return { asked, describe }
}

test('requests for a table that is not known yet share one look-up', async () => {
  const { asked, describe } = backend()
  const schemas = createSchemas()
  const both = [schemas.of('b', 'notes', at(0), describe), schemas.of('b', 'notes', at(0), describe)]
  equal(asked.length, 1)
  asked[0]?.answer(schema('owner'))
  deepEqual(await Promise.all(both), [schema('owner'), schema('owner')])
  deepEqual(schemas.of('b', 'notes', at(1), describe), schema('owner'))
})

test('a schema is asked for anew while it is used, and not believed longer than ten seconds', async () => {
  const { asked, describe } = backend()
  const schemas = createSchemas()
  const first = schemas.of('b', 'notes', at(0), describe)
  asked[0]?.answer(schema('owner'))
  await first
  deepEqual(schemas.of('b', 'notes', at(6), describe), schema('owner'))
  equal(asked.length, 2)
  ok(schemas.of('b', 'notes', at(10), describe) instanceof Promise)
  asked[1]?.answer(schema('tenant'))
  deepEqual(await schemas.of('b', 'notes', at(10), describe), schema('tenant'))
})

test('an absent table and one that cannot be asked for are believed so for two seconds', async () => {
  const { asked, describe } = backend()
  const schemas = createSchemas()
  const absent = schemas.of('b', 'none', at(0), describe)
  const unknown = schemas.of('b', 'away', at(0), describe)
  asked[0]?.answer(undefined)
  asked[1]?.fail()
  deepEqual([await absent, await unknown], ['absent', 'unknown'])
  deepEqual([schemas.of('b', 'none', at(1), describe), schemas.of('b', 'away', at(1), describe)], ['absent', 'unknown'])
  ok(schemas.of('b', 'none', at(2), describe) instanceof Promise)
})

test('what is forgotten is asked for, and an answer that was under way is not kept', async () => {
  const { asked, describe } = backend()
  const schemas = createSchemas()
  const before = schemas.of('b', 'notes', at(0), describe)
  schemas.forget('b', 'notes')
  asked[0]?.answer(schema('old'))
  deepEqual(await before, schema('old'))
  const after = schemas.of('b', 'notes', at(0), describe)
  ok(after instanceof Promise)
  asked[1]?.answer(schema('new'))
  deepEqual(await after, schema('new'))
})

test('who makes up names of tables waits for the answers to them, and nobody else does', async () => {
  const { asked, describe } = backend()
  const schemas = createSchemas()
  const all = Array.from({ length: 105 }, (_, n) => schemas.of('b', `t${n}`, at(0), describe, 'mallory'))
  equal(asked.length, 4)
  // 4 are under way and 100 wait: of the last one nothing is known.
  equal(await all[104], 'unknown')
  const other = schemas.of('b', 'notes', at(0), describe, 'ann')
  equal(asked.at(-1)?.table, 'notes')
  asked.at(-1)?.answer(schema('owner'))
  deepEqual(await other, schema('owner'))
  for (let n = 0; n < asked.length; n++) {
    asked[n]?.answer(undefined)
    await new Promise(setImmediate)
  }
  deepEqual(new Set(await Promise.all(all.slice(0, 104))), new Set(['absent']))
  equal(asked.length, 105)
})

test('a bounded number of look-ups of unknown tables is under way, of their own backend', async () => {
  const { asked, describe } = backend()
  const schemas = createSchemas()
  const all = Array.from({ length: 20 }, (_, n) => schemas.of('b', `t${n}`, at(0), describe, `asker ${n}`))
  equal(asked.length, 16)
  schemas.of('other', 'notes', at(0), describe, 'ann')
  equal(asked.length, 17)
  for (const { answer } of asked) answer(undefined)
  await Promise.all(all.slice(0, 16))
  equal(asked.length, 21)
})

test('a table that was there is asked for at once, however many names are made up', async () => {
  const { asked, describe } = backend()
  const schemas = createSchemas()
  const first = schemas.of('b', 'notes', at(0), describe, 'ann')
  asked[0]?.answer(schema('owner'))
  await first
  for (let n = 0; n < 100; n++) schemas.of('b', `t${n}`, at(0), describe, `asker ${n % 30}`)
  const before = asked.length
  deepEqual(schemas.of('b', 'notes', at(9), describe, 'ann'), schema('owner'))
  equal(asked.length, before + 1)
  asked.at(-1)?.answer(schema('tenant'))
  await new Promise(setImmediate)
  deepEqual(schemas.of('b', 'notes', at(18), describe, 'ann'), schema('tenant'))
})

test('names that are made up do not put out what is known', async () => {
  const { asked, describe } = backend()
  const schemas = createSchemas()
  const first = schemas.of('b', 'notes', at(0), describe)
  asked[0]?.answer(schema('owner'))
  await first
  for (let n = 0; n < 20_000; n++) {
    const absent = schemas.of('b', `${n}`.padEnd(200, 'x'), at(0), describe)
    asked.at(-1)?.answer(undefined)
    await absent
  }
  deepEqual(schemas.of('b', 'notes', at(1), describe), schema('owner'))
})

test('however many requests the backend refuses, one look-up of the table is under way', async () => {
  const { asked, describe } = backend()
  const schemas = createSchemas()
  const first = schemas.of('b', 'notes', at(0), describe)
  asked[0]?.answer(schema('owner'))
  await first
  const later: unknown[] = []
  for (let n = 0; n < 50; n++) {
    schemas.doubt('b', 'notes')
    later.push(schemas.of('b', 'notes', at(0), describe))
  }
  equal(asked.length, 2)
  asked[1]?.answer(schema('tenant'))
  deepEqual(
    new Set((await Promise.all(later)).map((each) => (each as TableSchema).partition[0].name)),
    new Set(['tenant']),
  )
})
