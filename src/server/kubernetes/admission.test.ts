import { strictEqual as equal, ok, deepStrictEqual as same } from 'node:assert/strict'
import { describe, test } from 'node:test'
import { admit } from './admission.ts'

const settings = { region: 'eu-west-1', endpoint: 'https://sts.example.internal' }

interface Answer {
  response: {
    uid: string
    allowed: boolean
    patchType?: string
    patch?: string
    status?: { code: number; message: string }
  }
}
// biome-ignore lint/suspicious/noExplicitAny: a pod as a cluster sends it
type Json = any

const review = (object: unknown, more: object = {}) => ({
  apiVersion: 'admission.k8s.io/v1',
  kind: 'AdmissionReview',
  request: { uid: 'u-1', operation: 'CREATE', object, ...more },
})
const pod = (labels: object, spec: object, annotations: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { labels, annotations },
  spec,
})
const answerTo = (asked: unknown) => (admit(asked, settings) as Answer).response

/** The pod after the patches (RFC 6902, `add` alone). */
function patched(object: Json): Json {
  const { patch, patchType, allowed, uid } = answerTo(review(object))
  same({ allowed, uid, patchType }, { allowed: true, uid: 'u-1', patchType: 'JSONPatch' })
  const after: Json = structuredClone(object)
  for (const { op, path, value } of JSON.parse(Buffer.from(patch ?? '', 'base64').toString())) {
    equal(op, 'add')
    const parts: string[] = path.split('/').slice(1)
    const last = parts.pop() ?? ''
    const place = parts.reduce((at: Json, part) => at[part], after)
    ok(place !== undefined, path)
    if (last === '-') place.push(value)
    else {
      equal(place[last], undefined, path)
      place[last] = value
    }
  }
  return after
}

const env = (container: Json) => Object.fromEntries(container.env.map((one: Json) => [one.name, one.value]))

describe('a pod that asks for EKS Pod Identity', () => {
  test('gets the agent’s address and a token for it, in every container', () => {
    const spec = { initContainers: [{ name: 'init' }], containers: [{ name: 'a' }, { name: 'b', env: [] }] }
    const after = patched(pod({ 'hallpass/identity': 'pod-identity' }, spec))
    const file = '/var/run/secrets/pods.eks.amazonaws.com/serviceaccount/eks-pod-identity-token'
    for (const container of [...after.spec.initContainers, ...after.spec.containers]) {
      same(env(container), {
        AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://169.254.170.23/v1/credentials',
        AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: file,
        AWS_REGION: 'eu-west-1',
        AWS_DEFAULT_REGION: 'eu-west-1',
      })
      const [mount] = container.volumeMounts
      equal(`${mount.mountPath}/eks-pod-identity-token`, file)
      equal(mount.readOnly, true)
      equal(mount.name, after.spec.volumes[0].name)
    }
    const { audience, path } = after.spec.volumes[0].projected.sources[0].serviceAccountToken
    same({ audience, path }, { audience: 'pods.eks.amazonaws.com', path: 'eks-pod-identity-token' })
  })

  test('keeps what it says itself', () => {
    const own = { name: 'AWS_REGION', value: 'us-west-2' }
    const container = { name: 'a', env: [own], volumeMounts: [{ name: 'data', mountPath: '/data' }] }
    const spec = { containers: [container], volumes: [{ name: 'data' }] }
    const after = patched(pod({ 'hallpass/identity': 'pod-identity' }, spec))
    equal(env(after.spec.containers[0]).AWS_REGION, 'us-west-2')
    equal(after.spec.containers[0].env.filter((one: Json) => one.name === 'AWS_REGION').length, 1)
    equal(after.spec.volumes.length, 2)
  })

  test('is not changed a second time', () => {
    const once = patched(pod({ 'hallpass/identity': 'pod-identity' }, { containers: [{ name: 'a' }] }))
    equal(answerTo(review(once)).patch, undefined)
  })
})

describe('a pod that asks for web identity', () => {
  const role = 'arn:aws:iam::111122223333:role/app/reader'
  const asks = { 'hallpass/identity': 'web-identity' }

  test('gets the role, a token for STS, and the address of this server’s STS', () => {
    const after = patched(pod(asks, { containers: [{ name: 'a' }] }, { 'eks.amazonaws.com/role-arn': role }))
    same(env(after.spec.containers[0]), {
      AWS_ROLE_ARN: role,
      AWS_WEB_IDENTITY_TOKEN_FILE: '/var/run/secrets/eks.amazonaws.com/serviceaccount/token',
      AWS_ENDPOINT_URL_STS: 'https://sts.example.internal',
      AWS_REGION: 'eu-west-1',
      AWS_DEFAULT_REGION: 'eu-west-1',
    })
    const { audience, expirationSeconds } = after.spec.volumes[0].projected.sources[0].serviceAccountToken
    same({ audience, expirationSeconds }, { audience: 'sts.amazonaws.com', expirationSeconds: 86_400 })
  })

  for (const [title, annotations] of [
    ['without a role', {}],
    ['with something else for a role', { 'eks.amazonaws.com/role-arn': 'reader' }],
    ['with a token of a minute', { 'eks.amazonaws.com/role-arn': role, 'eks.amazonaws.com/token-expiration': '60' }],
  ] as const) {
    test(`is refused ${title}, in a sentence`, () => {
      const { allowed, status } = answerTo(review(pod(asks, { containers: [{ name: 'a' }] }, annotations)))
      equal(allowed, false)
      ok(status?.message.includes('eks.amazonaws.com/'))
    })
  }
})

describe('what is let in as it is', () => {
  const labelled = { 'hallpass/identity': 'pod-identity' }
  for (const [title, asked] of [
    ['a pod that does not ask', review(pod({}, { containers: [{ name: 'a' }] }))],
    ['an update', review(pod(labelled, { containers: [{ name: 'a' }] }), { operation: 'UPDATE' })],
    ['what is no pod', review({ kind: 'Deployment', spec: {} })],
    ['a deletion, which has no object', review(null, { operation: 'DELETE' })],
  ] as const) {
    test(title, () => same(answerTo(asked), { uid: 'u-1', allowed: true }))
  }
})

describe('what cannot be read', () => {
  for (const asked of [null, [], 'x', {}, { kind: 'AdmissionReview' }, { ...review({}), request: { uid: 7 } }]) {
    test(`is no review: ${JSON.stringify(asked)?.slice(0, 40)}`, () => ok('problem' in admit(asked, settings)))
  }
  for (const spec of [{}, { containers: 'x' }, { containers: [null] }, { containers: [{ env: 'x' }] }]) {
    test(`a pod with ${JSON.stringify(spec)} is refused`, () => {
      equal(answerTo(review(pod({ 'hallpass/identity': 'pod-identity' }, spec))).allowed, false)
    })
  }
  test('a label of another value is refused: the pod would start without a role', () => {
    equal(answerTo(review(pod({ 'hallpass/identity': 'podidentity' }, { containers: [{ name: 'a' }] }))).allowed, false)
  })
})
