// Keys that come with a proof stand beside those that are found out here, never in their place.
import assert from 'node:assert/strict'
import { describe as describeTests, test } from 'node:test'
import type { Identity } from '../../core/identity.ts'
import { passOf, roleSubject, rootSubject, userSubject } from '../audit/testing/calls.ts'
import type { Subject } from '../contracts/subject.ts'
import { checkKeys, describe, requestKeys, unfilledOf } from './context-keys.ts'

const from = { address: '192.0.2.1', tls: true, userAgent: 'agent', region: 'us-east-1' }
const now = new Date('2026-03-01T12:00:00Z')
const planted = [
  'aws:principalarn',
  'aws:principalaccount',
  'aws:principaltype',
  'aws:userid',
  'aws:principalisawsservice',
  'aws:principaltag/team',
  'aws:multifactorauthpresent',
  'aws:tokenissuetime',
  'aws:sourceip',
  'aws:securetransport',
]
const own = [...planted, 'idp.example:sub'].map((name) => [name, 'planted'] as const)

test('of a session', () => {
  const subject = roleSubject()
  const pass = passOf({ kind: 'role', tags: { Team: 'red' }, keys: new Map(own) })
  const identity = { kind: 'session', pass } as const
  const keys = requestKeys(identity, describe(identity, subject), from, now)
  assert.deepEqual(
    planted.filter((name) => keys.get(name) === 'planted'),
    [],
  )
  assert.equal(keys.get('idp.example:sub'), 'planted')
})

describeTests('aws:MultiFactorAuthPresent and aws:MultiFactorAuthAge', () => {
  const factor = ['aws:multifactorauthpresent', 'aws:multifactorauthage']
  const mfaAt = now.getTime() / 1000 - 60
  const factorKeys = (identity: Identity, subject: Subject) => {
    const keys = requestKeys(identity, describe(identity, subject), from, now)
    return factor.map((name) => keys.get(name))
  }
  for (const [whose, kind, subject, given, expected] of [
    ['a user’s session with a code', 'user', userSubject(), true, ['true', '60']],
    ['a user’s session without', 'user', userSubject(), false, ['false', undefined]],
    ['a role session', 'role', roleSubject(), false, ['false', undefined]],
    ['a role session whose token carries a time, as they did', 'role', roleSubject(), true, ['false', undefined]],
    ['a federated user', 'federated-user', userSubject(), false, ['false', undefined]],
    ['a federated user whose token carries a time', 'federated-user', userSubject(), true, ['false', undefined]],
    ['a root task', 'root-task', rootSubject(), true, ['false', undefined]],
  ] as const) {
    test(`of ${whose}`, () => {
      const { id: principal } = subject
      const pass = passOf({ kind, principal, ...(given ? { mfaAt } : {}) })
      assert.deepEqual(factorKeys({ kind: 'session', pass }, subject), expected)
    })
  }
  test('of a long-term key are absent', () => {
    const { id: principal, account } = userSubject()
    const key = { kind: 'user', account: account.id, principal, accessKeyId: 'AKIAAAAAAAAAAAAAAAAA' } as const
    assert.deepEqual(factorKeys(key, userSubject()), [undefined, undefined])
  })
})

test('the Referer of a request is a key when it is sent, and absent otherwise', () => {
  const subject = roleSubject()
  const identity = { kind: 'session', pass: passOf({ kind: 'role' }) } as const
  const keys = (referer?: string) => requestKeys(identity, describe(identity, subject), { ...from, referer }, now)
  assert.equal(keys('https://console.example/').get('aws:referer'), 'https://console.example/')
  assert.equal(keys().get('aws:referer'), undefined)
  assert.ok(!unfilledOf(subject.account.id, subject, identity, from).has('aws:referer'))
  const ofCheck = unfilledOf(subject.account.id, subject, identity, from, ['dynamodb:leadingkeys'])
  assert.deepEqual(
    ['dynamodb:leadingkeys', 'sts:roleauthorizedbyidp', 'dynamodb:select'].map((key) => ofCheck.has(key)),
    [true, true, false],
  )
})

test('of a client on a Unix socket the address is not known, and no text stands for it', () => {
  const subject = roleSubject()
  const identity = { kind: 'session', pass: passOf({ kind: 'role' }) } as const
  const there = { ...from, address: '' }
  assert.equal(requestKeys(identity, describe(identity, subject), there, now).has('aws:sourceip'), false)
  assert.equal(unfilledOf('', subject, identity, there).has('aws:sourceip'), true)
  assert.equal(unfilledOf('', subject, identity, from).has('aws:sourceip'), false)
})

test('an unsigned request has the account anonymous, and no ARN', () => {
  const proof = {
    kind: 'proof',
    provider: 'idp.example',
    subject: 'ann',
    voucher: 'account',
    tags: {},
    transitive: [],
    keys: new Map(),
  } as const
  for (const identity of [{ kind: 'anonymous' }, proof] as const) {
    const keys = requestKeys(identity, describe(identity, undefined), from, now)
    assert.deepEqual(
      ['aws:principalaccount', 'aws:principalarn', 'aws:principaltype', 'aws:userid'].map((name) => keys.get(name)),
      ['anonymous', undefined, 'Anonymous', 'anonymous'],
    )
  }
})

describeTests('where an account is in its organization', () => {
  const paths = ['aws:principalorgpaths', 'aws:resourceorgpaths', 'aws:sourceorgpaths']
  const within = (organization: string | undefined, owner: string) => {
    const alone = roleSubject()
    const joined = { id: organization ?? '', joinedAt: '2026-01-01T00:00:00Z', joinedMethod: 'CREATED' } as const
    const account = organization === undefined ? alone.account : { ...alone.account, organization: joined }
    const subject = { ...alone, account }
    const identity = { kind: 'session', pass: passOf({ kind: 'role' }) } as const
    const keys = checkKeys(requestKeys(identity, describe(identity, subject), from, now), undefined, owner, subject)
    const unfilled = unfilledOf(owner, subject, identity, from)
    return paths.map((name) => (unfilled.has(name) ? 'unfilled' : keys.get(name)))
  }
  const { id } = roleSubject().account
  const path = ['o-abcdefghij/r-abcdefghij/']

  test('is absent in none', () => assert.deepEqual(within(undefined, id), [undefined, undefined, undefined]))
  test('is known of the caller, and of what is in its account', () =>
    assert.deepEqual(within('o-abcdefghij', id), [path, path, undefined]))
  test('is not known of what is in another account', () => {
    assert.deepEqual(within('o-abcdefghij', '444455556666'), [path, 'unfilled', undefined])
    assert.deepEqual(within(undefined, '444455556666'), [undefined, 'unfilled', undefined])
  })
  test('is absent of what is nobody’s', () =>
    assert.deepEqual(within('o-abcdefghij', ''), [path, undefined, undefined]))
})

test('of a proof that has just been verified', () => {
  const names = [
    'aws:principaltype',
    'aws:userid',
    'aws:principalisawsservice',
    'aws:federatedprovider',
    'aws:sourceip',
  ]
  const limits = {
    tags: {},
    transitive: [],
    keys: new Map(own),
    trustPolicyOnly: new Map(names.map((name) => [name, 'planted'])),
  }
  const identity: Identity = { kind: 'proof', provider: 'idp.example', subject: 'ann', voucher: 'account', ...limits }
  const keys = requestKeys(identity, describe(identity, undefined), from, now)
  assert.deepEqual(
    names.filter((name) => keys.get(name) === 'planted'),
    [],
  )
  assert.equal(keys.get('idp.example:sub'), 'planted')
})

test('of a provider that does not say which of its keys are known, none is', () => {
  const proof = { provider: 'idp.example', subject: 'ann', tags: {}, transitive: [], keys: new Map() }
  const unfilled = unfilledOf('111122223333', undefined, { kind: 'proof', voucher: 'account', ...proof }, from)
  const names = ['idp.example:email', 'idp.example.evil:email', 'other.example:email', 'aws:sourcevpce']
  assert.deepEqual(
    names.map((name) => unfilled.has(name)),
    [true, false, false, false],
  )
})
