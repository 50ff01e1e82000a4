// What the head of a request says before its body is read.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Message } from '../core/http.ts'
import { offerOf } from '../wire/services.ts'
import { identifyHead } from './identify.ts'

const message = (method: string, target: string, headers: Readonly<Record<string, string>> = {}): Message => ({
  method,
  target,
  headers: new Map(Object.entries({ host: 'api.test', ...headers })),
})
const offer = offerOf(() => false)
const getId = { 'x-amz-target': 'AWSCognitoIdentityService.GetId' }
const unknown = { 'x-amz-target': 'AWSCognitoIdentityService.Fly' }

for (const [what, sent, protocol, body] of [
  ['a form names its operation in the body, which is taken whole', message('POST', '/'), 'aws-query', 'whole'],
  [
    'a target names the operation, and its service says how the body is taken',
    message('POST', '/', getId),
    'aws-json',
    'whole',
  ],
  [
    'an unknown target has its body taken, so that the connection goes on',
    message('POST', '/', unknown),
    'aws-json',
    'whole',
  ],
  ['below a path nothing is taken in', message('PUT', '/bucket/key'), 'aws-query', 'none'],
  ['nor with a target', message('POST', '/below', getId), 'aws-json', 'none'],
] as const) {
  test(what, () => {
    const head = identifyHead(sent, offer)
    assert.deepEqual([head.protocol, head.body], [protocol, body])
  })
}

test('an empty query is no other address', () => {
  const identified = identifyHead(message('POST', '/?', getId), offer).identify(Buffer.from('{}'))
  assert.ok('contract' in identified && identified.contract.name === 'GetId')
})
