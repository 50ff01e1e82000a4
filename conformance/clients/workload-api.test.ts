// The workload API as a program meets it: its document, what it refuses to read, and how the operator finds why.
import assert from 'node:assert/strict'
import { createPrivateKey } from 'node:crypto'
import { describe, test } from 'node:test'
import { Validator } from '@seriousme/openapi-schema-validator'
import { invoke } from '../../src/cli/testing/world.ts'
import { assertionOf } from '../../src/client/workload.ts'
import { apiError } from '../../src/wire/api-answers.ts'
import { type ObjectSchema, readAs } from '../../src/wire/json-schema.ts'
import { readJson } from '../../src/wire/json-text.ts'
import { workloadDescription, workloadOperations } from '../../src/wire/workload-api.ts'
import { toServer } from './console-tools.ts'
import { testServer } from './server.ts'
import { added, asked, joined, profileWithRole, trustsService, workloadWorld } from './workload-kit.ts'

const world = await workloadWorld({ file: 'hallpass.sqlite' })
const { server, at } = world
await profileWithRole(world, 'web')

const get = (path: string) => toServer(server)({ method: 'GET', url: new URL(at.url + path), headers: {} })
const post = (headers: Readonly<Record<string, string>>, body = '{}', path = workloadOperations.join.path) =>
  toServer(server)({
    ...{ method: 'POST', url: new URL(at.url + path), body },
    headers: { 'content-length': String(Buffer.byteLength(body)), ...headers },
  })
const json = { 'content-type': 'application/json' }
const matches = (schema: ObjectSchema, text: string) => {
  const read = readJson(Buffer.from(text))
  assert('value' in read && !('wrong' in readAs(schema, read.value)), text)
}

test('its document is valid OpenAPI, and says what is answered', async () => {
  const { status, text } = await get(workloadDescription)
  assert.equal(status, 200)
  const document = JSON.parse(text)
  const { valid, errors } = await new Validator().validate(document)
  assert.deepEqual([valid, errors], [true, undefined])
  assert.deepEqual(
    Object.keys(document.paths),
    Object.values(workloadOperations).map(({ path }) => path),
  )
  const { joinToken } = await added(world, 'described')
  const publicKey = {
    kty: 'EC',
    crv: 'P-256',
    x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
    y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
  }
  const { body } = await asked(world, 'join', { token: joinToken, publicKey })
  matches(workloadOperations.join.answer, JSON.stringify(body))
})

describe('a request is refused', () => {
  for (const [title, headers, body, status, code] of [
    ['of a page in a browser', { ...json, origin: 'https://evil.example' }, '{}', 403, 'AccessDenied'],
    ['that is a form', { 'content-type': 'application/x-www-form-urlencoded' }, 'token=x', 415, 'UnsupportedMediaType'],
    ['that is compressed', { ...json, 'content-encoding': 'gzip' }, '{}', 415, 'UnsupportedMediaType'],
    ['that is no JSON', json, '{"token":', 400, 'SerializationException'],
    ['with a member twice', json, '{"token":"a","token":"b"}', 400, 'SerializationException'],
    ['with a member that is not known', json, '{"token":"a","publicKey":{},"role":"x"}', 400, 'ValidationError'],
    ['without what is needed', json, '{"token":"a"}', 400, 'ValidationError'],
    ['that is too long', json, `{"token":"${'x'.repeat(40_000)}"}`, 413, 'RequestEntityTooLarge'],
  ] as const)
    test(title, async () => {
      const answer = await post(headers, body)
      assert.deepEqual([answer.status, JSON.parse(answer.text).code], [status, code])
      matches(apiError, answer.text)
    })

  test('by another method, and where the public URL is not https', async () => {
    assert.equal((await get(workloadOperations.join.path)).status, 405)
    const plain = await testServer({ settings: { 'public-url': 'http://hallpass.example' } })
    const url = new URL(`http://hallpass.example${workloadOperations.join.path}`)
    const headers = { ...json, 'content-length': '2' }
    assert.equal((await toServer(plain)({ method: 'POST', url, headers, body: '{}' })).status, 404)
  })
})

test('why a proof was refused, `hallpass why` tells the operator alone', async () => {
  const { body } = await asked(world, 'credentials', { assertion: 'not.a.token' })
  assert.doesNotMatch(JSON.stringify(body), /malformed/)
  const { code, out, err } = await invoke(['why', String(body.requestId), '--data', server.data], { clock: server.now })
  assert.equal(code, 0, err)
  assert.match(out, /malformed: not a JWS in compact form/)
})

test('why a role was refused to a machine, it tells too: the trust policy', async () => {
  await profileWithRole(world, 'other', trustsService('lambda.amazonaws.com'))
  const machine = await joined(world, 'untrusted', { profile: 'other' })
  const by = { who: machine.machine, audience: machine.audience, key: createPrivateKey(machine.privateKey) }
  const { status, body } = await asked(world, 'credentials', { assertion: assertionOf(by, server.now()) })
  assert.equal(status, 403)
  const { code, out, err } = await invoke(['why', String(body.requestId), '--data', server.data], { clock: server.now })
  assert.equal(code, 0, err)
  assert.match(out, /ec2\.amazonaws\.com/)
  assert.match(out, /trust/)
})
