// What `hallpass doctor` says of backends, with a server that runs and without one.
import { deepEqual, equal, match } from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { accessKeyId, account, region, secretAccessKey, verifying } from '../server/gateway/testing/kit.ts'
import type { Finding } from './finding.ts'
import { invoke, newPath, serving } from './testing/world.ts'

/** A backend that verifies, one that is away, and a file that names both; credentials in variables. */
async function company() {
  const server = await verifying({ now: () => new Date() })
  server.answer = () => ({ body: '{"TableNames":[]}' })
  const common = { service: 'dynamodb', regions: ['us-east-1'], region, credentials: { environment: 'BACKEND' } }
  const file = `${newPath()}.yaml`
  const backends = [
    { name: 'near', endpoint: server.url, accounts: [account], ...common },
    { name: 'away', endpoint: 'http://127.0.0.1:1', accounts: ['222233334444'], ...common },
  ]
  writeFileSync(file, JSON.stringify({ backends }))
  const environment = { BACKEND_ACCESS_KEY_ID: accessKeyId, BACKEND_SECRET_ACCESS_KEY: secretAccessKey }
  return { server, environment, flags: ['--backends-file', file] }
}

async function found(data: string, flags: readonly string[], environment: Readonly<Record<string, string>>) {
  const { out } = await invoke(['doctor', '--json', '--data', data, ...flags], { environment })
  equal(out.includes(secretAccessKey), false)
  const { findings } = JSON.parse(out) as { findings: readonly Finding[] }
  return findings
}

const ofBackends = (findings: readonly Finding[]) =>
  findings.filter(({ about }) => about === 'backend').map(({ state, says }) => [state, says.replace(/:\d+\b/, '')])

const expected = [
  ['good', 'near at http://127.0.0.1 answers'],
  ['bad', 'away at http://127.0.0.1: nobody listens there (ECONNREFUSED)'],
]

test('without a server, doctor asks the backends itself', async () => {
  const { environment, flags, server } = await company()
  deepEqual(ofBackends(await found(newPath(), flags, environment)), expected)
  deepEqual(server.refused, [])
})

test('a running server asks them, with its own environment; its readiness does not depend on them', async () => {
  const { environment, flags, server } = await company()
  const { data, url, stop } = await serving('serve', newPath(), { environment }, flags)
  deepEqual(await (await fetch(`${url}/readyz`)).json(), { ready: true })
  deepEqual(ofBackends(await found(data, [], {})), expected)
  deepEqual(server.refused, [])
  const ready = await fetch(`${url}/readyz`)
  deepEqual(
    [ready.status, await ready.json()],
    [200, { ready: true, note: '1 of 2 backends did not answer when last asked' }],
  )
  await stop()
})

test('no server starts with a mistake in the file about backends, and doctor says where it is', async () => {
  const { flags } = await company()
  const says = /\.yaml:1:\d+: backends\[0\]\.credentials: the environment needs BACKEND_ACCESS_KEY_ID/
  const { code, err } = await invoke(['serve', '--data', newPath(), '--listen', '127.0.0.1:0', ...flags])
  equal(code, 2)
  match(err, says)
  const findings = await found(newPath(), flags, {})
  match(findings.find(({ about }) => about === 'settings')?.says ?? '', says)
  deepEqual(ofBackends(findings), [])
})

test('a server that has no backends file has no backends', async () => {
  const { data, stop } = await serving('serve', newPath())
  deepEqual(ofBackends(await found(data, [], {})), [])
  await stop()
})

test('the demonstration has a backend, which is well', async () => {
  const { data, stop } = await serving('dev', newPath())
  deepEqual(ofBackends(await found(data, [], {})), [['good', 'demonstration at http://127.0.0.1 answers']])
  await stop()
})
