// Users that are made, answered and listed, through their operation records.
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
  questionsOf,
  refusalOf,
  run,
} from '../../testing/operations-kit.ts'
import type { IamInput } from '../define.ts'
import { iamOperations } from '../operations.ts'
import { ADMIN, openIam, tallyOf } from '../testing/iam-kit.ts'

describe('CreateUser', () => {
  test('answers the user, without tags and boundary it has none of', async () => {
    const { b, ops } = await openIam()
    const { User } = await run(b, ops.CreateUser, { UserName: 'Ada' })
    assert.deepEqual(Object.keys(User ?? {}), ['Path', 'UserName', 'UserId', 'Arn', 'CreateDate'])
    assert.equal(User?.Arn, `arn:aws:iam::${ACCOUNT}:user/Ada`)
    assert.match(User?.UserId ?? '', /^AIDA[A-Z2-7]{17}$/)
    assert.equal(User?.CreateDate?.getTime(), Date.parse('2026-03-01T12:00:00Z'))
  })

  test('answers tags and boundary; the wire says Policy whatever the model says', async () => {
    const { b, ops } = await openIam()
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
      const { b, ops } = await openIam()
      await addUser(b, 'Taken')
      assert.equal(await refusalOf(run(b, ops.CreateUser, input)), says)
      assert.equal(await b.store.get(users, [ACCOUNT, 'a']), undefined)
    })
  }

  test('refuses the 5,001st user of an account', async () => {
    const { b, ops } = await openIam()
    await b.store.transact((tx) => tx.create(tallies, tallyOf({ users: 4999 })))
    await run(b, ops.CreateUser, { UserName: 'last' })
    const answer = refusalOf(run(b, ops.CreateUser, { UserName: 'toomany' }))
    assert.equal(await answer, 'LimitExceeded: Cannot exceed quota for UsersPerAccount: 5000')
  })

  test('two at once with one name: one is made, the other is told', async () => {
    const { b, ops } = await openIam()
    const answers = await Promise.all(
      ['Twin', 'twin'].map((UserName) => refusalOf(run(b, ops.CreateUser, { UserName }))),
    )
    assert.equal(answers.filter((answer) => answer === 'no refusal').length, 1)
    assert.equal(answers.filter((answer) => answer.startsWith('EntityAlreadyExists')).length, 1)
    assert.equal((await b.store.get(tallies, [ACCOUNT]))?.users, 1)
  })

  test('asks for iam:CreateUser on the ARN to be, and for iam:TagUser when it brings tags', async () => {
    const { ops } = await openIam()
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
    const { b, ops } = await openIam()
    const ada = await addUser(b, 'Ada', '/x/')
    const { User } = await run(b, ops.GetUser, {}, { as: asUser(ada) })
    assert.equal(User?.UserId, ada.id)
  })

  test('without a name, to root, is root', async () => {
    const { b, ops } = await openIam()
    const { User } = await run(b, ops.GetUser, {})
    assert.equal(User?.Arn, `arn:aws:iam::${ACCOUNT}:root`)
    assert.equal(User?.UserId, ACCOUNT)
    assert.equal(User?.UserName, undefined)
  })

  test('without a name, to a role, is refused', async () => {
    const { b, ops } = await openIam()
    const as = asRole(await addRole(b, 'R'))
    assert.equal(
      await refusalOf(run(b, ops.GetUser, {}, { as })),
      'ValidationError: Must specify userName when calling with non-User credentials',
    )
  })

  test('asks about the record’s own path, and about `/` when there is none: existence is not told before', async () => {
    const { b, ops } = await openIam()
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
    const { b } = await openIam()
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
    const { b } = await openIam()
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
    const { b, ops } = await openIam()
    for (const name of ['a', 'b']) await addUser(b, name)
    const { Marker } = await listed(b, { MaxItems: 1 })
    const invalid = 'ValidationError: Invalid Marker.'
    assert.equal(await refusalOf(listed(b, { Marker: 'garbage' })), invalid)
    assert.equal(await refusalOf(listed(b, { Marker, PathPrefix: '/x/' })), invalid)
    assert.equal(await refusalOf(run(b, ops.ListRoles, { Marker })), invalid)
    assert.equal(await refusalOf(listed(b, { Marker: `${Marker}x` })), invalid)
  })

  test('lists other accounts’ users to nobody', async () => {
    const { b } = await openIam()
    await addUser(b, 'theirs', '/', '444455556666')
    assert.deepEqual((await listed(b, {})).Users, [])
  })
})
