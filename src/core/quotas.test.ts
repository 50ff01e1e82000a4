import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { quotaNames, quotaProblem, quotasOf, quotaTable } from './quotas.ts'

describe('a quota', () => {
  for (const [what, text, problem] of [
    ['is a name and a number', 'RolesPerAccount=5000', undefined],
    ['is of one account, when it is named', '111122223333:RolesPerAccount=5000', undefined],
    ['may be lowered', 'AccessKeysPerUser=1', undefined],
    ['has a name', '5000', /^must be NAME=NUMBER/],
    ['has a number', 'RolesPerAccount=', /^must be NAME=NUMBER/],
    ['is one of these', 'RolesQuota=5000', /^RolesQuota: no such quota; the names are UsersPerAccount, /],
    ['is none that every object has', 'constructor=5', /^constructor: no such quota/],
    ['is of an account id', '11112222333:RolesPerAccount=5000', /^11112222333: an account id must be 12 digits/],
    ['is a whole number', 'RolesPerAccount=1e3', /^RolesPerAccount must be a whole number from 1 to 100000$/],
    ['is not none', 'RolesPerAccount=0', /^RolesPerAccount must be a whole number/],
    ['is at most what the design supports', 'PolicySize=12289', /^PolicySize must be a whole number from 1 to 12288$/],
  ] as const) {
    test(what, () => {
      const said = quotaProblem(text)
      if (problem === undefined) assert.equal(said, undefined)
      else assert.match(said ?? '', problem)
    })
  }

  test('can be set to whatever AWS raises it to, and to AWS’s default', () => {
    for (const name of quotaNames) {
      const row: { readonly standard: number; readonly aws?: number } = quotaTable[name]
      for (const number of [row.standard, row.aws ?? row.standard]) {
        assert.equal(quotaProblem(`${name}=${number}`), undefined)
      }
    }
  })
})

describe('the quotas in force', () => {
  const quotas = quotasOf(['111122223333:RolesPerAccount=3', 'RolesPerAccount=2', 'PolicySize=7000'])
  test('are AWS’s by default', () => assert.equal(quotas('444455556666').UsersPerAccount, 5000))
  test('are the installation’s', () => assert.equal(quotas('444455556666').RolesPerAccount, 2))
  test('are the account’s own, wherever it is named', () => {
    const { RolesPerAccount, PolicySize } = quotas('111122223333')
    assert.deepEqual([RolesPerAccount, PolicySize], [3, 7000])
  })
})
