// What a request's policies cost, in steps. Never in time: that would be another thing on every machine.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Keys } from '../identity.ts'
import { type Allowance, allowanceFor, base, isUsedUp, share } from './allowance.ts'
import { aboutAction, decide } from './decide.ts'
import { explain } from './explain.ts'
import type { Applicable } from './model.ts'
import { refusalReason } from './reason.ts'
import { applicable, own, policy, request } from './testing/policies.ts'
import { globOf, matchGlob, matchPieces, star, wildcardPieces, yes } from './wildcard.ts'

const variable = (inside: string) => ['$', '{', inside, '}'].join('')

/** Decides within `allowance`, and answers how much of it that took. */
function costOf(policies: Applicable, keys: Keys = new Map(), allowance: Allowance = allowanceFor(1)) {
  const before = allowance.left
  const decision = decide(request({ keys }), policies, allowance)
  return { decision, took: before - allowance.left }
}

test('a pattern is charged for each unit that it compares, however often it goes back', () => {
  const quadratic = { left: 1e9 }
  matchGlob(globOf(wildcardPieces(`*${'a'.repeat(200)}b`)), 'a'.repeat(2_000), quadratic)
  assert.ok(1e9 - quadratic.left > 1_800 * 200, String(1e9 - quadratic.left))
  const plain = { left: 1e9 }
  assert.equal(matchGlob(globOf(wildcardPieces('*/home/?lice/*')), `${'x'.repeat(500)}/home/alice/x`, plain), yes)
  assert.ok(1e9 - plain.left < 100, String(1e9 - plain.left))
})

test('a text that a variable inserts often is not copied: its pieces are matched in place', () => {
  const allowance = { left: 1_000 }
  const pieces = Array.from({ length: 200 }, () => 'a'.repeat(2_000))
  assert.equal(matchPieces([...pieces, star], 'b'.repeat(2_000), allowance), 0)
  assert.ok(allowance.left > 990, String(allowance.left))
})

test('policies that cost more than the allowance are refused for that, and cost no more', () => {
  const keys = new Map([['aws:useragent', 'a'.repeat(2_000)]])
  const pattern = `*${variable('aws:useragent')}`.repeat(40)
  const slow = { Condition: { StringLike: { 'aws:UserAgent': [`${pattern}b`, `${pattern}c`, `${pattern}d`] } } }
  const many = Array.from({ length: 20 }, (_, index) => ({ ...slow, Sid: `S${index}` }))
  const allowance = allowanceFor(1)
  const { decision, took } = costOf(applicable({ identity: [policy('identity', ...many)] }), keys, allowance)
  assert.equal(isUsedUp(allowance), true)
  // One comparison of a value may still be under way when the last step is taken.
  assert.ok(took < base + 2_100, String(took))
  const { allow, unfinished, because } = decision
  assert.deepEqual([allow, unfinished, because.map(({ vote }) => vote)], [false, true, ['unfinished']])
  assert.match(refusalReason(decision, request()), /more work than one request may cost/)
})

test('once it is used up, what has not been evaluated refuses: a Deny applies, an Allow does not', () => {
  const ask = (Effect: string) =>
    costOf(
      applicable({ identity: [policy('identity', {}), policy('identity', { Effect, Action: 'x:y' })] }),
      new Map(),
      {
        left: 11,
      },
    ).decision
  const [denied, allowed] = [ask('Deny'), ask('Allow')]
  assert.deepEqual([denied.allow, denied.explicit, denied.unfinished], [false, true, true])
  assert.deepEqual([allowed.allow, allowed.unfinished], [true, undefined])
})

test('all decisions of one request share its allowance', () => {
  const allowance = allowanceFor(1)
  const policies = applicable({ identity: [policy('identity', { Resource: 'arn:aws:s3:::bu*et/k*y' })] })
  const first = costOf(policies, new Map(), allowance)
  const second = costOf(policies, new Map(), allowance)
  assert.equal(first.took, second.took)
  assert.equal(allowance.left, base - first.took - second.took)
  assert.equal(allowanceFor(251).left, base + 250 * share)
})

/** As much as AWS lets a role hold: inline policies of 10,240 characters, and 20 attached ones of 6,144. */
function fullRole(): Applicable {
  const statement = (index: number, action: string) => ({
    Sid: `Statement${index}`,
    Action: [`${action}Get*`, `${action}List*`, `${action}BatchGet*`],
    Resource: [
      `arn:aws:${action}us-east-1:${own}:table/team-*/service-${index}/*`,
      `arn:aws:${action}*:${own}:t*${index}`,
    ],
    Condition: { StringLike: { 'aws:PrincipalTag/Team': ['blue-*', 'green-?', `team-${index}-*`] } },
  })
  const sized = (characters: number, seed: number) => {
    const statements = []
    for (let size = 60; size < characters; size += JSON.stringify(statements.at(-1)).length)
      statements.push(statement(seed + statements.length, seed % 3 === 0 ? 's3:' : `service${seed}:`))
    return policy('identity', ...statements)
  }
  const attached = Array.from({ length: 20 }, (_, index) => sized(6_144, 1_000 * index))
  const roles = policy('identity', { Action: 'iam:PassRole', Resource: `arn:aws:iam::${own}:role/app-*` })
  return applicable({ identity: [roles, sized(9_000, 3), ...attached] })
}

test('with all the policies that quotas allow, ordinary patterns are decided within the allowance', () => {
  const { decision, took } = costOf(fullRole(), new Map([['aws:principaltag/team', 'red-1']]))
  assert.equal(decision.unfinished, undefined)
  assert.ok(took < base / 2, String(took))
})

test('250 roles are passed within the allowance of 251 questions, whatever else the caller holds', () => {
  const allowance = allowanceFor(251)
  const policies = aboutAction(fullRole(), 'iam:PassRole', allowance)
  for (let index = 0; index < 250; index++) {
    const sent = request({ action: 'iam:PassRole', resource: `arn:aws:iam::${own}:role/app-${index}` })
    const decision = decide(sent, policies, allowance)
    assert.deepEqual([decision.allow, decision.unfinished], [true, undefined])
    if (index === 0) assert.deepEqual(decision, decide(sent, fullRole(), allowanceFor(1)))
  }
  assert.ok(allowance.left > base / 4, String(allowance.left))
})

test('an explanation has an allowance of its own, and ends where it is used up', () => {
  const keys = new Map([['aws:useragent', 'a'.repeat(2_000)]])
  const statements = Array.from({ length: 400 }, (_, index) => ({
    Sid: `S${index}`,
    Condition: { StringEquals: { 'aws:UserAgent': Array.from({ length: 30 }, () => 'x'.repeat(600)) } },
  }))
  const policies = applicable({ identity: Array.from({ length: 10 }, () => policy('identity', ...statements)) })
  const { decision } = costOf(policies, keys)
  const allowance = { left: 20_000 }
  const explained = explain(request({ keys }), policies, decision, allowance)
  assert.equal(explained.length, 10)
  assert.ok(JSON.stringify(explained).length < 60_000)
  const { conditions } = explained[0]?.statements[0] ?? { conditions: [] }
  assert.deepEqual(
    conditions[0]?.values?.map((value) => value.length),
    Array(16).fill(513),
  )
})
