// What a declared service is told of who signed a request to it, and who is told nothing: proofs that are not its own, not of now or not
// of this question, and requests that were signed for somebody else.
import assert from 'node:assert/strict'
import { createHmac, createPrivateKey, hash } from 'node:crypto'
import { describe, test } from 'node:test'
import { newService, setService, setServiceApi } from '../../src/app/operator/services.ts'
import { askJson, isAnswer } from '../../src/client/sign-in-server.ts'
import { type AssertionSigner, assertionOf } from '../../src/client/workload.ts'
import { workloadOperations } from '../../src/wire/workload-api.ts'
import type { CallersAnswer, CallersQuestion } from '../../src/wire/workload-callers.ts'
import {
  account,
  assume,
  declare,
  document,
  keyPair,
  role,
  type Sent,
  sign,
  statement,
  user,
} from '../library/notes-kit.ts'
import { entriesOf, textsOf } from './journals.ts'
import { allow, manager, member, person } from './people.ts'
import type { Keys } from './server.ts'
import { joined, profileWithRole, workloadWorld } from './workload-kit.ts'

const world = await workloadWorld()
const { server, clock, at } = world
const { path } = workloadOperations.callers
const policy = document(statement('Allow', 'notes:*', '*'))
const alice = await user(world, 'alice', document(statement('Allow', 'sts:*', '*')))
const reader = await role(world, 'Reader', policy)
const session = await assume(world, alice, reader, { Tags: [{ Key: 'Team', Value: 'red' }], SourceIdentity: 'alice' })

const key = createPrivateKey(await declare(world, 'notes.example.com', 'notes', { hosts: ['notes.example.com'] }))
const otherKey = createPrivateKey(await declare(world, 'other.example.com', 'other', { hosts: ['other.example.com'] }))
const signer: AssertionSigner = { who: 'notes.example.com', audience: at.url + path, key }
const otherSigner: AssertionSigner = { who: 'other.example.com', audience: at.url + path, key: otherKey }

const secretSent: Sent = {
  method: 'PUT',
  path: '/notes/1',
  query: { code: 'query of the caller' },
  body: 'body of the caller',
}

async function question(
  keys: Keys = session,
  sent = secretSent,
  host = 'notes.example.com',
  scope = {},
): Promise<CallersQuestion> {
  const { method, target, headers, body } = await sign(keys, clock.now, host, sent, scope)
  const list = []
  for (let i = 0; i < headers.length; i += 2)
    list.push({ name: (headers[i] ?? '').toLowerCase(), value: headers[i + 1] ?? '' })
  return { method, target, headers: list, payloadHash: hash('sha256', body, 'hex') }
}
const signatureOf = ({ headers }: CallersQuestion) =>
  /Signature=([0-9a-f]{64})/.exec(headers.find(({ name }) => name === 'authorization')?.value ?? '')?.[1] ?? ''

/** The answer, or the code of the refusal. */
async function ask(of: CallersQuestion, by: AssertionSigner = signer, jti = signatureOf(of), when = clock.now) {
  const answer = await askJson<CallersAnswer>(at, path, { ...of, assertion: assertionOf(by, when, jti) })
  return isAnswer(answer) ? answer : 'refused' in answer ? answer.refused : answer.failed
}

/** The key that SigV4 derives. */
const derived = (secret: string, date: string, region: string, service: string) =>
  [date, region, service, 'aws4_request'].reduce<Buffer>(
    (k, text) => createHmac('sha256', k).update(text).digest(),
    Buffer.from(`AWS4${secret}`),
  )

describe('a declared service is told', () => {
  test('who it is, what lets them, and the key of that day, region and service alone', async () => {
    const told = await ask(await question())
    assert.ok(typeof told === 'object')
    assert.equal(told.Arn, `arn:aws:sts::${account}:assumed-role/Reader/s1`)
    assert.deepEqual(
      [told.Account, told.kind, told.principalArn, told.sourceIdentity],
      [account, 'role-session', reader, 'alice'],
    )
    assert.deepEqual(told.tags, [{ Key: 'Team', Value: 'red' }])
    assert.deepEqual(told.policies, { identity: [{ source: 'inline:own', text: policy }], scps: [], rcps: [] })
    assert.ok(told.maxAge <= 10)
    assert.ok(told.Expiration)
    assert.equal(told.signingKey, derived(session.secretAccessKey, '20260901', 'eu-west-1', 'notes').toString('base64'))
    const keys = new Map(told.keys.map(({ name, values }) => [name, values[0]]))
    assert.equal(keys.get('aws:principaltag/team'), 'red')
    assert.equal(keys.get('aws:multifactorauthpresent'), 'false')
  })
  test('a session’s policies, in full', async () => {
    const Policy = document(statement('Allow', 'notes:Read', '*'))
    const told = await ask(await question(await assume(world, alice, reader, { Policy })))
    assert.ok(typeof told === 'object')
    assert.deepEqual(told.policies.session, [{ source: 'inline', text: Policy }])
  })
  test('the same again for the same question: an assertion asks what it asks', async () => {
    const of = await question()
    assert.deepEqual(
      { ...((await ask(of)) as CallersAnswer), requestId: '' },
      { ...((await ask(of)) as CallersAnswer), requestId: '' },
    )
  })
  test('with a record in the caller’s account that has neither key, token, target nor body', async () => {
    const told = await ask(await question())
    assert.ok(typeof told === 'object')
    const [entry] = await entriesOf(server.engine.store, told.requestId)
    assert.deepEqual([entry?.records[0]?.eventName, entry?.records[0]?.recipientAccountId], ['IdentifyCaller', account])
    const journals = [
      ...(await textsOf(server.engine.store, 'audit')),
      ...(await textsOf(server.engine.store, 'refusals')),
    ].join()
    for (const kept of [
      told.signingKey,
      session.sessionToken ?? '',
      session.secretAccessKey,
      'query of the caller',
      'body of the caller',
    ])
      assert.ok(!journals.includes(kept))
  })
})

describe('is told nothing', () => {
  const proof = 'UnauthorizedException'
  for (const [what, work, code] of [
    [
      'of a request that was signed for another service',
      async () => ask(await question(session, secretSent, 'notes.example.com', { service: 'other' })),
      'InvalidSignatureException',
    ],
    [
      'of a request that was signed for Hallpass',
      async () => ask(await question(session, secretSent, 'notes.example.com', { service: 'sts' })),
      'InvalidSignatureException',
    ],
    [
      'of a request to another service’s host',
      async () => ask(await question(session, secretSent, 'other.example.com')),
      'AccessDeniedException',
    ],
    [
      'of another service’s request, with its host made its own',
      async () => {
        const of = await question(session, secretSent, 'other.example.com')
        return ask({
          ...of,
          headers: of.headers.map((one) => (one.name === 'host' ? { ...one, value: 'notes.example.com' } : one)),
        })
      },
      'InvalidSignatureException',
    ],
    [
      'without a signature',
      async () => ask({ ...(await question()), headers: [{ name: 'host', value: 'notes.example.com' }] }, signer, 'x'),
      proof,
    ],
    [
      'of another body',
      async () => ask({ ...(await question()), payloadHash: hash('sha256', 'other', 'hex') }),
      'InvalidSignatureException',
    ],
    [
      'with a header twice',
      async () => {
        const of = await question()
        return ask({ ...of, headers: [...of.headers, { name: 'host', value: 'notes.example.com' }] })
      },
      'ValidationError',
    ],
    [
      'of credentials that nobody has',
      async () => ask(await question({ ...session, sessionToken: 'junk' })),
      'UnrecognizedClientException',
    ],
    ['with another service’s key in its name', async () => ask(await question(), { ...signer, key: otherKey }), proof],
    ['of its callers, another service', async () => ask(await question(), otherSigner), 'AccessDeniedException'],
    [
      'with a key of nobody',
      async () => ask(await question(), { ...signer, key: createPrivateKey(keyPair().privateKey) }),
      proof,
    ],
    ['with an assertion for something else', async () => ask(await question(), { ...signer, audience: at.url }), proof],
    [
      'with an assertion about another request',
      async () => ask(await question(), signer, signatureOf(await question(session, {}))),
      proof,
    ],
    [
      'with an assertion that has expired',
      async () => ask(await question(), signer, undefined, new Date(clock.now.getTime() - 600_000)),
      'RequestExpired',
    ],
    ['with a member more', async () => ask({ ...(await question()), body: 'x' } as CallersQuestion), 'ValidationError'],
    [
      'with a target longer than any',
      async () => ask({ ...(await question()), target: `/${'a'.repeat(20_000)}` }),
      'ValidationError',
    ],
  ] as readonly (readonly [string, () => Promise<unknown>, string])[]) {
    test(what, async () => assert.equal(await work(), code))
  }

  test('a machine', async () => {
    await profileWithRole(world, 'web')
    const { machine, privateKey } = await joined(world, 'one')
    const by = { who: machine, audience: at.url + path, key: createPrivateKey(privateKey) }
    assert.equal(await ask(await question(), by), proof)
  })
  test('a service without an API of its own', async () => {
    const { privateKey, publicKey } = keyPair()
    await newService(server.engine, { name: 'plain.example.com', accounts: 'any', proof: { key: publicKey } })
    const by = { ...signer, who: 'plain.example.com', key: createPrivateKey(privateKey) }
    assert.equal(await ask(await question(), by), 'AccessDenied')
  })
  test('of callers of accounts that it does not act for', async () => {
    const { id, admin } = await member(server, await manager(server), 'partner')
    const { keys } = await person(admin, 'pat', allow('notes:*'))
    assert.equal(await ask(await question(keys)), 'AccessDeniedException')
    const privateKey = await declare(world, 'abroad.example.com', 'abroad', { accounts: [id] })
    const by = { ...signer, who: 'abroad.example.com', key: createPrivateKey(privateKey) }
    const told = await ask(await question(keys, secretSent, 'localhost', { service: 'abroad' }), by)
    assert.equal(typeof told === 'object' && told.Account, id)
  })
  test('a service that was disabled, until it is enabled', async () => {
    await setService(server.engine, { name: 'notes.example.com', isEnabled: false })
    assert.equal(await ask(await question()), proof)
    await setService(server.engine, { name: 'notes.example.com', isEnabled: true })
    assert.ok(typeof (await ask(await question())) === 'object')
  })
  test('and its assertion about a caller gives no credentials elsewhere', async () => {
    const wish = { RoleArn: reader, RoleSessionName: 'x1', SourceAccount: account }
    const assertion = assertionOf(signer, clock.now)
    const answer = await askJson(at, workloadOperations.assumeRole.path, { ...wish, assertion })
    assert.ok('refused' in answer && answer.refused === proof)
  })
})

describe('what a service may be signed for', () => {
  const set = (signingName: string, hosts: readonly string[] = [], name = 'other.example.com') =>
    setServiceApi(server.engine, { name, signingName, hosts })
  for (const signingName of [
    'sts',
    'iam',
    's3',
    'dynamodb',
    'execute-api',
    'organizations',
    'cognito-identity',
    'rolesanywhere',
    'eks-auth',
    'signin',
    'Notes',
    'n',
    'a/b',
    'a b',
    '',
    '1a',
    'x'.repeat(33),
  ]) {
    test(`not ${JSON.stringify(signingName)}`, () => assert.rejects(set(signingName), /sign/))
  }
  test('not what another is signed for', () =>
    assert.rejects(set('notes'), /notes.example.com is signed for as notes already/))
  for (const host of ['Notes.example.com', 'a b', 'notes.example.com:443', ''])
    test(`and not the host ${JSON.stringify(host)}`, () => assert.rejects(set('other', [host]), /no host name/))
})
