// What policies know of the account that a table of another account is in, and of whether that account still is one.
import { equal } from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Account, accounts } from '../records.ts'
import { ACCOUNT, addUser, OTHER, root } from '../testing/operations-kit.ts'
import { arnOf, ask, ended, everything, openPolicies, policy, userWith } from './testing/policies-kit.ts'

const music = arnOf('Music')

/** A table that Eve of another account may read, in an account that is as `changed` says. */
async function open(changed: Partial<Account>, ...own: readonly string[]) {
  const kit = await openPolicies()
  const eve = await addUser(kit, 'Eve', '/', OTHER)
  const Principal = { AWS: `arn:aws:iam::${OTHER}:user/Eve` }
  const Policy = policy({ Effect: 'Allow', Principal, Action: 'dynamodb:*', Resource: '*' })
  await ask(kit, kit.ops.PutResourcePolicy, { ResourceArn: music, Policy, ConfirmRemoveSelfResourceAccess: true }, root)
  const get = (TableName = music) =>
    ended(ask(kit, kit.ops.GetItem, { TableName, Key: { id: { S: '1' } } }, userWith(eve, ...own)))
  return {
    get,
    async change() {
      await kit.store.transact(async (tx) => {
        const account = await tx.get(accounts, [ACCOUNT])
        if (account !== undefined) await tx.replace(accounts, { ...account, ...changed })
      })
      return get()
    },
  }
}

test('a closed account’s tables are closed to others, whatever their policies say, until it is one again', async () => {
  const { get, change } = await open({ status: 'SUSPENDED' }, everything)
  equal(await get(), 'ok')
  equal(await change(), 'denied')
})

describe('the organization of the account that has a table', () => {
  const membership = {
    organization: { id: 'o-theirs', joinedMethod: 'CREATED', joinedAt: '2026-01-01T00:00:00Z' },
  } as const
  const all = { Effect: 'Allow', Action: 'dynamodb:*', Resource: '*' }
  const when = (Effect: string, operator: string, key: string, value: string) => ({
    ...{ ...all, Effect, Condition: { [operator]: { [`aws:${key}`]: value } } },
  })
  const rows: readonly (readonly [what: string, own: string, without: string, within: string])[] = [
    ['is allowed by its id', policy(when('Allow', 'StringEquals', 'ResourceOrgID', 'o-theirs')), 'denied', 'ok'],
    ['is denied by its id', policy(all, when('Deny', 'StringEquals', 'ResourceOrgID', 'o-theirs')), 'ok', 'denied'],
    ['is not another', policy(when('Allow', 'StringEqualsIfExists', 'ResourceOrgID', 'o-ours')), 'ok', 'denied'],
    [
      'is allowed by its path',
      policy(when('Allow', 'ForAnyValue:StringLike', 'ResourceOrgPaths', 'o-theirs/*')),
      'denied',
      'ok',
    ],
  ]
  for (const [what, own, without, within] of rows) {
    test(what, async () => {
      const { get, change } = await open(membership, own)
      equal(await get(), without)
      equal(await change(), within)
    })
  }
})
