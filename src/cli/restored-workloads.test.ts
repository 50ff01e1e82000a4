// What a restored backup brings back of machines and services, which prove themselves by keys of their own.
import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { CreateInstanceProfileCommand } from '@aws-sdk/client-iam'
import { collections } from '../service/collections.ts'
import { declaredServices, machines } from '../service/workloads/records.ts'
import { everything } from '../store/everything.ts'
import { openSqlite } from '../store/sqlite.ts'
import { iam, profile } from './testing/clients.ts'
import { invoke, newPath, serving } from './testing/world.ts'

const account = '111122223333'
const served = await serving('dev', newPath())
const { data } = served
const done = async (...words: readonly string[]) => {
  const answer = await invoke([...words, '--data', data])
  equal(answer.code, 0, answer.err)
}
await iam(served.url, profile(served, 'root')).send(new CreateInstanceProfileCommand({ InstanceProfileName: 'web' }))
const place = ['--account', account, '--region', 'eu-central-1', '--profile', 'web']
await done('machines', 'add', 'web-1', ...place, '--minutes', '10080')
const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const pem = newPath()
writeFileSync(pem, publicKey.export({ format: 'pem', type: 'spki' }))
await done('services', 'add', 'backup.corp.example', '--account', account, '--key', pem)
const file = newPath()
await done('backup', file)

/** The machines and services of what a restore makes, and what it says. */
async function restored(...options: readonly string[]) {
  const into = newPath()
  mkdirSync(into)
  copyFileSync(join(data, 'master.key'), join(into, 'master.key'))
  const { code, err } = await invoke(['restore', file, '--data', into, ...options])
  equal(code, 0, err)
  const store = await openSqlite(join(into, 'hallpass.sqlite'), collections, { clock: () => new Date() })
  const [machine] = await everything(store, machines)
  const [service] = await everything(store, declaredServices)
  await store.close()
  ok(machine !== undefined && service !== undefined)
  return { machine, service, err }
}

test('no join token of the backup is good: somebody may have used it since', async () => {
  const { machine, err } = await restored()
  equal(machine.join, undefined)
  match(err, /1 machine, 1 declared service/)
})

test('machines and services prove themselves as they did, and the operator is told', async () => {
  const { machine, service, err } = await restored()
  deepEqual([machine.isEnabled, service.isEnabled], [true, true])
  match(err, /^warning: 1 machine and 1 declared service prove themselves as they did then, also those disabled/m)
})

test('with --keys inactive none of them does until it is enabled', async () => {
  const { machine, service, err } = await restored('--keys', 'inactive')
  deepEqual([machine.isEnabled, service.isEnabled], [false, false])
  deepEqual([machine.incarnation, service.incarnation], [1, 1])
  match(err, /^1 machine and 1 declared service are disabled: hallpass machines enable, hallpass services enable$/m)
  await served.stop()
})
