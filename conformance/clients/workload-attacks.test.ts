// How somebody would get credentials of a workload that are not theirs, or keep them: by proofs that were made for somebody else, by names
// of another kind, by chains that outlive a certificate, and what a refusal tells of who is there.
import assert from 'node:assert/strict'
import { createPrivateKey, generateKeyPairSync, randomUUID } from 'node:crypto'
import { describe, test } from 'node:test'
import { CloseAccountCommand } from '@aws-sdk/client-organizations'
import { AssumeRoleCommand } from '@aws-sdk/client-sts'
import { SignJWT } from 'jose'
import { setMachine } from '../../src/app/operator/machines.ts'
import { newService, setService } from '../../src/app/operator/services.ts'
import type { SourceCredentials } from '../../src/client/credential-source.ts'
import { assertionOf } from '../../src/client/workload.ts'
import { newKey, signToken } from '../../src/federation/testing/idp.ts'
import { type Issue, rootAuthority } from '../../src/federation/x509/testing/authority.ts'
import { allow, keysOf, manager, member, role, trusts } from './people.ts'
import {
  asked,
  isAlive,
  joined,
  profileWithRole,
  serviceRole,
  told,
  trustsService,
  workloadWorld,
} from './workload-kit.ts'

const world = await workloadWorld()
const { server, front, clock } = world
const { engine, account } = server
const notAccepted = [401, 'UnauthorizedException']
const late = [401, 'RequestExpired']
const seconds = () => Math.floor(server.now().getTime() / 1000)
const wish = (role: string) => ({ RoleArn: role, RoleSessionName: 'nightly', SourceAccount: account })

function keysIn({ body }: Awaited<ReturnType<typeof asked>>): SourceCredentials {
  const {
    AccessKeyId = '',
    SecretAccessKey = '',
    SessionToken = '',
  } = (body.Credentials ?? {}) as Record<string, string>
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: SessionToken,
    expiration: clock.now,
  }
}

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const byKey = 'keys.corp.example'
await newService(engine, {
  ...{ name: byKey, accounts: [account] },
  proof: { key: publicKey.export({ format: 'pem', type: 'spki' }) as string },
})
const keyRole = await serviceRole(world, 'ByKey', trustsService(byKey))
await profileWithRole(world, 'web')
const machine = await joined(world, 'web-1')

const own = (claims: object, by = privateKey) =>
  new SignJWT({
    ...{ iss: byKey, sub: byKey, aud: front.url, jti: randomUUID(), iat: seconds(), exp: seconds() + 60 },
    ...claims,
  } as never)
    .setProtectedHeader({ alg: 'ES256' })
    .sign(by)

const issuer = 'https://tokens.corp.example'
const key = await newKey()
const issued = 'issued.corp.example'
const [audience, subject] = ['hallpass', 'system:serviceaccount:backup:nightly']
await newService(engine, {
  ...{ name: issued, accounts: [account] },
  proof: { issuer, audience, subject, keys: JSON.stringify({ keys: [key.jwk] }) },
})
const issuedRole = await serviceRole(world, 'Issued', trustsService(issued))

describe('a proof that was made for another server', () => {
  const elsewhere = 'https://other.example'
  const addressed: readonly (readonly [string, object])[] = [
    ['that names this one as the party that asked for it', { aud: elsewhere, azp: 'HERE' }],
    ['as well as for this one', { aud: ['HERE', elsewhere], azp: 'HERE' }],
  ]
  const to = (here: string, claims: object) => JSON.parse(JSON.stringify(claims).replaceAll('HERE', here)) as object
  const present = async (claims: object) => {
    const assertion = await signToken(issuer, key, server.now(), { claims: { sub: subject, ...claims } })
    return told(asked(world, 'assumeRole', { ...wish(issuedRole), service: issued, assertion }))
  }
  test('is none of a service, whoever issued it', async () => {
    assert.equal((await present({ aud: [audience] }))[0], 200)
    for (const [what, claims] of addressed) assert.deepEqual(await present(to(audience, claims)), notAccepted, what)
  })
  test('is none of a service by its own key, nor of a machine', async () => {
    const key = createPrivateKey(machine.privateKey)
    const whoever = { iss: machine.machine, sub: machine.machine }
    const ofService = async (claims: object) =>
      told(asked(world, 'assumeRole', { ...wish(keyRole), assertion: await own(claims) }))
    const ofMachine = async (claims: object) =>
      told(asked(world, 'credentials', { assertion: await own({ ...whoever, ...claims }, key) }))
    assert.equal((await ofService({}))[0], 200)
    assert.equal((await ofMachine({}))[0], 200)
    for (const [what, claims] of addressed) {
      assert.deepEqual(await ofService(to(front.url, claims)), notAccepted, what)
      assert.deepEqual(await ofMachine(to(front.url, claims)), notAccepted, what)
    }
  })
})

describe('who is there', () => {
  const { privateKey: stranger } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const past = { iat: 1, exp: 61 }
  const asks = async (who: string, claims: object, more: object = {}) => {
    const assertion = await own({ iss: who, sub: who, ...claims }, stranger)
    return {
      service: await told(asked(world, 'assumeRole', { ...wish(keyRole), assertion, ...more })),
      machine: await told(asked(world, 'credentials', { assertion })),
    }
  }
  test('is told by no refusal, whatever its time: of services', async () => {
    await setService(engine, { name: issued, isEnabled: false })
    for (const who of [byKey, issued, 'no.such.example']) {
      assert.deepEqual((await asks(who, past)).service, late, who)
      assert.deepEqual((await asks(who, { iat: seconds() + 9000, exp: seconds() + 9060 })).service, late, who)
      assert.deepEqual((await asks(who, {})).service, notAccepted, who)
    }
    for (const service of [byKey, issued, 'no.such.example'])
      assert.deepEqual((await asks('https://x.example', past, { service })).service, late, service)
  })
  test('nor of machines', async () => {
    for (const who of [machine.machine, 'i-0123456789abcdef0']) {
      assert.deepEqual((await asks(who, past)).machine, late, who)
      assert.deepEqual((await asks(who, {})).machine, notAccepted, who)
    }
  })
})

describe('a service’s certificate', () => {
  const authority = rootAuthority({ subject: ['CN=Corp'] })
  const name = 'dns.corp.example'
  const dnsName = 'backup.corp.example'
  const names = {
    dns: { dNSName: dnsName },
    uri: { uniformResourceIdentifier: dnsName },
    spiffe: { uniformResourceIdentifier: 'spiffe://corp.example/backup' },
    dnsOfSpiffe: { dNSName: 'spiffe://corp.example/backup' },
  }
  const leaf = (more: Partial<Issue>) => authority.issue({ subject: ['CN=x'], usages: ['digitalSignature'], ...more })
  const declared = async (service: string, subject: string) => {
    await newService(engine, { name: service, accounts: [account], proof: { authorities: authority.pem, subject } })
    return serviceRole(world, service.split('.')[0] ?? '', trustsService(service))
  }
  const present = (who: string, role: string, one: ReturnType<typeof leaf>) =>
    asked(world, 'assumeRole', {
      ...wish(role),
      assertion: assertionOf(
        { who, audience: front.url, key: one.keys.privateKey, certificates: [one.der.toString('base64')] },
        server.now(),
      ),
    })

  test('has the record’s name as a name of that kind: constraints of one kind do not bind another', async () => {
    const role = await declared(name, dnsName)
    const uri = await declared('uri.corp.example', 'spiffe://corp.example/backup')
    assert.equal((await present(name, role, leaf({ names: [names.dns] }))).status, 200)
    assert.equal((await present('uri.corp.example', uri, leaf({ names: [names.spiffe] }))).status, 200)
    assert.deepEqual(await told(present(name, role, leaf({ names: [names.uri] }))), notAccepted)
    assert.deepEqual(await told(present('uri.corp.example', uri, leaf({ names: [names.dnsOfSpiffe] }))), notAccepted)
  })

  test('ends whatever descends from its sessions, not them alone', async () => {
    const role = await declared('short.corp.example', dnsName)
    const next = await serviceRole(world, 'NextOfShort', trusts(role))
    const until = new Date(server.now().getTime() + 1_200_000)
    const keys = keysIn(await present('short.corp.example', role, leaf({ names: [names.dns], until })))
    const wanted = { RoleArn: next, RoleSessionName: 'chained', DurationSeconds: 3600 }
    const { Credentials } = await server.as(keys).sts.send(new AssumeRoleCommand(wanted))
    const chained = { ...keys, ...keysOf(Credentials), sessionToken: Credentials?.SessionToken ?? '' }
    assert.equal(await isAlive(world, chained), true)
    await server.move(1_201_000)
    assert.notEqual(await isAlive(world, chained), true)
  })
})

test('what a service is given on behalf of an account ends with the account, whatever it was traded for', async () => {
  const owner = await manager(server)
  const { id, admin } = await member(server, owner, 'closed')
  const everywhere = 'everywhere.corp.example'
  await newService(engine, {
    ...{ name: everywhere, accounts: 'any' },
    proof: { key: publicKey.export({ format: 'pem', type: 'spki' }) as string },
  })
  const theirs = await role(admin, 'Theirs', trustsService(everywhere), { permissions: allow('sts:AssumeRole') })
  const ours = await serviceRole(world, 'OfClosed', trusts(theirs))
  const assertion = await own({ iss: everywhere, sub: everywhere })
  const keys = keysIn(await asked(world, 'assumeRole', { ...wish(theirs), SourceAccount: id, assertion }))
  const onward = await server.as(keys).sts.send(new AssumeRoleCommand({ RoleArn: ours, RoleSessionName: 'onward' }))
  const chained = { ...keys, ...keysOf(onward.Credentials), sessionToken: onward.Credentials?.SessionToken ?? '' }
  assert.equal(await isAlive(world, chained), true)
  await owner.organizations.send(new CloseAccountCommand({ AccountId: id }))
  assert.equal(await isAlive(world, keys), 'InvalidClientTokenId')
  assert.equal(await isAlive(world, chained), 'InvalidClientTokenId')
})

test('what a machine is given ends with the machine, and does not come back with it', async () => {
  const { privateKey: pem, machine: id } = machine
  const assertion = assertionOf({ who: id, audience: front.url, key: createPrivateKey(pem) }, server.now())
  const keys = keysIn(await asked(world, 'credentials', { assertion }))
  assert.equal(await isAlive(world, keys), true)
  await setMachine(engine, { machine: id, isEnabled: false })
  await setMachine(engine, { machine: id, isEnabled: true })
  assert.equal(await isAlive(world, keys), 'InvalidClientTokenId')
})
