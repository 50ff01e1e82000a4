// Policies of users and roles: inline, managed, attached, bounding, and their versions, through the operation records.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { checkIdentityPolicy, policySize } from '../../core/policy/grammar.ts'
import { chaos } from '../../store/chaos.ts'
import { attachments, roles, users } from '../records.ts'
import { awsManagedPolicies, awsManagedPolicy } from './aws-managed/policies.ts'
import { iamOperations } from './operations.ts'
import { tallies } from './quotas.ts'
import { ACCOUNT, addRole, addUser, bench, callOf, OTHER, questionsOf, refusalOf, root, run } from './testing.ts'

const ADMIN = 'arn:aws:iam::aws:policy/AdministratorAccess'
const TASK = 'arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy'
const text = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}}'

/** A policy of exactly so many characters that count. */
const ofSize = (size: number) => text.replace('s3:GetObject', `s3:${'G'.repeat(size - text.length + 9)}`)

async function made() {
  const b = await bench()
  await addUser(b, 'Ada', '/x/')
  await addRole(b, 'R')
  const ops = iamOperations(b.parts)
  const policy = async (PolicyName: string, more: { readonly Path?: string } = {}) =>
    (await run(b, ops.CreatePolicy, { PolicyName, PolicyDocument: text, ...more })).Policy?.Arn ?? ''
  return { b, ops, policy }
}

describe('inline policies', () => {
  test('are put, read back to the byte, listed in the order of their names, and deleted', async () => {
    const { b, ops } = await made()
    const PolicyDocument = `{ "Version" : "2012-10-17",\n "Statement": {"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::a%20b/*"} }`
    await run(b, ops.PutUserPolicy, { UserName: 'Ada', PolicyName: 'b', PolicyDocument })
    await run(b, ops.PutUserPolicy, { UserName: 'Ada', PolicyName: 'a', PolicyDocument: text })
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
      const { b, ops } = await made()
      const put = (PolicyName: string, PolicyDocument: string) =>
        refusalOf(
          word === 'user'
            ? run(b, ops.PutUserPolicy, { UserName: 'Ada', PolicyName, PolicyDocument })
            : run(b, ops.PutRolePolicy, { RoleName: 'R', PolicyName, PolicyDocument }),
        )
      const name = word === 'user' ? 'Ada' : 'R'
      const says = `LimitExceeded: Maximum policy size of ${limit} bytes exceeded for ${word} ${name}`
      assert.equal(await put('one', ofSize(limit / 2)), 'no refusal')
      assert.equal(await put('two', ofSize(limit / 2 + 1)), says)
      assert.equal(await put('two', ofSize(limit / 2)), 'no refusal')
      assert.equal(await put('three', text), says)
      assert.equal(await put('two', text), 'no refusal')
    })
  }

  test('must be policies', async () => {
    const { b, ops } = await made()
    const put = (PolicyDocument: string) =>
      run(b, ops.PutRolePolicy, { RoleName: 'R', PolicyName: 'p', PolicyDocument })
    assert.equal(await refusalOf(put('{}')), 'MalformedPolicyDocument: Syntax errors in policy.')
    const noResource = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*"}}'
    assert.equal(await refusalOf(put(noResource)), 'MalformedPolicyDocument: Policy statement must contain resources.')
  })

  test('ask about the holder, and know its boundary', async () => {
    const { b, ops } = await made()
    await run(b, ops.PutUserPermissionsBoundary, { UserName: 'Ada', PermissionsBoundary: ADMIN })
    const [asked] = await questionsOf(ops.PutUserPolicy, { UserName: 'Ada', PolicyName: 'p', PolicyDocument: text })
    assert.equal(asked?.resource, `arn:aws:iam::${ACCOUNT}:user/x/Ada`)
    assert.equal(asked?.keys.get('iam:permissionsboundary'), ADMIN)
  })
})

describe('managed policies', () => {
  test('CreatePolicy answers no document, description or tags it has none of; GetPolicy does', async () => {
    const { b, ops } = await made()
    const input = { PolicyName: 'P', Path: '/p/', PolicyDocument: text, Description: 'd' }
    const { Policy } = await run(b, ops.CreatePolicy, input)
    assert.equal(Policy?.Arn, `arn:aws:iam::${ACCOUNT}:policy/p/P`)
    assert.match(Policy?.PolicyId ?? '', /^ANPA[A-Z2-7]{17}$/)
    assert.equal(Policy?.DefaultVersionId, 'v1')
    assert.ok(!('Description' in (Policy ?? {})) && !('Tags' in (Policy ?? {})))
    const got = (await run(b, ops.GetPolicy, { PolicyArn: Policy?.Arn ?? '' })).Policy
    assert.equal(got?.Description, 'd')
    assert.deepEqual(got?.Tags, [])
    const [listed] = (await run(b, ops.ListPolicies, { Scope: 'Local' })).Policies ?? []
    assert.ok(!('Description' in (listed ?? {})) && !('Tags' in (listed ?? {})))
  })

  const refused = [
    {
      title: 'a taken name, whatever case and path',
      input: { PolicyName: 'TAKEN', Path: '/else/', PolicyDocument: text },
      says: 'EntityAlreadyExists: A policy called TAKEN already exists. Duplicate names are not allowed.',
    },
    {
      title: '6,145 characters',
      input: { PolicyName: 'P', PolicyDocument: ofSize(6145) },
      says: 'LimitExceeded: Cannot exceed quota for PolicySize: 6144',
    },
    {
      title: 'an old version of the language',
      input: { PolicyName: 'P', PolicyDocument: text.replace('2012', '2008') },
      says: 'MalformedPolicyDocument: Policy document must be version 2012-10-17 or greater.',
    },
    {
      title: 'a path that policies cannot have',
      input: { PolicyName: 'P', Path: '/a!b/', PolicyDocument: text },
      says: 'ValidationError: The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.',
    },
  ]
  for (const { title, input, says } of refused) {
    test(`CreatePolicy refuses ${title}`, async () => {
      const { b, ops, policy } = await made()
      await policy('Taken')
      assert.equal(await refusalOf(run(b, ops.CreatePolicy, input)), says)
    })
  }

  test('6,144 characters are taken', async () => {
    const { b, ops } = await made()
    assert.equal(policySize(ofSize(6144)), 6144)
    await run(b, ops.CreatePolicy, { PolicyName: 'P', PolicyDocument: ofSize(6144) })
  })

  test('an account has at most 1,500', async () => {
    const { b, ops } = await made()
    const tally = { account: ACCOUNT, users: 1, roles: 1, policies: 1500, mfaDevices: 0 }
    await b.store.transact((tx) => tx.replace(tallies, tally))
    const answer = refusalOf(run(b, ops.CreatePolicy, { PolicyName: 'P', PolicyDocument: text }))
    assert.equal(await answer, 'LimitExceeded: Cannot exceed quota for PoliciesPerAccount: 1500')
  })

  test('an ARN is matched exactly, and what is none is refused', async () => {
    const { b, ops, policy } = await made()
    const arn = await policy('P', { Path: '/p/' })
    for (const other of [arn.replace('/p/', '/'), arn.replace('P', 'p'), arn.replace(ACCOUNT, OTHER)]) {
      if (other !== arn)
        assert.equal(
          await refusalOf(run(b, ops.GetPolicy, { PolicyArn: other })),
          `NoSuchEntity: Policy ${other} was not found.`,
        )
    }
    assert.equal(
      await refusalOf(run(b, ops.GetPolicy, { PolicyArn: 'just-a-name' })),
      'ValidationError: ARN just-a-name is not valid.',
    )
  })

  test('another account’s policy is that account’s to allow', async () => {
    const { ops } = await made()
    const call = { PolicyArn: `arn:aws:iam::${OTHER}:policy/P` }
    const target = await ops.GetPolicy.target(call, callOf(root, 'GetPolicy'))
    const checks = ops.GetPolicy.checks
    assert.ok(checks !== 'always')
    assert.equal(checks(call, target, callOf(root, 'GetPolicy'))[0]?.owner, OTHER)
  })

  test('DeletePolicy refuses while it is used or has versions', async () => {
    const { b, ops, policy } = await made()
    const PolicyArn = await policy('P')
    const remove = () => refusalOf(run(b, ops.DeletePolicy, { PolicyArn }))
    await run(b, ops.PutRolePermissionsBoundary, { RoleName: 'R', PermissionsBoundary: PolicyArn })
    assert.equal(await remove(), 'DeleteConflict: Cannot delete a policy attached to entities.')
    await run(b, ops.DeleteRolePermissionsBoundary, { RoleName: 'R' })
    await run(b, ops.CreatePolicyVersion, { PolicyArn, PolicyDocument: text })
    assert.equal(
      await remove(),
      "DeleteConflict: This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.",
    )
    await run(b, ops.DeletePolicyVersion, { PolicyArn, VersionId: 'v2' })
    assert.equal(await remove(), 'no refusal')
    assert.equal(await remove(), `NoSuchEntity: Policy ${PolicyArn} was not found.`)
    assert.equal((await b.store.get(tallies, [ACCOUNT]))?.policies, 0)
  })
})

describe('versions of a policy', () => {
  test('at most five, the newest first, and an id is never used again', async () => {
    const { b, ops, policy } = await made()
    const PolicyArn = await policy('P')
    for (let i = 0; i < 4; i++) await run(b, ops.CreatePolicyVersion, { PolicyArn, PolicyDocument: text })
    assert.equal(
      await refusalOf(run(b, ops.CreatePolicyVersion, { PolicyArn, PolicyDocument: text })),
      'LimitExceeded: A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.',
    )
    await run(b, ops.DeletePolicyVersion, { PolicyArn, VersionId: 'v5' })
    const { PolicyVersion } = await run(b, ops.CreatePolicyVersion, {
      PolicyArn,
      PolicyDocument: text,
      SetAsDefault: true,
    })
    assert.equal(PolicyVersion?.VersionId, 'v6')
    assert.equal(PolicyVersion?.IsDefaultVersion, true)
    assert.ok(!('Document' in (PolicyVersion ?? {})))
    const { Versions } = await run(b, ops.ListPolicyVersions, { PolicyArn })
    assert.deepEqual(
      Versions?.map(({ VersionId, IsDefaultVersion }) => [VersionId, IsDefaultVersion]),
      [
        ['v6', true],
        ['v4', false],
        ['v3', false],
        ['v2', false],
        ['v1', false],
      ],
    )
    await run(b, ops.SetDefaultPolicyVersion, { PolicyArn, VersionId: 'v2' })
    assert.equal((await run(b, ops.GetPolicy, { PolicyArn })).Policy?.DefaultVersionId, 'v2')
  })

  test('the default is not deleted, and one that is not there is not found', async () => {
    const { b, ops, policy } = await made()
    const PolicyArn = await policy('P')
    const none = (arn: string) => `NoSuchEntity: Policy ${arn} version v9 does not exist or is not attachable.`
    const input = { PolicyArn, VersionId: 'v9' }
    assert.equal(
      await refusalOf(run(b, ops.DeletePolicyVersion, { PolicyArn, VersionId: 'v1' })),
      'DeleteConflict: Cannot delete the default version of a policy.',
    )
    for (const operation of [ops.DeletePolicyVersion, ops.SetDefaultPolicyVersion]) {
      assert.equal(await refusalOf(run(b, operation, input)), none(PolicyArn))
    }
    assert.equal(await refusalOf(run(b, ops.GetPolicyVersion, input)), none(PolicyArn))
    const other = `arn:aws:iam::${ACCOUNT}:policy/Other`
    assert.equal(await refusalOf(run(b, ops.SetDefaultPolicyVersion, { ...input, PolicyArn: other })), none(other))
  })
})

describe('attaching', () => {
  test('keeps the way back, is done once, and undone', async () => {
    const { b, ops, policy } = await made()
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
      says: 'ValidationError: ARN longpolicynamebutnoarn is not valid.',
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
      const { b, ops } = await made()
      assert.equal(await refusalOf(run(b, ops.AttachUserPolicy, { UserName: 'Ada', PolicyArn: arn })), says)
      assert.equal(await refusalOf(run(b, ops.AttachRolePolicy, { RoleName: 'R', PolicyArn: arn })), says)
    })
  }

  test('at most ten to a user or role', async () => {
    const { b, ops, policy } = await made()
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
    const { b, ops } = await made()
    await run(b, ops.PutUserPermissionsBoundary, { UserName: 'Ada', PermissionsBoundary: ADMIN })
    const [asked] = await questionsOf(ops.AttachUserPolicy, { UserName: 'Ada', PolicyArn: ADMIN })
    assert.deepEqual(
      asked?.keys,
      new Map([
        ['iam:policyarn', ADMIN],
        ['iam:permissionsboundary', ADMIN],
      ]),
    )
  })

  test('what was authorized for one boundary is not done under another', async () => {
    const { b, ops } = await made()
    const operation = {
      ...ops.AttachUserPolicy,
      target: async (...given: Parameters<typeof ops.AttachUserPolicy.target>) => {
        const target = await ops.AttachUserPolicy.target(...given)
        await run(b, ops.PutUserPermissionsBoundary, { UserName: 'Ada', PermissionsBoundary: ADMIN })
        return target
      },
    }
    const answer = await refusalOf(run(b, operation, { UserName: 'Ada', PolicyArn: ADMIN }))
    assert.match(answer, /^ConcurrentModification/)
    assert.deepEqual((await b.store.get(users, [ACCOUNT, 'ada']))?.attached, [])
  })

  test('whichever store call fails, holder and way back agree', async () => {
    let failAt = 1
    for (; failAt < 100; failAt++) {
      const { b } = await made()
      const broken = { ...b, store: chaos(b.store, { twice: true, failAt }) }
      const ops = iamOperations({ ...b.parts, store: broken.store })
      const done = await run(broken, ops.AttachRolePolicy, { RoleName: 'R', PolicyArn: ADMIN }).then(
        () => true,
        () => false,
      )
      const ways = await b.store.list(attachments, 'key', { prefix: [ACCOUNT], limit: 9 })
      assert.equal((await b.store.get(roles, [ACCOUNT, 'r']))?.attached.length, done ? 1 : 0)
      assert.equal(ways.items.length, done ? 1 : 0)
      if (done) break
    }
    assert.ok(failAt > 3 && failAt < 100)
  })
})

describe('boundaries', () => {
  test('are set, replaced and removed, and counted', async () => {
    const { b, ops, policy } = await made()
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
    const { b, ops, policy } = await made()
    const B = await policy('B')
    const put = await questionsOf(ops.PutUserPermissionsBoundary, { UserName: 'Ada', PermissionsBoundary: B })
    assert.equal(put[0]?.keys.get('iam:permissionsboundary'), B)
    await run(b, ops.PutUserPermissionsBoundary, { UserName: 'Ada', PermissionsBoundary: B })
    const removed = await questionsOf(ops.DeleteUserPermissionsBoundary, { UserName: 'Ada' })
    assert.equal(removed[0]?.keys.get('iam:permissionsboundary'), B)
  })
})

describe('ListEntitiesForPolicy', () => {
  test('names who uses it, by kind of use, kind of entity and path', async () => {
    const { b, ops } = await made()
    await run(b, ops.AttachUserPolicy, { UserName: 'Ada', PolicyArn: ADMIN })
    await run(b, ops.PutUserPermissionsBoundary, { UserName: 'Ada', PermissionsBoundary: ADMIN })
    await run(b, ops.PutRolePermissionsBoundary, { RoleName: 'R', PermissionsBoundary: ADMIN })
    const entities = async (more: object) => {
      const found = await run(b, ops.ListEntitiesForPolicy, { PolicyArn: ADMIN, ...more })
      return [...(found.PolicyUsers ?? []).map((u) => u.UserName), ...(found.PolicyRoles ?? []).map((r) => r.RoleName)]
    }
    assert.deepEqual(await entities({}), ['Ada', 'R'])
    assert.deepEqual(await entities({ PolicyUsageFilter: 'PermissionsPolicy' }), ['Ada'])
    assert.deepEqual(await entities({ PolicyUsageFilter: 'PermissionsBoundary' }), ['Ada', 'R'])
    assert.deepEqual(await entities({ EntityFilter: 'Role' }), ['R'])
    assert.deepEqual(await entities({ EntityFilter: 'Group' }), [])
    assert.deepEqual(await entities({ PathPrefix: '/x/' }), ['Ada'])
  })
})

describe('policies of AWS’s own', () => {
  test('each is a policy by the grammar', () => {
    for (const { name, text: document } of awsManagedPolicies) {
      assert.equal(checkIdentityPolicy(document, { managed: true }), undefined, name)
    }
  })

  test('are found by their exact ARN alone', () => {
    assert.equal(awsManagedPolicy(ADMIN)?.defaultVersion, 'v1')
    assert.equal(awsManagedPolicy(ADMIN.toLowerCase()), undefined)
    assert.equal(awsManagedPolicy(`arn:aws:iam::${ACCOUNT}:policy/AdministratorAccess`), undefined)
  })

  test('are read by every account, with their own version', async () => {
    const { b, ops } = await made()
    const PolicyArn = 'arn:aws:iam::aws:policy/PowerUserAccess'
    const { Policy } = await run(b, ops.GetPolicy, { PolicyArn })
    const VersionId = Policy?.DefaultVersionId ?? ''
    const { PolicyVersion } = await run(b, ops.GetPolicyVersion, { PolicyArn, VersionId })
    assert.match(decodeURIComponent(PolicyVersion?.Document ?? ''), /NotAction/)
    assert.equal((await run(b, ops.GetPolicy, { PolicyArn: TASK })).Policy?.IsAttachable, false)
    const none = 'arn:aws:iam::aws:policy/NoSuchThing'
    assert.equal(
      await refusalOf(run(b, ops.GetPolicy, { PolicyArn: none })),
      `NoSuchEntity: Policy ${none} was not found.`,
    )
  })

  test('are changed by nobody, even where a policy allowed it', async () => {
    const { b, ops } = await made()
    const call = callOf(root, 'DeletePolicy')
    const target = await ops.DeletePolicy.target({ PolicyArn: ADMIN }, call)
    const checks = ops.DeletePolicy.checks
    assert.ok(checks !== 'always')
    assert.equal(checks({ PolicyArn: ADMIN }, target, call)[0]?.owner, 'aws')
    assert.match(await refusalOf(run(b, ops.DeletePolicy, { PolicyArn: ADMIN })), /^NoSuchEntity/)
    const version = { PolicyArn: ADMIN, PolicyDocument: text, SetAsDefault: true }
    assert.match(await refusalOf(run(b, ops.CreatePolicyVersion, version)), /^NoSuchEntity/)
  })

  test('ListPolicies lists them by scope, by use and in pages', async () => {
    const { b, ops, policy } = await made()
    await policy('Own')
    const names = async (more: object) =>
      ((await run(b, ops.ListPolicies, { MaxItems: 1000, ...more })).Policies ?? []).map(({ PolicyName }) => PolicyName)
    assert.deepEqual(await names({ Scope: 'Local' }), ['Own'])
    assert.equal((await names({ Scope: 'AWS' })).length, awsManagedPolicies.length)
    assert.equal((await names({})).length, awsManagedPolicies.length + 1)
    assert.deepEqual(await names({ OnlyAttached: true }), [])
    await run(b, ops.AttachUserPolicy, { UserName: 'Ada', PolicyArn: ADMIN })
    assert.deepEqual(await names({ OnlyAttached: true }), ['AdministratorAccess'])
    assert.equal((await names({ PathPrefix: '/root-task/' })).length, 5)
    const seen: (string | undefined)[] = []
    let Marker: string | undefined
    do {
      const page = await run(b, ops.ListPolicies, { MaxItems: 4, Marker })
      seen.push(...(page.Policies ?? []).map(({ PolicyName }) => PolicyName))
      Marker = page.Marker
    } while (Marker !== undefined)
    assert.equal(new Set(seen).size, awsManagedPolicies.length + 1)
  })
})
