// Every kind is one row: what is written once holds for each, and a kind that holds policies needs neither tags nor a boundary.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { quotasOf } from '../../../core/quotas.ts'
import type { Collection } from '../../../store/store.ts'
import { attachPolicy, detachPolicy } from '../../principals/attach.ts'
import { alreadyExists, noSuchEntity } from '../../principals/refusals.ts'
import {
  addNamed,
  checkNamed,
  type HolderKind,
  instanceProfileKind,
  type ResourceKind,
  roleKind,
  userKind,
} from '../../principals/resource-kinds.ts'
import { attachments, type IamResource, type PolicyHolder } from '../../records.ts'
import { ACCOUNT, addRole, addUser, callOf, type Kit, openKit, refusalOf, root } from '../../testing/operations-kit.ts'
import { current, onTarget, present, type ResourceTarget, targetOf } from './targets.ts'

/** What IAM's groups will be: they hold policies, and have no tags and no boundary. */
interface Team extends PolicyHolder {}
const teams: Collection<Team> = {
  name: 'team',
  key: (r) => [r.account, r.name.toLowerCase()],
  indexes: {},
  shape: 1,
  upgrade: (old) => old as Team,
}
const teamKind: HolderKind<Team> = {
  // A kind of its own brings a word of its own to stored attachments.
  word: 'team' as 'user',
  collection: teams,
  arn: (account, path, name) => `arn:aws:iam::${account}:team${path}${name}`,
  nameMember: 'teamName',
  longestName: 128,
  missing: (name) => noSuchEntity(`The team with name ${name} cannot be found.`),
  taken: (name) => alreadyExists(`Team with name ${name} already exists.`),
  counted: 'users',
  inlineQuota: 'UserPolicySize',
  attachedQuota: 'PoliciesPerUser',
}

const quotas = quotasOf([])
const named = { account: ACCOUNT, name: 'Ada', path: '/x/', createdAt: '2026-02-01T00:00:00Z' }

interface Row<R extends IamResource = IamResource> {
  readonly what: string
  readonly kind: ResourceKind<R>
  readonly add: (kit: Kit) => Promise<R>
  readonly arn: string
  readonly missing: string
  readonly taken: string
}

const put =
  <R extends IamResource>(kind: ResourceKind<R>, record: R) =>
  async ({ store }: Kit): Promise<R> => {
    await store.transact((tx) => addNamed(tx, kind, record, quotas))
    return record
  }

const row = <R extends IamResource>(one: Row<R>) => one as unknown as Row

const rows: readonly Row[] = [
  row({
    what: 'user',
    kind: userKind,
    add: (kit) => addUser(kit, 'Ada', '/x/'),
    arn: 'user/x/Ada',
    missing: 'The user with name Bea cannot be found.',
    taken: 'User with name Ada already exists.',
  }),
  row({
    what: 'role',
    kind: roleKind,
    add: (kit) => addRole(kit, 'Ada', '/x/'),
    arn: 'role/x/Ada',
    missing: 'The role with name Bea cannot be found.',
    taken: 'Role with name Ada already exists.',
  }),
  row({
    what: 'instance profile',
    kind: instanceProfileKind,
    add: put(instanceProfileKind, { ...named, id: 'AIPAEXAMPLE', tags: [] }),
    arn: 'instance-profile/x/Ada',
    missing: 'Instance Profile Bea cannot be found.',
    taken: 'Instance Profile Ada already exists.',
  }),
  row({
    what: 'kind of its own that holds policies',
    kind: teamKind,
    add: put(teamKind, { ...named, id: 'AGPAEXAMPLE', inline: [], attached: [] }),
    arn: 'team/x/Ada',
    missing: 'The team with name Bea cannot be found.',
    taken: 'Team with name Ada already exists.',
  }),
]

const find = (kit: Kit, kind: ResourceKind<IamResource>, name: string): Promise<ResourceTarget<IamResource>> =>
  targetOf(kit.store, kind, callOf(root, 'Find'), name)

for (const { what, kind, add, arn, missing, taken } of rows) {
  describe(`a ${what}`, () => {
    test('is found by its name without regard to case, under its own ARN', async () => {
      const kit = await openKit([teams])
      const record = await add(kit)
      const target = await find(kit, kind, 'ADA')
      assert.deepEqual(target.record, record)
      assert.equal(target.arn, `arn:aws:iam::${ACCOUNT}:${arn}`)
      assert.equal(onTarget('GetUser', target).resource, target.arn)
    })

    test('that is missing has an ARN all the same, and is refused where it must be there', async () => {
      const kit = await openKit([teams])
      const target = await find(kit, kind, 'Bea')
      assert.equal(target.arn, `arn:aws:iam::${ACCOUNT}:${arn.replace('x/Ada', 'Bea')}`)
      assert.throws(() => present(kind, target), { code: 'NoSuchEntity', message: missing })
    })

    test('whose name is taken, in whatever case, is refused', async () => {
      const kit = await openKit([teams])
      const record = await add(kit)
      const again = { ...record, id: 'ANOTHER' }
      const refusal = await refusalOf(kit.store.transact((tx) => addNamed(tx, kind, again, quotas)))
      assert.equal(refusal, `EntityAlreadyExists: ${taken}`)
    })

    test('has a name and a path that its row allows', () => {
      assert.throws(() => checkNamed(kind, { name: 'a b', path: '/' }), { code: 'ValidationError' })
      assert.throws(() => checkNamed(kind, { name: 'a'.repeat(kind.longestName + 1), path: '/' }), {
        code: 'ValidationError',
      })
      assert.throws(() => checkNamed(kind, { name: 'a', path: 'x' }), { code: 'ValidationError' })
    })

    test('that was moved since it was authorized is not changed', async () => {
      const kit = await openKit([teams])
      const record = await add(kit)
      const target = await find(kit, kind, 'Ada')
      await kit.store.transact((tx) => tx.replace(kind.collection, { ...record, path: '/y/' }))
      const refusal = await refusalOf(kit.store.transact((tx) => current(tx, kind, target)))
      assert.match(refusal, /^ConcurrentModification: /)
    })
  })
}

test('a holder without tags and boundary has policies attached and detached, and the way back from them', async () => {
  const kit = await openKit([teams])
  const arn = 'arn:aws:iam::aws:policy/ReadOnlyAccess'
  const { store } = kit
  await put(teamKind, { ...named, id: 'AGPAEXAMPLE', inline: [], attached: [] })(kit)
  const [team] = (await store.list(teams, 'key', { prefix: [ACCOUNT], limit: 1 })).items as [Team]
  const after = await store.transact((tx) => attachPolicy(tx, teamKind, team, arn, quotas))
  assert.deepEqual(after.attached, [arn])
  const back = async () => (await store.list(attachments, 'key', { prefix: [ACCOUNT, arn], limit: 9 })).items
  assert.deepEqual(
    (await back()).map(({ holder, holderName }) => [holder, holderName]),
    [['team', 'Ada']],
  )
  await store.transact((tx) => detachPolicy(tx, teamKind, after, arn))
  assert.deepEqual(await back(), [])
})
