// Which store a setting names: its kind by the scheme, what that needs, and what is refused.
import { deepEqual, equal, ok, throws } from 'node:assert/strict'
import { test } from 'node:test'
import { BadSettings, loadSettings } from '../config/load.ts'
import type { StoreKind, StoreSetup, StoreSource } from '../store/kind.ts'
import { Failure } from './failure.ts'
import { storeOf } from './store.ts'

const asked: StoreSetup[] = []

const kindOf = (scheme: string, needs: readonly string[] = []): StoreKind => ({
  ...{ scheme, form: `${scheme}:…`, says: `where ${scheme} is`, needs },
  at(setup) {
    asked.push(setup)
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

test('without the setting it is the one in the data folder', () => {
  equal(storeOf(kinds, settings()).name, 'sqlite')
  deepEqual(asked.at(-1), { address: '', data: '/srv/hallpass', settings: {} })
})

test('a kind reads what follows its scheme, and gets the settings that it needs', () => {
  const key = Buffer.alloc(32, 1).toString('base64')
  const secrets = { 'master-key': key, 'root-secret-access-key': 'x'.repeat(40) }
  equal(storeOf(kinds, settings({ store: 'postgres://db.example/hallpass', ...secrets })).name, 'postgres')
  deepEqual(asked.at(-1), { address: '//db.example/hallpass', data: '/srv/hallpass', settings: secrets })
})

test('a kind that there is not is refused with a list of those that there are, without the URL', () => {
  const list = '\n  sqlite:…  where sqlite is\n  postgres:…  where postgres is'
  refused('redis://:hunter2@db', `store: redis: is no kind of store that this release has. It has:${list}`)
})

test('each setting that a kind needs and has not got is named', () => {
  const needs = (name: string) => `store: postgres: needs the setting ${name} as well`
  refused('postgres://db', `${needs('master-key')}\n${needs('root-secret-access-key')}`)
})

test('a text that names no kind is refused with the settings, and not repeated', () => {
  for (const store of ['hunter2', '/var/lib/hallpass.sqlite', ':memory:', 'C:\\hallpass', 'SQLITE:']) {
    throws(
      () => settings({ store }),
      (error) => {
        ok(error instanceof BadSettings)
        deepEqual(error.problems, ['--store: must begin with the kind of store and a colon, as `sqlite:`'])
        return true
      },
    )
  }
})
