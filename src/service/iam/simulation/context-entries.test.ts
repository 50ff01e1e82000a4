// The context entries that a simulation takes, through the operation records.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { refusalOf } from '../../testing/operations-kit.ts'
import { allow, policy, simulated } from '../testing/simulation-kit.ts'

describe('context entries', () => {
  const fits: readonly (readonly [string, readonly string[]])[] = [
    ['string', ['x']],
    ['stringList', ['x', 'y']],
    ['stringList', []],
    ['numeric', ['-1.5']],
    ['numericList', ['1', '2']],
    ['boolean', ['TRUE']],
    ['ip', ['203.0.113.0/24']],
    ['ipList', ['2001:db8::1', '10.0.0.1']],
    ['binary', ['AQID']],
    ['date', ['2026-03-01T00:00:00Z']],
    ['dateList', ['1772323200']],
  ]
  const misfits: readonly (readonly [string, readonly string[]])[] = [
    ['string', ['x', 'y']],
    ['string', []],
    ['numeric', ['one']],
    ['numericList', ['1', '']],
    ['boolean', ['yes']],
    ['ip', ['203.0.113.0/33']],
    ['ip', ['localhost']],
    ['binary', ['***']],
    ['date', ['soon']],
    ['imaginary', ['i']],
    ['constructor', ['x']],
    ['constructorList', ['x', 'y']],
    ['toString', ['x']],
    ['__proto__', ['x']],
  ]
  const entry = ([type, values]: readonly [string, readonly string[]]) =>
    simulated({
      PolicyInputList: [policy(allow('s3:*'))],
      ContextEntries: [{ ContextKeyName: 'k:x', ContextKeyType: type as 'string', ContextKeyValues: [...values] }],
    })
  for (const row of fits) {
    test(`${row[0]} may be ${JSON.stringify(row[1])}`, async () => assert.equal((await entry(row)).length, 1))
  }
  for (const row of misfits) {
    test(`${row[0]} may not be ${JSON.stringify(row[1])}`, async () => {
      assert.match(await refusalOf(entry(row)), /^InvalidInput/)
    })
  }

  test('a list of one stays a list, one value stays one', async () => {
    const conditions = { 'ForAnyValue:StringEquals': { 'k:x': 'a' } }
    const PolicyInputList = [policy(allow('s3:*', '*', { Condition: conditions }))]
    const with1 = { ContextKeyName: 'K:X', ContextKeyType: 'stringList' as const, ContextKeyValues: ['a'] }
    assert.equal((await simulated({ PolicyInputList, ContextEntries: [with1] }))[0]?.EvalDecision, 'allowed')
  })
})
