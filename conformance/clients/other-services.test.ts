// Requests to this endpoint that are for another service, another path or in another form of address: each client reads, in its
// own protocol, what is offered, and no request is answered that was not signed for it.
import { deepEqual, equal, match } from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Ask, send, signed, withHeader } from './raw.ts'
import { testServer } from './server.ts'

const server = await testServer()

const ask = (more: Partial<Ask> = {}): Ask => ({ keys: server.root, now: server.now(), ...more })

const offered =
  'is not offered at this endpoint. It answers cognito-identity, eks, eks-auth, iam, organizations, rolesanywhere, sts.'
const told = (service: string) => `The service ${service} ${offered}`

/** As the service's client signs it: method, target, service, headers, body. */
const request = (service: string, method: string, target: string, headers: Record<string, string> = {}, body = '') =>
  signed(server.port, ask({ method, target, headers, body, signer: { service } }))

describe('a service that is not offered', () => {
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  test('Query, as SNS: ErrorResponse', async () => {
    const { status, code, message } = await send(
      server.port,
      request('sns', 'POST', '/', form, 'Action=ListTopics&Version=2010-03-31'),
    )
    deepEqual([status, code, message], [400, 'InvalidAction', told('sns')])
  })
  test('EC2: Response/Errors', async () => {
    const sent = request('ec2', 'POST', '/', form, 'Action=DescribeInstances&Version=2016-11-15')
    const { status, text } = await send(server.port, sent)
    equal(status, 400)
    match(
      text,
      /<Response><Errors><Error><Code>InvalidAction<\/Code><Message>The service ec2 .*<\/Errors><RequestID>[\w-]{36}</,
    )
  })
  test('JSON, as DynamoDB: __type and message, in the version that was asked in', async () => {
    const headers = { 'x-amz-target': 'DynamoDB_20120810.ListTables', 'content-type': 'application/x-amz-json-1.0' }
    const answer = await send(server.port, request('dynamodb', 'POST', '/', headers, '{}'))
    equal(answer.headers['content-type'], 'application/x-amz-json-1.0')
    deepEqual(JSON.parse(answer.text), {
      __type: 'com.amazon.coral.service#UnknownOperationException',
      message: told('dynamodb'),
    })
  })
  test('S3: Error, without a namespace', async () => {
    for (const [method, target] of [
      ['GET', '/'],
      ['GET', '/bucket?list-type=2'],
      ['PUT', '/bucket/key'],
    ] as const) {
      const { status, text } = await send(server.port, request('s3', method, target))
      equal(status, 501)
      match(text, /^<\?xml[^>]*>\n<Error><Code>NotImplemented<\/Code><Message>The service s3 is not offered/)
    }
  })
  test('an upload that is longer than any request of ours: it is not read, and told the same', async () => {
    const { status, text } = await send(server.port, request('s3', 'PUT', '/bucket/key', {}, 'x'.repeat(2_000_000)))
    deepEqual([status, text.includes(told('s3'))], [501, true])
  })
  test('REST in JSON, as Lambda: x-amzn-errortype and message', async () => {
    const answer = await send(server.port, request('lambda', 'GET', '/2015-03-31/functions/'))
    equal(answer.headers['x-amzn-errortype'], 'UnknownOperationException')
    deepEqual(JSON.parse(answer.text), { message: told('lambda') })
  })
  test('REST in XML, as Route 53: ErrorResponse', async () => {
    const { code, message } = await send(server.port, request('route53', 'GET', '/2013-04-01/hostedzone'))
    deepEqual([code, message], ['InvalidAction', told('route53')])
  })
  test('RPC v2, as CloudWatch: a map of CBOR', async () => {
    const headers = { 'smithy-protocol': 'rpc-v2-cbor', 'content-type': 'application/cbor' }
    const target = '/service/GraniteServiceVersion20100801/operation/ListMetrics'
    const answer = await send(server.port, request('monitoring', 'POST', target, headers, '\xa0'))
    equal(answer.headers['smithy-protocol'], 'rpc-v2-cbor')
    match(answer.text, /__type.*UnknownOperationException.*message.*The service monitoring is not offered/s)
  })
  test('JSON that nobody signs, as Cognito user pools: by its target', async () => {
    const headers = ['host', 'h', 'content-type', 'application/x-amz-json-1.1']
    const sent = {
      method: 'POST',
      target: '/',
      headers: [...headers, 'x-amz-target', 'AWSCognitoIdentityProviderService.InitiateAuth'],
      body: '{}',
    }
    match((await send(server.port, sent)).text, /The service AWSCognitoIdentityProviderService is not offered/)
  })
  test('a service of a name that is none is not said again', async () => {
    const sent = request('sns', 'POST', '/', form, 'Action=ListTopics&Version=2010-03-31')
    const { message } = await send(
      server.port,
      withHeader(sent, 'authorization', (value) => value.replace('/sns/', '/<b>/')),
    )
    equal(message, 'Could not find operation ListTopics for version 2010-03-31')
  })
  test('an operation of ours is ours, whatever service it is signed for: the signature is refused', async () => {
    const { code } = await send(server.port, signed(server.port, ask({ signer: { service: 'ec2' } })))
    equal(code, 'SignatureDoesNotMatch')
  })
})

describe('an endpoint with a path', () => {
  const root = 'This endpoint answers at its root. Name it without a path: http://host:port, not http://host:port/path.'
  for (const target of ['/sts', '/sts/', '//', '/?/../', '/%2e']) {
    const below = !target.startsWith('/?')
    test(`${target}: ${below ? 'is refused, with advice to leave the path out' : 'is the root'}`, async () => {
      const { status, code, message } = await send(server.port, signed(server.port, ask({ target })))
      if (below) deepEqual([status, code, message], [400, 'InvalidAction', root])
      else equal(status, 200)
    })
  }
  test('of a JSON service as well', async () => {
    const headers = {
      'x-amz-target': 'AWSOrganizationsV20161128.DescribeOrganization',
      'content-type': 'application/x-amz-json-1.1',
    }
    const answer = await send(server.port, request('organizations', 'POST', '/x', headers, '{}'))
    deepEqual([answer.status, JSON.parse(answer.text).message], [400, root])
  })
})

describe('the absolute form of a target', () => {
  test('of this very host is the path that it names, and what was signed is what is verified', async () => {
    const sent = signed(server.port, ask())
    const host = `127.0.0.1:${server.port}`
    match(
      (await send(server.port, { ...sent, target: `http://${host}/` })).text,
      /<Arn>arn:aws:iam::\d{12}:root<\/Arn>/,
    )
    const changed = await send(server.port, { ...sent, target: `http://${host}/?DurationSeconds=900` })
    equal(changed.code, 'SignatureDoesNotMatch')
  })
  test('of another host than Host names is refused before anything is read', async () => {
    const { status, text } = await send(server.port, { ...signed(server.port, ask()), target: 'http://elsewhere/' })
    deepEqual([status, text], [400, 'Bad Request: a target that is no path of this host\n'])
  })
})

test('no refusal was a failure of the server', () => deepEqual(server.reported, []))
