// Decisions of the guard on answers of Hallpass: policies that no store would take, keys that nobody stated.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { CallersAnswer } from '../wire/workload-callers.ts'
import type { DecisionRecord, Wish } from './guard-types.ts'
import { createGuarding } from './guarding.ts'
import { parse } from './policy.ts'
import { account, allowAll, answer, note, shown, testHallpass } from './testing/hallpass.ts'
import { createProvingVerifier } from './verifier.ts'

const clock = { now: new Date('2026-09-01T12:00:00Z') }
const wish: Wish = { action: 'notes:Read', resource: note }

async function decided(told: Partial<CallersAnswer>, wanted: Partial<Wish> = {}, options: object = {}) {
  const hallpass = testHallpass(clock)
  hallpass.says = answer(told)
  const usual = { url: 'https://x', service: 'notes.example.com', signingName: 'notes', proof: { privateKey: '' } }
  const records: DecisionRecord[] = []
  const all = {
    ...usual,
    clock: () => clock.now,
    onDecision: (one: DecisionRecord) => void records.push(one),
    ...options,
  }
  const guarding = createGuarding(all, createProvingVerifier(all, hallpass.ask), all.clock)
  const admission = await guarding.authorize({ ...shown(clock.now), tls: true }, { ...wish, ...wanted })
  return { admission, record: records[0] }
}
const outcome = async (...asked: Parameters<typeof decided>) => {
  const { admission } = await decided(...asked)
  return 'admitted' in admission ? 'allowed' : admission.refused.message
}

const statement = (Effect: string, Condition: object = {}, more: object = {}) => ({
  ...{ Effect, Action: '*', Resource: '*', Condition },
  ...more,
})
const text = (...Statement: object[]) => JSON.stringify({ Version: '2012-10-17', Statement })
const one = (policy: string) => [{ source: 'p', text: policy }]
const allowed = one(allowAll)
const own = (...policies: { source: string; text: string }[]): Partial<CallersAnswer> => ({
  policies: { identity: [...allowed, ...policies], scps: [], rcps: [] },
})

describe('what cannot be evaluated refuses', () => {
  for (const [what, policy] of [
    ['a Deny with an operator that there is none of', text(statement('Deny', { StringEqual: { a: 'b' } }))],
    [
      'a Deny on a key of the service that nobody stated',
      text(statement('Deny', { StringEquals: { 'notes:Secret': 'yes' } })),
    ],
    ['a Deny on tags that nobody stated', text(statement('Deny', { StringEquals: { 'aws:ResourceTag/a': 'b' } }))],
    ['a text that is no policy', '{"Statement":'],
    ['an empty text', ''],
  ] as const) {
    test(what, async () =>
      assert.match(await outcome(own(...one(policy))), /with an explicit deny in an identity-based policy$/),
    )
  }
  for (const [what, condition] of [
    ['an Allow with an operator that there is none of', { StringEqual: { 'aws:username': 'b' } }],
    ['an Allow on a key that nobody stated', { StringNotEquals: { 'notes:Secret': 'yes' } }],
    ['an Allow on tags that nobody stated', { StringNotEquals: { 'aws:ResourceTag/a': 'b' } }],
  ] as const) {
    test(what, async () => {
      const policies = { identity: one(text(statement('Allow', condition))), scps: [], rcps: [] }
      assert.match(await outcome({ policies }), /because no identity-based policy allows/)
    })
  }
})

describe('what is stated is decided on', () => {
  const secret = own(...one(text(statement('Deny', { StringEquals: { 'notes:Secret': 'yes' } }))))
  test('a key with its value', async () => {
    assert.equal(await outcome(secret, { context: { 'notes:Secret': 'no' } }), 'allowed')
    assert.match(await outcome(secret, { context: { 'Notes:secret': 'yes' } }), /explicit deny/)
  })
  test('a key that is stated to be absent', async () =>
    assert.equal(await outcome(secret, { context: { 'notes:Secret': undefined } }), 'allowed'))
  test('tags of the resource', async () => {
    const tagged = own(...one(text(statement('Deny', { StringEquals: { 'aws:ResourceTag/Stage': 'prod' } }))))
    assert.equal(await outcome(tagged, { resourceTags: {} }), 'allowed')
    assert.match(await outcome(tagged, { resourceTags: { stage: 'prod' } }), /explicit deny/)
  })
  test('keys of the caller, and of the request', async () => {
    const condition = {
      StringEquals: {
        'aws:PrincipalTag/Team': 'red',
        'aws:RequestedRegion': 'eu-west-1',
        'aws:ResourceAccount': account,
      },
      Bool: { 'aws:SecureTransport': 'true' },
      IpAddress: { 'aws:SourceIp': '10.0.0.0/8' },
    }
    assert.equal(
      await outcome({ policies: { identity: one(text(statement('Allow', condition))), scps: [], rcps: [] } }),
      'allowed',
    )
  })
})

describe('every kind of policy counts', () => {
  const silent = one(text(statement('Allow', {}, { Action: 'other:*' })))
  for (const [kind, policies] of [
    ['service control policy', { scps: [allowed, silent] }],
    ['resource control policy', { rcps: [one(text(statement('Allow', {}, { Action: 'other:*', Principal: '*' })))] }],
    ['session policy', { session: silent }],
    ['session policy', { session: [] }],
    ['permissions boundary', { boundary: { source: 'p', text: silent[0]?.text ?? '' } }],
  ] as const) {
    test(`${JSON.stringify(policies).slice(0, 30)}: no ${kind} allows it`, async () => {
      const told = { policies: { identity: allowed, scps: [], rcps: [], ...policies } }
      assert.match(await outcome(told), new RegExp(`because no ${kind} allows the notes:Read action$`))
    })
  }
  const resourcePolicy = parse(text(statement('Allow', {}, { Principal: { AWS: answer().principalArn } })), {
    kind: 'resource',
  })
  test('the resource’s own lets another account’s caller in, where both allow', async () => {
    const abroad = { resource: 'arn:aws:notes:eu-west-1:999988887777:note/1' }
    assert.match(await outcome({}, abroad), /because no resource-based policy allows/)
    assert.equal(await outcome({}, { ...abroad, resourcePolicy }), 'allowed')
    const none = { policies: { identity: [], scps: [], rcps: [] } }
    assert.match(await outcome(none, { ...abroad, resourcePolicy }), /because no identity-based policy allows/)
  })
})

test('without a resource, whose it is must be said: another account’s administrator is one there alone', async () => {
  await assert.rejects(decided({}, { resource: '*' }), TypeError)
  assert.equal(await outcome({}, { resource: '*' }, { account }), 'allowed')
  assert.match(await outcome({}, { resource: '*' }, { account: '999988887777' }), /no resource-based policy/)
})

test('the outcome is reported with its reasons, without any secret', async () => {
  const { admission, record } = await decided({ policies: { identity: [], scps: [], rcps: [] } })
  assert.ok('refused' in admission)
  assert.equal(record?.requestId, admission.refused.requestId)
  assert.deepEqual(
    [record?.allowed, record?.action, record?.resource, record?.code, record?.caller?.arn],
    [false, 'notes:Read', note, 'AccessDeniedException', answer().Arn],
  )
  const yes = (await decided({})).record
  assert.deepEqual(
    yes?.reasons.map(({ kind, vote }) => [kind, vote]),
    [['identity', 'allow']],
  )
  assert.doesNotMatch(JSON.stringify([record, yes]), /Signature=|token|signingKey/)
})
