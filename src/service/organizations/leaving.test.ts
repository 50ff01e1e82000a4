// How accounts end, or leave, through their operation records: who may, whom, and what is left.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { chaos } from '../../store/testing/chaos.ts'
import { accounts, type Tag } from '../records.ts'
import { ACCOUNT, NOW, OTHER, openKit, questionsOf, refusalOf, rootOf, run } from '../testing/operations-kit.ts'
import { organizationsOperations } from './operations.ts'
import { accountRequests, organizations } from './records.ts'

const notFound = "AccountNotFoundException: You specified an account that doesn't exist."
const notYours = "AccessDeniedException: You don't have permissions to access this resource."
const notInUse = 'AWSOrganizationsNotInUseException: Your account is not a member of an organization.'
/** When the accounts of these tests are old enough to leave. */
const LATER = new Date(NOW.getTime() + 4 * 24 * 3600 * 1000)
const stays = /^MasterCannotLeaveOrganizationException: /

/** An organization of ACCOUNT's with two members; OTHER is alone. */
async function organized(FeatureSet: 'ALL' | 'CONSOLIDATED_BILLING' = 'ALL') {
  const b = await openKit([organizations, accountRequests])
  const ops = organizationsOperations(b.parts)
  await run(b, ops.CreateOrganization, { FeatureSet })
  const joined = async (name: string, Tags: Tag[] = []) => {
    const { CreateAccountStatus } = await run(b, ops.CreateAccount, {
      AccountName: name,
      Email: `${name}@example.com`,
      Tags,
    })
    const CreateAccountRequestId = CreateAccountStatus?.Id ?? ''
    const status = await run(b, ops.DescribeCreateAccountStatus, { CreateAccountRequestId })
    return status.CreateAccountStatus?.AccountId ?? ''
  }
  const [first, second] = [await joined('first', [{ Key: 'tier', Value: 'gold' }]), await joined('second')]
  return { b, ops, first, second, joined }
}

type World = Awaited<ReturnType<typeof organized>>
const statusOf = async ({ b }: World, id: string) => (await b.store.get(accounts, [id]))?.status

describe('CloseAccount', () => {
  test('suspends a member: it is listed as closed, and cannot be closed again', async () => {
    const world = await organized()
    const { b, ops, first } = world
    assert.deepEqual(await run(b, ops.CloseAccount, { AccountId: first }), {})
    assert.equal(await statusOf(world, first), 'SUSPENDED')
    const { Account } = await run(b, ops.DescribeAccount, { AccountId: first })
    assert.deepEqual([Account?.Status, Account?.State], ['SUSPENDED', 'CLOSED'])
    const again = await refusalOf(run(b, ops.CloseAccount, { AccountId: first }))
    assert.equal(again, 'AccountAlreadyClosedException: The provided account is already closed.')
  })

  const refused: readonly {
    readonly title: string
    readonly ask: (world: World) => Promise<unknown>
    readonly says: string | RegExp
  }[] = [
    {
      title: 'a member, of another',
      ask: ({ b, ops, first, second }) => run(b, ops.CloseAccount, { AccountId: second }, { as: rootOf(first) }),
      says: notYours,
    },
    {
      title: 'a member, of itself',
      ask: ({ b, ops, first }) => run(b, ops.CloseAccount, { AccountId: first }, { as: rootOf(first) }),
      says: notYours,
    },
    {
      title: 'a member, of the management account',
      ask: ({ b, ops, first }) => run(b, ops.CloseAccount, { AccountId: ACCOUNT }, { as: rootOf(first) }),
      says: notYours,
    },
    {
      title: 'an account in no organization',
      ask: ({ b, ops, first }) => run(b, ops.CloseAccount, { AccountId: first }, { as: rootOf(OTHER) }),
      says: notInUse,
    },
    {
      title: 'another organization’s management account',
      ask: async ({ b, ops, first }) => {
        await run(b, ops.CreateOrganization, {}, { as: rootOf(OTHER) })
        return run(b, ops.CloseAccount, { AccountId: first }, { as: rootOf(OTHER) })
      },
      says: notFound,
    },
    {
      title: 'the management account, of itself',
      ask: ({ b, ops }) => run(b, ops.CloseAccount, { AccountId: ACCOUNT }),
      says: /^ConstraintViolationException: You attempted to close the management account\./,
    },
    {
      title: 'the management account, of an account outside',
      ask: ({ b, ops }) => run(b, ops.CloseAccount, { AccountId: OTHER }),
      says: notFound,
    },
    {
      title: 'the management account, of no account',
      ask: ({ b, ops }) => run(b, ops.CloseAccount, { AccountId: '999999999999' }),
      says: notFound,
    },
    {
      title: 'who is not allowed to',
      ask: ({ b, ops, first }) => run(b, ops.CloseAccount, { AccountId: first }, { allow: () => false }),
      says: 'AccessDenied: denied organizations:CloseAccount',
    },
  ]
  for (const { title, ask, says } of refused) {
    test(`is refused to ${title}`, async () => {
      const world = await organized()
      const refusal = await refusalOf(ask(world))
      if (typeof says === 'string') assert.equal(refusal, says)
      else assert.match(refusal, says)
      for (const id of [ACCOUNT, OTHER, world.first, world.second]) assert.equal(await statusOf(world, id), 'ACTIVE')
    })
  }

  test('is refused without all features', async () => {
    const world = await organized('CONSOLIDATED_BILLING')
    const refusal = await refusalOf(run(world.b, world.ops.CloseAccount, { AccountId: world.first }))
    assert.match(refusal, /^ConstraintViolationException: .* requires an organization to be configured to support all/)
  })

  test('is refused beyond 250 in 30 days, and possible again after', async () => {
    const world = await organized()
    const { b, ops, first } = world
    const organization = await b.store.get(organizations, [ACCOUNT])
    const closures = Array.from({ length: 250 }, () => '2026-02-20T00:00:00Z')
    if (organization !== undefined)
      await b.store.transact((tx) => tx.replace(organizations, { ...organization, closures }))
    const refusal = await refusalOf(run(b, ops.CloseAccount, { AccountId: first }))
    assert.equal(refusal, 'ConstraintViolationException: You have exceeded close account quota for the past 30 days.')
    assert.equal(await statusOf(world, first), 'ACTIVE')
    await run(b, ops.CloseAccount, { AccountId: first }, { now: new Date('2026-03-22T00:00:01Z') })
    assert.deepEqual((await b.store.get(organizations, [ACCOUNT]))?.closures, ['2026-03-22T00:00:01Z'])
  })

  test('asks for the account with its tags, and does nothing once those are others', async () => {
    const world = await organized()
    const { b, ops, first } = world
    const id = (await b.store.get(organizations, [ACCOUNT]))?.id
    const [question] = await questionsOf(ops.CloseAccount, { AccountId: first })
    assert.equal(question?.resource, `arn:aws:organizations::${ACCOUNT}:account/${id}/${first}`)
    assert.equal(question?.keys.get('aws:resourcetag/tier'), 'gold')
    const retagged = {
      ...ops.CloseAccount,
      load: async (...given: Parameters<typeof ops.CloseAccount.load>) => {
        const target = await ops.CloseAccount.load(...given)
        await run(b, ops.TagResource, { ResourceId: first, Tags: [{ Key: 'keep', Value: 'yes' }] })
        return target
      },
    }
    assert.match(await refusalOf(run(b, retagged, { AccountId: first })), /^ConcurrentModificationException: /)
    assert.equal(await statusOf(world, first), 'ACTIVE')
  })

  test('the tags of an account outside are told to no policy', async () => {
    const { b, ops, first } = await organized()
    await run(b, ops.CreateOrganization, {}, { as: rootOf(OTHER) })
    const [question] = await questionsOf(ops.CloseAccount, { AccountId: first }, rootOf(OTHER))
    assert.equal(question?.keys.size, 0)
  })

  test('whichever store call fails, an account that is closed is counted, and one that is counted is closed', async () => {
    let failAt = 1
    for (; failAt < 100; failAt++) {
      const world = await organized()
      const { b, first } = world
      const broken = { ...b, store: chaos(b.store, { twice: true, failAt }) }
      const ops = organizationsOperations({ ...b.parts, store: broken.store })
      const done = await run(broken, ops.CloseAccount, { AccountId: first }).then(
        () => true,
        () => false,
      )
      assert.equal(await statusOf(world, first), done ? 'SUSPENDED' : 'ACTIVE')
      assert.equal((await b.store.get(organizations, [ACCOUNT]))?.closures?.length ?? 0, done ? 1 : 0)
      if (done) break
    }
    assert.ok(failAt > 4 && failAt < 100)
  })
})

describe('leaving an organization', () => {
  const ways = {
    RemoveAccountFromOrganization: ({ b, ops, first }: World) =>
      run(b, ops.RemoveAccountFromOrganization, { AccountId: first }, { now: LATER }),
    LeaveOrganization: ({ b, ops, first }: World) =>
      run(b, ops.LeaveOrganization, {}, { as: rootOf(first), now: LATER }),
  }
  for (const [name, way] of Object.entries(ways)) {
    test(`${name}: the account stands alone, without its tags, and may found an organization of its own`, async () => {
      const world = await organized()
      const { b, ops, first } = world
      await way(world)
      const account = await b.store.get(accounts, [first])
      assert.deepEqual([account?.status, account?.organization, account?.tags], ['ACTIVE', undefined, undefined])
      assert.equal(await refusalOf(run(b, ops.DescribeAccount, { AccountId: first })), notFound)
      assert.equal(await refusalOf(run(b, ops.DescribeOrganization, {}, { as: rootOf(first) })), notInUse)
      assert.equal((await run(b, ops.ListAccounts, {})).Accounts?.length, 2)
      await run(b, ops.CreateOrganization, {}, { as: rootOf(first) })
    })
  }

  test('waits until four days after the account was made, open or closed, so that nobody makes accounts without end', async () => {
    const world = await organized()
    const { b, ops, first, second } = world
    const early = new Date(LATER.getTime() - 1)
    const wait = 'ConstraintViolationException: This operation requires a wait period. Try again later.'
    const remove = (AccountId: string, now: Date) =>
      refusalOf(run(b, ops.RemoveAccountFromOrganization, { AccountId }, { now }))
    assert.equal(await remove(first, early), wait)
    assert.equal(await refusalOf(run(b, ops.LeaveOrganization, {}, { as: rootOf(first), now: early })), wait)
    await run(b, ops.CloseAccount, { AccountId: second })
    assert.equal(await remove(second, early), wait)
    assert.equal((await run(b, ops.ListAccounts, {})).Accounts?.length, 3)
    for (const id of [first, second]) assert.equal(await remove(id, LATER), 'no refusal')
  })

  test('RemoveAccountFromOrganization is the management account’s alone, and not for itself', async () => {
    const { b, ops, first, second } = await organized()
    const remove = (AccountId: string, as = rootOf(ACCOUNT)) =>
      refusalOf(run(b, ops.RemoveAccountFromOrganization, { AccountId }, { as, now: LATER }))
    assert.equal(await remove(second, rootOf(first)), notYours)
    assert.equal(await remove(first, rootOf(first)), notYours)
    assert.equal(await remove(first, rootOf(OTHER)), notInUse)
    assert.equal(await remove(OTHER), notFound)
    assert.match(await remove(ACCOUNT), stays)
    assert.equal((await run(b, ops.ListAccounts, {})).Accounts?.length, 3)
  })

  test('LeaveOrganization is not for the management account, nor for one that is in none', async () => {
    const { b, ops } = await organized()
    assert.match(await refusalOf(run(b, ops.LeaveOrganization, {})), stays)
    assert.equal(await refusalOf(run(b, ops.LeaveOrganization, {}, { as: rootOf(OTHER) })), notInUse)
  })

  test('a closed account may be removed, and stays closed', async () => {
    const world = await organized()
    const { b, ops, first } = world
    await run(b, ops.CloseAccount, { AccountId: first })
    await run(b, ops.RemoveAccountFromOrganization, { AccountId: first }, { now: LATER })
    assert.equal(await statusOf(world, first), 'SUSPENDED')
  })
})

describe('DeleteOrganization', () => {
  const notEmpty =
    'OrganizationNotEmptyException: To delete an organization you must first remove all member accounts (except the master).'

  test('is refused while a member is there, closed or not, and then leaves nothing', async () => {
    const { b, ops, first, second } = await organized()
    const remove = () => refusalOf(run(b, ops.DeleteOrganization, {}))
    assert.equal(await remove(), notEmpty)
    await run(b, ops.RemoveAccountFromOrganization, { AccountId: first }, { now: LATER })
    await run(b, ops.CloseAccount, { AccountId: second })
    assert.equal(await remove(), notEmpty)
    await run(b, ops.RemoveAccountFromOrganization, { AccountId: second }, { now: LATER })
    assert.equal(await remove(), 'no refusal')
    assert.equal(await refusalOf(run(b, ops.DescribeOrganization, {})), notInUse)
    assert.equal((await b.store.get(accounts, [ACCOUNT]))?.organization, undefined)
    const { items } = await b.store.list(accountRequests, 'key', { prefix: [ACCOUNT], limit: 9 })
    const { Organization } = await run(b, ops.CreateOrganization, {}, { now: LATER })
    assert.equal(Organization?.MasterAccountId, ACCOUNT)
    assert.equal(items.length, 2)
    for (const { id } of items) {
      const refusal = await refusalOf(run(b, ops.DescribeCreateAccountStatus, { CreateAccountRequestId: id }))
      assert.match(refusal, /^CreateAccountStatusNotFoundException: /)
    }
  })

  test('is refused to members and strangers', async () => {
    const { b, ops, first } = await organized()
    assert.equal(await refusalOf(run(b, ops.DeleteOrganization, {}, { as: rootOf(first) })), notYours)
    assert.equal(await refusalOf(run(b, ops.DeleteOrganization, {}, { as: rootOf(OTHER) })), notInUse)
  })

  test('and an account made at the same time: one of both is refused', async () => {
    const b = await openKit([organizations, accountRequests])
    const ops = organizationsOperations({ ...b.parts, store: chaos(b.store, { yields: true }) })
    await run(b, ops.CreateOrganization, {})
    const refusal = await Promise.all([
      refusalOf(run(b, ops.DeleteOrganization, {}, { now: NOW })),
      refusalOf(run(b, ops.CreateAccount, { AccountName: 'x', Email: 'x@example.com' })),
    ])
    const gone = (await b.store.get(organizations, [ACCOUNT])) === undefined
    assert.deepEqual(refusal, gone ? ['no refusal', notInUse] : [notEmpty, 'no refusal'])
    const { items } = await b.store.list(accounts, 'key', { prefix: [], limit: 9 })
    for (const { organization } of items) assert.equal(organization !== undefined && gone, false)
  })
})
