// Policies of users and roles: inline, attached and bounding, through the operation records.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { attachments, roles, users } from '../../records.ts'
import { ACCOUNT, OTHER, questionsOf, refusalOf, run } from '../../testing/operations-kit.ts'
import { ADMIN, failingAtEachCall, openHolders, policyOfSize, policyText, TASK } from '../testing/iam-kit.ts'

describe('inline policies', () => {
  test('are put, read back to the byte, listed in the order of their names, and deleted', async () => {
    const { b, ops } = await openHolders()
    const PolicyDocument = `{ "Version" : "2012-10-17",\n "Statement": {"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::a%20b/*"} }`
    await run(b, ops.PutUserPolicy, { UserName: 'Ada', PolicyName: 'b', PolicyDocument })
    await run(b, ops.PutUserPolicy, { UserName: 'Ada', PolicyName: 'a', PolicyDocument: policyText })
    const got = await run(b, ops.GetUserPolicy, { UserName: 'ada', PolicyName: 'b' })
    assert.equal(got.UserName, 'Ada')
    assert.equal(decodeURIComponent(got.PolicyDocument ?? ''), PolicyDocument)
    const first = await run(b, ops.ListUserPolicies, { UserName: 'Ada', MaxItems: 1 })
    assert.deepEqual(first.PolicyNames, ['a'])
    const second = await run(b, ops.ListUserPolicies, { UserName: 'Ada', MaxItems: 1, Marker: first.Marker })
    assert.deepEqual(second, { PolicyNames: ['b'], IsTruncated: false })
    await run(b, ops.DeleteUserPolicy, { UserName: 'Ada', PolicyName: 'b' })
    const gone = 'NoSuchEntity: The user policy with name b cannot be found.'
    assert.equal(await refusalOf(run(b, ops.GetUserPolicy, { UserName: 'Ada', PolicyName: 'b' })), gone)
    assert.equal(await refusalOf(run(b, ops.DeleteUserPolicy, { UserName: 'Ada', PolicyName: 'b' })), gone)
  })

  const sizes = [
    { title: 'a user’s to 2,048 characters', word: 'user', limit: 2048 },
    { title: 'a role’s to 10,240', word: 'role', limit: 10_240 },
  ] as const
  for (const { title, word, limit } of sizes) {
    test(`together may come: ${title}`, async () => {
      const { b, ops } = await openHolders()
      const put = (PolicyName: string, PolicyDocument: string) =>
        refusalOf(
          word === 'user'
            ? run(b, ops.PutUserPolicy, { UserName: 'Ada', PolicyName, PolicyDocument })
            : run(b, ops.PutRolePolicy, { RoleName: 'R', PolicyName, PolicyDocument }),
        )
      const name = word === 'user' ? 'Ada' : 'R'
      const says = `LimitExceeded: Maximum policy size of ${limit} bytes exceeded for ${word} ${name}`
      assert.equal(await put('one', policyOfSize(limit / 2)), 'no refusal')
      assert.equal(await put('two', policyOfSize(limit / 2 + 1)), says)
      assert.equal(await put('two', policyOfSize(limit / 2)), 'no refusal')
      assert.equal(await put('three', policyText), says)
      assert.equal(await put('two', policyText), 'no refusal')
    })
  }

  test('must be policies', async () => {
    const { b, ops } = await openHolders()
    const put = (PolicyDocument: string) =>
      run(b, ops.PutRolePolicy, { RoleName: 'R', PolicyName: 'p', PolicyDocument })
    assert.equal(await refusalOf(put('{}')), 'MalformedPolicyDocument: Syntax errors in policy.')
    const noResource = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*"}}'
    assert.equal(await refusalOf(put(noResource)), 'MalformedPolicyDocument: Policy statement must contain resources.')
  })

  test('ask about the holder, and know its boundary', async () => {
    const { b, ops } = await openHolders()
    await run(b, ops.PutUserPermissionsBoundary, { UserName: 'Ada', PermissionsBoundary: ADMIN })
    const [question] = await questionsOf(ops.PutUserPolicy, {
      UserName: 'Ada',
      PolicyName: 'p',
      PolicyDocument: policyText,
    })
    assert.equal(question?.resource, `arn:aws:iam::${ACCOUNT}:user/x/Ada`)
    assert.equal(question?.keys.get('iam:permissionsboundary'), ADMIN)
  })
})

describe('attaching', () => {
  test('keeps the way back, is done once, and undone', async () => {
    const { b, ops, policy } = await openHolders()
    const PolicyArn = await policy('P', { Path: '/p/' })
    for (let i = 0; i < 2; i++) await run(b, ops.AttachRolePolicy, { RoleName: 'r', PolicyArn })
    assert.deepEqual((await run(b, ops.ListAttachedRolePolicies, { RoleName: 'R' })).AttachedPolicies, [
      { PolicyName: 'P', PolicyArn },
    ])
    assert.deepEqual(
      (await run(b, ops.ListAttachedRolePolicies, { RoleName: 'R', PathPrefix: '/q/' })).AttachedPolicies,
      [],
    )
    assert.equal((await run(b, ops.GetPolicy, { PolicyArn })).Policy?.AttachmentCount, 1)
    await run(b, ops.DetachRolePolicy, { RoleName: 'R', PolicyArn })
    assert.equal((await run(b, ops.GetPolicy, { PolicyArn })).Policy?.AttachmentCount, 0)
    const answer = await refusalOf(run(b, ops.DetachRolePolicy, { RoleName: 'R', PolicyArn }))
    assert.equal(answer, `NoSuchEntity: Policy ${PolicyArn} was not found.`)
  })

  const refused = [
    {
      title: 'no ARN',
      arn: 'longpolicynamebutnoarn',
      says: 'ValidationError: Invalid ARN:  Could not be parsed!',
    },
    ...[
      `arn:aws:iam::${ACCOUNT}:policy/none`,
      `arn:aws:iam::${OTHER}:policy/Theirs`,
      'arn:aws:iam::aws:policy/NoSuchThing',
      TASK,
    ].map((arn) => ({ title: arn, arn, says: `NoSuchEntity: Policy ${arn} does not exist or is not attachable.` })),
  ]
  for (const { title, arn, says } of refused) {
    test(`refuses ${title}`, async () => {
      const { b, ops } = await openHolders()
      assert.equal(await refusalOf(run(b, ops.AttachUserPolicy, { UserName: 'Ada', PolicyArn: arn })), says)
      assert.equal(await refusalOf(run(b, ops.AttachRolePolicy, { RoleName: 'R', PolicyArn: arn })), says)
    })
  }

  test('at most ten to a user or role', async () => {
    const { b, ops, policy } = await openHolders()
    for (let i = 0; i < 10; i++) {
      const PolicyArn = await policy(`P${i}`)
      await run(b, ops.AttachRolePolicy, { RoleName: 'R', PolicyArn })
      await run(b, ops.AttachUserPolicy, { UserName: 'Ada', PolicyArn })
    }
    const role = await refusalOf(run(b, ops.AttachRolePolicy, { RoleName: 'R', PolicyArn: ADMIN }))
    assert.equal(role, 'LimitExceeded: Cannot exceed quota for PoliciesPerRole: 10')
    const user = await refusalOf(run(b, ops.AttachUserPolicy, { UserName: 'Ada', PolicyArn: ADMIN }))
    assert.equal(user, 'LimitExceeded: Cannot exceed quota for PoliciesPerUser: 10')
  })

  test('asks about the holder, with the policy and the boundary it has', async () => {
    const { b, ops } = await openHolders()
    await run(b, ops.PutUserPermissionsBoundary, { UserName: 'Ada', PermissionsBoundary: ADMIN })
    const [question] = await questionsOf(ops.AttachUserPolicy, { UserName: 'Ada', PolicyArn: ADMIN })
    assert.deepEqual(
      question?.keys,
      new Map([
        ['iam:policyarn', ADMIN],
        ['iam:permissionsboundary', ADMIN],
      ]),
    )
  })

  test('what was authorized for one boundary is not done under another', async () => {
    const { b, ops } = await openHolders()
    const operation = {
      ...ops.AttachUserPolicy,
      load: async (...given: Parameters<typeof ops.AttachUserPolicy.load>) => {
        const target = await ops.AttachUserPolicy.load(...given)
        await run(b, ops.PutUserPermissionsBoundary, { UserName: 'Ada', PermissionsBoundary: ADMIN })
        return target
      },
    }
    const answer = await refusalOf(run(b, operation, { UserName: 'Ada', PolicyArn: ADMIN }))
    assert.match(answer, /^ConcurrentModification/)
    assert.deepEqual((await b.store.get(users, [ACCOUNT, 'ada']))?.attached, [])
  })

  test('whichever store call fails, holder and way back agree', async () => {
    await failingAtEachCall(
      openHolders,
      (failing) => [failing.AttachRolePolicy, { RoleName: 'R', PolicyArn: ADMIN }],
      async ({ b }, done) => {
        const ways = await b.store.list(attachments, 'key', { prefix: [ACCOUNT], limit: 9 })
        assert.equal((await b.store.get(roles, [ACCOUNT, 'r']))?.attached.length, done ? 1 : 0)
        assert.equal(ways.items.length, done ? 1 : 0)
      },
    )
  })
})

describe('boundaries', () => {
  test('are set, replaced and removed, and counted', async () => {
    const { b, ops, policy } = await openHolders()
    const PermissionsBoundary = await policy('B')
    const uses = async (PolicyArn: string) =>
      (await run(b, ops.GetPolicy, { PolicyArn })).Policy?.PermissionsBoundaryUsageCount
    await run(b, ops.PutRolePermissionsBoundary, { RoleName: 'R', PermissionsBoundary })
    await run(b, ops.PutRolePermissionsBoundary, { RoleName: 'R', PermissionsBoundary })
    assert.equal(await uses(PermissionsBoundary), 1)
    await run(b, ops.PutRolePermissionsBoundary, { RoleName: 'R', PermissionsBoundary: ADMIN })
    assert.deepEqual([await uses(PermissionsBoundary), await uses(ADMIN)], [0, 1])
    await run(b, ops.DeleteRolePermissionsBoundary, { RoleName: 'R' })
    assert.equal(await uses(ADMIN), 0)
    assert.ok(!('PermissionsBoundary' in ((await run(b, ops.GetRole, { RoleName: 'R' })).Role ?? {})))
  })

  test('are asked about as what is set, and as what goes', async () => {
    const { b, ops, policy } = await openHolders()
    const B = await policy('B')
    const put = await questionsOf(ops.PutUserPermissionsBoundary, { UserName: 'Ada', PermissionsBoundary: B })
    assert.equal(put[0]?.keys.get('iam:permissionsboundary'), B)
    await run(b, ops.PutUserPermissionsBoundary, { UserName: 'Ada', PermissionsBoundary: B })
    const removed = await questionsOf(ops.DeleteUserPermissionsBoundary, { UserName: 'Ada' })
    assert.equal(removed[0]?.keys.get('iam:permissionsboundary'), B)
  })
})
