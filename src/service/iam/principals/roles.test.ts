// Roles, through their operation records.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { tallies } from '../../principals/quotas.ts'
import { attachments, lastUsed, roles } from '../../records.ts'
import { ACCOUNT, addRole, addUser, questionsOf, refusalOf, run, trusting } from '../../testing/operations-kit.ts'
import type { IamInput } from '../define.ts'
import { ADMIN, failingAtEachCall, openIam, policyText, tallyOf, trustShown } from '../testing/iam-kit.ts'

const trust = trusting({ AWS: ACCOUNT })

describe('CreateRole', () => {
  test('answers without MaxSessionDuration and RoleLastUsed, which GetRole has', async () => {
    const { b, ops } = await openIam()
    const { Role } = await run(b, ops.CreateRole, { RoleName: 'R', AssumeRolePolicyDocument: trust, Description: 'd' })
    assert.deepEqual(Object.keys(Role ?? {}), [
      'Path',
      'RoleName',
      'RoleId',
      'Arn',
      'CreateDate',
      'AssumeRolePolicyDocument',
      'Description',
    ])
    assert.match(Role?.RoleId ?? '', /^AROA[A-Z2-7]{17}$/)
    const got = (await run(b, ops.GetRole, { RoleName: 'r' })).Role
    assert.equal(got?.MaxSessionDuration, 3600)
    assert.deepEqual(got?.RoleLastUsed, {})
    const listed = (await run(b, ops.ListRoles, {})).Roles?.[0]
    assert.equal(listed?.MaxSessionDuration, 3600)
    assert.ok(!('RoleLastUsed' in (listed ?? {})) && !('Tags' in (listed ?? {})))
  })

  test('answers the trust policy as it was sent; later answers say accounts by their root’s ARN', async () => {
    const { b, ops } = await openIam()
    const { Role } = await run(b, ops.CreateRole, { RoleName: 'R', AssumeRolePolicyDocument: trust })
    assert.equal(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? ''), trust)
    const expanded = trusting({ AWS: `arn:aws:iam::${ACCOUNT}:root` })
    const [listed] = (await run(b, ops.ListRoles, {})).Roles ?? []
    const described = (await run(b, ops.UpdateRoleDescription, { RoleName: 'R', Description: '' })).Role
    for (const later of [(await run(b, ops.GetRole, { RoleName: 'R' })).Role, listed, described]) {
      assert.equal(decodeURIComponent(later?.AssumeRolePolicyDocument ?? ''), expanded)
    }
    await run(b, ops.UpdateAssumeRolePolicy, { RoleName: 'R', PolicyDocument: trust })
    assert.equal(await trustShown(b, 'R'), expanded)
  })

  test('keeps the document’s own spaces, and encodes every reserved character', async () => {
    const { b, ops } = await openIam()
    const text = `{ "Version": "2012-10-17",\n "Statement": { "Sid": "a (b)*!'~%41", "Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole" } }`
    const { Role } = await run(b, ops.CreateRole, { RoleName: 'R', AssumeRolePolicyDocument: text })
    assert.match(Role?.AssumeRolePolicyDocument ?? '', /^[A-Za-z0-9\-._~%]+$/)
    assert.equal(await trustShown(b, 'R'), text)
  })

  const bad = (statement: object) => JSON.stringify({ Version: '2012-10-17', Statement: statement })
  const refused: readonly {
    readonly title: string
    readonly input: Partial<IamInput<'CreateRole'>>
    readonly says: string
  }[] = [
    {
      title: 'a taken name in other case',
      input: { RoleName: 'TAKEN' },
      says: 'EntityAlreadyExists: Role with name TAKEN already exists.',
    },
    {
      title: 'a name with a space',
      input: { RoleName: 'a b' },
      says: 'ValidationError: The specified value for roleName is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-',
    },
    {
      title: 'the path of AWS’s own roles',
      input: { Path: '/aws-service-role/x.amazonaws.com/' },
      says: 'ValidationError: The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.',
    },
    {
      title: 'sessions of 3,599 seconds',
      input: { MaxSessionDuration: 3599 },
      says: "ValidationError: 1 validation error detected: Value '3599' at 'maxSessionDuration' failed to satisfy constraint: Member must have value greater than or equal to 3600",
    },
    {
      title: 'sessions of 43,201 seconds',
      input: { MaxSessionDuration: 43_201 },
      says: "ValidationError: 1 validation error detected: Value '43201' at 'maxSessionDuration' failed to satisfy constraint: Member must have value less than or equal to 43200",
    },
    {
      title: 'a trust policy that is no JSON',
      input: { AssumeRolePolicyDocument: '{' },
      says: 'MalformedPolicyDocument: This policy contains invalid Json',
    },
    {
      title: 'a trust policy with a resource',
      input: {
        AssumeRolePolicyDocument: bad({
          Effect: 'Allow',
          Principal: { AWS: ACCOUNT },
          Action: 'sts:AssumeRole',
          Resource: '*',
        }),
      },
      says: 'MalformedPolicyDocument: Has prohibited field Resource',
    },
    {
      title: 'a trust policy of 2,049 characters',
      input: {
        AssumeRolePolicyDocument: bad({
          Sid: 'x'.repeat(2048 - trust.length - '"Sid":"",'.length + 1),
          Effect: 'Allow',
          Principal: { AWS: ACCOUNT },
          Action: 'sts:AssumeRole',
        }).replace(/(.*"Statement":)(.*)\}$/, '$1[$2]}'),
      },
      says: 'LimitExceeded: Cannot exceed quota for ACLSizePerRole: 2048',
    },
  ]
  for (const { title, input, says } of refused) {
    test(`refuses ${title}`, async () => {
      const { b, ops } = await openIam()
      await addRole(b, 'Taken')
      const whole = { RoleName: 'R', AssumeRolePolicyDocument: trust, ...input }
      assert.equal(await refusalOf(run(b, ops.CreateRole, whole)), says)
      assert.equal(await b.store.get(roles, [ACCOUNT, 'r']), undefined)
    })
  }

  test('takes a trust policy of 2,048 characters, not counting white space', async () => {
    const { b, ops } = await openIam()
    const sid = 'x'.repeat(2048 - trust.length - '"Sid":"",'.length)
    const text = trust.replace('{"Effect"', `{ "Sid":"${sid}",\n"Effect"`)
    assert.equal(
      await refusalOf(run(b, ops.CreateRole, { RoleName: 'R', AssumeRolePolicyDocument: text })),
      'no refusal',
    )
  })

  test('refuses the 1,001st role of an account', async () => {
    const { b, ops } = await openIam()
    await b.store.transact((tx) => tx.create(tallies, tallyOf({ roles: 1000 })))
    const answer = refusalOf(run(b, ops.CreateRole, { RoleName: 'R', AssumeRolePolicyDocument: trust }))
    assert.equal(await answer, 'LimitExceeded: Cannot exceed quota for RolesPerAccount: 1000')
  })

  test('asks for iam:CreateRole with tags and boundary, and for iam:TagRole', async () => {
    const { ops } = await openIam()
    const questions = await questionsOf(ops.CreateRole, {
      RoleName: 'R',
      Path: '/p/',
      AssumeRolePolicyDocument: trust,
      Tags: [{ Key: 'k', Value: 'v' }],
      PermissionsBoundary: ADMIN,
    })
    assert.deepEqual(
      questions.map(({ action, resource }) => [action, resource]),
      [
        ['iam:CreateRole', `arn:aws:iam::${ACCOUNT}:role/p/R`],
        ['iam:TagRole', `arn:aws:iam::${ACCOUNT}:role/p/R`],
      ],
    )
    assert.equal(questions[0]?.keys.get('iam:permissionsboundary'), ADMIN)
  })

  test('whichever store call fails, there is a role with its ways back and its count, or nothing', async () => {
    const input = { RoleName: 'R', AssumeRolePolicyDocument: trust, PermissionsBoundary: ADMIN }
    await failingAtEachCall(
      openIam,
      (failing) => [failing.CreateRole, input],
      async ({ b }, done) => {
        const ways = await b.store.list(attachments, 'key', { prefix: [ACCOUNT], limit: 9 })
        assert.equal((await b.store.get(roles, [ACCOUNT, 'r'])) !== undefined, done)
        assert.equal(ways.items.length, done ? 1 : 0)
        assert.equal((await b.store.get(tallies, [ACCOUNT]))?.roles ?? 0, done ? 1 : 0)
      },
      5,
    )
  })
})

describe('changing a role', () => {
  test('UpdateRole changes what is given and leaves the rest', async () => {
    const { b, ops } = await openIam()
    await addRole(b, 'R')
    await run(b, ops.UpdateRole, { RoleName: 'R', Description: 'd', MaxSessionDuration: 7200 })
    await run(b, ops.UpdateRole, { RoleName: 'R' })
    const { Role } = await run(b, ops.GetRole, { RoleName: 'R' })
    assert.equal(Role?.Description, 'd')
    assert.equal(Role?.MaxSessionDuration, 7200)
    const described = await run(b, ops.UpdateRoleDescription, { RoleName: 'R', Description: 'e' })
    assert.equal(described.Role?.Description, 'e')
    assert.ok(!('MaxSessionDuration' in (described.Role ?? {})))
  })

  test('UpdateAssumeRolePolicy resolves anew', async () => {
    const { b, ops } = await openIam()
    await addRole(b, 'R')
    const ada = await addUser(b, 'Ada')
    const arn = `arn:aws:iam::${ACCOUNT}:user/Ada`
    await run(b, ops.UpdateAssumeRolePolicy, { RoleName: 'R', PolicyDocument: trusting({ AWS: arn }) })
    assert.deepEqual((await b.store.get(roles, [ACCOUNT, 'r']))?.trust.principals, { [arn]: ada.id })
  })

  const operations = [
    'GetRole',
    'UpdateRole',
    'DeleteRole',
    'ListRolePolicies',
    'ListRoleTags',
    'DeleteRolePermissionsBoundary',
  ] as const
  for (const name of operations) {
    test(`${name} of a role that is not there`, async () => {
      const { b, ops } = await openIam()
      const answer = await refusalOf(run(b, ops[name] as typeof ops.DeleteRole, { RoleName: 'None' }))
      assert.equal(answer, 'NoSuchEntity: The role with name None cannot be found.')
    })
  }

  test('RoleLastUsed is kept for 400 days', async () => {
    const { b, ops } = await openIam()
    const { id } = await addRole(b, 'R')
    const used = { account: ACCOUNT, id, at: '2026-02-01T00:00:00Z', region: 'eu-west-1', service: 's3' }
    await b.store.transact((tx) => tx.create(lastUsed, used))
    const at = async (now: string) =>
      (await run(b, ops.GetRole, { RoleName: 'R' }, { now: new Date(now) })).Role?.RoleLastUsed
    assert.deepEqual(await at('2026-02-02T00:00:00Z'), { LastUsedDate: new Date(used.at), Region: 'eu-west-1' })
    assert.deepEqual(await at('2027-06-01T00:00:00Z'), {})
  })

  test('DeleteRole refuses while policies are attached or inline, then takes everything along', async () => {
    const { b, ops } = await openIam()
    await run(b, ops.CreateRole, { RoleName: 'R', AssumeRolePolicyDocument: trust, PermissionsBoundary: ADMIN })
    await run(b, ops.AttachRolePolicy, { RoleName: 'R', PolicyArn: ADMIN })
    const remove = () => refusalOf(run(b, ops.DeleteRole, { RoleName: 'R' }))
    assert.equal(await remove(), 'DeleteConflict: Cannot delete entity, must detach all policies first.')
    await run(b, ops.DetachRolePolicy, { RoleName: 'R', PolicyArn: ADMIN })
    await run(b, ops.PutRolePolicy, { RoleName: 'R', PolicyName: 'p', PolicyDocument: policyText })
    assert.equal(await remove(), 'DeleteConflict: Cannot delete entity, must delete policies first.')
    await run(b, ops.DeleteRolePolicy, { RoleName: 'R', PolicyName: 'p' })
    assert.equal(await remove(), 'no refusal')
    assert.deepEqual((await b.store.list(attachments, 'key', { prefix: [ACCOUNT], limit: 9 })).items, [])
    assert.equal((await b.store.get(tallies, [ACCOUNT]))?.roles, 0)
  })
})
