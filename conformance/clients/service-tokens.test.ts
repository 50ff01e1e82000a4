// Services that prove themselves by tokens that somebody else gives them: a Kubernetes cluster, SPIFFE, GitHub. The tokens have the shape
// that those give them.
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { describe, test } from 'node:test'
import { newService, removeServiceProof } from '../../src/app/operator/services.ts'
import { serviceSource } from '../../src/client/workload.ts'
import { authority, newKey, type SigningKey, signToken } from '../../src/federation/testing/idp.ts'
import { testIdp } from './web-identity-servers.ts'
import {
  asked,
  callerOf,
  fetchFrom,
  isAlive,
  lastDetail,
  serviceRole,
  told,
  trustsService,
  workloadWorld,
} from './workload-kit.ts'

const world = await workloadWorld({ settings: { 'fetch-allow': '127.0.0.0/8' } })
const { server, at } = world
const { engine, account } = server

let made = 0
async function service(proof: {
  readonly issuer: string
  readonly audience: string
  readonly subject: string
  readonly keys?: string
}) {
  const name = `svc-${++made}.corp.example`
  const row = await newService(engine, { name, accounts: [account], proof: { ...proof, ca: authority } })
  const role = await serviceRole(world, `Svc${made}`, trustsService(name))
  return { name, role, proof: row.proofs[0]?.id ?? '' }
}
const wish = (role: string) => ({ RoleArn: role, RoleSessionName: 'pod', SourceAccount: account })
const present = ({ name, role }: { readonly name: string; readonly role: string }, assertion: string) =>
  told(asked(world, 'assumeRole', { ...wish(role), service: name, assertion }))
const notAccepted = [401, 'UnauthorizedException']
const jwks = (...keys: readonly SigningKey[]) => JSON.stringify({ keys: keys.map(({ jwk }) => jwk) })

const key = await newKey()
const cluster = await testIdp({ keys: [key] })
const audience = 'hallpass'
const subject = 'system:serviceaccount:backup:nightly'
/** As a projected service account token of Kubernetes is. */
const podToken = (claims: object = {}, by = key) =>
  signToken(cluster.issuer, by, server.now(), {
    claims: {
      ...{ aud: [audience], sub: subject, jti: '8c1f1c0e-6d0e-4c5c-9d2b-1f1f0e0d0c0b' },
      'kubernetes.io': {
        namespace: 'backup',
        node: { name: 'node-1', uid: '2d1c7f4e-0000-4000-8000-000000000001' },
        pod: { name: 'nightly-28', uid: '2d1c7f4e-0000-4000-8000-000000000002' },
        serviceaccount: { name: 'nightly', uid: '2d1c7f4e-0000-4000-8000-000000000003' },
        warnafter: Math.floor(server.now().getTime() / 1000) + 3607,
      },
      nbf: Math.floor(server.now().getTime() / 1000),
      ...claims,
    },
  })

describe('a token of a Kubernetes cluster', async () => {
  const one = await service({ issuer: cluster.issuer, audience, subject })

  test('proves the service, as often as it is presented until it ends', async () => {
    const token = await podToken()
    const source = serviceSource(at, one.name, { token: () => token }, wish(one.role))
    const keys = await fetchFrom(source)
    assert.match((await callerOf(world, keys)) ?? '', /assumed-role\/Svc1\/pod$/)
    await fetchFrom(source)
  })

  const rows: readonly (readonly [title: string, token: () => Promise<string>, detail: RegExp])[] = [
    ['for another audience', () => podToken({ aud: ['sts.amazonaws.com'] }), /^audience/],
    ['for several audiences', () => podToken({ aud: [audience, 'other'] }), /^many-audiences/],
    ['of another service account', () => podToken({ sub: 'system:serviceaccount:backup:nightly2' }), /^bad-claim: sub/],
    ['of another namespace', () => podToken({ sub: 'system:serviceaccount:default:nightly' }), /^bad-claim: sub/],
    ['of another issuer', () => podToken({ iss: 'https://other.example' }), /^issuer/],
    ['of no issuer', () => podToken({ iss: undefined }), /^issuer/],
    ['signed by somebody else', async () => podToken({}, { ...(await newKey()), kid: key.kid }), /^signature/],
  ]
  for (const [title, token, detail] of rows)
    test(`is not accepted ${title}`, async () => {
      assert.deepEqual(await present(one, await token()), notAccepted)
      assert.match(await lastDetail(world), detail)
    })

  test('is not accepted when it has expired', async () => {
    const now = Math.floor(server.now().getTime() / 1000)
    assert.deepEqual(await present(one, await podToken({ exp: now - 3600 })), [401, 'RequestExpired'])
  })

  test('proves no other service, and none that is not named', async () => {
    const other = await service({ issuer: cluster.issuer, audience, subject: 'system:serviceaccount:web:*' })
    assert.deepEqual(await present(other, await podToken()), notAccepted)
    const { role } = one
    const unnamed = asked(world, 'assumeRole', { ...wish(role), assertion: await podToken() })
    assert.deepEqual(await told(unnamed), notAccepted)
  })

  test('ends with its proof', async () => {
    const short = await service({ issuer: cluster.issuer, audience, subject })
    const keys = await fetchFrom(serviceSource(at, short.name, { token: () => podToken() }, wish(short.role)))
    await removeServiceProof(engine, { name: short.name, id: short.proof })
    assert.equal(await isAlive(world, keys), 'InvalidClientTokenId')
    assert.deepEqual(await present(short, await podToken()), notAccepted)
  })
})

test('a JWT-SVID of SPIFFE proves a service by the keys of its trust domain', async () => {
  const svid = await newKey('ES256', 'svid')
  const issuer = 'https://spire.corp.example'
  const one = await service({ issuer, audience, subject: 'spiffe://corp.example/ns/*/sa/nightly', keys: jwks(svid) })
  const token = (sub: string) => signToken(issuer, svid, server.now(), { claims: { aud: [audience], sub } })
  assert.equal((await present(one, await token('spiffe://corp.example/ns/backup/sa/nightly')))[0], 200)
  assert.deepEqual(await present(one, await token('spiffe://other.example/ns/backup/sa/nightly')), notAccepted)
})

test('a token of GitHub Actions proves a service for its repository and branch', async () => {
  const github = await newKey('RS256', 'gh')
  const issuer = 'https://token.actions.githubusercontent.com'
  const one = await service({ issuer, audience, subject: 'repo:corp/deploy:ref:refs/heads/main', keys: jwks(github) })
  const token = (sub: string) =>
    signToken(issuer, github, server.now(), {
      claims: {
        aud: audience,
        sub,
        repository: 'corp/deploy',
        ref: 'refs/heads/main',
        workflow: 'deploy',
        run_id: '1',
      },
    })
  assert.equal((await present(one, await token('repo:corp/deploy:ref:refs/heads/main')))[0], 200)
  for (const sub of ['repo:corp/deploy:pull_request', 'repo:evil/deploy:ref:refs/heads/main'])
    assert.deepEqual(await present(one, await token(sub)), notAccepted)
})

describe('an issuer', () => {
  const add = (issuer: string, more: object = {}) =>
    newService(engine, {
      ...{ name: `bad-${++made}.corp.example`, accounts: 'any' },
      proof: { issuer, audience, subject: 'x', ...more },
    })

  test('is never this server itself', () => assert.rejects(add(`${at.url}/issuers/x`), /this server's own issuer/))
  test('is a URL', () => assert.rejects(add('corp'), /is no issuer/))
  test('has a subject that not everybody has', async () => {
    for (const subject of ['*', '?*', ''])
      await assert.rejects(add('https://x.example', { subject }), /lets anybody in/)
  })
  test('has an audience', () => assert.rejects(add('https://x.example', { audience: '' }), /audience/))
  test('has keys that do not sign, since every backup would have them', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    for (const secret of [privateKey.export({ format: 'jwk' }), { kty: 'oct', k: 'c2VjcmV0' }]) {
      const given = { keys: JSON.stringify({ keys: [key.jwk, null, secret] }) }
      await assert.rejects(add('https://x.example', given), /private or secret/)
    }
  })
  test('has an authority that is one, and no key of it', async () => {
    await assert.rejects(add('https://x.example', { ca: 'x' }), /no PEM of a certificate authority/)
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const pem = privateKey.export({ format: 'pem', type: 'pkcs8' })
    await assert.rejects(add('https://x.example', { ca: authority + pem }), /private key beside it/)
  })
  test('has keys that may verify', async () => {
    await assert.rejects(add('https://x.example', { keys: 'x' }), /not a JWKS/)
    await assert.rejects(add('https://x.example', { keys: '{"keys":[]}' }), /none of them may verify/)
  })
})
