// Users that are changed and deleted, through their operation records.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { tallies } from '../../principals/quotas.ts'
import { attachments, users } from '../../records.ts'
import { ACCOUNT, addUser, type Kit, questionsOf, refusalOf, run } from '../../testing/operations-kit.ts'
import { iamOperations } from '../operations.ts'
import { ADMIN, openIam, policyText } from '../testing/iam-kit.ts'

describe('UpdateUser', () => {
  test('renames: same id, keys and ways back from policies go along, the old name is free', async () => {
    const { b, ops } = await openIam()
    const ada = await addUser(b, 'Ada')
    await run(b, ops.AttachUserPolicy, { UserName: 'Ada', PolicyArn: ADMIN })
    await run(b, ops.CreateAccessKey, { UserName: 'Ada' })
    await run(b, ops.UpdateUser, { UserName: 'Ada', NewUserName: 'Byron', NewPath: '/y/' })
    const { User } = await run(b, ops.GetUser, { UserName: 'Byron' })
    assert.equal(User?.UserId, ada.id)
    assert.equal(User?.Arn, `arn:aws:iam::${ACCOUNT}:user/y/Byron`)
    const { AccessKeyMetadata } = await run(b, ops.ListAccessKeys, { UserName: 'Byron' })
    assert.equal(AccessKeyMetadata?.[0]?.UserName, 'Byron')
    const { PolicyUsers } = await run(b, ops.ListEntitiesForPolicy, { PolicyArn: ADMIN })
    assert.deepEqual(PolicyUsers, [{ UserName: 'Byron', UserId: ada.id }])
    assert.equal(
      await refusalOf(run(b, ops.GetUser, { UserName: 'Ada' })),
      'NoSuchEntity: The user with name Ada cannot be found.',
    )
    await addUser(b, 'Ada')
  })

  test('renames to another case of the same name', async () => {
    const { b, ops } = await openIam()
    await addUser(b, 'ada')
    await run(b, ops.UpdateUser, { UserName: 'ada', NewUserName: 'ADA' })
    assert.equal((await run(b, ops.GetUser, { UserName: 'ada' })).User?.UserName, 'ADA')
  })

  test('refuses a taken name', async () => {
    const { b, ops } = await openIam()
    await addUser(b, 'Ada')
    await addUser(b, 'Byron')
    assert.equal(
      await refusalOf(run(b, ops.UpdateUser, { UserName: 'Ada', NewUserName: 'byron' })),
      'EntityAlreadyExists: User with name byron already exists.',
    )
  })

  test('asks for the user as it is and as it will be', async () => {
    const { b, ops } = await openIam()
    await addUser(b, 'Ada', '/x/')
    const questions = await questionsOf(ops.UpdateUser, { UserName: 'Ada', NewPath: '/admin/' })
    assert.deepEqual(
      questions.map(({ resource }) => resource),
      [`arn:aws:iam::${ACCOUNT}:user/x/Ada`, `arn:aws:iam::${ACCOUNT}:user/admin/Ada`],
    )
  })
})

describe('DeleteUser', () => {
  const inTheWay: readonly {
    readonly title: string
    readonly put: (b: Kit) => Promise<unknown>
    readonly says: string
  }[] = [
    {
      title: 'access keys',
      put: (b) => run(b, iamOperations(b.parts).CreateAccessKey, { UserName: 'Ada' }),
      says: 'DeleteConflict: Cannot delete entity, must delete access keys first.',
    },
    {
      title: 'attached policies',
      put: (b) => run(b, iamOperations(b.parts).AttachUserPolicy, { UserName: 'Ada', PolicyArn: ADMIN }),
      says: 'DeleteConflict: Cannot delete entity, must detach all policies first.',
    },
    {
      title: 'inline policies',
      put: (b) =>
        run(b, iamOperations(b.parts).PutUserPolicy, {
          UserName: 'Ada',
          PolicyName: 'p',
          PolicyDocument: policyText,
        }),
      says: 'DeleteConflict: Cannot delete entity, must delete policies first.',
    },
  ]
  for (const { title, put, says } of inTheWay) {
    test(`refuses while there are ${title}`, async () => {
      const { b, ops } = await openIam()
      await addUser(b, 'Ada')
      await put(b)
      assert.equal(await refusalOf(run(b, ops.DeleteUser, { UserName: 'Ada' })), says)
    })
  }

  test('speaks of policies before it speaks of keys', async () => {
    const { b, ops } = await openIam()
    await addUser(b, 'Ada')
    const [keys, ...policies] = inTheWay
    await keys?.put(b)
    for (const { put, says } of policies.reverse()) {
      await put(b)
      assert.equal(await refusalOf(run(b, ops.DeleteUser, { UserName: 'Ada' })), says)
    }
  })

  test('takes the boundary’s way back along, and counts one less', async () => {
    const { b, ops } = await openIam()
    await run(b, ops.CreateUser, { UserName: 'Ada', PermissionsBoundary: ADMIN })
    await run(b, ops.DeleteUser, { UserName: 'ada' })
    const { items } = await b.store.list(attachments, 'key', { prefix: [ACCOUNT], limit: 9 })
    assert.deepEqual(items, [])
    assert.equal((await b.store.get(tallies, [ACCOUNT]))?.users, 0)
  })

  test('a new user of the same name has another id', async () => {
    const { b, ops } = await openIam()
    const before = await addUser(b, 'Ada')
    await run(b, ops.DeleteUser, { UserName: 'Ada' })
    const after = await addUser(b, 'Ada')
    assert.notEqual(after.id, before.id)
  })

  test('what was authorized is what is deleted: a namesake made in between is not', async () => {
    const { b, ops } = await openIam()
    await addUser(b, 'Ada')
    const swap = async () => {
      await run(b, ops.DeleteUser, { UserName: 'Ada' })
      await addUser(b, 'Ada', '/protected/')
    }
    const operation = {
      ...ops.DeleteUser,
      load: async (...given: Parameters<typeof ops.DeleteUser.load>) => {
        const target = await ops.DeleteUser.load(...given)
        await swap()
        return target
      },
    }
    assert.match(await refusalOf(run(b, operation, { UserName: 'Ada' })), /^ConcurrentModification/)
    assert.ok(await b.store.get(users, [ACCOUNT, 'ada']))
  })
})
