// Codes guessed and reused, and a Deny that cannot be evaluated: through the whole server, what is not proven or not
// understood is refused.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { UpdateAssumeRolePolicyCommand } from '@aws-sdk/client-iam'
import { AssumeRoleCommand, GetSessionTokenCommand } from '@aws-sdk/client-sts'
import { roles, users } from '../../src/service/records.ts'
import { type Authenticator, allow, assume, enableMfa, type Person, person, policy, role, trusts } from './people.ts'
import { denied, refused, wrongCode } from './refused.ts'
import { testServer } from './server.ts'

const server = await testServer()
const root = server.as(server.root)
const ann = await person(root, 'ann', allow('sts:*'))
const target = await role(root, 'Target', trusts(ann.arn))

describe('guessing codes', () => {
  let bob: Person
  let phone: Authenticator
  const withCode = (code: string) =>
    server.as(bob.keys).sts.send(new GetSessionTokenCommand({ SerialNumber: phone.serial, TokenCode: code }))
  /** No code of now, of the step before or the one after. */
  const wrong = () => {
    const near = [-30_000, 0, 30_000].map((ms) => phone.code(new Date(server.now().getTime() + ms)))
    return ['000000', '111111', '222222', '333333'].find((code) => !near.includes(code)) ?? ''
  }

  test('five wrong codes in a row lock the device: the right one is refused in the same words', async () => {
    bob = await person(root, 'bob')
    phone = await enableMfa(server, root, 'bob')
    for (let time = 0; time < 5; time++) await refused(withCode(wrong()), wrongCode)
    await refused(withCode(phone.code(server.now())), wrongCode)
  })
  test('for half a minute, then twice as long with each further one', async () => {
    await server.move(30_000)
    await refused(withCode(wrong()), wrongCode)
    await server.move(30_000)
    await refused(withCode(phone.code(server.now())), wrongCode)
    await server.move(30_000)
    await withCode(phone.code(server.now()))
  })
  test('a success forgets them', async () => {
    for (let time = 0; time < 4; time++) await refused(withCode(wrong()), wrongCode)
    await server.move(30_000)
    await withCode(phone.code(server.now()))
    for (let time = 0; time < 4; time++) await refused(withCode(wrong()), wrongCode)
    await server.move(30_000)
    await withCode(phone.code(server.now()))
  })
  test('of two requests with one code, sent at once, one succeeds', async () => {
    await server.move(30_000)
    const code = phone.code(server.now())
    const results = await Promise.allSettled([withCode(code), withCode(code), withCode(code)])
    assert.deepEqual(results.map(({ status }) => status).sort(), ['fulfilled', 'rejected', 'rejected'])
  })
  test('a code that was refused for another reason is not spent', async () => {
    await server.move(30_000)
    const arn = await role(root, 'WithCode', trusts(bob.arn))
    const code = { SerialNumber: phone.serial, TokenCode: phone.code(server.now()) }
    await refused(assume(server, server.as(bob.keys), arn, { ...code, DurationSeconds: 43_200 }), [
      'ValidationError',
      400,
      'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
    ])
    await assume(server, server.as(bob.keys), arn, code)
  })
})

describe('a Deny that cannot be evaluated denies', () => {
  /** Documents that no write would take, as a later release or a restored store may hold them. */
  const damaged: Readonly<Record<string, object>> = {
    'an operator of a later release': { StringMatchesRegex: { 'aws:username': '^b' } },
    'a literal that is no number': { NumericGreaterThan: { 'aws:MultiFactorAuthAge': 'ten' } },
    'a literal that is no address': { IpAddress: { 'aws:SourceIp': 'elsewhere' } },
    'no values': { StringEquals: { 'aws:username': [] } },
  }
  for (const [rule, Condition] of Object.entries(damaged)) {
    test(`${rule}, in a user’s policy and in a role’s trust`, async () => {
      const { store } = server.engine
      const trust = trusts(ann.arn)
      await root.iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: 'Target', PolicyDocument: trust }))
      const assumeTarget = () =>
        server.as(ann.keys).sts.send(new AssumeRoleCommand({ RoleArn: target, RoleSessionName: 'session' }))
      await assumeTarget()
      const sound = await store.get(users, [server.account, 'ann'])
      const trusting = await store.get(roles, [server.account, 'target'])
      assert.ok(sound !== undefined && trusting !== undefined)

      const deny = { Effect: 'Deny', Action: 'sts:AssumeRole', Resource: '*', Condition }
      const text = policy({ Action: '*', Resource: '*' }, deny)
      await store.transact((tx) => tx.replace(users, { ...sound, inline: [{ name: 'own', text }] }))
      await refused(assumeTarget(), denied(ann.arn, 'sts:AssumeRole', target))
      await store.transact((tx) => tx.replace(users, sound))
      await assumeTarget()

      const { Resource: _, ...trustDeny } = deny
      const damagedTrust = policy(
        { Principal: { AWS: ann.arn }, Action: 'sts:AssumeRole' },
        { ...trustDeny, Principal: { AWS: '*' } },
      )
      await store.transact((tx) => tx.replace(roles, { ...trusting, trust: { ...trusting.trust, text: damagedTrust } }))
      await refused(assumeTarget(), denied(ann.arn, 'sts:AssumeRole', target))
      await store.transact((tx) => tx.replace(roles, trusting))
    })
  }
  test('a document that is no policy at all denies everything', async () => {
    const { store } = server.engine
    const sound = await store.get(users, [server.account, 'ann'])
    assert.ok(sound !== undefined)
    const inline = [...sound.inline, { name: 'torn', text: '{"Version":"2012-10-17","Statement":[{"Eff' }]
    await store.transact((tx) => tx.replace(users, { ...sound, inline }))
    await refused(assume(server, server.as(ann.keys), target), denied(ann.arn, 'sts:AssumeRole', target))
  })
})

test('no refusal was a failure of the server', () => assert.deepEqual(server.reported, []))
