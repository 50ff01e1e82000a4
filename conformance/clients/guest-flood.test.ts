// Floods by callers for whom nobody vouches, and of one account's refusals, on a small disk: their bytes are bounded, and
// others are served.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  GetCredentialsForIdentityCommand,
  GetIdCommand,
  GetOpenIdTokenCommand,
  GetOpenIdTokenForDeveloperIdentityCommand,
} from '@aws-sdk/client-cognito-identity'
import {
  CreateOpenIDConnectProviderCommand,
  CreateUserCommand,
  ListUsersCommand,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam'
import { AssumeRoleCommand, AssumeRoleWithWebIdentityCommand, GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { newKey, signToken } from '../../src/federation/testing/idp.ts'
import { textsOf } from './journals.ts'
import { allow, assume, keysOf, manager, member, person, policy, role, trusts } from './people.ts'
import { makePool } from './pools.ts'
import { type Clients, firstAccount, nobody, testServer } from './server.ts'

/** Room for what the bounds allow, and for what the scenarios do by right. */
const maxBytes = 6 << 20
const bounds = {
  accounts: { wholePerDay: 100_000, shortPerDay: 50_000, strangersPerDay: 600_000 },
  refusals: { perSecond: 10_000, perAddress: 10_000, bytesPerDay: 100_000 },
}
/** Everybody can have a token of it, for whatever audience they like. */
const github = 'token.actions.githubusercontent.com'
let full = false

const key = await newKey()
const server = await testServer({
  file: 'small.sqlite',
  maxBytes,
  bounds: { ...bounds, scarce: () => full },
  settings: { 'rate-per-pool': '1000000' },
  providers: { providers: [{ issuer: `https://${github}`, account: firstAccount, keys: 'jwks.json' }] },
  files: { 'jwks.json': JSON.stringify({ keys: [key.jwk] }) },
})
const admin = await manager(server)
const anyone = server.as(nobody)
const ann = await person(admin, 'ann', allow('sts:AssumeRole'))
const target = await role(admin, 'Target', trusts(ann.arn))
const pool = await makePool(admin, { AllowClassicFlow: true, DeveloperProviderName: 'login.app' })

const idOf = async (IdentityPoolId: string) =>
  (await anyone.cognito.send(new GetIdCommand({ IdentityPoolId }))).IdentityId ?? ''

async function enhanced(IdentityId: string, Logins?: Record<string, string>): Promise<Clients> {
  const { Credentials } = await anyone.cognito.send(new GetCredentialsForIdentityCommand({ IdentityId, Logins }))
  return server.as(keysOf({ ...Credentials, SecretAccessKey: Credentials?.SecretKey } as never))
}

/** A guest's session of the basic flow: nothing scopes it down. */
async function basic(RoleName: string): Promise<Clients> {
  const { Token } = await anyone.cognito.send(
    new GetOpenIdTokenCommand({ IdentityId: await idOf(pool.IdentityPoolId) }),
  )
  const RoleArn = `arn:aws:iam::${firstAccount}:role/${RoleName}`
  const asked = { RoleArn, RoleSessionName: 'guest', WebIdentityToken: Token }
  return server.as(keysOf((await anyone.sts.send(new AssumeRoleWithWebIdentityCommand(asked))).Credentials))
}

const whoIs = (clients: Clients) => clients.sts.send(new GetCallerIdentityCommand({}))
const bytesIn = async (journal: 'audit' | 'refusals') =>
  (await textsOf(server.engine.store, journal)).reduce((sum, text) => sum + Buffer.byteLength(text), 0)

/** Does it again and again until it is refused as too much; answers how often it was done. */
async function untilThrottled(work: () => Promise<unknown>): Promise<number> {
  for (let done = 0; done < 500; done++) {
    try {
      await work()
    } catch (error) {
      assert.equal((error as Error).name.replace('Exception', ''), 'Throttling')
      return done
    }
  }
  assert.fail('a flood was never throttled')
}

/** What others do goes on: a session, a change. */
let made = 0
async function othersGoOn() {
  await assume(server, server.as(ann.keys), target)
  await admin.iam.send(new CreateUserCommand({ UserName: `other${made++}` }))
}

describe('refusals of a guest’s session', () => {
  test('and of the session of a role that it assumed are a bounded sample, none of them in the audit', async () => {
    const guest = await basic(pool.guests)
    const further = await role(admin, 'Further', trusts(`arn:aws:iam::${firstAccount}:role/${pool.guests}`))
    const PolicyDocument = allow('sts:AssumeRole')
    await admin.iam.send(new PutRolePolicyCommand({ RoleName: pool.guests, PolicyName: 'on', PolicyDocument }))
    const chained = await assume(server, guest, further)
    const before = await bytesIn('audit')
    for (let i = 0; i < 60; i++)
      for (const one of [chained, guest])
        await assert.rejects(one.iam.send(new CreateUserCommand({ UserName: 'x', Path: `/${'p'.repeat(400)}/` })), {
          name: 'AccessDenied',
        })
    assert.equal(await bytesIn('audit'), before)
    assert.ok((await bytesIn('refusals')) <= bounds.refusals.bytesPerDay + 2_000)
    assert.ok(server.engine.audit.state().leftOut > 0)
    await othersGoOn()
  })
})

test('whom a guest’s session names, where its role lets it be the pool’s developer, nobody vouches for either', async () => {
  const PolicyDocument = allow(['cognito-identity:GetOpenIdTokenForDeveloperIdentity', 'sts:AssumeRole'])
  await admin.iam.send(new PutRolePolicyCommand({ RoleName: pool.guests, PolicyName: 'on', PolicyDocument }))
  const guest = await basic(pool.guests)
  const { IdentityPoolId } = pool
  const { IdentityId = '', Token = '' } = await guest.cognito.send(
    new GetOpenIdTokenForDeveloperIdentityCommand({ IdentityPoolId, Logins: { 'login.app': 'invented' } }),
  )
  const invented = await enhanced(IdentityId, { 'cognito-identity.amazonaws.com': Token })
  const before = await bytesIn('audit')
  await assert.rejects(invented.iam.send(new CreateUserCommand({ UserName: 'x' })), { name: 'AccessDenied' })
  assert.equal(await bytesIn('audit'), before)
})

describe('what guests do with success', () => {
  test('is throttled when their account’s share is used up: by a session, for new identities, tokens, credentials', async () => {
    const id = await idOf(pool.IdentityPoolId)
    const guest = await enhanced(id)
    const before = await bytesIn('audit')
    const done = await untilThrottled(() => whoIs(guest))
    assert.ok(done > 10)
    // All of it comes from one address, which has a fourth part.
    assert.ok((await bytesIn('audit')) - before <= bounds.accounts.strangersPerDay / 4 + 5_000)
    const throttled = { name: 'ThrottlingException' }
    await assert.rejects(idOf(pool.IdentityPoolId), throttled)
    await assert.rejects(enhanced(id), throttled)
    await assert.rejects(anyone.cognito.send(new GetOpenIdTokenCommand({ IdentityId: id })), throttled)
    await othersGoOn()
  })

  test('whom the pool’s developer vouches for goes on meanwhile', async () => {
    const { IdentityId = '', Token = '' } = await admin.cognito.send(
      new GetOpenIdTokenForDeveloperIdentityCommand({
        IdentityPoolId: pool.IdentityPoolId,
        Logins: { 'login.app': 'ann' },
      }),
    )
    const known = await enhanced(IdentityId, { 'cognito-identity.amazonaws.com': Token })
    assert.ok((await whoIs(known)).Arn)
  })

  test('guests of another account go on meanwhile', async () => {
    const other = await member(server, admin, 'other')
    const theirs = await makePool(other.admin)
    const guest = await enhanced(await idOf(theirs.IdentityPoolId))
    assert.ok((await whoIs(guest)).Arn)
  })

  test('goes on when some of the share has come back', async () => {
    await server.move(6 * 3_600_000)
    const guest = await enhanced(await idOf(pool.IdentityPoolId))
    assert.ok((await whoIs(guest)).Arn)
  })

  test('is throttled where the disk has little room, and others go on', async () => {
    full = true
    await assert.rejects(idOf(pool.IdentityPoolId), { name: 'ThrottlingException' })
    await othersGoOn()
    full = false
  })
})

describe('tokens of a provider that the account registered, and that everybody can have a token of', () => {
  test('are refused in the sample; a session that the trust policy grants by name is a known caller’s', async () => {
    await server.move(7 * 24 * 3_600_000)
    const Url = `https://${github}`
    const { OpenIDConnectProviderArn = '' } = await admin.iam.send(
      new CreateOpenIDConnectProviderCommand({ Url, ClientIDList: ['client'] }),
    )
    const sub = 'repo:acme/app:ref:refs/heads/main'
    const trust = policy({
      Principal: { Federated: OpenIDConnectProviderArn },
      Action: 'sts:AssumeRoleWithWebIdentity',
      Condition: { StringEquals: { [`${github}:sub`]: sub } },
    })
    const RoleArn = await role(admin, 'Deploy', trust)
    const ask = async (subject: string) => {
      const WebIdentityToken = await signToken(Url, key, server.now(), { claims: { sub: subject } })
      const asked = { RoleArn, RoleSessionName: 'run', WebIdentityToken }
      return anyone.sts.send(new AssumeRoleWithWebIdentityCommand(asked))
    }
    const count = async () => (await textsOf(server.engine.store, 'audit')).length
    const before = await count()
    for (let i = 0; i < 10; i++) await assert.rejects(ask('repo:eve/app:ref:refs/heads/main'), { name: 'AccessDenied' })
    assert.equal(await count(), before)
    const run = server.as(keysOf((await ask(sub)).Credentials))
    await assert.rejects(run.iam.send(new ListUsersCommand({})), { name: 'AccessDenied' })
    assert.equal(await count(), before + 2)
  })
})

describe('refusals of an account’s own user', () => {
  test('cannot fill the journal: beyond the account’s bytes they are only counted, and others go on', async () => {
    await server.move(24 * 3_600_000)
    const before = await bytesIn('audit')
    const eve = server.as((await person(admin, 'eve')).keys)
    const Policy = allow('s3:GetObject', `arn:aws:s3:::${'b'.repeat(1_500)}/*`)
    for (let i = 0; i < 300; i++)
      await assert.rejects(eve.sts.send(new AssumeRoleCommand({ RoleArn: target, RoleSessionName: 'eve', Policy })), {
        name: 'AccessDenied',
      })
    const { wholePerDay, shortPerDay } = bounds.accounts
    assert.ok((await bytesIn('audit')) - before <= wholePerDay + shortPerDay + 20_000)
    await server.engine.audit.writeGaps()
    assert.ok((await textsOf(server.engine.store, 'audit')).at(-1)?.includes('"eventName":"RefusalsNotKept"'))
    await assert.rejects(eve.iam.send(new ListUsersCommand({})), { name: 'AccessDenied' })
    await othersGoOn()
  })
})

test('the server reported no failure', () => assert.deepEqual(server.reported, []))
