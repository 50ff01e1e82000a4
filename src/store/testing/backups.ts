// Tests that every kind of store must pass: the promises of src/store/kind.ts about sources and backups. The test file of an
// adapter calls them.
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import type { Backups, StoreSource } from '../kind.ts'
import { type Store, Unavailable } from '../store.ts'
import { all, counters, createPeople, named, people, START } from './conformance/suite.ts'

const collections = [people, counters]
const clock = () => START
const LATER = new Date(START.getTime() + 3_600_000)

/** Makes a source with data of its own, whose store does not exist yet. */
export type NewSource = (t: TestContext) => StoreSource

export function backupConformance(name: string, newSource: NewSource): void {
  const opened = async (t: TestContext, source: StoreSource): Promise<Store> => {
    const store = await source.open(collections, { clock })
    t.after(() => store.close())
    return store
  }
  /** A backup of a store with one person and one journal entry. */
  const makeBackup = async (t: TestContext) => {
    const folder = mkdtempSync(join(tmpdir(), 'backup-'))
    t.after(() => rmSync(folder, { recursive: true, force: true }))
    const file = join(folder, 'copy')
    const store = await opened(t, newSource(t))
    await createPeople(store, { account: '1', name: 'ann', email: 'ann@x', team: 'red' })
    await store.append('log', LATER, ['1'])
    await backup(store, file)
    return { folder, file, store, restoring: { file, collections, clock } }
  }

  describe(`${name}, backed up`, () => {
    test('is restored with its records, indexes and journals', async (t) => {
      const { store, restoring } = await makeBackup(t)
      await createPeople(store, { account: '1', name: 'bob', team: 'red' })
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
      await createPeople(copy, { account: '1', name: 'cy' })
      assert.equal(await store.get(people, ['1', 'cy']), undefined, 'they are two stores')
    })

    test('does not exist for anybody before it is prepared, and has the prepared records from then on', async (t) => {
      const { restoring } = await makeBackup(t)
      const source = newSource(t)
      await backupsOf(source).restore(restoring, async (store) => {
        assert.equal(await source.isThere(), false)
        await createPeople(store, { account: '1', name: 'bob' })
      })
      assert.equal(await source.isThere(), true)
      assert.ok(await (await opened(t, source)).get(people, ['1', 'bob']))
    })

    test('does not exist when preparing it fails, and can be restored again', async (t) => {
      const { restoring } = await makeBackup(t)
      const source = newSource(t)
      const broken = backupsOf(source).restore(restoring, async (store) => {
        await createPeople(store, { account: '1', name: 'half' })
        throw new RangeError('preparing failed')
      })
      await assert.rejects(broken, RangeError)
      assert.equal(await source.isThere(), false)
      await backupsOf(source).restore(restoring, async () => {})
      const { items } = await (await opened(t, source)).list(people, 'key', { prefix: [], limit: 9 })
      assert.deepEqual(named(items), ['ann'])
    })

    test('is not restored over a store that exists, or that somebody made while it was prepared', async (t) => {
      const { restoring } = await makeBackup(t)
      for (const early of [true, false]) {
        const source = newSource(t)
        const other = async () => createPeople(await opened(t, source), { account: '1', name: 'other' })
        if (early) await other()
        const restored = backupsOf(source).restore(restoring, async () => {
          if (!early) await other()
        })
        await assert.rejects(restored, Unavailable)
        const { items } = await (await opened(t, source)).list(people, 'key', { prefix: [], limit: 9 })
        assert.deepEqual(named(items), ['other'])
      }
    })

    test('is restored only from a backup; the refusal names the file', async (t) => {
      const { folder, restoring } = await makeBackup(t)
      const file = join(folder, 'letter')
      writeFileSync(file, 'Dear store, I am long enough to be a database, but I am a letter. '.repeat(40))
      const source = newSource(t)
      const restored = backupsOf(source).restore({ ...restoring, file }, async () => {})
      await assert.rejects(restored, (error) => error instanceof Unavailable && error.message.includes(file))
      assert.equal(await source.isThere(), false)
    })

    test('overwrites no file, and leaves none when it fails', async (t) => {
      const { file, folder, store } = await makeBackup(t)
      await assert.rejects(backup(store, file), Unavailable)
      const nowhere = join(folder, 'no', 'folder')
      await assert.rejects(backup(store, nowhere), Unavailable)
      assert.equal(existsSync(nowhere), false)
    })
  })
}

/** The promises of every kind of store about its source. */
export function sourceConformance(name: string, newSource: NewSource): void {
  describe(`${name} as a source`, () => {
    test('has no store before it is opened, however often somebody checks', async (t) => {
      const source = newSource(t)
      assert.equal(await source.isThere(), false)
      assert.equal(await source.isThere(), false)
    })

    test('both writes and restores backups, or says what to do instead', async (t) => {
      const source = newSource(t)
      const store = await source.open(collections, { clock })
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
