// Services of an operator's own: roles trust them by name as they trust AWS's, and they act on behalf of an account. Attacks on whom they
// act for, on their names, and on what outlives their proof.
import assert from 'node:assert/strict'
import { createPrivateKey, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto'
import { describe, test } from 'node:test'
import { CreateRoleCommand, UpdateAssumeRolePolicyCommand } from '@aws-sdk/client-iam'
import { AssumeRoleCommand } from '@aws-sdk/client-sts'
import { SignJWT } from 'jose'
import {
  addServiceProof,
  forgetService,
  listServices,
  newService,
  removeServiceProof,
  setService,
} from '../../src/app/operator/services.ts'
import { assertionOf, type ServiceWish, serviceSource } from '../../src/client/workload.ts'
import { textsOf } from './journals.ts'
import { keysOf, manager, member, policy, trusts } from './people.ts'
import {
  asked,
  callerOf,
  fetchFrom,
  isAlive,
  joined,
  lastDetail,
  profileWithRole,
  serviceRole,
  told,
  trustsService,
  workloadWorld,
} from './workload-kit.ts'

const world = await workloadWorld()
const { server, front, at } = world
const { engine, account } = server
const root = server.as(server.root)
const owner = await manager(server)
const clock = server.now

const keyPair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' })
const pemOf = (key: KeyObject) =>
  key.export({ format: 'pem', type: key.type === 'private' ? 'pkcs8' : 'spki' }) as string

let made = 0
/** A declared service with a key, and a role that trusts it. */
async function service(accounts: readonly string[] | 'any' = [account], condition?: object) {
  const name = `backup-${++made}.corp.example`
  const { privateKey, publicKey } = keyPair()
  const row = await newService(engine, { name, accounts, proof: { key: pemOf(publicKey) } })
  const roleName = `Backup${made}`
  const role = await serviceRole(world, roleName, trustsService(name, condition))
  return { name, privateKey, role, roleName, proof: row.proofs[0]?.id ?? '' }
}
type Service = Awaited<ReturnType<typeof service>>

const wishFor = (role: string, more: Partial<ServiceWish> = {}): ServiceWish => ({
  ...{ RoleArn: role, RoleSessionName: 'nightly', SourceAccount: account },
  ...more,
})
const from = ({ name, role, privateKey }: Service, more: Partial<ServiceWish> = {}) =>
  fetchFrom(serviceSource(at, name, { privateKey: pemOf(privateKey) }, wishFor(role, more), { clock }))
const notAllowed = (role: string) => ({
  code: 'AccessDenied',
  message: new RegExp(`is not authorized to perform: sts:AssumeRole on resource: ${role}`),
})
const notAccepted = { code: 'UnauthorizedException' }

describe('a declared service', () => {
  test('assumes a role that trusts it by name', async () => {
    const one = await service()
    assert.equal(await callerOf(world, await from(one)), `arn:aws:sts::${account}:assumed-role/${one.roleName}/nightly`)
    const text = (await textsOf(engine.store, 'audit')).find(
      (entry) => entry.includes('"issued"') && entry.includes(one.name),
    )
    assert.match(text ?? '', new RegExp(`"userIdentity":{"type":"AWSService","invokedBy":"${one.name}"}`))
  })

  test('signs with a key of RSA as well', async () => {
    const one = await service()
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    await addServiceProof(engine, { name: one.name, proof: { key: pemOf(publicKey) } })
    await from({ ...one, privateKey })
    await from(one)
  })

  test('assumes none that trusts another service, one of AWS’s, everybody, or nobody', async () => {
    const one = await service()
    const other = await service()
    const iam = root.iam
    await assert.rejects(from({ ...one, role: other.role }), notAllowed(other.role))
    for (const PolicyDocument of [
      trustsService('ec2.amazonaws.com'),
      policy({ Principal: { AWS: '*' }, Action: 'sts:AssumeRole' }),
      trusts(account),
    ]) {
      await iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: one.roleName, PolicyDocument }))
      await assert.rejects(from(one), notAllowed(one.role))
    }
    const missing = `arn:aws:iam::${account}:role/Missing`
    await assert.rejects(from({ ...one, role: missing }), notAllowed(missing))
  })
})

describe('on whose behalf a service acts', () => {
  test('is an account that it was declared for, and that of the role', async () => {
    const { id, admin } = await member(server, owner, 'other')
    const one = await service()
    const trust = trustsService(one.name)
    const { Role } = await admin.iam.send(
      new CreateRoleCommand({ RoleName: 'Theirs', AssumeRolePolicyDocument: trust }),
    )
    const theirs = Role?.Arn ?? ''
    await assert.rejects(from(one, { RoleArn: theirs, SourceAccount: id }), {
      code: 'AccessDenied',
      message: new RegExp(`may not act on behalf of account ${id}`),
    })
    await assert.rejects(from(one, { RoleArn: theirs }), notAllowed(theirs))
    const everywhere = await service('any')
    await admin.iam.send(
      new UpdateAssumeRolePolicyCommand({ RoleName: 'Theirs', PolicyDocument: trustsService(everywhere.name) }),
    )
    const keys = await from(everywhere, { RoleArn: theirs, SourceAccount: id })
    assert.equal(await callerOf(world, keys), `arn:aws:sts::${id}:assumed-role/Theirs/nightly`)
    await assert.rejects(from(everywhere, { RoleArn: theirs }), notAllowed(theirs), 'of this account')
    await assert.rejects(from(everywhere, { SourceAccount: id }), notAllowed(everywhere.role))
  })

  test('must be said', async () => {
    const one = await service()
    const assertion = assertionOf({ who: one.name, audience: front.url, key: one.privateKey }, clock())
    const { SourceAccount: _, ...wish } = wishFor(one.role)
    assert.deepEqual(await told(asked(world, 'assumeRole', { ...wish, assertion })), [400, 'ValidationError'])
  })

  test('is a resource of that account, or of none', async () => {
    const one = await service()
    await from(one, { SourceArn: 'arn:aws:s3:::backups' })
    await assert.rejects(from(one, { SourceArn: 'arn:aws:backup:eu-central-1:999999999999:plan/x' }), {
      code: 'ValidationError',
    })
    await assert.rejects(from(one, { SourceArn: 'arn:aws' }), { code: 'ValidationError' })
  })

  test('is for the role’s trust policy to check: the confused deputy', async () => {
    const mine = `arn:aws:backup:eu-central-1:${account}:plan/mine`
    const careful = await service('any', {
      ArnEquals: { 'aws:SourceArn': mine },
      StringEquals: { 'aws:SourceAccount': account },
    })
    await from(careful, { SourceArn: mine })
    await assert.rejects(from(careful, { SourceArn: mine.replace('mine', 'theirs') }), notAllowed(careful.role))
    await assert.rejects(from(careful), notAllowed(careful.role), 'without a SourceArn')
    const careless = await service('any')
    await from(careless, { SourceArn: mine.replace('mine', 'theirs') })
    await from(careless)
  })
})

describe('a service’s proof', () => {
  test('that is forged, of another service or key, for another server, used before, or too long, is not accepted', async () => {
    const one = await service()
    const other = await service()
    const now = Math.floor(clock().getTime() / 1000)
    const claims = (more: object = {}) => ({
      ...{ iss: one.name, sub: one.name, aud: front.url, jti: randomUUID(), iat: now, exp: now + 60 },
      ...more,
    })
    const signed = (of: object, by = one.privateKey, head: object = {}) =>
      new SignJWT(of as never).setProtectedHeader({ alg: 'ES256', ...head }).sign(by)
    const present = async (assertion: string | Promise<string>, more: object = {}) =>
      told(asked(world, 'assumeRole', { ...wishFor(one.role), assertion: await assertion, ...more }))
    assert.equal((await present(signed(claims())))[0], 200)
    const kid = (await listServices(engine)).services.find(({ name }) => name === other.name)?.proofs[0]
    for (const [text, more] of [
      [signed(claims(), other.privateKey)],
      [signed(claims(), other.privateKey, { kid: kid?.kind === 'key' ? kid.key : '' })],
      [signed(claims({ iss: other.name, sub: other.name }))],
      [signed(claims({ iss: other.name, sub: other.name }), other.privateKey), { service: one.name }],
      [signed(claims({ sub: 'root' }))],
      [signed(claims({ aud: 'https://other.example' }))],
      [signed(claims({ exp: now + 3600 }))],
      [signed(claims({ iss: 'no.such.example', sub: 'no.such.example' }))],
      ['x.y.z'],
    ] as const)
      assert.deepEqual(await present(text, more), [401, 'UnauthorizedException'])
    const once = await signed(claims())
    assert.equal((await present(once))[0], 200)
    assert.deepEqual(await present(once), [401, 'UnauthorizedException'])
  })

  test('is none of a machine’s, nor the other way round', async () => {
    await profileWithRole(world, 'web')
    const machine = await joined(world, 'web-1')
    const one = await service()
    const byMachine = { who: machine.machine, audience: front.url, key: createPrivateKey(machine.privateKey) }
    const wish = { ...wishFor(one.role), assertion: assertionOf(byMachine, clock()) }
    assert.deepEqual(await told(asked(world, 'assumeRole', wish)), [401, 'UnauthorizedException'])
    assert.deepEqual(await told(asked(world, 'assumeRole', { ...wish, service: one.name })), [
      401,
      'UnauthorizedException',
    ])
    const byService = assertionOf({ who: one.name, audience: front.url, key: one.privateKey }, clock())
    assert.deepEqual(await told(asked(world, 'credentials', { assertion: byService })), [401, 'UnauthorizedException'])
  })

  test('that is withdrawn ends what it began, and what descends from that; the new one goes on', async () => {
    const one = await service()
    const old = await from(one)
    const next = await serviceRole(world, `Next${made}`, trusts(one.role))
    const chain = await server.as(old).sts.send(new AssumeRoleCommand({ RoleArn: next, RoleSessionName: 'chained' }))
    const chained = { ...old, ...keysOf(chain.Credentials), sessionToken: chain.Credentials?.SessionToken ?? '' }
    assert.equal(await isAlive(world, chained), true)
    const { privateKey, publicKey } = keyPair()
    await addServiceProof(engine, { name: one.name, proof: { key: pemOf(publicKey) } })
    const fresh = await from({ ...one, privateKey })
    assert.equal(await isAlive(world, old), true)
    await removeServiceProof(engine, { name: one.name, id: one.proof })
    assert.equal(await isAlive(world, old), 'InvalidClientTokenId')
    assert.equal(await isAlive(world, chained), 'InvalidClientTokenId')
    assert.equal(await isAlive(world, fresh), true)
    await assert.rejects(from(one), notAccepted)
    await from({ ...one, privateKey })
  })

  test('counts for nothing while the service is disabled, and what had ended stays so', async () => {
    const one = await service()
    const keys = await from(one)
    await setService(engine, { name: one.name, isEnabled: false })
    assert.equal(await isAlive(world, keys), 'InvalidClientTokenId')
    await assert.rejects(from(one), notAccepted)
    assert.match(await lastDetail(world), /^ended/)
    await setService(engine, { name: one.name, isEnabled: true })
    assert.equal(await isAlive(world, keys), 'InvalidClientTokenId')
    assert.equal(await isAlive(world, await from(one)), true)
  })

  test('of a service that is removed, and declared again, is another’s', async () => {
    const one = await service()
    const keys = await from(one)
    await forgetService(engine, { name: one.name })
    assert.equal(await isAlive(world, keys), 'InvalidClientTokenId')
    await assert.rejects(from(one), notAccepted)
    await newService(engine, { name: one.name, accounts: [account], proof: { key: pemOf(keyPair().publicKey) } })
    assert.equal(await isAlive(world, keys), 'InvalidClientTokenId')
    await assert.rejects(from(one), notAccepted)
  })
})

describe('the name of a service', () => {
  const proof = { key: pemOf(keyPair().publicKey) }
  const declare = (name: string) => newService(engine, { name, accounts: 'any', proof })

  for (const name of [
    ...['ec2.amazonaws.com', 'new.amazonaws.com', 'ec2.amazonaws.com.cn', 'amazonaws.corp.example', 'x.amazon.com'],
    ...['internal.aws', 'x.aws.internal', 'aws.corp.example', 'xn--amzonaws-j9a.com', 'accounts.google.com'],
    ...['graph.facebook.com', 'cognito-identity.amazonaws.com'],
  ])
    test(`is not one that could be taken for another’s: ${name}`, () =>
      assert.rejects(declare(name), /could be taken for/))

  for (const name of [
    ...[
      'backup',
      'Backup.corp.example',
      'backup.corp.example.',
      '.corp.example',
      'back up.corp.example',
      '*.corp.example',
    ],
    ...[
      '-x.corp.example',
      'a/b.corp.example',
      'аws.corp.example',
      '',
      `${'x'.repeat(130)}.example`,
      'i-0123456789abcdef0',
    ],
  ])
    test(`is lower-case labels with dots: ${name}`, () => assert.rejects(declare(name), /is no name of a service/))

  test('is of one service, whoever declares it again', async () => {
    const { name } = await service()
    await assert.rejects(declare(name), /there is a service/)
  })

  test('is accepted in trust policies once it is declared', async () => {
    const name = 'later.corp.example'
    const create = (RoleName: string) =>
      root.iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: trustsService(name) }))
    const undeclared = {
      name: 'MalformedPolicyDocumentException',
      message: `Invalid principal in policy: "SERVICE":"${name}"`,
    }
    await assert.rejects(create('Later'), undeclared)
    await declare(name)
    await create('Later')
    await forgetService(engine, { name })
    await assert.rejects(create('Later2'), undeclared)
  })
})

describe('a key that is registered', () => {
  const add = (key: string) =>
    newService(engine, { name: `key-${++made}.corp.example`, accounts: 'any', proof: { key } })

  test('is a public key, of a kind that is accepted', async () => {
    await assert.rejects(add(pemOf(keyPair().privateKey)), /private key, which stays with the service/)
    await assert.rejects(add('nonsense'), /no public key in PEM/)
    const small = generateKeyPairSync('rsa', { modulusLength: 1024 })
    await assert.rejects(add(pemOf(small.publicKey)), /is not accepted/)
    await assert.rejects(add(pemOf(generateKeyPairSync('ed25519').publicKey)), /is not accepted/)
  })

  test('stands once in a service', async () => {
    const { name } = await service()
    const { publicKey } = keyPair()
    await addServiceProof(engine, { name, proof: { key: pemOf(publicKey) } })
    await assert.rejects(addServiceProof(engine, { name, proof: { key: pemOf(publicKey) } }), /has that key already/)
  })
})
