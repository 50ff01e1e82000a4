// Roles and whom they trust, through their operation records.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { chaos } from '../../../store/testing/chaos.ts'
import { tallies } from '../../principals/quotas.ts'
import { attachments, lastUsed, roles } from '../../records.ts'
import {
  ACCOUNT,
  addRole,
  addUser,
  type Kit,
  OTHER,
  openKit,
  questionsOf,
  refusalOf,
  rootOf,
  run,
  trusting,
} from '../../testing/operations-kit.ts'
import type { IamInput } from '../define.ts'
import { iamOperations } from '../operations.ts'

const ADMIN = 'arn:aws:iam::aws:policy/AdministratorAccess'
const trust = trusting({ AWS: ACCOUNT })

async function made() {
  const b = await openKit()
  return { b, ops: iamOperations(b.parts) }
}

const shown = async (b: Kit, RoleName: string) => {
  const { Role } = await run(b, iamOperations(b.parts).GetRole, { RoleName })
  return decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '')
}
const principalShown = async (b: Kit, RoleName: string) => JSON.parse(await shown(b, RoleName)).Statement[0].Principal

describe('CreateRole', () => {
  test('answers without MaxSessionDuration and RoleLastUsed, which GetRole has', async () => {
    const { b, ops } = await made()
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
    const { b, ops } = await made()
    const { Role } = await run(b, ops.CreateRole, { RoleName: 'R', AssumeRolePolicyDocument: trust })
    assert.equal(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? ''), trust)
    const expanded = trusting({ AWS: `arn:aws:iam::${ACCOUNT}:root` })
    const [listed] = (await run(b, ops.ListRoles, {})).Roles ?? []
    const described = (await run(b, ops.UpdateRoleDescription, { RoleName: 'R', Description: '' })).Role
    for (const later of [(await run(b, ops.GetRole, { RoleName: 'R' })).Role, listed, described]) {
      assert.equal(decodeURIComponent(later?.AssumeRolePolicyDocument ?? ''), expanded)
    }
    await run(b, ops.UpdateAssumeRolePolicy, { RoleName: 'R', PolicyDocument: trust })
    assert.equal(await shown(b, 'R'), expanded)
  })

  test('keeps the document’s own spaces, and encodes every reserved character', async () => {
    const { b, ops } = await made()
    const text = `{ "Version": "2012-10-17",\n "Statement": { "Sid": "a (b)*!'~%41", "Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole" } }`
    const { Role } = await run(b, ops.CreateRole, { RoleName: 'R', AssumeRolePolicyDocument: text })
    assert.match(Role?.AssumeRolePolicyDocument ?? '', /^[A-Za-z0-9\-._~%]+$/)
    assert.equal(await shown(b, 'R'), text)
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
      const { b, ops } = await made()
      await addRole(b, 'Taken')
      const whole = { RoleName: 'R', AssumeRolePolicyDocument: trust, ...input }
      assert.equal(await refusalOf(run(b, ops.CreateRole, whole)), says)
      assert.equal(await b.store.get(roles, [ACCOUNT, 'r']), undefined)
    })
  }

  test('takes a trust policy of 2,048 characters, not counting white space', async () => {
    const { b, ops } = await made()
    const sid = 'x'.repeat(2048 - trust.length - '"Sid":"",'.length)
    const text = trust.replace('{"Effect"', `{ "Sid":"${sid}",\n"Effect"`)
    assert.equal(
      await refusalOf(run(b, ops.CreateRole, { RoleName: 'R', AssumeRolePolicyDocument: text })),
      'no refusal',
    )
  })

  test('refuses the 1,001st role of an account', async () => {
    const { b, ops } = await made()
    const tally = {
      account: ACCOUNT,
      users: 0,
      roles: 1000,
      policies: 0,
      mfaDevices: 0,
      oidcProviders: 0,
      samlProviders: 0,
      instanceProfiles: 0,
    }
    await b.store.transact((tx) => tx.create(tallies, tally))
    const answer = refusalOf(run(b, ops.CreateRole, { RoleName: 'R', AssumeRolePolicyDocument: trust }))
    assert.equal(await answer, 'LimitExceeded: Cannot exceed quota for RolesPerAccount: 1000')
  })

  test('asks for iam:CreateRole with tags and boundary, and for iam:TagRole', async () => {
    const { ops } = await made()
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
    let failAt = 1
    for (; failAt < 100; failAt++) {
      const { b } = await made()
      const broken = { ...b, store: chaos(b.store, { twice: true, failAt }) }
      const ops = iamOperations({ ...b.parts, store: broken.store })
      const input = { RoleName: 'R', AssumeRolePolicyDocument: trust, PermissionsBoundary: ADMIN }
      const done = await run(broken, ops.CreateRole, input).then(
        () => true,
        () => false,
      )
      const ways = await b.store.list(attachments, 'key', { prefix: [ACCOUNT], limit: 9 })
      assert.equal((await b.store.get(roles, [ACCOUNT, 'r'])) !== undefined, done)
      assert.equal(ways.items.length, done ? 1 : 0)
      assert.equal((await b.store.get(tallies, [ACCOUNT]))?.roles ?? 0, done ? 1 : 0)
      if (done) break
    }
    assert.ok(failAt > 5 && failAt < 100)
  })
})

describe('principals of a trust policy', () => {
  const taken: readonly {
    readonly title: string
    readonly principal: Record<string, string>
    readonly shown?: object
  }[] = [
    { title: 'an account id', principal: { AWS: OTHER }, shown: { AWS: `arn:aws:iam::${OTHER}:root` } },
    { title: 'an account’s root', principal: { AWS: `arn:aws:iam::${OTHER}:root` } },
    { title: 'everyone', principal: { AWS: '*' } },
    { title: 'a user of another account, path and all', principal: { AWS: `arn:aws:iam::${OTHER}:user/x/Eve` } },
    { title: 'a role', principal: { AWS: `arn:aws:iam::${ACCOUNT}:role/p/Known` } },
    { title: 'a session of a role', principal: { AWS: `arn:aws:sts::${ACCOUNT}:assumed-role/Known/session` } },
    { title: 'a federated user', principal: { AWS: `arn:aws:sts::${ACCOUNT}:federated-user/Bob` } },
    { title: 'a service', principal: { Service: 'ec2.amazonaws.com' } },
    { title: 'a built-in provider', principal: { Federated: 'accounts.google.com' } },
    {
      title: 'a SAML provider of the role’s account',
      principal: { Federated: `arn:aws:iam::${ACCOUNT}:saml-provider/Idp` },
    },
  ]
  for (const { title, principal, shown: expected } of taken) {
    test(`may be ${title}`, async () => {
      const { b } = await made()
      await addUser(b, 'Eve', '/x/', OTHER)
      await addRole(b, 'Known', '/p/')
      await addRole(b, 'R', '/', trusting(principal))
      assert.deepEqual(await principalShown(b, 'R'), expected ?? principal)
    })
  }

  const refused: readonly { readonly title: string; readonly kind: string; readonly value: string }[] = [
    { title: 'a user that is not there', kind: 'AWS', value: `arn:aws:iam::${ACCOUNT}:user/Nobody` },
    { title: 'a user by another path', kind: 'AWS', value: `arn:aws:iam::${OTHER}:user/Eve` },
    { title: 'a user in other case', kind: 'AWS', value: `arn:aws:iam::${OTHER}:user/x/EVE` },
    { title: 'a role that is not there', kind: 'AWS', value: `arn:aws:iam::${ACCOUNT}:role/Nothing` },
    { title: 'a role named as a user', kind: 'AWS', value: `arn:aws:iam::${ACCOUNT}:user/p/Known` },
    {
      title: 'a session of a role that is not there',
      kind: 'AWS',
      value: `arn:aws:sts::${ACCOUNT}:assumed-role/Nothing/s`,
    },
    { title: 'sessions by wildcard', kind: 'AWS', value: `arn:aws:sts::${ACCOUNT}:assumed-role/Known/*` },
    { title: 'an account that is not there', kind: 'AWS', value: '999999999999' },
    { title: 'the root of an account that is not there', kind: 'AWS', value: 'arn:aws:iam::999999999999:root' },
    { title: 'another partition’s account', kind: 'AWS', value: `arn:aws-cn:iam::${ACCOUNT}:root` },
    { title: 'a group', kind: 'AWS', value: `arn:aws:iam::${ACCOUNT}:group/g` },
    { title: 'all users by wildcard', kind: 'AWS', value: `arn:aws:iam::${ACCOUNT}:user/*` },
    { title: 'a unique id', kind: 'AWS', value: 'AIDAABCDEFGHIJKLMNOPQ' },
    { title: 'text', kind: 'AWS', value: 'somebody' },
    { title: 'a host that is no service', kind: 'Service', value: 'ec2.example.com' },
    { title: 'another account’s SAML provider', kind: 'Federated', value: `arn:aws:iam::${OTHER}:saml-provider/Idp` },
    { title: 'a host that is no provider', kind: 'Federated', value: 'login.example.com' },
  ]
  for (const { title, kind, value } of refused) {
    test(`may not be ${title}`, async () => {
      const { b, ops } = await made()
      await addUser(b, 'Eve', '/x/', OTHER)
      await addRole(b, 'Known', '/p/')
      const says = `MalformedPolicyDocument: Invalid principal in policy: "${kind === 'AWS' ? kind : kind.toUpperCase()}":"${value}"`
      const AssumeRolePolicyDocument = trusting({ [kind]: value })
      assert.equal(await refusalOf(run(b, ops.CreateRole, { RoleName: 'R', AssumeRolePolicyDocument })), says)
      await addRole(b, 'R')
      const update = { RoleName: 'R', PolicyDocument: AssumeRolePolicyDocument }
      assert.equal(await refusalOf(run(b, ops.UpdateAssumeRolePolicy, update)), says)
    })
  }

  test('one bad principal among good ones is enough', async () => {
    const { b, ops } = await made()
    const AssumeRolePolicyDocument = trusting({ AWS: [ACCOUNT, `arn:aws:iam::${ACCOUNT}:user/Nobody`] })
    const answer = refusalOf(run(b, ops.CreateRole, { RoleName: 'R', AssumeRolePolicyDocument }))
    assert.match(await answer, /^MalformedPolicyDocument: Invalid principal/)
  })

  test('deleted and made again, a namesake is not trusted: the policy shows the id, and cannot be written back', async () => {
    const { b, ops } = await made()
    const eve = await addUser(b, 'Eve', '/', OTHER)
    const arn = `arn:aws:iam::${OTHER}:user/Eve`
    await addRole(b, 'R', '/', trusting({ AWS: arn }))
    assert.deepEqual((await b.store.get(roles, [ACCOUNT, 'r']))?.trust.principals, { [arn]: eve.id })
    assert.deepEqual(await principalShown(b, 'R'), { AWS: arn })
    await run(b, ops.DeleteUser, { UserName: 'Eve' }, { as: rootOf(OTHER) })
    await addUser(b, 'Eve', '/', OTHER)
    assert.deepEqual(await principalShown(b, 'R'), { AWS: eve.id })
    const PolicyDocument = await shown(b, 'R')
    assert.equal(
      await refusalOf(run(b, ops.UpdateAssumeRolePolicy, { RoleName: 'R', PolicyDocument })),
      `MalformedPolicyDocument: Invalid principal in policy: "AWS":"${eve.id}"`,
    )
  })

  test('nor is a session of a role that has only the name: the policy shows the id that its sessions had', async () => {
    const { b, ops } = await made()
    const known = await addRole(b, 'Known', '/p/')
    const arn = `arn:aws:sts::${ACCOUNT}:assumed-role/Known/session`
    await addRole(b, 'R', '/', trusting({ AWS: arn }))
    assert.deepEqual((await b.store.get(roles, [ACCOUNT, 'r']))?.trust.principals, { [arn]: known.id })
    assert.deepEqual(await principalShown(b, 'R'), { AWS: arn })
    await run(b, ops.DeleteRole, { RoleName: 'Known' })
    await addRole(b, 'Known', '/p/')
    assert.deepEqual(await principalShown(b, 'R'), { AWS: `${known.id}:session` })
  })

  test('renamed, a user is trusted still, and shown by the new name', async () => {
    const { b, ops } = await made()
    await addUser(b, 'Ada')
    await addRole(b, 'R', '/', trusting({ AWS: `arn:aws:iam::${ACCOUNT}:user/Ada` }))
    await run(b, ops.UpdateUser, { UserName: 'Ada', NewUserName: 'Byron' })
    assert.deepEqual(await principalShown(b, 'R'), { AWS: `arn:aws:iam::${ACCOUNT}:user/Byron` })
  })

  test('text that only looks like a principal stays as it is', async () => {
    const { b } = await made()
    const gone = `arn:aws:iam::${ACCOUNT}:user/Gone`
    const text = JSON.stringify({
      Version: '2012-10-17',
      Statement: {
        Effect: 'Allow',
        Principal: { AWS: OTHER },
        Action: 'sts:AssumeRole',
        Condition: { ArnEquals: { 'aws:PrincipalArn': gone } },
      },
    })
    await addRole(b, 'R', '/', text)
    assert.equal(JSON.parse(await shown(b, 'R')).Statement.Condition.ArnEquals['aws:PrincipalArn'], gone)
  })
})

describe('changing a role', () => {
  test('UpdateRole changes what is given and leaves the rest', async () => {
    const { b, ops } = await made()
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
    const { b, ops } = await made()
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
      const { b, ops } = await made()
      const answer = await refusalOf(run(b, ops[name] as typeof ops.DeleteRole, { RoleName: 'None' }))
      assert.equal(answer, 'NoSuchEntity: The role with name None cannot be found.')
    })
  }

  test('RoleLastUsed is kept for 400 days', async () => {
    const { b, ops } = await made()
    const { id } = await addRole(b, 'R')
    const used = { account: ACCOUNT, id, at: '2026-02-01T00:00:00Z', region: 'eu-west-1', service: 's3' }
    await b.store.transact((tx) => tx.create(lastUsed, used))
    const at = async (now: string) =>
      (await run(b, ops.GetRole, { RoleName: 'R' }, { now: new Date(now) })).Role?.RoleLastUsed
    assert.deepEqual(await at('2026-02-02T00:00:00Z'), { LastUsedDate: new Date(used.at), Region: 'eu-west-1' })
    assert.deepEqual(await at('2027-06-01T00:00:00Z'), {})
  })

  test('DeleteRole refuses while policies are attached or inline, then takes everything along', async () => {
    const { b, ops } = await made()
    await run(b, ops.CreateRole, { RoleName: 'R', AssumeRolePolicyDocument: trust, PermissionsBoundary: ADMIN })
    await run(b, ops.AttachRolePolicy, { RoleName: 'R', PolicyArn: ADMIN })
    const remove = () => refusalOf(run(b, ops.DeleteRole, { RoleName: 'R' }))
    assert.equal(await remove(), 'DeleteConflict: Cannot delete entity, must detach all policies first.')
    await run(b, ops.DetachRolePolicy, { RoleName: 'R', PolicyArn: ADMIN })
    const PolicyDocument = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}'
    await run(b, ops.PutRolePolicy, { RoleName: 'R', PolicyName: 'p', PolicyDocument })
    assert.equal(await remove(), 'DeleteConflict: Cannot delete entity, must delete policies first.')
    await run(b, ops.DeleteRolePolicy, { RoleName: 'R', PolicyName: 'p' })
    assert.equal(await remove(), 'no refusal')
    assert.deepEqual((await b.store.list(attachments, 'key', { prefix: [ACCOUNT], limit: 9 })).items, [])
    assert.equal((await b.store.get(tallies, [ACCOUNT]))?.roles, 0)
  })
})
