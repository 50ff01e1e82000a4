// The embedded store's file: who may read it, which files are refused, releases that share it, locks and backups.

import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { platform } from 'node:process'
import { DatabaseSync } from 'node:sqlite'
import { describe, type TestContext, test } from 'node:test'
import { openDatabase, upgrade } from './sqlite/schema.ts'
import { prepare } from './sqlite/statement.ts'
import { openSqlite, type SqliteOptions, type SqliteStore } from './sqlite.ts'
import { type AnyCollection, type Collection, Conflict, Unavailable } from './store.ts'
import {
  all,
  begin,
  counters,
  createPeople,
  named,
  type Person,
  people,
  rejects,
  START,
} from './testing/conformance/suite.ts'

const clock = () => START
const LATER = new Date(START.getTime() + 3_600_000)

function fileOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'store-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'store.db')
}

async function opened(
  t: TestContext,
  file: string,
  collections: readonly AnyCollection[] = [people, counters],
  options: Partial<SqliteOptions> = {},
): Promise<SqliteStore> {
  const store = await openSqlite(file, collections, { clock, pollMs: 5, ...options })
  t.after(() => store.close())
  return store
}

function edit(file: string, sql: string): void {
  const db = new DatabaseSync(file)
  db.exec(sql)
  db.close()
}

const refuses = (opening: Promise<unknown>, words: RegExp) =>
  assert.rejects(opening, (error) => error instanceof Unavailable && words.test(error.message))

describe('the file', () => {
  test('and its log are closed to other users, whatever their modes were before', {
    skip: platform === 'win32' && 'has no modes',
  }, async (t) => {
    const file = fileOf(t)
    const umask = process.umask(0)
    t.after(() => process.umask(umask))
    writeFileSync(file, '', { mode: 0o666 })
    const store = await opened(t, file)
    await createPeople(store, { account: '1', name: 'a' })
    await store.backup(`${file}.copy`)
    for (const each of [file, `${file}-wal`, `${file}-shm`, `${file}.copy`])
      assert.equal(statSync(each).mode & 0o777, 0o600, each)
  })

  test('is synced to the disk before a commit returns', async (t) => {
    const db = await openDatabase({ file: fileOf(t), maxBytes: undefined }, [])
    const pragma = (name: string) => prepare(db, `PRAGMA ${name}`).get()?.[0]
    assert.deepEqual(
      ['journal_mode', 'synchronous', 'fullfsync', 'checkpoint_fullfsync'].map(pragma),
      ['wal', 2, 1, 1],
      '2 is FULL',
    )
    db.close()
  })

  test('is refused with the reason when it cannot be a store', async (t) => {
    const file = fileOf(t)
    await refuses(opened(t, join(file, 'deeper', 'store.db')), /deeper does not exist/)
    await refuses(opened(t, join(file, '..')), /cannot be opened/)
    writeFileSync(file, 'not a database'.repeat(1000))
    await refuses(opened(t, file), /is not a database/)
    rmSync(file)
    edit(file, 'CREATE TABLE theirs (x)')
    await refuses(opened(t, file), /another program's database/)
    rmSync(file)
    edit(file, 'PRAGMA application_id = 7')
    await refuses(opened(t, file), /another program's database/)
  })

  test('is refused when corrupt, at opening or at a read, and never returns wrong values', async (t) => {
    const file = fileOf(t)
    const store = await opened(t, file)
    await createPeople(
      store,
      ...Array.from({ length: 500 }, (_, n) => ({ account: '1', name: `${n}`, team: 'x'.repeat(100) })),
    )
    await store.close()
    truncateSync(file, 16_384)
    await assert.rejects(async () => {
      const damaged = await opened(t, file)
      await damaged.list(people, 'key', { prefix: [], limit: 1000 })
    }, /is corrupt/)
  })

  test('is refused at opening while another process locks it', async (t) => {
    const file = fileOf(t)
    const db = new DatabaseSync(file)
    db.exec('BEGIN EXCLUSIVE')
    await refuses(opened(t, file), /locked by another process/)
    db.close()
  })

  test('refuses writes while another process locks it for long; reads continue, and later writes work', async (t) => {
    const file = fileOf(t)
    const store = await opened(t, file, undefined, { lockTries: 2 })
    await createPeople(store, { account: '1', name: 'a' })
    const db = new DatabaseSync(file)
    db.exec('BEGIN IMMEDIATE')
    const outcomes = await Promise.allSettled([
      createPeople(store, { account: '1', name: 'b' }),
      store.append('log', LATER, ['1']),
    ])
    for (const each of outcomes) {
      assert.ok(each.status === 'rejected' && each.reason instanceof Unavailable)
      assert.match(each.reason.message, /locked by another process/)
    }
    assert.ok(await store.get(people, ['1', 'a']))
    db.exec('ROLLBACK')
    db.close()
    await createPeople(store, { account: '1', name: 'c' })
    assert.deepEqual(named((await store.list(people, 'key', { prefix: [], limit: 9 })).items), ['a', 'c'])
    assert.deepEqual(await all(store.scan('log', START)), [])
  })

  test('makes writes wait while another process locks it for a moment', async (t) => {
    const file = fileOf(t)
    const store = await opened(t, file)
    const db = new DatabaseSync(file)
    db.exec('BEGIN IMMEDIATE')
    const waiting = createPeople(store, { account: '1', name: 'a' })
    setTimeout(() => db.exec('COMMIT'), 1)
    await waiting
    db.close()
    assert.ok(await store.get(people, ['1', 'a']))
  })

  test('may be in memory', async (t) => {
    const store = await opened(t, ':memory:')
    await createPeople(store, { account: '1', name: 'a' })
    const copy = join(fileOf(t), '..', 'copy.db')
    await store.backup(copy)
    assert.ok(await (await opened(t, copy)).get(people, ['1', 'a']))
  })

  test('may not get a collection or index whose name cannot be that of a table or column', async (t) => {
    const index = { of: () => ['x'] as const }
    const rows: readonly AnyCollection[] = [
      { ...counters, name: 'Counters' },
      { ...counters, name: 'a"; DROP TABLE state; --' },
      { ...counters, name: '' },
      { ...counters, indexes: { 'a-b': index } },
      { ...counters, indexes: { key: index } },
      { ...counters, indexes: { byName: index, byname: index } },
    ]
    for (const row of rows) await rejects(opened(t, ':memory:', [row]), 'TypeError')
  })
})

describe('releases that share a file', () => {
  const aged: Collection<Person, 'email' | 'team' | 'age'> = {
    ...people,
    shape: 2,
    upgrade: (old) => old as Person,
    indexes: { ...people.indexes, age: { of: ({ age }) => (age === undefined ? undefined : [age]) } },
  }

  test('an older schema is upgraded completely or not at all', (t) => {
    const file = fileOf(t)
    const db = new DatabaseSync(file)
    t.after(() => db.close())
    const steps = ['CREATE TABLE a (x)', 'CREATE TABLE b (x)', 'CREATE TABLE c (x); INSERT INTO c VALUES (1)']
    const tables = () => prepare(db, 'SELECT name FROM sqlite_schema ORDER BY name').all().flat().join()
    upgrade(db, file, steps.slice(0, 1))
    assert.equal(tables(), 'a')
    assert.throws(() => upgrade(db, file, [...steps, 'CREATE TABLE c (again)']), { message: 'table c already exists' })
    assert.equal(tables(), 'a')
    upgrade(db, file, steps)
    upgrade(db, file, steps)
    assert.equal(tables(), 'a,b,c')
  })

  test('a newer schema is refused', async (t) => {
    const file = fileOf(t)
    await (await opened(t, file)).close()
    edit(file, 'PRAGMA user_version = 99')
    await refuses(opened(t, file), /newer release \(schema 99/)
  })

  test('an older release may not open a file with newer indexes, which it would not maintain', async (t) => {
    const file = fileOf(t)
    await (await opened(t, file)).close()
    await (await opened(t, file, [aged])).close()
    await refuses(opened(t, file), /newer release \(people has other indexes\)/)
  })

  test('a running older release, once a newer one adds an index, can still read and no longer write', async (t) => {
    const file = fileOf(t)
    const older = await opened(t, file)
    await createPeople(older, { account: '1', name: 'a', age: 3 })
    const newer = await opened(t, file, [aged, counters])
    await refuses(createPeople(older, { account: '1', name: 'b', age: 4 }), /newer release/)
    await refuses(older.append('log', LATER, ['1']), /newer release/)
    assert.ok(await older.get(people, ['1', 'a']))
    await newer.transact((tx) => tx.create(aged, { account: '1', name: 'c', age: 5 }))
    assert.deepEqual(named((await newer.list(aged, 'age', { prefix: [], limit: 9 })).items), ['a', 'c'])
  })

  test('an index cannot become unique while records share a key in it, and nothing is changed', async (t) => {
    const file = fileOf(t)
    const before = await opened(t, file)
    await createPeople(before, { account: '1', name: 'a', team: 'red' }, { account: '1', name: 'b', team: 'red' })
    await before.close()
    const strict: AnyCollection = {
      ...people,
      indexes: { ...people.indexes, team: { ...people.indexes.team, unique: true } },
    }
    await assert.rejects(opened(t, file, [strict]), {
      code: 'ERR_SQLITE_ERROR',
      message: 'UNIQUE constraint failed: r_people.i_team',
    })
    const after = await opened(t, file)
    assert.equal((await after.list(people, 'team', { prefix: ['1', 'red'], limit: 9 })).items.length, 2)
  })

  test('a process that declares fewer collections leaves the others unchanged', async (t) => {
    const file = fileOf(t)
    const whole = await opened(t, file)
    await createPeople(whole, { account: '1', name: 'a' })
    const part = await opened(t, file, [counters])
    await part.transact((tx) => tx.create(counters, { id: 'x', count: 1 }))
    await rejects(part.get(people, ['1', 'a']), 'TypeError')
    assert.ok(await whole.get(people, ['1', 'a']))
    assert.ok(await whole.get(counters, ['x']))
  })
})

describe('a backup', () => {
  test('is one snapshot of the store, also while others write', async (t) => {
    const file = fileOf(t)
    const store = await opened(t, file)
    const pair = (n: number) =>
      store.transact(async (tx) => {
        await tx.create(counters, { id: `a${n}`, count: n })
        await tx.create(people, { account: '1', name: `${n}` })
      })
    for (let n = 0; n < 50; n++) await pair(n)
    const copying = store.backup(`${file}.copy`)
    for (let n = 50; n < 80; n++) await pair(n)
    await copying
    const copy = await opened(t, `${file}.copy`)
    const values = [
      (await copy.list(counters, 'key', { prefix: [], limit: 999 })).items.length,
      (await copy.list(people, 'key', { prefix: [], limit: 999 })).items.length,
    ]
    assert.equal(values[0], values[1])
    assert.ok(Number(values[0]) >= 50)
    await createPeople(copy, { account: '1', name: 'more' })
    assert.equal(await store.get(people, ['1', 'more']), undefined)
  })

  test('does not overwrite a file, and leaves none when it fails', async (t) => {
    const file = fileOf(t)
    const store = await opened(t, file)
    await refuses(store.backup(file), /exists/)
    await refuses(store.backup(join(file, 'no', 'folder')), /cannot be written/)
    assert.equal(existsSync(`${file}.partial`), false)
    await store.close()
    await refuses(store.backup(`${file}.copy`), /is closed/)
  })

  test('that is running finishes before the store closes', async (t) => {
    const file = fileOf(t)
    const store = await opened(t, file)
    await createPeople(store, { account: '1', name: 'a' })
    const copying = store.backup(`${file}.copy`)
    await store.close()
    await copying
    assert.ok(await (await opened(t, `${file}.copy`)).get(people, ['1', 'a']))
  })
})

describe('the change feed in the file', () => {
  test('is bounded, however many changes there are', async (t) => {
    const file = fileOf(t)
    const store = await opened(t, file, undefined, { changesKept: 50 })
    for (let n = 0; n < 300; n++) await store.transact((tx) => tx.create(counters, { id: `${n}`, count: n }))
    await store.close()
    const db = new DatabaseSync(file)
    const kept = Number(prepare(db, 'SELECT count(*) FROM changes').get()?.[0])
    db.close()
    assert.ok(50 <= kept && kept <= 70, `${kept}`)
  })

  test('contains nothing of a refused commit', async (t) => {
    const store = await opened(t, ':memory:')
    await createPeople(store, { account: '1', name: 'a', email: 'a@x' })
    const changes: unknown[] = []
    store.watch((change) => changes.push(change))
    const race = await Promise.allSettled(
      ['b', 'c'].map((name) => createPeople(store, { account: '1', name, email: 'b@x' })),
    )
    assert.ok(race[1]?.status === 'rejected' && race[1].reason instanceof Conflict)
    assert.deepEqual(changes, [{ collection: 'people', key: ['1', 'b'] }])
  })

  test('reaches a process that writes before it polls', async (t) => {
    const file = fileOf(t)
    const never = { pollMs: 2 ** 30 }
    const [store, other] = [await opened(t, file, undefined, never), await opened(t, file, undefined, never)]
    const changes: unknown[] = []
    store.watch((change) => changes.push(change))
    await createPeople(other, { account: '1', name: 'a' })
    assert.deepEqual(changes, [])
    await createPeople(store, { account: '1', name: 'b' })
    assert.deepEqual(
      changes,
      ['a', 'b'].map((name) => ({ collection: 'people', key: ['1', name] })),
    )
  })
})

test('a timer deletes expired journal entries, too', async (t) => {
  let time = START
  const { store } = await begin(t, async ({ collections }) => {
    const inner = await openSqlite(':memory:', collections, { clock: () => time, choreMs: 1 })
    return { store: inner, reopen: async () => inner, discard: () => inner.close() }
  })
  await store.append('log', LATER, ['over'])
  await store.append('log', new Date(LATER.getTime() + 1), ['kept'])
  time = new Date(LATER.getTime() + 1)
  let texts: readonly string[]
  do {
    await new Promise(setImmediate)
    texts = (await all(store.scan('log', START))).map(({ text }) => text)
  } while (texts.length > 1)
  assert.deepEqual(texts, ['kept'])
})
