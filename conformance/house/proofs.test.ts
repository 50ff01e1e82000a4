// Identities of proofs are made in one place, so that its rules hold for every kind of provider.
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

test('the identity of a proof is made by proof-identity.ts alone', () => {
  const files = globSync('src/**/*.ts').filter((file) => !file.endsWith('.test.ts') && !file.includes('/testing/'))
  // But for the type, and what is picked from it.
  const makes = /(?<!readonly |Identity, \{ )kind: 'proof'/
  const makers = files.filter((file) => makes.test(readFileSync(file, 'utf8')))
  assert.deepEqual(makers, ['src/federation/proof-identity.ts'])
})
