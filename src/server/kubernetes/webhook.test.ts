import { strictEqual as equal, match, deepStrictEqual as same } from 'node:assert/strict'
import { test } from 'node:test'
import { BodyRefused, type Exchange } from '../exchange.ts'
import { webhook } from './webhook.ts'

const handle = webhook({ region: 'eu-west-1', endpoint: 'https://sts.example.internal' })

const ask = (target: string, body: string | BodyRefused, method = 'POST') =>
  handle({
    message: { method, target, headers: new Map() },
    body: {
      bytes: async () => {
        if (typeof body !== 'string') throw body
        return Buffer.from(body)
      },
    },
  } as unknown as Exchange)

const review = JSON.stringify({
  apiVersion: 'admission.k8s.io/v1',
  kind: 'AdmissionReview',
  request: { uid: 'u', operation: 'CREATE', object: { kind: 'Pod', spec: { containers: [] } } },
})

test('a review is answered as JSON', async () => {
  const { status, headers, body } = await ask('/mutate?timeout=10s', review)
  equal(status, 200)
  same(headers, ['Content-Type', 'application/json'])
  same(JSON.parse(String(body)).response, { uid: 'u', allowed: true })
})

for (const [title, target, body, method, status] of [
  ['another path', '/', review, 'POST', 404],
  ['a GET', '/mutate', review, 'GET', 405],
  ['no JSON', '/mutate', '{', 'POST', 400],
  ['no review', '/mutate', '{}', 'POST', 400],
  ['a body that is too long', '/mutate', new BodyRefused('too-large'), 'POST', 413],
] as const) {
  test(`${title} is refused with ${status}`, async () => {
    const reply = await ask(target, body, method)
    equal(reply.status, status)
    match(String(reply.headers[1]), /^text\/plain/)
  })
}
