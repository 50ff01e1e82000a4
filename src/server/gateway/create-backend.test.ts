import { deepEqual, equal, match } from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Secret } from '../../core/secret.ts'
import { accessKeyId, getItem, secretAccessKey, textOf, tried, verifying } from './testing/kit.ts'

describe('a request to a backend', () => {
  test('is signed with the backend’s own key, and has no header but those that it needs', async () => {
    const server = await verifying()
    const { backend, events } = tried(server.url)
    server.answer = ({ body }) => ({ body: `{"you sent":${JSON.stringify(body)}}`, headers: { 'x-amz-crc32': '123' } })
    const answer = await backend.send(getItem({ body: '{"TableName":"Bücher"}' }))
    const { status, type, crc32, length } = answer
    deepEqual({ status, type, crc32 }, { status: 200, type: 'application/x-amz-json-1.0', crc32: '123' })
    const text = await textOf(answer)
    equal(text, '{"you sent":"{\\"TableName\\":\\"Bücher\\"}"}')
    equal(length, Buffer.byteLength(text))
    deepEqual(server.refused, [])
    const [seen] = server.seen
    equal(seen?.target, 'DynamoDB_20120810.GetItem')
    equal(seen?.accessKeyId, accessKeyId)
    equal(seen?.headers.get('host'), new URL(server.url).host)
    match(
      seen?.headers.get('authorization') ?? '',
      /Credential=AKIABACKEND\/20261129\/eu-test-1\/dynamodb\/aws4_request/,
    )
    deepEqual(events, ['answered 200'])
  })

  test('is not signed where the backend has no credentials', async () => {
    const server = await verifying({ keys: 'none' })
    const { backend } = tried(server.url, { access: { credentials: undefined } })
    equal(await textOf(await backend.send(getItem())), '{}')
    deepEqual(server.refused, [])
  })

  for (const [what, changes] of Object.entries({
    'another secret': { access: { credentials: { accessKeyId, secret: new Secret('another') } } },
    'another key': { access: { credentials: { accessKeyId: 'AKIAOTHER', secret: new Secret(secretAccessKey) } } },
    'another region': { region: 'us-east-1' },
    'a session token': {
      access: { credentials: { accessKeyId, secret: new Secret(secretAccessKey), token: new Secret('token') } },
    },
    'no credentials': { access: { credentials: undefined } },
  })) {
    test(`is refused by the verifier of these tests with ${what}`, async () => {
      const server = await verifying()
      const answer = await tried(server.url, changes).backend.send(getItem())
      equal(answer.status, 400)
      answer.body.resume()
      equal(server.refused.length, 1)
      equal(server.seen.length, 0)
    })
  }

  test('comes back with any status of an error, which is not a failure', async () => {
    const server = await verifying()
    const { backend, events } = tried(server.url)
    for (const status of [400, 413, 500, 503]) {
      server.answer = () => ({ status, body: '{"__type":"X"}' })
      const answer = await backend.send(getItem())
      equal(answer.status, status)
      await textOf(answer)
    }
    deepEqual(events, ['answered 400', 'answered 413', 'answered 500', 'answered 503'])
    equal(backend.state().failing, false)
  })

  test('has a body of 16 MB, and so has its answer', async () => {
    const server = await verifying()
    const { backend } = tried(server.url)
    const body = JSON.stringify({ long: 'ä'.repeat(8_000_000) })
    server.answer = (seen) => ({ body: seen.body })
    const answer = await backend.send(getItem({ body }))
    equal(answer.length, Buffer.byteLength(body))
    equal(await textOf(answer), body)
  })
})
