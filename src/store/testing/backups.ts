// What every kind of store that has backups keeps, as tests: src/store/kind.ts in words. An adapter's test file calls it.
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import type { Backups, StoreSource } from '../kind.ts'
import { type Store, Unavailable } from '../store.ts'
import { all, counters, named, people, put, START } from './conformance/suite.ts'

const collections = [people, counters]
const now = () => START
const LATER = new Date(START.getTime() + 3_600_000)

/** A source whose store is not there, of its own data. */
export type NewSource = (t: TestContext) => StoreSource

export function backupConformance(name: string, newSource: NewSource): void {
  const opened = async (t: TestContext, source: StoreSource): Promise<Store> => {
    const store = await source.open(collections, { now })
    t.after(() => store.close())
    return store
  }
  /** A backup of a store with one person and one journal entry. */
  const made = async (t: TestContext) => {
    const folder = mkdtempSync(join(tmpdir(), 'backup-'))
    t.after(() => rmSync(folder, { recursive: true, force: true }))
    const file = join(folder, 'copy')
    const store = await opened(t, newSource(t))
    await put(store, { account: '1', name: 'ann', email: 'ann@x', team: 'red' })
    await store.append('log', LATER, ['1'])
    await backup(store, file)
    return { folder, file, store, restoring: { file, collections, now } }
  }

  describe(`${name}, backed up`, () => {
    test('is restored with its records, indexes and journals, as they were', async (t) => {
      const { store, restoring } = await made(t)
      await put(store, { account: '1', name: 'bob', team: 'red' })
      const source = newSource(t)
      assert.equal(await backupsOf(source).restore(restoring, async () => 'answer'), 'answer')
      const copy = await opened(t, source)
      const { items } = await copy.list(people, 'team', { prefix: ['1', 'red'], limit: 9 })
      assert.deepEqual(named(items), ['ann'])
      assert.equal((await copy.find(people, 'email', ['ann@x']))?.record.name, 'ann')
      assert.deepEqual(
        (await all(copy.scan('log', START))).map(({ text }) => text),
        ['1'],
      )
      await put(copy, { account: '1', name: 'cy' })
      assert.equal(await store.get(people, ['1', 'cy']), undefined, 'they are two stores')
    })

    test('is there for nobody before it is prepared, and has what was prepared from then on', async (t) => {
      const { restoring } = await made(t)
      const source = newSource(t)
      await backupsOf(source).restore(restoring, async (store) => {
        assert.equal(await source.isThere(), false)
        await put(store, { account: '1', name: 'bob' })
      })
      assert.equal(await source.isThere(), true)
      assert.ok(await (await opened(t, source)).get(people, ['1', 'bob']))
    })

    test('is not there at all when preparing it fails, and can be restored again', async (t) => {
      const { restoring } = await made(t)
      const source = newSource(t)
      const broken = backupsOf(source).restore(restoring, async (store) => {
        await put(store, { account: '1', name: 'half' })
        throw new RangeError('it ended here')
      })
      await assert.rejects(broken, RangeError)
      assert.equal(await source.isThere(), false)
      await backupsOf(source).restore(restoring, async () => {})
      const { items } = await (await opened(t, source)).list(people, 'key', { prefix: [], limit: 9 })
      assert.deepEqual(named(items), ['ann'])
    })

    test('is not restored over a store that is there, or came while it was prepared', async (t) => {
      const { restoring } = await made(t)
      for (const early of [true, false]) {
        const source = newSource(t)
        const other = async () => put(await opened(t, source), { account: '1', name: 'other' })
        if (early) await other()
        const restored = backupsOf(source).restore(restoring, async () => {
          if (!early) await other()
        })
        await assert.rejects(restored, Unavailable)
        const { items } = await (await opened(t, source)).list(people, 'key', { prefix: [], limit: 9 })
        assert.deepEqual(named(items), ['other'])
      }
    })

    test('is restored from nothing but a backup, which is named when it is refused', async (t) => {
      const { folder, restoring } = await made(t)
      const file = join(folder, 'letter')
      writeFileSync(file, 'Dear store, though I am long enough to be looked at, I am a letter. '.repeat(40))
      const source = newSource(t)
      const restored = backupsOf(source).restore({ ...restoring, file }, async () => {})
      await assert.rejects(restored, (error) => error instanceof Unavailable && error.message.includes(file))
      assert.equal(await source.isThere(), false)
    })

    test('writes over no file, and leaves none when it fails', async (t) => {
      const { file, folder, store } = await made(t)
      await assert.rejects(backup(store, file), Unavailable)
      const nowhere = join(folder, 'no', 'folder')
      await assert.rejects(backup(store, nowhere), Unavailable)
      assert.equal(existsSync(nowhere), false)
    })
  })
}

/** What every kind of store keeps before a store is opened. */
export function sourceConformance(name: string, newSource: NewSource): void {
  describe(`${name} as a source`, () => {
    test('has no store before it is opened, however often it is looked for', async (t) => {
      const source = newSource(t)
      assert.equal(await source.isThere(), false)
      assert.equal(await source.isThere(), false)
    })

    test('has backups on both sides, or says what is done instead', async (t) => {
      const source = newSource(t)
      const store = await source.open(collections, { now })
      t.after(() => store.close())
      assert.equal(await source.isThere(), true)
      assert.equal(store.backup !== undefined, 'restore' in source.backups)
      if ('instead' in source.backups) assert.match(source.backups.instead, /^\w+ .+[^.]$/)
    })
  })
}

function backup(store: Store, file: string): Promise<void> {
  assert.ok(store.backup !== undefined)
  return store.backup(file)
}

function backupsOf({ backups }: StoreSource): Backups {
  assert.ok('restore' in backups)
  return backups
}
