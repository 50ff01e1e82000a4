// GetAccountAuthorizationDetails through its operation record: all that gives or takes rights, in pages of bounded work.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Store } from '../../../store/store.ts'
import {
  ACCOUNT,
  addRole,
  addUser,
  type Kit,
  OTHER,
  questionsOf,
  refusalOf,
  rootOf,
  run,
  trusting,
} from '../../testing/operations-kit.ts'
import type { IamInput, IamOutput } from '../define.ts'
import { iamOperations } from '../operations.ts'
import { ADMIN, openIam } from '../testing/iam-kit.ts'

const text = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}'
const own = `arn:aws:iam::${ACCOUNT}:policy/own`

type Page = IamOutput<'GetAccountAuthorizationDetails'>
type Filter = NonNullable<IamInput<'GetAccountAuthorizationDetails'>['Filter']>

/** Every page, one after the other. */
async function pages(b: Kit, input: { Filter?: Filter; MaxItems?: number } = {}): Promise<readonly Page[]> {
  const { GetAccountAuthorizationDetails } = iamOperations(b.parts)
  const all: Page[] = []
  let Marker: string | undefined
  do {
    const page: Page = await run(b, GetAccountAuthorizationDetails, { ...input, Marker })
    all.push(page)
    Marker = page.Marker
    assert.equal(page.IsTruncated, Marker !== undefined)
    assert.ok((Marker?.length ?? 0) <= 320)
  } while (Marker !== undefined)
  return all
}
const namesOf = (page: Page) => [
  ...(page.UserDetailList ?? []).map(({ UserName }) => UserName),
  ...(page.RoleDetailList ?? []).map(({ RoleName }) => RoleName),
  ...(page.Policies ?? []).map(({ PolicyName }) => PolicyName),
]

/** A user, a role with a profile, and a policy, each with everything they can have. */
async function furnished() {
  const { b, ops } = await openIam()
  await addUser(b, 'Ada')
  await addRole(b, 'R')
  await run(b, ops.CreatePolicy, { PolicyName: 'own', PolicyDocument: text, Description: 'd' })
  await run(b, ops.CreatePolicyVersion, { PolicyArn: own, PolicyDocument: text, SetAsDefault: true })
  const inline = { PolicyName: 'inline', PolicyDocument: text }
  const Tags = [{ Key: 'k', Value: 'v' }]
  await run(b, ops.PutUserPolicy, { UserName: 'Ada', ...inline })
  await run(b, ops.PutRolePolicy, { RoleName: 'R', ...inline })
  await run(b, ops.AttachUserPolicy, { UserName: 'Ada', PolicyArn: own })
  await run(b, ops.AttachRolePolicy, { RoleName: 'R', PolicyArn: ADMIN })
  await run(b, ops.PutUserPermissionsBoundary, { UserName: 'Ada', PermissionsBoundary: own })
  await run(b, ops.TagUser, { UserName: 'Ada', Tags })
  await run(b, ops.TagRole, { RoleName: 'R', Tags })
  await run(b, ops.CreateInstanceProfile, { InstanceProfileName: 'P' })
  await run(b, ops.AddRoleToInstanceProfile, { InstanceProfileName: 'P', RoleName: 'R' })
  return { b, ops }
}

describe('GetAccountAuthorizationDetails', () => {
  test('tells of a user everything that its rights come from', async () => {
    const { b, ops } = await furnished()
    const { UserDetailList } = await run(b, ops.GetAccountAuthorizationDetails, { Filter: ['User'] })
    const { UserName, UserId, Path, Arn, CreateDate } = (await run(b, ops.GetUser, { UserName: 'Ada' })).User ?? {}
    assert.deepEqual(UserDetailList, [
      {
        Path,
        UserName,
        UserId,
        Arn,
        CreateDate,
        UserPolicyList: [{ PolicyName: 'inline', PolicyDocument: encodeURIComponent(text).replaceAll('*', '%2A') }],
        GroupList: [],
        AttachedManagedPolicies: [{ PolicyName: 'own', PolicyArn: own }],
        PermissionsBoundary: { PermissionsBoundaryType: 'Policy', PermissionsBoundaryArn: own },
        Tags: [{ Key: 'k', Value: 'v' }],
      },
    ])
  })

  test('tells of a role whom it trusts and its instance profiles as well', async () => {
    const { b, ops } = await furnished()
    const { RoleDetailList } = await run(b, ops.GetAccountAuthorizationDetails, { Filter: ['Role'] })
    const role = (await run(b, ops.GetRole, { RoleName: 'R' })).Role
    const { InstanceProfiles } = await run(b, ops.ListInstanceProfilesForRole, { RoleName: 'R' })
    const { Path, RoleName, RoleId, Arn, CreateDate, AssumeRolePolicyDocument, Tags } = role ?? {}
    assert.deepEqual(RoleDetailList, [
      {
        Path,
        RoleName,
        RoleId,
        Arn,
        CreateDate,
        AssumeRolePolicyDocument,
        InstanceProfileList: InstanceProfiles,
        RolePolicyList: [{ PolicyName: 'inline', PolicyDocument: encodeURIComponent(text).replaceAll('*', '%2A') }],
        AttachedManagedPolicies: [{ PolicyName: 'AdministratorAccess', PolicyArn: ADMIN }],
        Tags,
        RoleLastUsed: {},
      },
    ])
  })

  test('tells of a policy its versions, and how often it is used', async () => {
    const { b, ops } = await furnished()
    const { Policies } = await run(b, ops.GetAccountAuthorizationDetails, { Filter: ['LocalManagedPolicy'] })
    const [policy] = Policies ?? []
    assert.equal(Policies?.length, 1)
    assert.deepEqual([policy?.Arn, policy?.Description, policy?.DefaultVersionId], [own, 'd', 'v2'])
    assert.deepEqual([policy?.AttachmentCount, policy?.PermissionsBoundaryUsageCount], [1, 1])
    assert.deepEqual(
      policy?.PolicyVersionList?.map(({ VersionId, IsDefaultVersion, Document = '' }) => [
        VersionId,
        IsDefaultVersion,
        decodeURIComponent(Document),
      ]),
      [
        ['v1', false, text],
        ['v2', true, text],
      ],
    )
  })

  test('lists what is asked for, all of it without a filter, and nothing of other accounts', async () => {
    const { b } = await furnished()
    await addUser(b, 'Eve', '/', OTHER)
    const [whole] = await pages(b)
    assert.deepEqual(namesOf(whole ?? {}).slice(0, 3), ['Ada', 'R', 'own'])
    assert.ok(namesOf(whole ?? {}).includes('AdministratorAccess'))
    assert.deepEqual(whole?.GroupDetailList, [])
    const [aws] = await pages(b, { Filter: ['AWSManagedPolicy', 'Group'] })
    assert.deepEqual(namesOf(aws ?? {}), namesOf(whole ?? {}).slice(3))
    const as = rootOf(OTHER)
    const { GetAccountAuthorizationDetails } = iamOperations(b.parts)
    const other = await run(
      b,
      GetAccountAuthorizationDetails,
      { Filter: ['User', 'Role', 'LocalManagedPolicy'] },
      { as },
    )
    assert.deepEqual(namesOf(other), ['Eve'])
  })

  test('pages across kinds: each thing once, in one order, whatever the size of the pages', async () => {
    const { b, ops } = await furnished()
    for (const name of ['B', 'C', 'D']) await addUser(b, name)
    await run(b, ops.CreatePolicy, { PolicyName: 'x'.repeat(128), PolicyDocument: text })
    const whole = (await pages(b, { MaxItems: 1000 })).flatMap(namesOf)
    for (const MaxItems of [1, 2, 3, 5, whole.length - 1, whole.length]) {
      const all = await pages(b, { MaxItems })
      assert.deepEqual(all.flatMap(namesOf), whole)
      for (const page of all.slice(0, -1)) assert.equal(namesOf(page).length, MaxItems)
    }
  })

  test('goes on where it was when the last thing of a page has gone', async () => {
    const { b, ops } = await openIam()
    for (const name of ['A', 'B', 'C']) await addUser(b, name)
    const first = await run(b, ops.GetAccountAuthorizationDetails, { Filter: ['User'], MaxItems: 2 })
    await run(b, ops.DeleteUser, { UserName: 'B' })
    const { Marker } = first
    const second = await run(b, ops.GetAccountAuthorizationDetails, { Filter: ['User'], MaxItems: 2, Marker })
    assert.deepEqual([first, second].map(namesOf), [['A', 'B'], ['C']])
  })

  test('takes no marker of another filter, account or list', async () => {
    const { b, ops } = await openIam()
    for (const name of ['A', 'B']) await addUser(b, name)
    const { Marker } = await run(b, ops.GetAccountAuthorizationDetails, { Filter: ['User'], MaxItems: 1 })
    const invalid = 'ValidationError: Invalid Marker.'
    assert.equal(await refusalOf(run(b, ops.GetAccountAuthorizationDetails, { Marker })), invalid)
    assert.equal(await refusalOf(run(b, ops.ListUsers, { Marker })), invalid)
    const as = rootOf(OTHER)
    assert.equal(
      await refusalOf(run(b, ops.GetAccountAuthorizationDetails, { Filter: ['User'], Marker }, { as })),
      invalid,
    )
  })

  test('a page ends early when its documents are large', async () => {
    const { b, ops } = await openIam()
    const large = text.replace(
      '"s3:*"',
      JSON.stringify(Array.from({ length: 190 }, (_, at) => `s3:${'x'.repeat(40)}${at}`)),
    )
    for (let at = 0; at < 130; at++) {
      await addRole(b, `R${at}`)
      await run(b, ops.PutRolePolicy, { RoleName: `R${at}`, PolicyName: 'p', PolicyDocument: large })
    }
    const all = await pages(b, { Filter: ['Role'], MaxItems: 1000 })
    assert.ok(all.length > 1)
    assert.equal(all.flatMap(namesOf).length, 130)
    for (const page of all) assert.ok(JSON.stringify(page).length < 6 << 20)
  })

  test('a page ends early when it has looked at much, and no page looks at more', async () => {
    const { b } = await openIam()
    const trusted = []
    for (let at = 0; at < 20; at++) trusted.push((await addUser(b, `u${at}`)).name)
    const trust = trusting({ AWS: trusted.map((name) => `arn:aws:iam::${ACCOUNT}:user/${name}`) })
    for (let at = 0; at < 150; at++) await addRole(b, `R${at}`, '/', trust)
    let looks = 0
    const counted = (name: 'get' | 'find' | 'list') =>
      ((...given: never[]) => {
        looks++
        return (b.store[name] as (...given: never[]) => unknown)(...given)
      }) as never
    const store: Store = { ...b.store, get: counted('get'), find: counted('find'), list: counted('list') }
    const watched = { ...b, store, parts: { ...b.parts, store } }
    const all = await pages(watched, { Filter: ['Role'], MaxItems: 1000 })
    assert.equal(all.flatMap(namesOf).length, 150)
    assert.ok(all.length > 1 && looks > 2000)
    assert.ok(looks / all.length < 2100)
  })

  test('asks for everything at once: it has no resource', async () => {
    const { ops } = await openIam()
    const questions = await questionsOf(ops.GetAccountAuthorizationDetails, {})
    assert.deepEqual(
      questions.map(({ action, resource }) => [action, resource]),
      [['iam:GetAccountAuthorizationDetails', '*']],
    )
  })
})
