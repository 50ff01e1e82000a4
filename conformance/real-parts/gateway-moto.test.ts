// The gateway's way to a backend that is not ours: moto's DynamoDB server, behind a verifier of our signatures.
import { deepEqual, equal, match } from 'node:assert/strict'
import { test } from 'node:test'
import { createBackend } from '../../src/server/gateway/create-backend.ts'
import { probe } from '../../src/server/gateway/probe.ts'
import { accessKeyId, secretAccessKey, settingsOf, textOf } from '../../src/server/gateway/testing/kit.ts'
import { startMoto } from './moto-server.ts'
import { describeWith } from './part.ts'

const clock = () => new Date()
/** moto knows AWS's regions alone. */
const region = 'us-east-1'

describeWith('MOTO', 'the gateway before moto', async (programs) => {
  const server = await startMoto(programs, { keys: { [accessKeyId]: secretAccessKey }, region, now: clock })
  const backend = createBackend(settingsOf(server.url, { region }), { clock, events: () => undefined })
  const ask = async (operation: string, input: object) => {
    const { signal } = new AbortController()
    const answer = await backend.send({ target: `DynamoDB_20120810.${operation}`, body: JSON.stringify(input), signal })
    return { status: answer.status, ...JSON.parse(await textOf(answer)) }
  }
  const table = { TableName: 'notes' }
  const note = (owner: string, text: string) => ({ owner: { S: owner }, text: { S: text } })

  test('doctor finds it well', async () => {
    const { problem, serves } = await probe(backend)
    deepEqual([problem, serves], [undefined, true])
  })

  test('tables, items, transactions, PartiQL and times to live go there and come back', async () => {
    const made = await ask('CreateTable', {
      ...table,
      KeySchema: [{ AttributeName: 'owner', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'owner', AttributeType: 'S' }],
      BillingMode: 'PAY_PER_REQUEST',
    })
    equal(made.status, 200)
    const put = (owner: string, text: string) => ({ Put: { ...table, Item: note(owner, text) } })
    equal((await ask('TransactWriteItems', { TransactItems: [put('alice', 'Grüße'), put('bob', 'b')] })).status, 200)
    deepEqual((await ask('GetItem', { ...table, Key: { owner: { S: 'alice' } } })).Item, note('alice', 'Grüße'))
    const found = await ask('ExecuteStatement', {
      Statement: `SELECT * FROM "notes" WHERE "owner" = ?`,
      Parameters: [{ S: 'bob' }],
    })
    deepEqual(found.Items, [note('bob', 'b')])
    const TimeToLiveSpecification = { Enabled: true, AttributeName: 'until' }
    equal((await ask('UpdateTimeToLive', { ...table, TimeToLiveSpecification })).status, 200)
  })

  test('its refusals come back as they are', async () => {
    const refused = await ask('GetItem', { TableName: 'nowhere', Key: { owner: { S: 'a' } } })
    equal(refused.status, 400)
    match(refused.__type, /ResourceNotFoundException$/)
  })

  test('every request was signed with the backend’s key, for its region', () => {
    deepEqual(server.refused, [])
    equal(new Set(server.seen.map(({ accessKeyId }) => accessKeyId)).size, 1)
    backend.close()
  })
})
