// The broker user: an IAM user without a key, who assumes roles for people who have signed in. What it may do is decided as for any user;
// what is new is how it enters, so the attacks are on that.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { beforeEach, describe, test } from 'node:test'
import {
  DeleteUserCommand,
  DeleteUserPermissionsBoundaryCommand,
  DeleteUserPolicyCommand,
  PutUserPermissionsBoundaryCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam'
import { AssumeRoleCommand, GetCallerIdentityCommand, GetSessionTokenCommand } from '@aws-sdk/client-sts'
import type { AllowedEntitlement, AllowedRole } from '../../src/service/contracts/people-table.ts'
import type { SignIn } from '../../src/service/contracts/sign-ins.ts'
import type { BrokerProof } from '../../src/service/people/broker/broker-proof.ts'
import { nameOf } from '../../src/service/people/broker/names.ts'
import { brokering, pageExchange } from './broker-kit.ts'
import { adminArn, brokerAndRoles, brokerArn, company, groupDn, readerArn } from './company.ts'
import { textsOf } from './journals.ts'
import { allow, keysOf, trusts } from './people.ts'
import { firstAccount, testServer } from './server.ts'

const corp = await company()
const server = await testServer()
const other = await testServer()
const root = server.as(server.root)
await brokerAndRoles(root)
const { broker, proofs, call } = brokering(server)

const lists = allow('iam:ListRoles')
const entitled = (policy: unknown) => ({ entitlements: [{ account: firstAccount, policy }] })
await corp.apply(server, {
  roles: [
    ['admins', adminArn, { 'session-duration': 43_200, tags: { Team: 'platform' } }],
    ['readers', readerArn, { 'session-duration': 3600, ...entitled(JSON.parse(lists)) }],
  ],
})

const theirs = async ({ connector, personId, login, groups, attributes }: SignIn) => {
  const { people } = server.engine
  return people.allowed(await people.table(), { connector, id: personId, login, groups, attributes })
}
const roleOf = async (signIn: SignIn, arn: string) => {
  const role = (await theirs(signIn)).roles.find((one) => one.arn === arn)
  assert(role !== undefined)
  return role
}
const ask = async (signIn: SignIn, arn: string, seconds?: number) =>
  broker.assumeRole(pageExchange(server), signIn, await roleOf(signIn, arn), seconds, server.now())
const given = async (signIn: SignIn, arn: string, seconds?: number) => {
  const answer = await ask(signIn, arn, seconds)
  assert('credentials' in answer, JSON.stringify(answer))
  return answer
}
const lasts = (expiration: Date) => Math.round((expiration.getTime() - server.now().getTime()) / 1000)

let ann: SignIn
beforeEach(async () => {
  ann = await corp.signIn(server, 'ann')
})

describe('what a person is given', () => {
  test('a role for as long as its row and the role say, in the person’s name', async () => {
    const { credentials, arn, requestId } = await given(ann, adminArn)
    assert(lasts(credentials.Expiration) > 43_000)
    const name = nameOf({ connector: 'corp', id: ann.personId, login: 'ann' }, 64)
    assert.equal(arn, `arn:aws:sts::${firstAccount}:assumed-role/Admin/${name}`)
    const { Arn } = await server.as(keysOf(credentials)).sts.send(new GetCallerIdentityCommand({}))
    assert.equal(Arn, arn)
    const record = (await textsOf(server.engine.store, 'audit')).find((text) => text.includes(requestId)) ?? ''
    const { userIdentity, requestParameters } = JSON.parse(record).records[0]
    assert.deepEqual(userIdentity.onBehalfOf, { userId: `connector/corp ${ann.personId}`, signIn: ann.id })
    assert.equal(userIdentity.arn, brokerArn)
    assert.equal('accessKeyId' in userIdentity, false)
    assert.equal(requestParameters.sourceIdentity, name)
    assert.match(record, /"sourceIPAddress":"192\.0\.2\.7"/)
  })

  test('no longer than the row, than was asked for, or than the sign-in', async () => {
    assert(lasts((await given(ann, readerArn)).credentials.Expiration) <= 3600)
    assert.equal(lasts((await given(ann, readerArn, 900)).credentials.Expiration), 900)
    assert(lasts((await given(ann, readerArn, 43_200)).credentials.Expiration) <= 3600)
    await server.move(11 * 3_600_000)
    assert((await given(ann, adminArn)).credentials.Expiration <= ann.endsAt)
    await server.move(50 * 60_000)
    const answer = await ask(ann, adminArn)
    assert('refused' in answer)
    assert.match(answer.refused.message, /Sign in again/)
  })

  test('entitlements as a federated user, limited by their policies', async () => {
    const [entitlement] = (await theirs(ann)).entitlements
    assert(entitlement !== undefined)
    const answer = await broker.federationToken(pageExchange(server), ann, entitlement, undefined, server.now())
    assert('credentials' in answer, JSON.stringify(answer))
    const name = nameOf({ connector: 'corp', id: ann.personId, login: 'ann' }, 32)
    assert.equal(answer.arn, `arn:aws:sts::${firstAccount}:federated-user/${name}`)
    const { Arn } = await server.as(keysOf(answer.credentials)).sts.send(new GetCallerIdentityCommand({}))
    assert.equal(Arn, answer.arn)
  })
})

describe('what a person is not given', () => {
  const refusedBy = async (answer: ReturnType<typeof ask>, code: string, message: RegExp) => {
    const found = await answer
    assert('refused' in found)
    assert.equal(found.refused.code, code)
    assert.match(found.refused.message, message)
  }

  test('a role that is not among theirs, whatever object names it', async () => {
    const ben = await corp.signIn(server, 'ben')
    const admin = await roleOf(ann, adminArn)
    const forged: AllowedRole = { ...admin, multiFactor: false, sessionSeconds: 43_200 }
    for (const role of [admin, forged]) {
      const answer = broker.assumeRole(pageExchange(server), ben, role, undefined, server.now())
      await refusedBy(answer, 'AccessDenied', /not among what the groups/)
    }
  })

  test('anything by a sign-in that was made up, or whose groups were', async () => {
    const ben = await corp.signIn(server, 'ben')
    const admin = await roleOf(ann, adminArn)
    const inflated = { ...ben, groups: [{ name: 'admins', dn: groupDn('admins') }] }
    const now = server.now()
    await refusedBy(broker.assumeRole(pageExchange(server), inflated, admin, undefined, now), 'AccessDenied', /among/)
    const made = { ...ann, id: 'f'.repeat(32) }
    await refusedBy(broker.assumeRole(pageExchange(server), made, admin, undefined, now), 'AccessDenied', /has ended/)
  })

  test('tags, a name or a length other than the table’s', async () => {
    const admin = await roleOf(ann, adminArn)
    const forged = { ...admin, tags: [{ Key: 'Team', Value: 'finance' }], sessionSeconds: 99_999 }
    const answer = await broker.assumeRole(pageExchange(server), ann, forged, undefined, server.now())
    assert('credentials' in answer)
    const record = (await textsOf(server.engine.store, 'audit')).find((text) => text.includes(answer.requestId)) ?? ''
    assert.match(record, /platform/)
    assert.doesNotMatch(record, /finance/)
  })

  test('a role that does not trust the broker user to set the source identity or tags: the refusal says which', async () => {
    const set = (actions: readonly string[]) =>
      root.iam.send(
        new UpdateAssumeRolePolicyCommand({ RoleName: 'Admin', PolicyDocument: trusts(brokerArn, actions) }),
      )
    await set(['sts:AssumeRole', 'sts:TagSession'])
    await refusedBy(ask(ann, adminArn), 'AccessDenied', /not authorized to perform: sts:SetSourceIdentity/)
    await set(['sts:AssumeRole', 'sts:SetSourceIdentity'])
    await refusedBy(ask(ann, adminArn), 'AccessDenied', /not authorized to perform: sts:TagSession/)
    await set(['sts:TagSession', 'sts:SetSourceIdentity'])
    await refusedBy(ask(ann, adminArn), 'AccessDenied', /not authorized to perform: sts:AssumeRole/)
    await set(['sts:AssumeRole', 'sts:SetSourceIdentity', 'sts:TagSession'])
  })

  test('what the broker user’s boundary does not allow', async () => {
    const PermissionsBoundary = 'arn:aws:iam::aws:policy/ReadOnlyAccess'
    await root.iam.send(new PutUserPermissionsBoundaryCommand({ UserName: 'hallpass-broker', PermissionsBoundary }))
    await refusedBy(ask(ann, adminArn), 'AccessDenied', /sts:AssumeRole/)
    await root.iam.send(new DeleteUserPermissionsBoundaryCommand({ UserName: 'hallpass-broker' }))
  })

  test('entitlements that ask for a second factor, that hold nothing, or that do not fit a token', async () => {
    const wants = async (row: object) => {
      await corp.apply(server, { roles: [['admins', adminArn, row]] })
      const [entitlement] = (await theirs(ann)).entitlements
      assert(entitlement !== undefined)
      return broker.federationToken(pageExchange(server), ann, entitlement, undefined, server.now())
    }
    const statement = (Sid: string) => ({ Effect: 'Allow', Action: 's3:GetObject', Resource: `arn:aws:s3:::${Sid}/*` })
    const random = (n: number) => createHash('sha512').update(`${n}`).digest('hex')
    const tags = Object.fromEntries(Array.from({ length: 45 }, (_, n) => [`key${n}`, random(n) + random(-n)]))
    const longer = Array.from({ length: 120 }, (_, n) => statement(`bucket-${n}`))
    const document = (Statement: unknown) => entitled({ Version: '2012-10-17', Statement })
    const confirmed = await server.engine.people.signIns.confirmFactor(ann.id, server.now())
    assert(confirmed !== undefined)
    await refusedBy(wants({ ...document([statement('a')]), 'second-factor': true }), 'AccessDenied', /AssumeRole/)
    await refusedBy(wants({ ...document([statement('a')]), tags }), 'PackedPolicyTooLarge', /people\.yaml:/)
    await refusedBy(wants(document(longer)), 'ValidationError', /people\.yaml:/)
    await corp.apply(server, { roles: [['admins', adminArn]] })
    const nothing: AllowedEntitlement = {
      ...{ account: firstAccount, broker: { account: firstAccount, user: 'hallpass-broker' } },
      ...{ policyArns: [], sessionSeconds: 3600, tags: [], multiFactor: false, places: [] },
    }
    const answer = broker.federationToken(pageExchange(server), ann, nothing, undefined, server.now())
    await refusedBy(answer, 'AccessDenied', /not among/)
    await corp.apply(server, { roles: [['admins', adminArn, { tags: { Team: 'platform' } }]] })
  })
})

describe('how a broker user enters', () => {
  const wish = () => ({ signIn: ann.id, wanted: adminArn, seconds: undefined })
  const proofOf = async (): Promise<BrokerProof> => {
    const proof = await proofs.forRole(wish(), server.now())
    assert('of' in proof)
    return proof
  }

  test('a proof is used once', async () => {
    const proof = await proofOf()
    const first = await call(pageExchange(server), proof)
    assert('output' in first, JSON.stringify(first))
    await assert.rejects(call(pageExchange(server), proof), TypeError)
  })

  test('nothing but the object itself is a proof: no copy, no text of it, none of another server', async () => {
    const proof = await proofOf()
    const fakes: unknown[] = [
      { ...proof },
      JSON.parse(JSON.stringify(proof)),
      structuredClone(proof),
      Object.create(proof as object),
      new Proxy(proof, {}),
      {},
      'a broker user',
    ]
    for (const fake of fakes) await assert.rejects(call(pageExchange(server), fake as BrokerProof), TypeError)
    await assert.rejects(brokering(other).call(pageExchange(other), proof), TypeError)
    await assert.rejects(brokering(server).call(pageExchange(server), proof), TypeError)
    assert.throws(() => Object.assign(proof as object, { of: 'else' }), TypeError)
    assert('output' in (await call(pageExchange(server), proof)))
  })

  test('no signed request becomes the broker user: it has no key, and the sign-in is none', async () => {
    const secrets = ['', ann.id, 'undefined']
    for (const accessKeyId of [ann.id, 'AKIAUNDEFINEDUNDEFIN', brokerArn, 'undefined']) {
      for (const secretAccessKey of secrets) {
        const { sts } = server.as({ accessKeyId, secretAccessKey: secretAccessKey || 'x' })
        await assert.rejects(sts.send(new AssumeRoleCommand({ RoleArn: adminArn, RoleSessionName: 'x' })))
        await assert.rejects(sts.send(new GetCallerIdentityCommand({})))
      }
    }
  })

  test('the sessions are not a broker user’s: they call for themselves alone', async () => {
    const { credentials } = await given(ann, adminArn)
    const { sts } = server.as(keysOf(credentials))
    await assert.rejects(sts.send(new AssumeRoleCommand({ RoleArn: readerArn, RoleSessionName: 'x' })))
    await assert.rejects(sts.send(new GetSessionTokenCommand({})))
  })
})

describe('what ends what was given', () => {
  const works = (credentials: Parameters<typeof keysOf>[0]) =>
    server
      .as(keysOf(credentials))
      .sts.send(new GetCallerIdentityCommand({}))
      .then(
        () => true,
        () => false,
      )

  test('the end of the sign-in, and a proof that was made before it calls nothing that works', async () => {
    await server.engine.people.signIns.noteGiven(ann.id, await roleOf(ann, adminArn), server.now())
    const { credentials } = await given(ann, adminArn)
    assert.equal(await works(credentials), true)
    const proof = await proofs.forRole({ signIn: ann.id, wanted: adminArn, seconds: undefined }, server.now())
    assert('of' in proof)
    await server.engine.people.signIns.end(ann.id, 'of the test', server.now())
    assert.equal(await works(credentials), false)
    const late = await call(pageExchange(server), proof)
    if ('output' in late) assert.equal(await works(late.output.Credentials), false)
  })

  test('a broker user without permission, and its deletion', async () => {
    const { credentials } = await given(ann, adminArn)
    await root.iam.send(new DeleteUserPolicyCommand({ UserName: 'hallpass-broker', PolicyName: 'own' }))
    // The role names the user itself: AWS asks no policy of the user for that. Entitlements are the user's own to give.
    await corp.apply(server, { roles: [['admins', adminArn, entitled(JSON.parse(lists))]] })
    const [entitlement] = (await theirs(ann)).entitlements
    assert(entitlement !== undefined)
    const refused = await broker.federationToken(pageExchange(server), ann, entitlement, undefined, server.now())
    assert('refused' in refused && refused.refused.code === 'AccessDenied')
    assert.equal(await works(credentials), true)
    const proof = await proofs.forRole({ signIn: ann.id, wanted: adminArn, seconds: undefined }, server.now())
    assert('of' in proof)
    await root.iam.send(new DeleteUserCommand({ UserName: 'hallpass-broker' }))
    assert.equal(await works(credentials), false)
    assert('refused' in (await call(pageExchange(server), proof)))
    const again = await ask(ann, adminArn)
    assert('refused' in again)
    assert.match(again.refused.message, /no broker user/)
  })
})
