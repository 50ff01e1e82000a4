// What a request costs that comes after others like it, counted: nothing is looked up, opened, compiled or derived a second time.
import { deepEqual, equal } from 'node:assert/strict'
import crypto from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { syncBuiltinESMExports } from 'node:module'
import type { AddressInfo } from 'node:net'
import { after, describe, mock, test } from 'node:test'
import { allowanceFor } from '../../src/core/policy/allowance.ts'
import { Secret } from '../../src/core/secret.ts'
import { createGateway } from '../../src/server/gateway/gateway.ts'
import { callerPolicies } from '../../src/service/access/authorize.ts'
import { allow, assume, person, role, trusts } from './people.ts'
import { send, signed } from './raw.ts'
import { firstAccount, type Keys, testServer } from './server.ts'

/** What the backend was asked, by its X-Amz-Target. */
let asked: string[] = []
const described = {
  TableName: 'rows',
  AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
  KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
}
const backend = createServer((request, response) => {
  const operation = String(request.headers['x-amz-target']).replace(/^.*\./, '')
  asked.push(operation)
  const answer = operation === 'DescribeTable' ? { Table: described } : { Item: { id: { S: 'ann' } } }
  request.resume().on('end', () => {
    response.setHeader('content-type', 'application/x-amz-json-1.0')
    response.end(JSON.stringify(answer))
  })
}).listen(0, '127.0.0.1')
await once(backend, 'listening')
const clock = { now: new Date('2026-09-01T12:00:05.500Z') }
const gateway = createGateway(
  [
    {
      ...{
        name: 'backend',
        service: 'dynamodb',
        accounts: [firstAccount],
        regions: ['us-east-1'],
        region: 'us-east-1',
      },
      ...{ endpoint: new URL(`http://127.0.0.1:${(backend.address() as AddressInfo).port}`), connections: 4 },
      ...{ deadlineMs: 5_000, access: { credentials: { accessKeyId: 'AKIABACKEND', secret: new Secret('backend') } } },
    },
  ],
  { clock: () => clock.now },
)
after(() => {
  gateway.close()
  backend.close()
})
const server = await testServer({ clock, backends: gateway })
const ann = await person(server.as(server.root), 'ann', allow(['dynamodb:GetItem', 'sts:AssumeRole']))
const reader = await role(server.as(server.root), 'reader', trusts(`arn:aws:iam::${firstAccount}:root`), {
  permissions: allow('dynamodb:GetItem', '*', { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['ann'] } }),
})
/** Each with a session policy of its own. */
const session = async (Sid: string) =>
  (
    await assume(server, server.as(ann.keys), reader, {
      Policy: JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ Sid, Effect: 'Allow', Action: 'dynamodb:*', Resource: '*' }],
      }),
    })
  ).keys

/** A GetItem, and what was done for it in this process. It is signed before anything is counted. */
async function counted(keys: Keys, body: object = { TableName: 'rows', Key: { id: { S: 'ann' } } }) {
  const request = signed(server.port, {
    ...{ keys, now: clock.now, body: JSON.stringify(body), signer: { service: 'dynamodb' } },
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'DynamoDB_20120810.GetItem' },
  })
  const hashes = mock.method(crypto, 'hash')
  const opened = mock.method(crypto, 'createDecipheriv')
  syncBuiltinESMExports()
  asked = []
  const { status } = await send(server.port, request)
  const done = {
    ...{ status, asked, hashes: hashes.mock.callCount(), opened: opened.mock.callCount() },
  }
  mock.restoreAll()
  syncBuiltinESMExports()
  return done
}

/**
 * Of a request: its body, its canonical form and the two of an HMAC, on the way in and again on the way to the backend. Deriving a key is
 * four HMACs.
 */
const hashesOfRequest = 8
/** A token's name in caches. */
const hashOfToken = 1
const derivation = 8
/** The HMAC by which a token's key is found. */
const unsealing = 2
const warm = { status: 200, asked: ['GetItem'], hashes: hashesOfRequest + hashOfToken, opened: 0 }

describe('a request for an item', () => {
  test('with a token never seen opens it once', async () => {
    const keys = await session('first')
    const first = await counted(keys)
    equal(first.status, 200)
    equal(first.opened, 1)
    deepEqual(await counted(keys), warm)
    deepEqual(await counted(keys), warm)
  })

  test('with another token uses what is known of table, role and backend', async () => {
    const keys = await session('second')
    const first = await counted(keys)
    deepEqual(first, { ...warm, hashes: warm.hashes + derivation + unsealing, opened: 1 })
    deepEqual(await counted(keys), warm)
  })

  test('with a token that was seen finds its pass and its policies, the session’s own too, compiled', async () => {
    const { accessKeyId, sessionToken = '' } = await session('compiled')
    const { passes, subjects } = server.engine.parts
    const policiesNow = async () => {
      const opened = await passes.open(sessionToken, accessKeyId, clock.now)
      if ('rejected' in opened) throw new TypeError(opened.rejected)
      const { pass } = opened
      return callerPolicies(subjects, pass, await subjects.byId(pass.account, pass.principal), allowanceFor(1))
    }
    const [first, second] = [await policiesNow(), await policiesNow()]
    equal(first.identity.length, 1)
    equal(first.identity[0], second.identity[0])
    equal(first.session?.length, 1)
    equal(first.session?.[0], second.session?.[0])
  })

  test('with a long-term key derives its key once', async () => {
    await counted(ann.keys)
    deepEqual(await counted(ann.keys), { ...warm, hashes: hashesOfRequest })
  })

  test('that is refused reaches no backend, and costs the hashes of the way in alone', async () => {
    const keys = await session('third')
    await counted(keys)
    const refused = await counted(keys, { TableName: 'rows', Key: { id: { S: 'bob' } } })
    deepEqual(refused, { ...warm, status: 400, asked: [], hashes: 4 + hashOfToken })
  })

  test('asks for the key schema anew only when it is old, and goes on with the kept one', async () => {
    const keys = await session('fourth')
    await counted(keys)
    await server.move(6_000)
    const renewing = await counted(keys)
    deepEqual([...renewing.asked].sort(), ['DescribeTable', 'GetItem'])
    deepEqual((await counted(keys)).asked, ['GetItem'])
  })
})
