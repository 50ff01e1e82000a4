// Services that prove themselves by certificates of an authority that the operator names: the assertion is signed with the certificate's
// key and brings the certificate (RFC 7515, 4.1.6).
import assert from 'node:assert/strict'
import type { KeyObject } from 'node:crypto'
import { describe, test } from 'node:test'
import { addServiceProof, newService, removeServiceProof } from '../../src/app/operator/services.ts'
import { assertionOf, serviceSource } from '../../src/client/workload.ts'
import { type Issue, type Issued, rootAuthority, rsaKeys } from '../../src/federation/x509/testing/authority.ts'
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

const world = await workloadWorld()
const { server, front, at } = world
const { engine, account } = server
const clock = server.now
const notAccepted = [401, 'UnauthorizedException']

const name = 'backup.corp.example'
const authority = rootAuthority({ subject: ['CN=Corp'] })
const between = authority.authority({ subject: ['CN=Corp Services'] })
const uri = (text: string) => ({ uniformResourceIdentifier: text })
const dns = (text: string) => ({ dNSName: text })
const leaf = (more: Partial<Issue> = {}, by = between) =>
  by.issue({
    subject: ['CN=backup'],
    names: [uri('spiffe://corp.example/backup')],
    usages: ['digitalSignature'],
    ...more,
  })

const row = await newService(engine, {
  ...{ name, accounts: [account] },
  proof: { authorities: authority.pem, subject: 'spiffe://corp.example/backup*' },
})
const role = await serviceRole(world, 'Backup', trustsService(name))
const wish = { RoleArn: role, RoleSessionName: 'nightly', SourceAccount: account }

const base64 = ({ der }: Pick<Issued, 'der'>) => der.toString('base64')
const present = (
  one: Issued,
  {
    chain = [between],
    key = one.keys.privateKey,
    who = name,
    certificates = [one, ...chain].map(base64),
  }: {
    readonly chain?: readonly Issued[]
    readonly key?: KeyObject
    readonly who?: string
    readonly certificates?: readonly string[]
  } = {},
) =>
  told(
    asked(world, 'assumeRole', {
      ...wish,
      assertion: assertionOf({ who, audience: front.url, key, certificates }, clock()),
    }),
  )

describe('a certificate proves a service', () => {
  test('that leads to its authority, over one between, and has a name of the record’s', async () => {
    const one = leaf()
    const proof = {
      privateKey: one.keys.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
      certificates: one.pem + between.pem,
    }
    const keys = await fetchFrom(serviceSource(at, name, proof, wish, { clock }))
    assert.equal(await callerOf(world, keys), `arn:aws:sts::${account}:assumed-role/Backup/nightly`)
  })

  test('of RSA, and by a DNS name', async () => {
    assert.equal((await present(leaf({ keys: rsaKeys() })))[0], 200)
    const both = await newService(engine, {
      ...{ name: 'dns.corp.example', accounts: [account] },
      proof: { authorities: authority.pem, subject: 'backup-?.corp.example' },
    })
    const named = await serviceRole(world, 'Dns', trustsService(both.name))
    const one = leaf({ names: [dns('backup-1.corp.example')] })
    const by = {
      who: both.name,
      audience: front.url,
      key: one.keys.privateKey,
      certificates: [one, between].map(base64),
    }
    const answer = await asked(world, 'assumeRole', { ...wish, RoleArn: named, assertion: assertionOf(by, clock()) })
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
  })

  test('and its session ends with it', async () => {
    const until = new Date(clock().getTime() + 1_200_000)
    const one = leaf({ until })
    const by = { who: name, audience: front.url, key: one.keys.privateKey, certificates: [one, between].map(base64) }
    const { body } = await asked(world, 'assumeRole', { ...wish, assertion: assertionOf(by, clock()) })
    const { Expiration } = body.Credentials as { readonly Expiration: string }
    assert(Date.parse(Expiration) <= until.getTime() && Date.parse(Expiration) > until.getTime() - 3000, Expiration)
    const short = leaf({ until: new Date(clock().getTime() + 600_000) })
    assert.deepEqual(await present(short), [403, 'AccessDenied'])
  })
})

describe('a certificate proves nothing', () => {
  const stranger = rootAuthority({ subject: ['CN=Corp'] })
  const one = leaf()
  const rows: readonly (readonly [title: string, made: () => ReturnType<typeof present>, detail: RegExp])[] = [
    [
      'of another authority of the same name',
      () => present(leaf({}, stranger), { chain: [] }),
      /^certificate: untrusted/,
    ],
    [
      'that is signed by itself',
      () => present(rootAuthority({ subject: ['CN=backup'] }), { chain: [] }),
      /^certificate/,
    ],
    ['without the one between', () => present(one, { chain: [] }), /^certificate: untrusted/],
    ['that has ended', () => present(leaf({ until: new Date(clock().getTime() - 1000) })), /^certificate: expired/],
    [
      'that has not begun',
      () => present(leaf({ from: new Date(clock().getTime() + 60_000) })),
      /^certificate: not-yet-valid/,
    ],
    [
      'of another name',
      () => present(leaf({ names: [uri('spiffe://corp.example/web')] })),
      /^certificate: no DNS name or URI/,
    ],
    [
      'of no name but its subject’s',
      () => present(leaf({ subject: ['CN=spiffe://corp.example/backup'], names: [] })),
      /^certificate: no DNS name or URI/,
    ],
    ['of the authority itself', () => present(between, { chain: [] }), /^certificate: authority/],
    ['whose key did not sign', () => present(one, { key: leaf().keys.privateKey }), /^(no-key|signature)/],
    ['of another service', () => present(one, { who: 'dns.corp.example' }), /^certificate: no DNS name or URI/],
    ['that cannot be read', () => present(one, { certificates: ['AAAA'] }), /^certificate: x5c holds/],
    ['that is not there', () => present(one, { certificates: [] }), /^certificate: x5c holds/],
    [
      'in a chain that is too long',
      () => present(one, { chain: Array.from({ length: 6 }, () => between) }),
      /^certificate: x5c holds/,
    ],
    [
      'with one that issues nothing between',
      () => present(leaf({}, between), { chain: [leaf()] }),
      /^certificate: untrusted/,
    ],
  ]
  for (const [title, made, detail] of rows)
    test(title, async () => {
      assert.deepEqual(await made(), notAccepted)
      assert.match(await lastDetail(world), detail)
    })

  test('twice with one assertion', async () => {
    const by = { who: name, audience: front.url, key: one.keys.privateKey, certificates: [one, between].map(base64) }
    const assertion = assertionOf(by, clock())
    assert.equal((await asked(world, 'assumeRole', { ...wish, assertion })).status, 200)
    assert.deepEqual(await told(asked(world, 'assumeRole', { ...wish, assertion })), notAccepted)
  })

  test('of a service that has no proof by certificates', async () => {
    const { publicKey, privateKey } = leaf().keys
    const key = publicKey.export({ format: 'pem', type: 'spki' }) as string
    await newService(engine, { name: 'keys.corp.example', accounts: [account], proof: { key } })
    assert.deepEqual(await present(one, { who: 'keys.corp.example', key: privateKey }), notAccepted)
    assert.match(await lastDetail(world), /no proof of keys.corp.example is by certificates/)
  })

  test('once its authority is withdrawn, and what it began ends', async () => {
    const begun = leaf()
    const proof = {
      privateKey: begun.keys.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
      certificates: begun.pem + between.pem,
    }
    const keys = await fetchFrom(serviceSource(at, name, proof, wish, { clock }))
    await removeServiceProof(engine, { name, id: row.proofs[0]?.id ?? '' })
    assert.equal(await isAlive(world, keys), 'InvalidClientTokenId')
    assert.deepEqual(await present(leaf()), notAccepted)
  })
})

describe('authorities', () => {
  const add = (authorities: string, subject = 'x') => addServiceProof(engine, { name, proof: { authorities, subject } })
  test('have no private key beside them', () => {
    const { privateKey } = leaf().keys
    const pem = privateKey.export({ format: 'pem', type: 'pkcs8' })
    return assert.rejects(add(authority.pem + pem), /private key/)
  })
  test('are certificates', () => assert.rejects(add('x'), /no certificates in PEM/))
  test('that may issue others', () => assert.rejects(add(leaf().pem), /is no authority/))
  test('are not all there is to say', () => assert.rejects(add(authority.pem, '*'), /lets anybody in/))
})
