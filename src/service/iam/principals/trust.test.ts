// Whom a role's trust policy may name, and what becomes of a name whose bearer changes, through operation records.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { roles } from '../../records.ts'
import {
  ACCOUNT,
  addRole,
  addUser,
  type Kit,
  OTHER,
  refusalOf,
  rootOf,
  run,
  trusting,
} from '../../testing/operations-kit.ts'
import { openIam, trustShown } from '../testing/iam-kit.ts'

const principalShown = async (b: Kit, RoleName: string) =>
  JSON.parse(await trustShown(b, RoleName)).Statement[0].Principal

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
      const { b } = await openIam()
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
      const { b, ops } = await openIam()
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
    const { b, ops } = await openIam()
    const AssumeRolePolicyDocument = trusting({ AWS: [ACCOUNT, `arn:aws:iam::${ACCOUNT}:user/Nobody`] })
    const answer = refusalOf(run(b, ops.CreateRole, { RoleName: 'R', AssumeRolePolicyDocument }))
    assert.match(await answer, /^MalformedPolicyDocument: Invalid principal/)
  })

  test('deleted and made again, a namesake is not trusted: the policy shows the id, and cannot be written back', async () => {
    const { b, ops } = await openIam()
    const eve = await addUser(b, 'Eve', '/', OTHER)
    const arn = `arn:aws:iam::${OTHER}:user/Eve`
    await addRole(b, 'R', '/', trusting({ AWS: arn }))
    assert.deepEqual((await b.store.get(roles, [ACCOUNT, 'r']))?.trust.principals, { [arn]: eve.id })
    assert.deepEqual(await principalShown(b, 'R'), { AWS: arn })
    await run(b, ops.DeleteUser, { UserName: 'Eve' }, { as: rootOf(OTHER) })
    await addUser(b, 'Eve', '/', OTHER)
    assert.deepEqual(await principalShown(b, 'R'), { AWS: eve.id })
    const PolicyDocument = await trustShown(b, 'R')
    assert.equal(
      await refusalOf(run(b, ops.UpdateAssumeRolePolicy, { RoleName: 'R', PolicyDocument })),
      `MalformedPolicyDocument: Invalid principal in policy: "AWS":"${eve.id}"`,
    )
  })

  test('nor is a session of a role that has only the name: the policy shows the id that its sessions had', async () => {
    const { b, ops } = await openIam()
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
    const { b, ops } = await openIam()
    await addUser(b, 'Ada')
    await addRole(b, 'R', '/', trusting({ AWS: `arn:aws:iam::${ACCOUNT}:user/Ada` }))
    await run(b, ops.UpdateUser, { UserName: 'Ada', NewUserName: 'Byron' })
    assert.deepEqual(await principalShown(b, 'R'), { AWS: `arn:aws:iam::${ACCOUNT}:user/Byron` })
  })

  test('text that only looks like a principal stays as it is', async () => {
    const { b } = await openIam()
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
    assert.equal(JSON.parse(await trustShown(b, 'R')).Statement.Condition.ArnEquals['aws:PrincipalArn'], gone)
  })
})
