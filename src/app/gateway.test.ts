import { deepEqual, equal, match, throws } from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { folder } from '../../conformance/clients/folder.ts'
import {
  account,
  getItem,
  now,
  region,
  secretAccessKey,
  settingsOf,
  textOf,
  until,
  verifying,
} from '../server/gateway/testing/kit.ts'
import { createMetrics } from '../server/metrics.ts'
import { gatewayOf, measureGateway, openGateway, silentBackends } from './gateway.ts'

test('a backend is found by service, account and region, and by nothing else', () => {
  const gateway = gatewayOf(
    [
      settingsOf('http://127.0.0.1:1', { name: 'one' }),
      settingsOf('http://127.0.0.1:2', {
        name: 'two',
        accounts: ['222233334444'],
        regions: ['us-east-1', 'eu-west-1'],
      }),
    ],
    { clock: () => now },
  )
  const find = (of: string, region: string) => gateway.find('dynamodb', of, region)?.name
  deepEqual(
    [
      find(account, 'us-east-1'),
      find(account, 'eu-west-1'),
      find('222233334444', 'eu-west-1'),
      find('', ''),
      find('222233334444', 'us-east-1 '),
    ],
    ['one', undefined, 'two', undefined, undefined],
  )
  equal(gateway.serves('dynamodb'), true)
  gateway.close()
})

test('two backends of one name, or of one place, are no gateway', () => {
  const [one, two] = [settingsOf('http://127.0.0.1:1'), settingsOf('http://127.0.0.1:2', { name: 'two' })]
  const options = { clock: () => now }
  for (const rows of [
    [one, one],
    [one, two],
  ])
    throws(() => gatewayOf(rows, options), TypeError)
})

test('credentials are read again when their file changes', async () => {
  const server = await verifying({ keys: { AKIAOLD: 'old', AKIANEW: 'new' } })
  const data = folder()
  const keys = join(data, 'keys')
  const put = (id: string, secret: string) =>
    writeFileSync(keys, `[default]\naws_access_key_id=${id}\naws_secret_access_key=${secret}\n`, { mode: 0o600 })
  put('AKIAOLD', 'old')
  const file = join(data, 'backends.yaml')
  const row = {
    name: 'a',
    service: 'dynamodb',
    endpoint: server.url,
    accounts: [account],
    regions: ['us-east-1'],
    region,
    credentials: 'keys',
  }
  writeFileSync(file, JSON.stringify({ backends: [row] }))
  const said: string[] = []
  const gateway = await openGateway({
    ...{ settings: { 'backends-file': file }, environment: {}, clock: () => now, everyMs: 10 },
    report: (line) => void said.push(line),
  })
  const ask = async () => {
    const answer = await gateway?.find('dynamodb', account, 'us-east-1')?.send(getItem())
    if (answer !== undefined) await textOf(answer)
  }
  await ask()
  put('AKIANEW', 'new')
  await until(() => said.length > 0)
  await ask()
  writeFileSync(keys, '')
  await until(() => said.length > 1)
  await ask()
  deepEqual(server.refused, [])
  deepEqual(
    server.seen.map(({ accessKeyId }) => accessKeyId),
    ['AKIAOLD', 'AKIANEW', 'AKIANEW'],
  )
  match(said[0] ?? '', /^credentials and certificates of the backend a were read again$/)
  match(said.at(-1) ?? '', /^the backend a keeps what it had: .*credentials: the file needs a section/)
  match(gateway?.reload()[0] ?? '', /the file needs a section/)
  gateway?.close()
})

test('a backend that the file has for the same account and region counts instead of a built-in one', async () => {
  const data = folder()
  const file = join(data, 'backends.yaml')
  const row = {
    name: 'a',
    service: 'dynamodb',
    endpoint: 'http://127.0.0.1:1',
    accounts: [account],
    regions: ['us-east-1'],
    credentials: 'none',
  }
  writeFileSync(file, JSON.stringify({ backends: [row] }))
  const also = [
    settingsOf('http://127.0.0.1:2', { name: 'same-place' }),
    settingsOf('http://127.0.0.1:3', { name: 'other', accounts: ['222233334444'] }),
  ]
  const common = { environment: {}, clock: () => now, report: () => {}, also }
  const gateway = await openGateway({ ...common, settings: { 'backends-file': file } })
  deepEqual(
    gateway?.states().map(({ name }) => name),
    ['a', 'other'],
  )
  gateway?.close()
  const none = await openGateway({ ...common, settings: { 'backends-file': undefined }, also: [] })
  equal(none, undefined)
})

test('metrics count requests to backends, and readiness says how many did not answer', async () => {
  const server = await verifying()
  const gateway = gatewayOf(
    [settingsOf(server.url), settingsOf('http://127.0.0.1:1', { name: 'away', accounts: ['222233334444'] })],
    { clock: () => now },
  )
  const metrics = createMetrics({ operations: {} })
  measureGateway(gateway, metrics)
  equal(silentBackends(gateway), undefined)
  equal(silentBackends(undefined), undefined)
  const found = await gateway.probe()
  deepEqual(
    found.map(({ name, problem }) => [name, problem]),
    [
      ['alternator', 'its answer to ListTables names no tables'],
      ['away', 'nobody listens there (ECONNREFUSED)'],
    ],
  )
  equal(silentBackends(gateway), '1 of 2 backends did not answer when last asked')
  const text = await metrics.text()
  for (const line of [
    'hallpass_gateway_requests_total{backend="alternator",outcome="200"} 1',
    'hallpass_gateway_requests_total{backend="away",outcome="away"} 1',
    'hallpass_gateway_request_duration_seconds_bucket{backend="alternator",le="0.0005"} 1',
    'hallpass_gateway_request_duration_seconds_count{backend="away"} 1',
    'hallpass_gateway_up{backend="alternator"} 1',
    'hallpass_gateway_up{backend="away"} 0',
    'hallpass_gateway_connections{backend="away"} 0',
    'hallpass_gateway_waiting{backend="alternator"} 0',
  ]) {
    equal(text.split('\n').includes(line), true, `${line}\n${text}`)
  }
  equal(text.includes(secretAccessKey), false)
  gateway.close()
})
