import { deepEqual, equal, match } from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Probed, probe } from './probe.ts'
import { garbledHeads, type RawScript } from './testing/hostile-backend.ts'
import { raw, secretAccessKey, tried, verifying } from './testing/kit.ts'
import type { Scripted } from './testing/verifying-backend.ts'

describe('a backend that is tried', () => {
  const asked = async (answer: Scripted): Promise<Probed> => {
    const server = await verifying()
    server.answer = () => answer
    const found = await probe(tried(server.url).backend)
    deepEqual(
      server.seen.map(({ target, body }) => [target, body]),
      [['DynamoDB_20120810.ListTables', '{"Limit":1}']],
    )
    deepEqual(server.refused, [])
    return found
  }

  test('answers', async () => {
    const { problem, serves, remedy } = await asked({ body: '{"TableNames":["notes"]}' })
    deepEqual({ problem, serves, remedy }, { problem: undefined, serves: true, remedy: undefined })
  })

  const refusal = (__type: string, status = 400): Scripted => ({ status, body: JSON.stringify({ __type }) })
  const rows: readonly (readonly [string, Scripted, string, RegExp])[] = [
    [
      'does not know the key',
      refusal('com.amazon.coral.service#UnrecognizedClientException'),
      'status 400, UnrecognizedClientException',
      /does not know the access key/,
    ],
    [
      'wants a signature',
      refusal('MissingAuthenticationTokenException'),
      'status 400, MissingAuthenticationTokenException',
      /credentials/,
    ],
    [
      'finds the signature wrong',
      refusal('InvalidSignatureException'),
      'status 400, InvalidSignatureException',
      /the secret in `credentials`, `region`, and the clocks/,
    ],
    ['finds the token old', refusal('ExpiredTokenException'), 'status 400, ExpiredTokenException', /write new ones/],
    ['fails', refusal('InternalServerError', 500), 'status 500, InternalServerError', /its log/],
    [
      'is a web site',
      { headers: { 'content-type': 'text/html; charset=utf-8' }, body: '<html>' },
      'status 200, and a body of type text/html, which is no JSON',
      /something else answers/,
    ],
    [
      'is a proxy without a backend',
      { status: 502, headers: { 'content-type': 'text/html' }, body: '<html>' },
      'status 502, and a body of type text/html, which is no JSON',
      /something else answers/,
    ],
    ['is another API', { body: '{"hello":1}' }, 'its answer to ListTables names no tables', /something else answers/],
    ['sends escapes for terminals', refusal('\u001b[31mred'), 'status 400, 31mred', /its log/],
    [
      'sends a list',
      { body: '[]' },
      'status 200, and a body of type application/x-amz-json-1.0, which is no JSON',
      /something else/,
    ],
    [
      'sends megabytes',
      { body: `{"TableNames":["${'a'.repeat(1_000_000)}"]}` },
      'status 200, and a body of type application/x-amz-json-1.0, which is no JSON',
      /something else/,
    ],
  ]
  for (const [what, answer, expected, advice] of rows) {
    test(what, async () => {
      const { problem, remedy = '', serves } = await asked(answer)
      equal(problem, expected)
      match(remedy, advice)
      equal(serves, false)
    })
  }

  test('lets no tables be listed, and may serve all the same', async () => {
    const { problem, serves } = await asked(refusal('AccessDeniedException'))
    deepEqual([problem, serves], ['status 400, AccessDeniedException', true])
  })

  test('has another secret', async () => {
    const server = await verifying({ keys: { AKIABACKEND: 'another' } })
    const { problem, remedy } = await probe(tried(server.url).backend)
    equal(problem, 'status 400, InvalidSignatureException')
    equal(remedy?.includes(secretAccessKey), false)
  })

  test('is away, redirects, speaks no HTTP', async () => {
    match((await probe(tried('http://127.0.0.1:1').backend)).remedy ?? '', /start it/)
    for (const what of ['a redirect', 'no HTTP']) {
      const server = await raw(garbledHeads[what] as RawScript)
      match((await probe(tried(server.url).backend)).remedy ?? '', /something else answers there/)
    }
  })
})
