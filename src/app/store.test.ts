// Which store the setting names: its kind by the scheme, the settings that the kind needs, and which texts are refused.
import { deepEqual, equal, ok, throws } from 'node:assert/strict'
import { test } from 'node:test'
import { BadSettings, loadSettings } from '../config/load.ts'
import type { StoreKind, StoreSetup, StoreSource } from '../store/kind.ts'
import { Failure } from './failure.ts'
import { storeOf } from './store.ts'

const setups: StoreSetup[] = []

const kindOf = (scheme: string, needs: readonly string[] = []): StoreKind => ({
  ...{ scheme, form: `${scheme}:…`, description: `where ${scheme} is`, needs },
  locate(setup) {
    setups.push(setup)
    return { name: scheme } as StoreSource
  },
})
const kinds = [kindOf('sqlite'), kindOf('postgres', ['master-key', 'root-secret-access-key'])]

const settings = (flags: Readonly<Record<string, string>> = {}) =>
  loadSettings({ flags: { data: '/srv/hallpass', ...flags }, environment: {} })

const refused = (store: string, message: string) =>
  throws(
    () => storeOf(kinds, settings({ store })),
    (error) => error instanceof Failure && error.exitCode === 2 && error.message === message,
  )

test('without the setting, the store is the one in the data folder', () => {
  equal(storeOf(kinds, settings()).name, 'sqlite')
  deepEqual(setups.at(-1), { address: '', data: '/srv/hallpass', settings: {} })
})

test('a kind gets what follows its scheme, and the settings that it needs', () => {
  const key = Buffer.alloc(32, 1).toString('base64')
  const secrets = { 'master-key': key, 'root-secret-access-key': 'x'.repeat(40) }
  equal(storeOf(kinds, settings({ store: 'postgres://db.example/hallpass', ...secrets })).name, 'postgres')
  deepEqual(setups.at(-1), { address: '//db.example/hallpass', data: '/srv/hallpass', settings: secrets })
})

test('a kind gets the settings that it takes, if they are given', () => {
  const kind = { ...kindOf('db'), takes: ['master-key-file', 'store-password'] }
  storeOf([kind], settings({ store: 'db:', 'store-password': 'secret' }))
  deepEqual(setups.at(-1)?.settings, { 'store-password': 'secret' })
})

test('an unknown kind is refused with a list of the known ones, without the URL', () => {
  const list = '\n  sqlite:…  where sqlite is\n  postgres:…  where postgres is'
  refused('redis://:hunter2@db', `store: this release has no kind of store called redis. It has:${list}`)
})

test('the refusal names each setting that the kind needs and that is missing', () => {
  const needs = (name: string) => `store: postgres: needs the setting ${name} as well`
  refused('postgres://db', `${needs('master-key')}\n${needs('root-secret-access-key')}`)
})

test('a text that names no kind is refused when the settings are read, and not repeated', () => {
  for (const store of ['hunter2', '/var/lib/hallpass.sqlite', ':memory:', 'C:\\hallpass', 'SQLITE:']) {
    throws(
      () => settings({ store }),
      (error) => {
        ok(error instanceof BadSettings)
        deepEqual(error.problems, ['--store: must begin with the kind of store and a colon, such as `sqlite:`'])
        return true
      },
    )
  }
})
