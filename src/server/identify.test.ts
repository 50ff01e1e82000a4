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

const scope = (service: string) => ({
  authorization: `AWS4-HMAC-SHA256 Credential=AKIA/20260901/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0`,
})
const found = (sent: Message, body = '') => {
  const identified = identifyHead(sent, offer).identify(Buffer.from(body))
  return 'refused' in identified
    ? [identified.protocol, identified.refused.code, identified.refused.status]
    : [identified.contract.service, identified.contract.name]
}
const describe = ['eks', 'DescribeCluster']
const unknownPath = ['rest-json', 'UnknownOperationException', 404]
const getCaller = 'Action=GetCallerIdentity&Version=2011-06-15'
const presigned = '?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=A%2F20260901%2Fus-east-1%2Feks%2Faws4_request'
for (const [what, sent, body, expected] of [
  ['method and path name the operation of a REST service', message('GET', '/clusters/a', scope('eks')), '', describe],
  ['also where the scope stands in the query', message('GET', `/clusters/a${presigned}`), '', describe],
  ['a form that is signed for one is no form', message('POST', '/', scope('eks')), getCaller, unknownPath],
  ['nor one whose query names an operation', message('GET', `/?${getCaller}`, scope('eks')), '', unknownPath],
  ['a path of another service is none', message('GET', '/clusters/a', scope('rolesanywhere')), '', unknownPath],
  [
    'a path that nobody signed is below the APIs',
    message('GET', '/clusters/a'),
    '',
    ['aws-query', 'InvalidAction', 400],
  ],
  [
    'and one that is signed for a service of another protocol',
    message('GET', '/clusters/a', scope('sts')),
    '',
    ['aws-query', 'InvalidAction', 400],
  ],
  [
    'a target header names its own operation, whatever is signed for',
    message('POST', '/', { ...getId, ...scope('eks') }),
    '{}',
    ['cognito-identity', 'GetId'],
  ],
  [
    'and never one by its path',
    message('POST', '/clusters', { ...getId, ...scope('eks') }),
    '{}',
    ['aws-json', 'UnknownOperationException', 400],
  ],
] as const) {
  test(what, () => assert.deepEqual(found(sent, body), expected))
}

test('an empty query is no other address', () => {
  const identified = identifyHead(message('POST', '/?', getId), offer).identify(Buffer.from('{}'))
  assert.ok('contract' in identified && identified.contract.name === 'GetId')
})
