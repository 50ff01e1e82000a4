// What a restJson1 request is for and what it says, by method, path, query and body: one reading of each request, or a refusal.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { contractOf, operationOf } from './contract.ts'
import { decodeRest, findByPath, restServiceOf } from './rest-json.ts'
import { serviceNames } from './services.ts'

const restServices = serviceNames.filter((name) => contractOf(name).protocol === 'rest-json')

describe('an operation is found by method and path', () => {
  for (const service of restServices) {
    it(`every operation of ${service}, and no other beside it`, () => {
      const contract = contractOf(service)
      for (const name of contract.operationNames) {
        const operation = contract.operation(name)
        assert.ok(operation?.http, name)
        const path = operation.http.path.map((part) => (typeof part === 'string' ? part : 'x')).join('/')
        assert.equal(findByPath(service, operation.http.method, `/${path}`), operation, name)
      }
    })
    it(`two operations of ${service} have no path in common`, () => {
      const contract = contractOf(service)
      const bindings = contract.operationNames.map((name) => contract.operation(name)?.http)
      for (const [i, one] of bindings.entries()) {
        for (const other of bindings.slice(i + 1)) {
          if (one?.method !== other?.method || one?.path.length !== other?.path.length) continue
          const apart = one?.path.some((part, at) => {
            const theirs = other?.path[at]
            return typeof part === 'string' && typeof theirs === 'string' && part !== theirs
          })
          assert.ok(apart, JSON.stringify([one, other]))
        }
      }
    })
    it(`every member of ${service} that stands in a path or query is text, a number, yes or no, or a list of texts`, () => {
      const contract = contractOf(service)
      for (const name of contract.operationNames) {
        const operation = contract.operation(name)
        const members = new Map(operation?.input?.members.map((member) => [member.name, member.shape]))
        for (const part of operation?.http?.path ?? []) {
          if (typeof part !== 'string') assert.equal(members.get(part.label)?.kind, 'string', name)
        }
        for (const member of operation?.http?.query.values() ?? []) {
          const shape = members.get(member)
          const kind = shape?.kind === 'list' ? shape.item.kind : shape?.kind
          assert.ok(kind === 'string' || (shape?.kind !== 'list' && (kind === 'integer' || kind === 'boolean')), name)
        }
      }
    })
  }

  const rows: readonly (readonly [title: string, method: string, path: string, found: string | undefined])[] = [
    ['as it is', 'GET', '/clusters/one', 'DescribeCluster'],
    ['the method decides', 'DELETE', '/clusters/one', 'DeleteCluster'],
    ['another method is no operation', 'PUT', '/clusters/one', undefined],
    ['nor HEAD in place of GET', 'HEAD', '/clusters/one', undefined],
    ['nor a method in another case', 'get', '/clusters/one', undefined],
    ['the root', 'GET', '/', undefined],
    ['nothing', 'GET', '', undefined],
    ['a path that does not begin with a slash', 'GET', 'clusters/one', undefined],
    ['another host', 'GET', 'http://elsewhere/clusters/one', undefined],
    ['a slash more at the end', 'GET', '/clusters/one/', undefined],
    ['an empty name', 'GET', '/clusters/', undefined],
    ['an empty part before', 'GET', '//clusters/one', undefined],
    ['an empty part between', 'GET', '/clusters//one', undefined],
    ['a name that goes up', 'GET', '/clusters/..', undefined],
    ['a name that stays', 'GET', '/clusters/.', undefined],
    ['a way round', 'GET', '/x/../clusters/one', undefined],
    ['a way round to another operation', 'DELETE', '/clusters/one/addons/../one', undefined],
    ['a part of its own in another case', 'GET', '/Clusters/one', undefined],
    ['a part of its own under another spelling', 'GET', '/%63lusters/one', undefined],
    ['a name that holds an encoded slash is one name', 'GET', '/tags/arn%3Aaws%3Aeks%2Fx', 'ListTagsForResource'],
    ['a parameter of the path', 'GET', '/clusters;x=1/one', undefined],
  ]
  for (const [title, method, path, found] of rows) {
    it(title, () => assert.equal(findByPath('eks', method, path)?.name, found))
  }
  it('of the service that is signed for alone', () => {
    const path = '/clusters/one/assume-role-for-pod-identity'
    assert.equal(findByPath('eks-auth', 'POST', path)?.name, 'AssumeRoleForPodIdentity')
    assert.equal(findByPath('eks', 'POST', path), undefined)
    assert.equal(findByPath('iam', 'POST', path), undefined)
    assert.deepEqual(['eks', 'eks-auth', 'rolesanywhere'].map(restServiceOf), ['eks', 'eks-auth', 'rolesanywhere'])
    for (const name of ['', 'sts', 'EKS', '__proto__', 'toString']) assert.equal(restServiceOf(name), undefined, name)
  })
})

const list = operationOf('eks', 'ListPodIdentityAssociations')
const create = operationOf('eks', 'CreatePodIdentityAssociation')
const untag = operationOf('eks', 'UntagResource')
const at = '/clusters/one/pod-identity-associations'

function read(operation: typeof list, target: string, body: unknown = ''): unknown {
  const decoded = decodeRest(operation, target, Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)))
  if (!('refused' in decoded)) return decoded.input
  const { code, status } = decoded.refused
  assert.equal(status, 400)
  return code
}

describe('what is read', () => {
  it('of path, query and body', () => {
    assert.deepEqual(read(list, `${at}?namespace=n&maxResults=7`), {
      clusterName: 'one',
      namespace: 'n',
      maxResults: 7,
    })
    assert.deepEqual(read(create, at, { namespace: 'n', tags: { k: 'v' }, disableSessionTags: true }), {
      clusterName: 'one',
      namespace: 'n',
      tags: { k: 'v' },
      disableSessionTags: true,
    })
  })
  it('of escapes: bytes that are UTF-8, and a space for a bare plus of the query alone', () => {
    assert.deepEqual(read(untag, '/tags/arn%3Aaws%3Aeks%2F%C3%A9+?tagKeys=a+b%2B%E6%BC%A2'), {
      resourceArn: 'arn:aws:eks/é+',
      tagKeys: ['a b+漢'],
    })
  })
  it('of a list: every parameter of that name, in the order sent', () => {
    assert.deepEqual(read(untag, '/tags/a?tagKeys=b&tagKeys=a&tagKeys='), { resourceArn: 'a', tagKeys: ['b', 'a', ''] })
  })
  it('unknown parameters and members are ignored, and what a presigned request has', () => {
    assert.deepEqual(read(list, `${at}?x-id=List&X-Amz-Signature=00&X-Amz-Expires=60&__proto__=1`), {
      clusterName: 'one',
    })
    assert.deepEqual(read(create, at, '{"unknown":1,"__proto__":{"clusterName":"two"}}'), { clusterName: 'one' })
  })
  it('an empty body and an empty object are the same', () => {
    assert.deepEqual(read(list, at), { clusterName: 'one' })
    assert.deepEqual(read(list, at, '{}'), { clusterName: 'one' })
  })
})

describe('what is refused', () => {
  const malformed = 'SerializationException'
  const invalid = 'ValidationException'
  const rows: readonly (readonly [
    title: string,
    operation: typeof list,
    target: string,
    body: unknown,
    code: string,
  ])[] = [
    ['a parameter that is no list, twice', list, `${at}?namespace=a&namespace=b`, '', malformed],
    ['the same twice over', list, `${at}?namespace=a&namespace=a`, '', malformed],
    ['twice under two spellings', list, `${at}?namespace=a&n%61mespace=b`, '', malformed],
    ['a parameter in another case', list, `${at}?Namespace=b`, '', invalid],
    ['a number that is none', list, `${at}?maxResults=1e3`, '', malformed],
    ['a number with a blank', list, `${at}?maxResults=+1`, '', malformed],
    ['a number beyond its width', list, `${at}?maxResults=4294967297`, '', malformed],
    ['an empty number', list, `${at}?maxResults=`, '', malformed],
    ['a broken escape in the query', list, `${at}?namespace=%zz`, '', malformed],
    ['bytes of the query that are not UTF-8', list, `${at}?namespace=%ff`, '', malformed],
    ['a broken escape in the path', list, '/clusters/%/pod-identity-associations', '', malformed],
    ['bytes of the path that are not UTF-8', list, '/clusters/%C3/pod-identity-associations', '', malformed],
    ['a surrogate in the path', list, '/clusters/%ED%A0%80/pod-identity-associations', '', malformed],
    ['what stands in the path, in the query', list, `${at}?clusterName=two`, '', invalid],
    ['what stands in the path, in the body', create, at, { clusterName: 'two' }, invalid],
    ['what stands in the body, in the query', create, `${at}?policy=x`, {}, invalid],
    ['what stands in the body, in the query and in another case', create, `${at}?RoleArn=x`, {}, invalid],
    ['what stands in the query, in the body', list, at, { namespace: 'n' }, invalid],
    ['a member in another case', create, at, { roleARN: 'x' }, invalid],
    ['a member twice', create, at, '{"namespace":"a","namespace":"b"}', malformed],
    ['a form', create, at, 'namespace=a&roleArn=b', malformed],
    ['a list for the body', create, at, '[]', malformed],
    ['two bodies', create, at, '{}{}', malformed],
    ['another type', create, at, { disableSessionTags: 'true' }, malformed],
    ['a body of a request that has none', list, at, 'GET / HTTP/1.1', malformed],
  ]
  for (const [title, operation, target, body, code] of rows) {
    it(title, () => assert.equal(read(operation, target, body), code))
  }
})
