import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compiledText } from './load-subject.ts'

test('compiling the session policy that a request brings is a part of what it may cost, once', () => {
  const statement = { Effect: 'Allow', Action: 's3:*', Resource: `arn:aws:s3:::${'x'.repeat(2_000)}` }
  const text = JSON.stringify({ Version: '2012-10-17', Statement: [statement] })
  const allowance = { left: 60_000 }
  const first = compiledText(text, 'session', 'inline', allowance)
  assert.equal(allowance.left, 60_000 - 2 * text.length)
  assert.equal(compiledText(text, 'session', 'inline', allowance), first)
  assert.equal(allowance.left, 60_000 - 2 * text.length)
})
