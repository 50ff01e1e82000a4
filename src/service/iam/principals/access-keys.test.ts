// Access keys, through their operation records.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { accountOfKeyId } from '../../../core/ids.ts'
import { accessKeys, lastUsed } from '../../records.ts'
import {
  ACCOUNT,
  addRole,
  addUser,
  asRole,
  asUser,
  OTHER,
  questionsOf,
  refusalOf,
  rootOf,
  run,
} from '../../testing/operations-kit.ts'
import { failingAtEachCall, openIam } from '../testing/iam-kit.ts'

async function withAda() {
  const { b, ops } = await openIam()
  return { b, ops, ada: await addUser(b, 'Ada', '/x/') }
}

async function withKey() {
  const { b, ada, ops } = await withAda()
  const { AccessKey } = await run(b, ops.CreateAccessKey, { UserName: 'Ada' })
  return { b, ada, ops, id: AccessKey?.AccessKeyId ?? '', secret: AccessKey?.SecretAccessKey ?? '' }
}

describe('CreateAccessKey', () => {
  test('what was authorized for these tags is not done under others', async () => {
    const { b, ops } = await withAda()
    const operation = {
      ...ops.CreateAccessKey,
      load: async (...given: Parameters<typeof ops.CreateAccessKey.load>) => {
        const target = await ops.CreateAccessKey.load(...given)
        await run(b, ops.TagUser, { UserName: 'Ada', Tags: [{ Key: 'team', Value: 'secret' }] })
        return target
      },
    }
    assert.match(await refusalOf(run(b, operation, { UserName: 'Ada' })), /^ConcurrentModification/)
    assert.deepEqual((await run(b, ops.ListAccessKeys, { UserName: 'Ada' })).AccessKeyMetadata, [])
  })

  test('answers an id that carries the account and a secret of 40 characters, shown this once', async () => {
    const { b, ada, ops, id, secret } = await withKey()
    assert.match(id, /^AKIA[A-Z2-7]{16}$/)
    assert.equal(accountOfKeyId(id), ACCOUNT)
    assert.match(secret, /^[A-Za-z0-9+/]{40}$/)
    const record = await b.store.get(accessKeys, [ACCOUNT, id])
    assert.equal(record?.principal, ada.id)
    assert.equal(b.parts.vault.open(ACCOUNT, id, 'secret', record?.secret ?? ''), secret)
    assert.ok(!JSON.stringify(await run(b, ops.ListAccessKeys, { UserName: 'Ada' })).includes(secret))
  })

  test('keeps the secret out of the audit', async () => {
    const { ops, secret } = await withKey()
    const AccessKey = { UserName: 'Ada', AccessKeyId: 'AKIA', Status: 'Active' as const, SecretAccessKey: secret }
    const said = JSON.stringify(ops.CreateAccessKey.audit.response?.({ AccessKey }, {} as never))
    assert.deepEqual(JSON.parse(said), { accessKey: { userName: 'Ada', accessKeyId: 'AKIA', status: 'Active' } })
  })

  test('refuses the third, whoever asks at once', async () => {
    const { b, ops } = await withAda()
    const answers = await Promise.all([1, 2, 3].map(() => refusalOf(run(b, ops.CreateAccessKey, { UserName: 'Ada' }))))
    assert.deepEqual(answers.sort(), [
      'LimitExceeded: Cannot exceed quota for AccessKeysPerUser: 2',
      'no refusal',
      'no refusal',
    ])
  })

  test('without a name is for the calling user; for root, for root', async () => {
    const { b, ada, ops } = await withAda()
    const mine = await run(b, ops.CreateAccessKey, {}, { as: asUser(ada) })
    assert.equal(mine.AccessKey?.UserName, 'Ada')
    const roots = await run(b, ops.CreateAccessKey, {})
    assert.equal((await b.store.get(accessKeys, [ACCOUNT, roots.AccessKey?.AccessKeyId ?? '']))?.principal, ACCOUNT)
    assert.equal((await run(b, ops.ListAccessKeys, {})).AccessKeyMetadata?.length, 1)
  })

  test('without a name, to a role, is refused', async () => {
    const { b, ops } = await withAda()
    const answer = refusalOf(run(b, ops.CreateAccessKey, {}, { as: asRole(await addRole(b, 'R')) }))
    assert.equal(await answer, 'ValidationError: Must specify userName when calling with non-User credentials')
  })

  test('for a user that is not there is refused, and nothing is stored', async () => {
    const { b, ops } = await withAda()
    const answer = await refusalOf(run(b, ops.CreateAccessKey, { UserName: 'Nobody' }))
    assert.equal(answer, 'NoSuchEntity: The user with name Nobody cannot be found.')
    assert.deepEqual((await b.store.list(accessKeys, 'key', { prefix: [ACCOUNT], limit: 9 })).items, [])
  })

  test('whichever store call fails, there is a whole key or none', async () => {
    await failingAtEachCall(
      withAda,
      (failing) => [failing.CreateAccessKey, { UserName: 'Ada' }],
      async ({ b }, done) => {
        const { items } = await b.store.list(accessKeys, 'key', { prefix: [ACCOUNT], limit: 9 })
        assert.equal(items.length, done ? 1 : 0)
      },
    )
  })
})

describe('UpdateAccessKey and DeleteAccessKey', () => {
  test('a key is switched off and on', async () => {
    const { b, ops, id: AccessKeyId } = await withKey()
    for (const Status of ['Inactive', 'Active'] as const) {
      await run(b, ops.UpdateAccessKey, { UserName: 'Ada', AccessKeyId, Status })
      assert.equal((await b.store.get(accessKeys, [ACCOUNT, AccessKeyId]))?.status, Status)
    }
  })

  test('deleting takes its last use along', async () => {
    const { b, ops, id } = await withKey()
    const used = { account: ACCOUNT, id, at: '2026-02-01T00:00:00Z', region: 'eu-west-1', service: 's3' }
    await b.store.transact((tx) => tx.create(lastUsed, used))
    await run(b, ops.DeleteAccessKey, { UserName: 'Ada', AccessKeyId: id })
    assert.equal(await b.store.get(accessKeys, [ACCOUNT, id]), undefined)
    assert.equal(await b.store.get(lastUsed, [ACCOUNT, id]), undefined)
  })

  const missing = (id: string) => `NoSuchEntity: The Access Key with id ${id} cannot be found`
  test('another user’s key is no key', async () => {
    const { b, ops, id: AccessKeyId } = await withKey()
    await addUser(b, 'Byron')
    const input = { UserName: 'Byron', AccessKeyId }
    assert.equal(await refusalOf(run(b, ops.DeleteAccessKey, input)), missing(AccessKeyId))
    assert.equal(await refusalOf(run(b, ops.UpdateAccessKey, { ...input, Status: 'Inactive' })), missing(AccessKeyId))
    assert.equal(await refusalOf(run(b, ops.DeleteAccessKey, { AccessKeyId })), missing(AccessKeyId))
    assert.equal((await b.store.get(accessKeys, [ACCOUNT, AccessKeyId]))?.status, 'Active')
  })

  test('refuses a status that nobody sets', async () => {
    const { b, ops, id: AccessKeyId } = await withKey()
    const answer = refusalOf(run(b, ops.UpdateAccessKey, { UserName: 'Ada', AccessKeyId, Status: 'Expired' }))
    assert.match(await answer, /^ValidationError: 1 validation error detected: Value at 'status'/)
  })

  test('ask about the user whose key it is', async () => {
    const { ops, id: AccessKeyId } = await withKey()
    const [question] = await questionsOf(ops.DeleteAccessKey, { UserName: 'ada', AccessKeyId })
    assert.equal(question?.resource, `arn:aws:iam::${ACCOUNT}:user/x/Ada`)
  })
})

describe('GetAccessKeyLastUsed', () => {
  test('of a key that was never used says N/A; of one that was, when and where', async () => {
    const { b, ops, id } = await withKey()
    const never = await run(b, ops.GetAccessKeyLastUsed, { AccessKeyId: id })
    assert.deepEqual(never, { UserName: 'Ada', AccessKeyLastUsed: { ServiceName: 'N/A', Region: 'N/A' } })
    const used = { account: ACCOUNT, id, at: '2026-02-01T00:00:00Z', region: 'eu-west-1', service: 's3' }
    await b.store.transact((tx) => tx.create(lastUsed, used))
    const { AccessKeyLastUsed } = await run(b, ops.GetAccessKeyLastUsed, { AccessKeyId: id })
    assert.deepEqual(AccessKeyLastUsed, {
      LastUsedDate: new Date('2026-02-01T00:00:00Z'),
      ServiceName: 's3',
      Region: 'eu-west-1',
    })
  })

  test('of no key, of another account’s, and of one that the caller may not see: the same words', async () => {
    const { b, ops, id } = await withKey()
    const says = (key: string, account: string) =>
      `AccessDenied: User: arn:aws:iam::${account}:root is not authorized to perform iam:GetAccessKeyLastUsed on resource: access key ${key}`
    const none = 'AKIAIOSFODNN7EXAMPLE'
    assert.equal(await refusalOf(run(b, ops.GetAccessKeyLastUsed, { AccessKeyId: none })), says(none, ACCOUNT))
    const theirs = refusalOf(run(b, ops.GetAccessKeyLastUsed, { AccessKeyId: id }, { as: rootOf(OTHER) }))
    assert.equal(await theirs, says(id, OTHER))
    const denied = refusalOf(run(b, ops.GetAccessKeyLastUsed, { AccessKeyId: id }, { allow: () => false }))
    assert.equal(await denied, says(id, ACCOUNT))
  })
})
