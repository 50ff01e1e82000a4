// Requests of a REST service over the wire: what is signed, what is read and what is decided is one thing, and every other request is
// refused before the operation runs. The operation that answers here says what it was asked.
import { deepEqual, equal, match } from 'node:assert/strict'
import { describe, test } from 'node:test'
import { operation, unsupported } from '../../src/service/operation.ts'
import { allow, person } from './people.ts'
import { type Ask, type Sent, send, signed, withHeader, withoutHeader } from './raw.ts'
import { firstAccount, testServer } from './server.ts'

let ran = 0

/** Answers with its input. */
const echo = (action: string) =>
  operation({
    signature: 'required',
    load: () => undefined,
    checks: (input: { readonly clusterName?: string }) => [
      { action, resource: `arn:aws:eks:us-east-1:${firstAccount}:cluster/${input.clusterName}`, owner: firstAccount },
    ],
    handle(input) {
      ran++
      return { association: { clusterName: JSON.stringify(input) } }
    },
    audit: { readOnly: true },
  })

const server = await testServer({
  operations: {
    eks: {
      CreatePodIdentityAssociation: echo('eks:CreatePodIdentityAssociation'),
      DescribePodIdentityAssociation: echo('eks:DescribePodIdentityAssociation'),
      DescribeCluster: unsupported('Not here.'),
    },
  },
})
const root = server.as(server.root)
const ann = await person(root, 'ann', allow('eks:*', `arn:aws:eks:us-east-1:${server.account}:cluster/mine`))

const path = (cluster = 'mine') => `/clusters/${cluster}/pod-identity-associations`
const json = { 'content-type': 'application/json' }
const body = JSON.stringify({ namespace: 'n', serviceAccount: 's', roleArn: 'r' })

const request = (method: string, target: string, text = '', more: Partial<Ask> = {}) =>
  signed(server.port, {
    ...{ keys: ann.keys, now: server.now(), method, target, headers: json, signer: { service: 'eks' } },
    ...more,
    body: text,
  })

async function answered(sent: Sent): Promise<unknown> {
  const before = ran
  const { status, text, headers } = await send(server.port, sent)
  equal(status, 200, text)
  equal(headers['content-type'], 'application/json')
  equal(ran, before + 1)
  return JSON.parse(JSON.parse(text).association.clusterName)
}

describe('what is answered', () => {
  test('is what path and body say', async () => {
    deepEqual(await answered(request('POST', path(), body)), { ...JSON.parse(body), clusterName: 'mine' })
    deepEqual(await answered(request('GET', `${path()}/a-1`)), { clusterName: 'mine', associationId: 'a-1' })
  })
  test('is what the path says under another spelling, which is signed as it is sent', async () => {
    deepEqual(await answered(request('GET', `${path('%6dine')}/a%2F1`)), {
      clusterName: 'mine',
      associationId: 'a/1',
    })
  })
})

const post = request('POST', path(), body)
const refusals: readonly (readonly [title: string, sent: Sent, status: number, code: string])[] = [
  ['another cluster than the policy allows', request('POST', path('other'), body), 403, 'AccessDeniedException'],
  ['a path that was changed on the way', { ...post, target: path('other') }, 403, 'InvalidSignatureException'],
  ['a path that was spelled anew on the way', { ...post, target: path('%6dine') }, 403, 'InvalidSignatureException'],
  ['a way round to the same path', { ...post, target: `/x/..${path()}` }, 404, 'UnknownOperationException'],
  ['a query that was added on the way', { ...post, target: `${path()}?x=1` }, 403, 'InvalidSignatureException'],
  [
    'a body that was changed on the way',
    { ...post, body: body.replace('"n"', '"m"') },
    403,
    'InvalidSignatureException',
  ],
  ['a body that was added on the way', { ...request('GET', `${path()}/a-1`), body }, 403, 'InvalidSignatureException'],
  ['another method', { ...post, method: 'PUT' }, 404, 'UnknownOperationException'],
  [
    'a signature for another service',
    request('POST', path(), body, { signer: { service: 'eks-auth' } }),
    404,
    'UnknownOperationException',
  ],
  [
    'a scope that was changed on the way',
    withHeader(request('POST', path(), body, { signer: { service: 'sts' } }), 'authorization', (value) =>
      value.replace('/sts/', '/eks/'),
    ),
    403,
    'InvalidSignatureException',
  ],
  ['no signature', withoutHeader(post, 'authorization'), 400, 'InvalidAction'],
  ['a form in place of a body', request('POST', path(), 'namespace=n'), 400, 'SerializationException'],
  [
    'another cluster in the body',
    request('POST', path(), JSON.stringify({ ...JSON.parse(body), clusterName: 'other' })),
    400,
    'ValidationException',
  ],
  ['another cluster in the query', request('POST', `${path()}?clusterName=other`, body), 400, 'ValidationException'],
  ['a slash at the end of the path', request('POST', `${path()}/`, body), 404, 'UnknownOperationException'],
  ['two slashes in it', request('POST', path().replace('/mine', '//mine'), body), 404, 'UnknownOperationException'],
  [
    'a slash in it that is encoded',
    request('POST', path().replace('/mine', '%2Fmine'), body),
    404,
    'UnknownOperationException',
  ],
  [
    'the path in another case',
    request('POST', path().replace('clusters', 'Clusters'), body),
    404,
    'UnknownOperationException',
  ],
  [
    'its own part encoded',
    request('POST', path().replace('clusters', '%63lusters'), body),
    404,
    'UnknownOperationException',
  ],
  ['a cluster of bytes that are no text', request('POST', path('%ff'), body), 400, 'SerializationException'],
  ['a cluster that steps out of its place', request('POST', path('..'), body), 404, 'UnknownOperationException'],
  ['the head of what GET answers', request('HEAD', `${path()}/a-1`), 404, 'UnknownOperationException'],
  [
    'a member twice',
    request('POST', path(), body.replace('{', '{"namespace":"other",')),
    400,
    'SerializationException',
  ],
  [
    'a member in two cases',
    request('POST', path(), body.replace('{', '{"Namespace":"other",')),
    400,
    'ValidationException',
  ],
  [
    'another cluster in the query, in another case',
    request('POST', `${path()}?ClusterName=other`, body),
    400,
    'ValidationException',
  ],
  [
    'the body of another operation, by a target header',
    request('POST', path(), body, {
      headers: { ...json, 'x-amz-target': 'AWSCognitoIdentityService.GetId' },
    }),
    400,
    'UnknownOperationException',
  ],
  [
    'a changed body of a request that says that its signature leaves it out',
    {
      ...request('POST', path(), body, { headers: { ...json, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } }),
      body: body.replace('"n"', '"m"'),
    },
    403,
    'InvalidSignatureException',
  ],
  ['a body that is too long', request('POST', path(), ' '.repeat(3_000_000)), 413, 'RequestEntityTooLargeException'],
  ['a member that is missing', request('POST', path(), '{}'), 400, 'InvalidParameterException'],
  ['an operation that is not offered', request('GET', '/clusters/mine'), 404, 'UnknownOperationException'],
  [
    "a form of STS's that is signed for EKS",
    request('POST', '/', 'Action=GetCallerIdentity&Version=2011-06-15'),
    404,
    'UnknownOperationException',
  ],
]

describe('what is refused, and does not run', () => {
  for (const [title, sent, status, code] of refusals) {
    test(title, async () => {
      const before = ran
      const answer = await send(server.port, sent)
      deepEqual([answer.status, answer.code, ran], [status, code, before], answer.text)
    })
  }
  test('the sentence of AWS, with what was asked', async () => {
    const { message } = await send(server.port, request('POST', path('other'), body))
    match(
      message,
      /^User: arn:aws:iam::111122223333:user\/ann is not authorized to perform: eks:CreatePodIdentityAssociation on resource: arn:aws:eks:us-east-1:111122223333:cluster\/other because no identity-based policy allows the /,
    )
  })
})

test('no refusal was a failure of the server', () => deepEqual(server.reported, []))
