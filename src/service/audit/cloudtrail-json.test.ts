// Parameters and answers in CloudTrail's dialect.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { contractOf } from '../../wire/contract.ts'
import { cloudTrailTime, writerOf } from './cloudtrail-json.ts'

describe('values', () => {
  test("a value longer than any policy's is cut", () => {
    assert.ok(writerOf(undefined)({ a: 'x'.repeat(1_000_000) }).length < 20_000)
  })

  test("a map's keys and a tag's stay in their case", () => {
    const shape = contractOf('cognito-identity').operation('GetId')?.input
    assert.deepEqual(JSON.parse(writerOf(shape)({ Logins: { 'Accounts.example': 'planted' } })), {
      logins: { 'Accounts.example': 'HIDDEN_DUE_TO_SECURITY_REASONS' },
    })
  })

  const times = [
    ['2023-07-18T16:07:39Z', 'Jul 18, 2023, 4:07:39 PM'],
    ['2024-02-29T00:00:00Z', 'Feb 29, 2024, 12:00:00 AM'],
    ['2024-12-01T12:05:09.999Z', 'Dec 1, 2024, 12:05:09 PM'],
  ] as const
  for (const [time, is] of times) test(`${time} is ${is}`, () => assert.equal(cloudTrailTime(new Date(time)), is))
})
