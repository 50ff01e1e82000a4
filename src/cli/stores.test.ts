// Commands on a store that is outside the data folder and has no backups.
import { equal, match, ok } from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { StoreKind } from '../store/kind.ts'
import { sqlite, sqliteFile } from '../store/sqlite/kind.ts'
import type { Finding } from './finding.ts'
import { invoke, newPath, serving } from './testing/world.ts'

/** A kind of store that keeps records in a folder of its own, and does not report their size. */
const elsewhere: StoreKind = {
  scheme: 'elsewhere',
  form: 'elsewhere:FOLDER',
  description: 'a folder of its own',
  needs: [],
  locate({ address }) {
    const file = sqliteFile(join(address, 'records'))
    return {
      name: `the store ${address}`,
      inDataFolder: false,
      backups: { instead: 'copy it with its own tools' },
      isThere: file.isThere,
      open: async (collections, options) => {
        const { backup: _, ...store } = await file.open(collections, options)
        return store
      },
    }
  },
}
const how = { stores: [sqlite, elsewhere] }
const none = 'hallpass cannot back up or restore the store'

async function served() {
  const [data, place] = [newPath(), newPath()]
  mkdirSync(place)
  const store = `elsewhere:${place}`
  const { stop } = await serving('serve', data, how, ['--store', store])
  return { data, place, store, stop, flags: ['--data', data, '--store', store] }
}

test('a server keeps its records where --store says, and operators find them there', async () => {
  const { data, place, flags, stop } = await served()
  ok(readdirSync(place).includes('records'))
  ok(readdirSync(data).every((name) => !name.includes('sqlite')))
  await stop()
  const list = await invoke(['keys', 'list', ...flags], how)
  equal(list.code, 0)
  match(list.out, /active/)
  const other = await invoke(['keys', 'list', '--data', data], how)
  equal(other.code, 1, 'the data folder has none')
  match(other.err, /there is no store in /)
})

test('without backups, backup and restore say what to do instead, and do nothing', async () => {
  const { data, place, flags, stop } = await served()
  const file = newPath()
  const line = `hallpass: ${none} ${place}: copy it with its own tools`
  const online = await invoke(['backup', file, '--data', data], how)
  equal(online.err, line, 'with a server')
  await stop()
  const offline = await invoke(['backup', file, ...flags], how)
  equal(offline.err, line, 'without a server')
  const restored = await invoke(['restore', file, ...flags], how)
  equal(restored.err, line)
  equal(online.code + offline.code + restored.code, 3)
  equal(existsSync(file), false)
})

test('doctor says that there are no backups and what to do instead, and reports no disk that is not the store’s', async () => {
  const { place, flags, stop } = await served()
  await stop()
  const { code, out } = await invoke(['doctor', '--json', ...flags], how)
  equal(code, 0, out)
  const { findings } = JSON.parse(out) as { findings: readonly Finding[] }
  const says = (name: string) => findings.find(({ about }) => about === name)?.says
  match(says('store') ?? '', /^the store \S+, production, first account \d{12}$/)
  equal(says('backups'), `${none} ${place}: copy it with its own tools`)
  ok(findings.every(({ about }) => about !== 'disk'))
})

test('a lost master key is not replaced while its store exists elsewhere', async () => {
  const { data, flags, stop } = await served()
  await stop()
  rmSync(join(data, 'master.key'))
  const { code, err } = await invoke(['serve', ...flags], how)
  equal(code, 1)
  match(err, /master\.key does not exist, and without its master key the store cannot be opened/)
  equal(existsSync(join(data, 'master.key')), false)
})

test('advised commands name the store', async () => {
  const { data, store, flags, stop } = await served()
  await stop()
  const { out } = await invoke(['doctor', ...flags], how)
  ok(out.includes(`-> \`hallpass serve --data ${data} --store ${store}\``), out)
  rmSync(join(data, 'root-credentials.json'))
  const { err } = await invoke(['env', '--data', data], { ...how, environment: { HALLPASS_STORE: store } })
  ok(err.includes(`start one with \`hallpass serve --data ${data} --store ${store}\``), err)
})

test('an unknown kind of store stops a server before anything is made, and doctor reports it', async () => {
  const data = newPath()
  const { code, err } = await invoke(['serve', '--data', data, '--store', 'redis://:hunter2@db'], how)
  equal(code, 2)
  match(
    err,
    /^hallpass: store: this release has no kind of store called redis\. It has:\nhallpass: {3}sqlite: {2}one file/,
  )
  ok(!err.includes('hunter2'))
  equal(existsSync(data), false)
  const examined = await invoke(['doctor', '--data', data, '--store', 'redis:'], how)
  match(examined.out, /^✗ settings +store: this release has no kind of store called redis/m)
})

test('no code above the store names a kind of store: only the process does', () => {
  for (const room of ['app', 'cli']) {
    for (const name of readdirSync(new URL(`../${room}/`, import.meta.url), { recursive: true, encoding: 'utf8' })) {
      if (!name.endsWith('.ts') || name.endsWith('.test.ts') || name.includes('testing')) continue
      const text = readFileSync(new URL(`../${room}/${name}`, import.meta.url), 'utf8')
      ok(!/sqlite/i.test(text), `${room}/${name}`)
    }
  }
})
