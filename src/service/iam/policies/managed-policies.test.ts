// Managed policies, their versions, and those of AWS's own, through the operation records.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { checkIdentityPolicy, policySize } from '../../../core/policy/grammar.ts'
import { awsManagedPolicies, awsManagedPolicy } from '../../aws-managed/policies.ts'
import { tallies } from '../../principals/quotas.ts'
import { ACCOUNT, callOf, OTHER, refusalOf, root, run } from '../../testing/operations-kit.ts'
import { ADMIN, openHolders, policyOfSize, policyText, TASK } from '../testing/iam-kit.ts'

describe('managed policies', () => {
  test('CreatePolicy answers no document, description or tags it has none of; GetPolicy does', async () => {
    const { b, ops } = await openHolders()
    const input = { PolicyName: 'P', Path: '/p/', PolicyDocument: policyText, Description: 'd' }
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
      input: { PolicyName: 'TAKEN', Path: '/else/', PolicyDocument: policyText },
      says: 'EntityAlreadyExists: A policy called TAKEN already exists. Duplicate names are not allowed.',
    },
    {
      title: '6,145 characters',
      input: { PolicyName: 'P', PolicyDocument: policyOfSize(6145) },
      says: 'LimitExceeded: Cannot exceed quota for PolicySize: 6144',
    },
    {
      title: 'an old version of the language',
      input: { PolicyName: 'P', PolicyDocument: policyText.replace('2012', '2008') },
      says: 'MalformedPolicyDocument: Policy document must be version 2012-10-17 or greater.',
    },
    {
      title: 'a path of AWS’s own',
      input: { PolicyName: 'P', Path: '/aws-reserved/', PolicyDocument: policyText },
      says: 'ValidationError: The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.',
    },
  ]
  for (const { title, input, says } of refused) {
    test(`CreatePolicy refuses ${title}`, async () => {
      const { b, ops, policy } = await openHolders()
      await policy('Taken')
      assert.equal(await refusalOf(run(b, ops.CreatePolicy, input)), says)
    })
  }

  test('6,144 characters are taken', async () => {
    const { b, ops } = await openHolders()
    assert.equal(policySize(policyOfSize(6144)), 6144)
    await run(b, ops.CreatePolicy, { PolicyName: 'P', PolicyDocument: policyOfSize(6144) })
  })

  test('an account has at most 1,500', async () => {
    const { b, ops } = await openHolders()
    const tally = {
      account: ACCOUNT,
      users: 1,
      roles: 1,
      policies: 1500,
      mfaDevices: 0,
      oidcProviders: 0,
      samlProviders: 0,
      instanceProfiles: 0,
    }
    await b.store.transact((tx) => tx.replace(tallies, tally))
    const answer = refusalOf(run(b, ops.CreatePolicy, { PolicyName: 'P', PolicyDocument: policyText }))
    assert.equal(await answer, 'LimitExceeded: Cannot exceed quota for PoliciesPerAccount: 1500')
  })

  test('an ARN is matched exactly, and what is none is refused', async () => {
    const { b, ops, policy } = await openHolders()
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
      'ValidationError: Invalid ARN:  Could not be parsed!',
    )
  })

  test('another account’s policy is that account’s to allow', async () => {
    const { ops } = await openHolders()
    const call = { PolicyArn: `arn:aws:iam::${OTHER}:policy/P` }
    const target = await ops.GetPolicy.load(call, callOf(root, 'GetPolicy'))
    const checks = ops.GetPolicy.checks
    assert.ok(checks !== 'always')
    assert.equal(checks(call, target, callOf(root, 'GetPolicy'))[0]?.owner, OTHER)
  })

  test('DeletePolicy refuses while it is used or has versions', async () => {
    const { b, ops, policy } = await openHolders()
    const PolicyArn = await policy('P')
    const remove = () => refusalOf(run(b, ops.DeletePolicy, { PolicyArn }))
    await run(b, ops.PutRolePermissionsBoundary, { RoleName: 'R', PermissionsBoundary: PolicyArn })
    assert.equal(await remove(), 'DeleteConflict: Cannot delete a policy attached to entities.')
    await run(b, ops.DeleteRolePermissionsBoundary, { RoleName: 'R' })
    await run(b, ops.CreatePolicyVersion, { PolicyArn, PolicyDocument: policyText })
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
    const { b, ops, policy } = await openHolders()
    const PolicyArn = await policy('P')
    for (let i = 0; i < 4; i++) await run(b, ops.CreatePolicyVersion, { PolicyArn, PolicyDocument: policyText })
    assert.equal(
      await refusalOf(run(b, ops.CreatePolicyVersion, { PolicyArn, PolicyDocument: policyText })),
      'LimitExceeded: A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.',
    )
    await run(b, ops.DeletePolicyVersion, { PolicyArn, VersionId: 'v5' })
    const { PolicyVersion } = await run(b, ops.CreatePolicyVersion, {
      PolicyArn,
      PolicyDocument: policyText,
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
    const { b, ops, policy } = await openHolders()
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

describe('ListEntitiesForPolicy', () => {
  test('names who uses it, by kind of use, kind of entity and path', async () => {
    const { b, ops } = await openHolders()
    await run(b, ops.AttachUserPolicy, { UserName: 'Ada', PolicyArn: ADMIN })
    await run(b, ops.PutUserPermissionsBoundary, { UserName: 'Ada', PermissionsBoundary: ADMIN })
    await run(b, ops.PutRolePermissionsBoundary, { RoleName: 'R', PermissionsBoundary: ADMIN })
    const entities = async (more: object) => {
      const entities = await run(b, ops.ListEntitiesForPolicy, { PolicyArn: ADMIN, ...more })
      return [
        ...(entities.PolicyUsers ?? []).map((u) => u.UserName),
        ...(entities.PolicyRoles ?? []).map((r) => r.RoleName),
      ]
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
    const { b, ops } = await openHolders()
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
    const { b, ops } = await openHolders()
    const call = callOf(root, 'DeletePolicy')
    const target = await ops.DeletePolicy.load({ PolicyArn: ADMIN }, call)
    const checks = ops.DeletePolicy.checks
    assert.ok(checks !== 'always')
    assert.equal(checks({ PolicyArn: ADMIN }, target, call)[0]?.owner, 'aws')
    assert.match(await refusalOf(run(b, ops.DeletePolicy, { PolicyArn: ADMIN })), /^NoSuchEntity/)
    const version = { PolicyArn: ADMIN, PolicyDocument: policyText, SetAsDefault: true }
    assert.match(await refusalOf(run(b, ops.CreatePolicyVersion, version)), /^NoSuchEntity/)
  })

  test('ListPolicies lists them by scope, by use and in pages', async () => {
    const { b, ops, policy } = await openHolders()
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
