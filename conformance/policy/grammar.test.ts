// Write-time grammar against vectors (conformance/vectors/policy-grammar): the same documents, the same messages.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { checkIdentityPolicy, checkTrustPolicy } from '../../src/core/policy/grammar.ts'

interface Row {
  readonly name: string
  readonly document?: unknown
  readonly text?: string
  readonly message?: string
  readonly refused?: true
}

const rowsOf = (file: string) =>
  JSON.parse(readFileSync(new URL(`../vectors/policy-grammar/${file}`, import.meta.url), 'utf8')) as readonly Row[]

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
