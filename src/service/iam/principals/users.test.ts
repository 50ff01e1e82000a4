// Users, through their operation records.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { tallies } from '../../principals/quotas.ts'
import { attachments, users } from '../../records.ts'
import {
  ACCOUNT,
  addRole,
  addUser,
  asRole,
  asUser,
  type Kit,
  openKit,
  questionsOf,
  refusalOf,
  run,
} from '../../testing/operations-kit.ts'
import type { IamInput } from '../define.ts'
import { iamOperations } from '../operations.ts'

const ADMIN = 'arn:aws:iam::aws:policy/AdministratorAccess'

async function made() {
  const b = await openKit()
  return { b, ops: iamOperations(b.parts) }
}

describe('CreateUser', () => {
  test('answers the user, without tags and boundary it has none of', async () => {
    const { b, ops } = await made()
    const { User } = await run(b, ops.CreateUser, { UserName: 'Ada' })
    assert.deepEqual(Object.keys(User ?? {}), ['Path', 'UserName', 'UserId', 'Arn', 'CreateDate'])
    assert.equal(User?.Arn, `arn:aws:iam::${ACCOUNT}:user/Ada`)
    assert.match(User?.UserId ?? '', /^AIDA[A-Z2-7]{17}$/)
    assert.equal(User?.CreateDate?.getTime(), Date.parse('2026-03-01T12:00:00Z'))
  })

  test('answers tags and boundary; the wire says Policy whatever the model says', async () => {
    const { b, ops } = await made()
    const input = { UserName: 'Ada', Path: '/x/', Tags: [{ Key: 'Team', Value: 'a' }], PermissionsBoundary: ADMIN }
    const { User } = await run(b, ops.CreateUser, input)
    assert.equal(User?.Arn, `arn:aws:iam::${ACCOUNT}:user/x/Ada`)
    assert.deepEqual(User?.Tags, [{ Key: 'Team', Value: 'a' }])
    assert.deepEqual(User?.PermissionsBoundary, { PermissionsBoundaryType: 'Policy', PermissionsBoundaryArn: ADMIN })
    const { items } = await b.store.list(attachments, 'key', { prefix: [ACCOUNT, ADMIN, 'boundary'], limit: 9 })
    assert.deepEqual(
      items.map(({ holderName }) => holderName),
      ['Ada'],
    )
  })

  const refused: readonly { readonly title: string; readonly input: IamInput<'CreateUser'>; readonly says: string }[] =
    [
      {
        title: 'a taken name, whatever its case and path',
        input: { UserName: 'TAKEN', Path: '/elsewhere/' },
        says: 'EntityAlreadyExists: User with name TAKEN already exists.',
      },
      {
        title: 'a name with a slash',
        input: { UserName: 'a/b' },
        says: 'ValidationError: The specified value for userName is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-',
      },
      {
        title: 'a name of 65 characters',
        input: { UserName: 'a'.repeat(65) },
        says: "ValidationError: 1 validation error detected: Value at 'userName' failed to satisfy constraint: Member must have length less than or equal to 64",
      },
      ...['x', '/x', 'x/', '//', '/aws-service-role/x/', '/aws-reserved/', '/a b/', `/${'a'.repeat(511)}/`].map(
        (Path) => ({
          title: `the path ${Path.slice(0, 30)}`,
          input: { UserName: 'a', Path },
          says:
            Path.length > 512
              ? "ValidationError: 1 validation error detected: Value at 'path' failed to satisfy constraint: Member must have length less than or equal to 512"
              : 'ValidationError: The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.',
        }),
      ),
      {
        title: 'a tag key twice, in other case',
        input: {
          UserName: 'a',
          Tags: [
            { Key: 'k', Value: '1' },
            { Key: 'K', Value: '2' },
          ],
        },
        says: 'InvalidInput: Duplicate tag keys found. Please note that Tag keys are case insensitive.',
      },
      {
        title: 'a tag of AWS’s own',
        input: { UserName: 'a', Tags: [{ Key: 'AWS:x', Value: '1' }] },
        says: 'InvalidInput: aws: prefixed tag key names are not allowed for external use.',
      },
      {
        title: 'a boundary that is no policy’s ARN',
        input: { UserName: 'a', PermissionsBoundary: `arn:aws:iam::${ACCOUNT}:not_a_policy/invalid` },
        says: `InvalidInput: ARN arn:aws:iam::${ACCOUNT}:not_a_policy/invalid is not valid.`,
      },
      {
        title: 'a boundary that does not exist',
        input: { UserName: 'a', PermissionsBoundary: `arn:aws:iam::${ACCOUNT}:policy/none` },
        says: `NoSuchEntity: Scope ARN: arn:aws:iam::${ACCOUNT}:policy/none does not exist or is not attachable.`,
      },
      {
        title: 'a root-task policy as boundary',
        input: { UserName: 'a', PermissionsBoundary: 'arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy' },
        says: 'NoSuchEntity: Scope ARN: arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy does not exist or is not attachable.',
      },
    ]
  for (const { title, input, says } of refused) {
    test(`refuses ${title}`, async () => {
      const { b, ops } = await made()
      await addUser(b, 'Taken')
      assert.equal(await refusalOf(run(b, ops.CreateUser, input)), says)
      assert.equal(await b.store.get(users, [ACCOUNT, 'a']), undefined)
    })
  }

  test('refuses the 5,001st user of an account', async () => {
    const { b, ops } = await made()
    await b.store.transact((tx) =>
      tx.create(tallies, {
        account: ACCOUNT,
        users: 4999,
        roles: 0,
        policies: 0,
        mfaDevices: 0,
        oidcProviders: 0,
        samlProviders: 0,
        instanceProfiles: 0,
      }),
    )
    await run(b, ops.CreateUser, { UserName: 'last' })
    const answer = refusalOf(run(b, ops.CreateUser, { UserName: 'toomany' }))
    assert.equal(await answer, 'LimitExceeded: Cannot exceed quota for UsersPerAccount: 5000')
  })

  test('two at once with one name: one is made, the other is told', async () => {
    const { b, ops } = await made()
    const answers = await Promise.all(
      ['Twin', 'twin'].map((UserName) => refusalOf(run(b, ops.CreateUser, { UserName }))),
    )
    assert.equal(answers.filter((answer) => answer === 'no refusal').length, 1)
    assert.equal(answers.filter((answer) => answer.startsWith('EntityAlreadyExists')).length, 1)
    assert.equal((await b.store.get(tallies, [ACCOUNT]))?.users, 1)
  })

  test('asks for iam:CreateUser on the ARN to be, and for iam:TagUser when it brings tags', async () => {
    const { ops } = await made()
    const Tags = [{ Key: 'Team', Value: 'a' }]
    const questions = await questionsOf(ops.CreateUser, {
      UserName: 'Ada',
      Path: '/x/',
      Tags,
      PermissionsBoundary: ADMIN,
    })
    const arn = `arn:aws:iam::${ACCOUNT}:user/x/Ada`
    const tagged = new Map<string, unknown>([
      ['aws:requesttag/team', 'a'],
      ['aws:tagkeys', ['Team']],
    ])
    assert.deepEqual(questions, [
      { action: 'iam:CreateUser', resource: arn, keys: new Map([...tagged, ['iam:permissionsboundary', ADMIN]]) },
      { action: 'iam:TagUser', resource: arn, keys: tagged },
    ])
  })
})

describe('GetUser', () => {
  test('without a name is the calling user', async () => {
    const { b, ops } = await made()
    const ada = await addUser(b, 'Ada', '/x/')
    const { User } = await run(b, ops.GetUser, {}, { as: asUser(ada) })
    assert.equal(User?.UserId, ada.id)
  })

  test('without a name, to root, is root', async () => {
    const { b, ops } = await made()
    const { User } = await run(b, ops.GetUser, {})
    assert.equal(User?.Arn, `arn:aws:iam::${ACCOUNT}:root`)
    assert.equal(User?.UserId, ACCOUNT)
    assert.equal(User?.UserName, undefined)
  })

  test('without a name, to a role, is refused', async () => {
    const { b, ops } = await made()
    const as = asRole(await addRole(b, 'R'))
    assert.equal(
      await refusalOf(run(b, ops.GetUser, {}, { as })),
      'ValidationError: Must specify userName when calling with non-User credentials',
    )
  })

  test('asks about the record’s own path, and about `/` when there is none: existence is not told before', async () => {
    const { b, ops } = await made()
    await addUser(b, 'Ada', '/x/')
    const [there] = await questionsOf(ops.GetUser, { UserName: 'ada' })
    assert.equal(there?.resource, `arn:aws:iam::${ACCOUNT}:user/x/Ada`)
    const [missing] = await questionsOf(ops.GetUser, { UserName: 'nobody' })
    assert.equal(missing?.resource, `arn:aws:iam::${ACCOUNT}:user/nobody`)
    const denied = refusalOf(run(b, ops.GetUser, { UserName: 'nobody' }, { allow: () => false }))
    assert.match(await denied, /^AccessDenied/)
    const refusal = refusalOf(run(b, ops.GetUser, { UserName: 'nobody' }))
    assert.equal(await refusal, 'NoSuchEntity: The user with name nobody cannot be found.')
  })
})

describe('ListUsers', () => {
  const listed = async (b: Kit, input: IamInput<'ListUsers'>) => run(b, iamOperations(b.parts).ListUsers, input)

  test('pages in the order of names, and Marker stands only where there is more', async () => {
    const { b } = await made()
    for (const name of ['c', 'A', 'b', 'D']) await addUser(b, name)
    const first = await listed(b, { MaxItems: 3 })
    assert.deepEqual(
      first.Users?.map(({ UserName }) => UserName),
      ['A', 'b', 'c'],
    )
    assert.equal(first.IsTruncated, true)
    const second = await listed(b, { MaxItems: 3, Marker: first.Marker })
    assert.deepEqual(
      second.Users?.map(({ UserName }) => UserName),
      ['D'],
    )
    assert.equal(second.IsTruncated, false)
    assert.ok(!('Marker' in second))
    assert.equal((await listed(b, { MaxItems: 4 })).IsTruncated, false)
  })

  test('filters by path prefix, and pages through what it filters', async () => {
    const { b } = await made()
    for (const name of ['a', 'c', 'e']) await addUser(b, name, '/in/')
    for (const name of ['b', 'd', 'f']) await addUser(b, name, '/out/')
    const first = await listed(b, { PathPrefix: '/in', MaxItems: 2 })
    assert.deepEqual(
      first.Users?.map(({ UserName }) => UserName),
      ['a', 'c'],
    )
    const second = await listed(b, { PathPrefix: '/in', MaxItems: 2, Marker: first.Marker })
    assert.deepEqual(
      second.Users?.map(({ UserName }) => UserName),
      ['e'],
    )
    assert.equal(second.IsTruncated, false)
  })

  test('takes no marker but its own: of the same account, operation and filter', async () => {
    const { b, ops } = await made()
    for (const name of ['a', 'b']) await addUser(b, name)
    const { Marker } = await listed(b, { MaxItems: 1 })
    const invalid = 'ValidationError: Invalid Marker.'
    assert.equal(await refusalOf(listed(b, { Marker: 'garbage' })), invalid)
    assert.equal(await refusalOf(listed(b, { Marker, PathPrefix: '/x/' })), invalid)
    assert.equal(await refusalOf(run(b, ops.ListRoles, { Marker })), invalid)
    assert.equal(await refusalOf(listed(b, { Marker: `${Marker}x` })), invalid)
  })

  test('lists other accounts’ users to nobody', async () => {
    const { b } = await made()
    await addUser(b, 'theirs', '/', '444455556666')
    assert.deepEqual((await listed(b, {})).Users, [])
  })
})

describe('UpdateUser', () => {
  test('renames: same id, keys and ways back from policies go along, the old name is free', async () => {
    const { b, ops } = await made()
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
    const { b, ops } = await made()
    await addUser(b, 'ada')
    await run(b, ops.UpdateUser, { UserName: 'ada', NewUserName: 'ADA' })
    assert.equal((await run(b, ops.GetUser, { UserName: 'ada' })).User?.UserName, 'ADA')
  })

  test('refuses a taken name', async () => {
    const { b, ops } = await made()
    await addUser(b, 'Ada')
    await addUser(b, 'Byron')
    assert.equal(
      await refusalOf(run(b, ops.UpdateUser, { UserName: 'Ada', NewUserName: 'byron' })),
      'EntityAlreadyExists: User with name byron already exists.',
    )
  })

  test('asks for the user as it is and as it will be', async () => {
    const { b, ops } = await made()
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
          PolicyDocument: '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}',
        }),
      says: 'DeleteConflict: Cannot delete entity, must delete policies first.',
    },
  ]
  for (const { title, put, says } of inTheWay) {
    test(`refuses while there are ${title}`, async () => {
      const { b, ops } = await made()
      await addUser(b, 'Ada')
      await put(b)
      assert.equal(await refusalOf(run(b, ops.DeleteUser, { UserName: 'Ada' })), says)
    })
  }

  test('speaks of policies before it speaks of keys', async () => {
    const { b, ops } = await made()
    await addUser(b, 'Ada')
    const [keys, ...policies] = inTheWay
    await keys?.put(b)
    for (const { put, says } of policies.reverse()) {
      await put(b)
      assert.equal(await refusalOf(run(b, ops.DeleteUser, { UserName: 'Ada' })), says)
    }
  })

  test('takes the boundary’s way back along, and counts one less', async () => {
    const { b, ops } = await made()
    await run(b, ops.CreateUser, { UserName: 'Ada', PermissionsBoundary: ADMIN })
    await run(b, ops.DeleteUser, { UserName: 'ada' })
    const { items } = await b.store.list(attachments, 'key', { prefix: [ACCOUNT], limit: 9 })
    assert.deepEqual(items, [])
    assert.equal((await b.store.get(tallies, [ACCOUNT]))?.users, 0)
  })

  test('a new user of the same name has another id', async () => {
    const { b, ops } = await made()
    const before = await addUser(b, 'Ada')
    await run(b, ops.DeleteUser, { UserName: 'Ada' })
    const after = await addUser(b, 'Ada')
    assert.notEqual(after.id, before.id)
  })

  test('what was authorized is what is deleted: a namesake made in between is not', async () => {
    const { b, ops } = await made()
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
