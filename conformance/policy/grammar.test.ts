// Write-time grammar against vectors (conformance/vectors/policy-grammar): the same documents, the same messages.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkIdentityPolicy, checkTrustPolicy } from '../../src/core/policy/grammar.ts'
import { rowsOf } from './grammar-rows.ts'

for (const row of rowsOf('managed.json')) {
  test(`managed policy, ${row.name}`, () => {
    const found = checkIdentityPolicy(JSON.stringify(row.document), { managed: true })
    assert.equal(found?.message, row.message)
  })
}

for (const row of rowsOf('trust.json')) {
  test(`trust policy, ${row.name}`, () => {
    const found = checkTrustPolicy(row.text ?? '')
    if (row.refused) assert.notEqual(found, undefined)
    else assert.equal(found?.message, row.message)
  })
}
