// Tags of an organization's accounts and root, through their operation records.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ACCOUNT, OTHER, openKit, questionsOf, refusalOf, rootOf, run } from '../testing/operations-kit.ts'
import { organizationsOperations } from './operations.ts'
import { accountRequests, organizations } from './records.ts'

async function organized() {
  const b = await openKit([organizations, accountRequests])
  const ops = organizationsOperations(b.parts)
  await run(b, ops.CreateOrganization, {})
  const root = (await run(b, ops.ListRoots, {})).Roots?.[0]?.Id ?? ''
  const tagsOf = async (ResourceId: string) => (await run(b, ops.ListTagsForResource, { ResourceId })).Tags
  return { b, ops, root, tagsOf }
}

type World = Awaited<ReturnType<typeof organized>>
const made = async ({ b, ops }: World, Tags: { Key: string; Value: string }[]) => {
  const input = { AccountName: 'm', Email: 'm@example.com', Tags }
  const { CreateAccountStatus } = await run(b, ops.CreateAccount, input)
  const described = await run(b, ops.DescribeCreateAccountStatus, {
    CreateAccountRequestId: CreateAccountStatus?.Id ?? '',
  })
  return described.CreateAccountStatus?.AccountId ?? ''
}
const pairs = (...keys: readonly string[]) => keys.map((Key) => ({ Key, Value: 'v' }))

describe('tags', () => {
  test('of an account are given when it is made', async () => {
    const world = await organized()
    const id = await made(world, pairs('a', 'b'))
    assert.deepEqual(await world.tagsOf(id), pairs('a', 'b'))
  })

  test('asks for organizations:TagResource of the new account as well, with the tags', async () => {
    const { b, ops } = await organized()
    const organization = (await b.store.get(organizations, [ACCOUNT]))?.id
    const input = { AccountName: 'm', Email: 'm@example.com', Tags: pairs('a') }
    const [create, tag] = await questionsOf(ops.CreateAccount, input)
    assert.deepEqual([create?.action, create?.resource], ['organizations:CreateAccount', '*'])
    assert.equal(tag?.action, 'organizations:TagResource')
    assert.match(tag?.resource ?? '', new RegExp(`^arn:aws:organizations::${ACCOUNT}:account/${organization}/\\d{12}$`))
    for (const question of [create, tag]) assert.equal(question?.keys.get('aws:requesttag/a'), 'v')
    const { length } = await questionsOf(ops.CreateAccount, { ...input, Tags: [] })
    assert.equal(length, 1)
  })

  test('of accounts and of the root are added, replaced in whatever case, and taken away', async () => {
    const world = await organized()
    const { b, ops, root, tagsOf } = world
    for (const ResourceId of [await made(world, []), ACCOUNT, root]) {
      await run(b, ops.TagResource, { ResourceId, Tags: pairs('a', 'b') })
      await run(b, ops.TagResource, { ResourceId, Tags: [{ Key: 'A', Value: 'w' }] })
      assert.deepEqual(await tagsOf(ResourceId), [{ Key: 'A', Value: 'w' }, ...pairs('b')])
      await run(b, ops.UntagResource, { ResourceId, TagKeys: ['a', 'none'] })
      assert.deepEqual(await tagsOf(ResourceId), pairs('b'))
    }
  })

  test('ask for the thing with the tags it has and the tags that are brought, or the keys that go', async () => {
    const { b, ops, root } = await organized()
    await run(b, ops.TagResource, { ResourceId: root, Tags: pairs('a') })
    const [tag] = await questionsOf(ops.TagResource, { ResourceId: root, Tags: pairs('b') })
    assert.match(tag?.resource ?? '', new RegExp(`^arn:aws:organizations::${ACCOUNT}:root/o-[a-z0-9]+/${root}$`))
    assert.equal(tag?.keys.get('aws:resourcetag/a'), 'v')
    assert.equal(tag?.keys.get('aws:requesttag/b'), 'v')
    const [untag] = await questionsOf(ops.UntagResource, { ResourceId: root, TagKeys: ['a'] })
    assert.deepEqual(untag?.keys.get('aws:tagkeys'), ['a'])
  })

  const refused = [
    {
      title: 'a key twice in other case',
      Tags: pairs('a', 'A'),
      says: /^InvalidInputException: Tag keys must be unique/,
    },
    { title: 'a key of AWS’s own', Tags: pairs('AWS:x'), says: /^InvalidInputException: .* system tag\./ },
    {
      title: 'fifty-one',
      Tags: pairs(...Array.from({ length: 51 }, (_, at) => `k${at}`)),
      says: /^ConstraintViolationException: You have exceeded the number of tags/,
    },
  ]
  for (const { title, Tags, says } of refused) {
    test(`refuses ${title}, at an account that is there and at one that is made`, async () => {
      const { b, ops, tagsOf } = await organized()
      assert.match(await refusalOf(run(b, ops.TagResource, { ResourceId: ACCOUNT, Tags })), says)
      const input = { AccountName: 'm', Email: 'm@example.com', Tags }
      assert.match(await refusalOf(run(b, ops.CreateAccount, input)), says)
      assert.deepEqual(await tagsOf(ACCOUNT), [])
      assert.equal((await run(b, ops.ListAccounts, {})).Accounts?.length, 1)
    })
  }

  test('are never more than fifty, in however many requests', async () => {
    const { b, ops, tagsOf } = await organized()
    const keys = Array.from({ length: 50 }, (_, at) => `k${at}`)
    await run(b, ops.TagResource, { ResourceId: ACCOUNT, Tags: pairs(...keys) })
    const answer = await refusalOf(run(b, ops.TagResource, { ResourceId: ACCOUNT, Tags: pairs('more') }))
    assert.match(answer, /^ConstraintViolationException: /)
    assert.equal((await tagsOf(ACCOUNT))?.length, 50)
  })

  test('are the management account’s business, of what is in its organization', async () => {
    const world = await organized()
    const { b, ops } = world
    const member = await made(world, pairs('a'))
    const tag = (ResourceId: string, as = rootOf(ACCOUNT)) =>
      refusalOf(run(b, ops.TagResource, { ResourceId, Tags: pairs('x') }, { as }))
    assert.match(await tag(member, rootOf(member)), /^AccessDeniedException: /)
    assert.match(await tag(member, rootOf(OTHER)), /^AWSOrganizationsNotInUseException: /)
    for (const id of [OTHER, 'ou-ab12-12345678', 'r-none']) assert.match(await tag(id), /^TargetNotFoundException: /)
    await run(b, ops.CreateOrganization, {}, { as: rootOf(OTHER) })
    assert.match(await tag(member, rootOf(OTHER)), /^TargetNotFoundException: /)
    assert.deepEqual(await world.tagsOf(member), pairs('a'))
  })

  test('a role of the new account cannot have a name of AWS’s own', async () => {
    const { b, ops } = await organized()
    const input = { AccountName: 'm', Email: 'm@example.com', RoleName: 'awsServiceRoleForX' }
    assert.match(await refusalOf(run(b, ops.CreateAccount, input)), /^InvalidInputException: .*role name/)
  })
})
