// The kind of store in the data folder: its promises as a source, its backups, and the URL that it accepts.
import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { platform } from 'node:process'
import { type TestContext, test } from 'node:test'
import type { StoreSource } from '../kind.ts'
import { backupConformance, sourceConformance } from '../testing/backups.ts'
import { sqlite } from './kind.ts'

function newSource(t: TestContext): StoreSource {
  const data = mkdtempSync(join(tmpdir(), 'kind-'))
  t.after(() => rmSync(data, { recursive: true, force: true }))
  const source = sqlite.locate({ address: '', data, settings: {} })
  assert.ok(!('refused' in source))
  return source
}

sourceConformance('SQLite', newSource)
backupConformance('SQLite', newSource)

test('sqlite: accepts no path: who may open another folder than the data folder is unknown', () => {
  for (const address of ['/srv/store.sqlite', '//host/store', ':memory:', '?mode=ro']) {
    const source = sqlite.locate({ address, data: '/srv/hallpass', settings: {} })
    assert.ok('refused' in source && !source.refused.includes(address))
  }
})

test('a restored file is closed to other users, and no other file remains beside it', {
  skip: platform === 'win32' && 'has no modes',
}, async (t) => {
  const clock = () => new Date()
  const from = newSource(t)
  const store = await from.open([], { clock })
  const file = join(dirname(from.name), 'copy')
  await store.backup?.(file)
  await store.close()
  const to = newSource(t)
  assert.ok('restore' in to.backups)
  const umask = process.umask(0)
  t.after(() => process.umask(umask))
  await to.backups.restore({ file, collections: [], clock }, async () => {})
  assert.deepEqual(readdirSync(dirname(to.name)), ['hallpass.sqlite'])
  assert.equal(statSync(to.name).mode & 0o777, 0o600)
})
