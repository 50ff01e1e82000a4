// The demonstration's backend: what the gateway finds there, and that nobody else finds anything.
import { deepEqual, equal, ok } from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, test } from 'node:test'
import { createBackend } from '../../server/gateway/create-backend.ts'
import { probe } from '../../server/gateway/probe.ts'
import { textOf } from '../../server/gateway/testing/kit.ts'
import { startDemonstrationBackend } from './backend.ts'

const now = new Date('2026-11-29T12:00:00Z')
const clock = () => now

const { settings, close } = await startDemonstrationBackend({ clock, random: randomBytes, report: () => {} })
const backend = createBackend(settings, { clock, events: () => undefined })
after(async () => {
  backend.close()
  await close()
})

async function ask(operation: string, input: object) {
  const { signal } = new AbortController()
  const answer = await backend.send({ target: `DynamoDB_20120810.${operation}`, body: JSON.stringify(input), signal })
  return { status: answer.status, ...JSON.parse(await textOf(answer)) }
}

test('it is on this machine alone, and for one account', () => {
  equal(settings.endpoint.hostname, '127.0.0.1')
  deepEqual([settings.accounts, settings.regions], [['111122223333'], ['us-east-1']])
})

test('it has a table of notes: two people’s, and one of everybody', async () => {
  deepEqual((await ask('ListTables', {})).TableNames, ['notes'])
  const { Items } = await ask('Scan', { TableName: 'notes' })
  deepEqual(Items.map(({ writer, id }: Record<string, { S: string }>) => `${writer?.S} ${id?.S}`).sort(), [
    'alice 1',
    'alice 2',
    'bob 1',
    'everyone 1',
  ])
  const { Table } = await ask('DescribeTable', { TableName: 'notes' })
  equal(Table.TableStatus, 'ACTIVE')
  deepEqual(
    Table.KeySchema.map(({ AttributeName }: { AttributeName: string }) => AttributeName),
    ['writer', 'id'],
  )
})

test('it takes what is written, and answers at once', async () => {
  const key = { writer: { S: 'alice' }, id: { S: 'new' } }
  equal((await ask('PutItem', { TableName: 'notes', Item: { ...key, text: { S: 'Grüße' } } })).status, 200)
  equal((await ask('GetItem', { TableName: 'notes', Key: key })).Item.text.S, 'Grüße')
  equal((await ask('DeleteItem', { TableName: 'notes', Key: key })).status, 200)
  equal((await ask('GetItem', { TableName: 'notes', Key: key })).Item, undefined)
  deepEqual(await ask('TransactWriteItems', {}), {
    status: 400,
    __type: 'com.amazon.coral.service#UnknownOperationException',
  })
})

test('it is well for doctor', async () => {
  const { problem, serves } = await probe(backend)
  deepEqual([problem, serves], [undefined, true])
})

const anyone = {
  'content-type': 'application/x-amz-json-1.0',
  'x-amz-target': 'DynamoDB_20120810.Scan',
  'x-amz-date': '20261129T120000Z',
}
const signedBy = (id: string) =>
  `AWS4-HMAC-SHA256 Credential=${id}/20261129/us-east-1/dynamodb/aws4_request, SignedHeaders=host;x-amz-date;x-amz-target, Signature=${'a'.repeat(64)}`

for (const [who, headers] of Object.entries({
  nobody: anyone,
  'another key': { ...anyone, authorization: signedBy('AKIAOTHER') },
  'its key, without the secret': { ...anyone, authorization: signedBy(settings.access.credentials?.accessKeyId ?? '') },
})) {
  test(`it answers nothing to ${who}`, async () => {
    const answer = await fetch(settings.endpoint, { method: 'POST', headers, body: '{"TableName":"notes"}' })
    equal(answer.status, 400)
    ok(!(await answer.text()).includes('alice'))
  })
}

test('it lets no web page in', async () => {
  const headers = {
    origin: 'http://evil.example',
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization',
  }
  const answer = await fetch(settings.endpoint, { method: 'OPTIONS', headers })
  equal(answer.headers.get('access-control-allow-origin'), null)
})
