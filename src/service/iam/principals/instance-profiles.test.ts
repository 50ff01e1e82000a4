// Instance profiles through their operation records: one role in each, which whoever puts it there must be allowed to pass.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { tallies } from '../../principals/quotas.ts'
import { instanceProfiles, roles } from '../../records.ts'
import { ACCOUNT, addRole, OTHER, questionsOf, refusalOf, rootOf, run } from '../../testing/operations-kit.ts'
import { failingAtEachCall, openIam } from '../testing/iam-kit.ts'

const arn = (name: string, path = '/') => `arn:aws:iam::${ACCOUNT}:instance-profile${path}${name}`
const InstanceProfileName = 'P'
const both = { InstanceProfileName, RoleName: 'R' }

/** A profile with a role in it. */
async function filled() {
  const { b, ops } = await openIam()
  const role = await addRole(b, 'R')
  await run(b, ops.CreateInstanceProfile, { InstanceProfileName })
  await run(b, ops.AddRoleToInstanceProfile, both)
  return { b, ops, role }
}

describe('an instance profile', () => {
  test('is made empty, with an id, a path and tags', async () => {
    const { b, ops } = await openIam()
    const Tags = [{ Key: 'team', Value: 'a' }]
    const { InstanceProfile } = await run(b, ops.CreateInstanceProfile, { InstanceProfileName, Path: '/x/', Tags })
    assert.match(InstanceProfile?.InstanceProfileId ?? '', /^AIPA[A-Z2-7]{17}$/)
    const { InstanceProfileId } = InstanceProfile ?? {}
    assert.deepEqual(InstanceProfile, {
      Path: '/x/',
      InstanceProfileName,
      InstanceProfileId,
      Arn: arn('P', '/x/'),
      CreateDate: new Date('2026-03-01T12:00:00Z'),
      Roles: [],
      Tags,
    })
    assert.deepEqual(
      (await run(b, ops.GetInstanceProfile, { InstanceProfileName: 'p' })).InstanceProfile,
      InstanceProfile,
    )
  })

  test('shows the role that is in it, and is found by the role; lists leave its tags out', async () => {
    const { b, ops, role } = await filled()
    await run(b, ops.TagInstanceProfile, { InstanceProfileName, Tags: [{ Key: 'k', Value: 'v' }] })
    const { InstanceProfile } = await run(b, ops.GetInstanceProfile, { InstanceProfileName })
    assert.deepEqual(
      InstanceProfile?.Roles?.map(({ RoleId, Arn }) => [RoleId, Arn]),
      [[role.id, `arn:aws:iam::${ACCOUNT}:role/R`]],
    )
    assert.deepEqual(InstanceProfile?.Tags, [{ Key: 'k', Value: 'v' }])
    const { Tags: _, ...untagged } = InstanceProfile ?? {}
    assert.deepEqual((await run(b, ops.ListInstanceProfiles, {})).InstanceProfiles, [untagged])
    assert.deepEqual((await run(b, ops.ListInstanceProfilesForRole, { RoleName: 'r' })).InstanceProfiles, [untagged])
    await addRole(b, 'Alone')
    assert.deepEqual((await run(b, ops.ListInstanceProfilesForRole, { RoleName: 'Alone' })).InstanceProfiles, [])
  })

  test('is one of its account alone', async () => {
    const { b, ops } = await filled()
    const as = rootOf(OTHER)
    assert.deepEqual((await run(b, ops.ListInstanceProfiles, {}, { as })).InstanceProfiles, [])
    const missing = 'NoSuchEntity: Instance Profile P cannot be found.'
    assert.equal(await refusalOf(run(b, ops.GetInstanceProfile, { InstanceProfileName }, { as })), missing)
    assert.equal(await refusalOf(run(b, ops.RemoveRoleFromInstanceProfile, both, { as })), missing)
  })

  test('lists page by name and by path, and of a role', async () => {
    const { b, ops } = await openIam()
    await addRole(b, 'R')
    for (const name of ['a', 'b', 'c', 'd']) {
      const Path = name === 'd' ? '/x/' : '/'
      await run(b, ops.CreateInstanceProfile, { InstanceProfileName: name, Path })
      await run(b, ops.AddRoleToInstanceProfile, { InstanceProfileName: name, RoleName: 'R' })
    }
    const under = await run(b, ops.ListInstanceProfiles, { PathPrefix: '/x/' })
    assert.deepEqual(
      under.InstanceProfiles?.map(({ InstanceProfileName: name }) => name),
      ['d'],
    )
    for (const list of [
      (Marker?: string) => run(b, ops.ListInstanceProfiles, { MaxItems: 3, Marker }),
      (Marker?: string) => run(b, ops.ListInstanceProfilesForRole, { RoleName: 'R', MaxItems: 3, Marker }),
    ]) {
      const first = await list()
      const second = await list(first.Marker)
      const names = [first, second].map((page) => page.InstanceProfiles?.map((one) => one.InstanceProfileName))
      assert.deepEqual(names, [['a', 'b', 'c'], ['d']])
      assert.equal(second.IsTruncated, false)
    }
  })

  const refused = [
    {
      title: 'a second of that name in other case',
      ask: ({ b, ops }: Awaited<ReturnType<typeof filled>>) =>
        run(b, ops.CreateInstanceProfile, { InstanceProfileName: 'p', Path: '/other/' }),
      says: 'EntityAlreadyExists: Instance Profile p already exists.',
    },
    {
      title: 'a second role',
      ask: async ({ b, ops }: Awaited<ReturnType<typeof filled>>) => {
        await addRole(b, 'S')
        return run(b, ops.AddRoleToInstanceProfile, { InstanceProfileName, RoleName: 'S' })
      },
      says: 'LimitExceeded: Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1',
    },
    {
      title: 'the same role again',
      ask: ({ b, ops }: Awaited<ReturnType<typeof filled>>) => run(b, ops.AddRoleToInstanceProfile, both),
      says: 'LimitExceeded: Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1',
    },
    {
      title: 'to be deleted while a role is in it',
      ask: ({ b, ops }: Awaited<ReturnType<typeof filled>>) =>
        run(b, ops.DeleteInstanceProfile, { InstanceProfileName }),
      says: 'DeleteConflict: Cannot delete entity, must remove roles from instance profile first.',
    },
    {
      title: 'that its role be deleted',
      ask: ({ b, ops }: Awaited<ReturnType<typeof filled>>) => run(b, ops.DeleteRole, { RoleName: 'R' }),
      says: 'DeleteConflict: Cannot delete entity, must remove roles from instance profile first.',
    },
    {
      title: 'a role that is not there',
      ask: async ({ b, ops }: Awaited<ReturnType<typeof filled>>) => {
        await run(b, ops.CreateInstanceProfile, { InstanceProfileName: 'Empty' })
        return run(b, ops.AddRoleToInstanceProfile, { InstanceProfileName: 'Empty', RoleName: 'None' })
      },
      says: 'NoSuchEntity: The role with name None cannot be found.',
    },
    {
      title: 'that a role leave it which is not in it',
      ask: async ({ b, ops }: Awaited<ReturnType<typeof filled>>) => {
        await addRole(b, 'S')
        return run(b, ops.RemoveRoleFromInstanceProfile, { InstanceProfileName, RoleName: 'S' })
      },
      says: 'NoSuchEntity: The role with name S cannot be found.',
    },
  ]
  for (const { title, ask, says } of refused) {
    test(`refuses ${title}`, async () => {
      const world = await filled()
      assert.equal(await refusalOf(ask(world)), says)
      const { InstanceProfile } = await run(world.b, world.ops.GetInstanceProfile, { InstanceProfileName })
      assert.deepEqual(
        InstanceProfile?.Roles?.map(({ RoleName }) => RoleName),
        ['R'],
      )
      assert.ok(await world.b.store.get(roles, [ACCOUNT, 'r']))
    })
  }

  for (const name of [
    'GetInstanceProfile',
    'DeleteInstanceProfile',
    'ListInstanceProfileTags',
    'RemoveRoleFromInstanceProfile',
  ] as const) {
    test(`${name} of one that is not there`, async () => {
      const { b, ops } = await openIam()
      const input = { InstanceProfileName: 'None', RoleName: 'R' }
      const answer = await refusalOf(run(b, ops[name] as typeof ops.DeleteInstanceProfile, input))
      assert.equal(answer, 'NoSuchEntity: Instance Profile None cannot be found.')
    })
  }

  test('refuses the 1,001st of an account', async () => {
    const { b, ops } = await openIam()
    await run(b, ops.CreateInstanceProfile, { InstanceProfileName })
    const tally = await b.store.get(tallies, [ACCOUNT])
    assert.equal(tally?.instanceProfiles, 1)
    if (tally !== undefined) await b.store.transact((tx) => tx.replace(tallies, { ...tally, instanceProfiles: 1000 }))
    const { SummaryMap } = await run(b, ops.GetAccountSummary, {})
    assert.deepEqual([SummaryMap?.InstanceProfiles, SummaryMap?.InstanceProfilesQuota], [1000, 1000])
    const answer = await refusalOf(run(b, ops.CreateInstanceProfile, { InstanceProfileName: 'Q' }))
    assert.equal(answer, 'LimitExceeded: Cannot exceed quota for InstanceProfilesPerAccount: 1000')
  })

  test('emptied, it goes, and then its role may go', async () => {
    const { b, ops } = await filled()
    await run(b, ops.RemoveRoleFromInstanceProfile, { InstanceProfileName: 'p', RoleName: 'r' })
    await run(b, ops.DeleteInstanceProfile, { InstanceProfileName })
    await run(b, ops.DeleteRole, { RoleName: 'R' })
    assert.deepEqual((await b.store.list(instanceProfiles, 'key', { prefix: [ACCOUNT], limit: 9 })).items, [])
    assert.equal((await b.store.get(tallies, [ACCOUNT]))?.instanceProfiles, 0)
  })

  test('a count of before there were instance profiles is read as none', () => {
    const old = { account: ACCOUNT, users: 1, roles: 2, policies: 3, mfaDevices: 4, oidcProviders: 5 }
    assert.deepEqual(tallies.upgrade(old, 2), { ...old, samlProviders: 0, instanceProfiles: 0 })
  })

  test('whichever store call fails, the role and the profile can still be told apart from each other', async () => {
    await failingAtEachCall(
      async () => {
        const { b, ops } = await openIam()
        const { id } = await addRole(b, 'R')
        await run(b, ops.CreateInstanceProfile, { InstanceProfileName })
        return { b, id }
      },
      (failing) => [failing.AddRoleToInstanceProfile, both],
      async ({ b, id }, done) =>
        assert.equal((await b.store.get(instanceProfiles, [ACCOUNT, 'p']))?.role, done ? id : undefined),
    )
  })
})

describe('putting a role into an instance profile', () => {
  test('asks for the profile, and for iam:PassRole of the role with its tags to ec2.amazonaws.com', async () => {
    const { b, ops } = await openIam()
    await addRole(b, 'R', '/p/')
    await run(b, ops.TagRole, { RoleName: 'R', Tags: [{ Key: 'tier', Value: 'gold' }] })
    await run(b, ops.CreateInstanceProfile, { InstanceProfileName, Tags: [{ Key: 'k', Value: 'v' }] })
    const [add, pass] = await questionsOf(ops.AddRoleToInstanceProfile, both)
    assert.deepEqual([add?.action, add?.resource], ['iam:AddRoleToInstanceProfile', arn('P')])
    assert.equal(add?.keys.get('aws:resourcetag/k'), 'v')
    assert.deepEqual([pass?.action, pass?.resource], ['iam:PassRole', `arn:aws:iam::${ACCOUNT}:role/p/R`])
    assert.equal(pass?.keys.get('iam:passedtoservice'), 'ec2.amazonaws.com')
    assert.equal(pass?.keys.get('iam:resourcetag/tier'), 'gold')
  })

  for (const action of ['iam:AddRoleToInstanceProfile', 'iam:PassRole']) {
    test(`is refused without ${action}`, async () => {
      const { b, ops } = await openIam()
      await addRole(b, 'R')
      await run(b, ops.CreateInstanceProfile, { InstanceProfileName })
      const allow = (check: { readonly action: string }) => check.action !== action
      const answer = await refusalOf(run(b, ops.AddRoleToInstanceProfile, both, { allow }))
      assert.equal(answer, `AccessDenied: denied ${action}`)
    })
  }

  test('is refused when the role is another by then than the one that may be passed', async () => {
    const { b, ops } = await openIam()
    await addRole(b, 'R')
    await run(b, ops.CreateInstanceProfile, { InstanceProfileName })
    const swapped = {
      ...ops.AddRoleToInstanceProfile,
      load: async (...given: Parameters<typeof ops.AddRoleToInstanceProfile.load>) => {
        const target = await ops.AddRoleToInstanceProfile.load(...given)
        await run(b, ops.DeleteRole, { RoleName: 'R' })
        await addRole(b, 'R')
        return target
      },
    }
    assert.match(await refusalOf(run(b, swapped, both)), /^ConcurrentModification: /)
    assert.equal((await b.store.get(instanceProfiles, [ACCOUNT, 'p']))?.role, undefined)
  })

  test('is refused when the profile has other tags by then than those that were authorized', async () => {
    const { b, ops } = await openIam()
    await addRole(b, 'R')
    await run(b, ops.CreateInstanceProfile, { InstanceProfileName })
    const tagged = {
      ...ops.AddRoleToInstanceProfile,
      load: async (...given: Parameters<typeof ops.AddRoleToInstanceProfile.load>) => {
        const target = await ops.AddRoleToInstanceProfile.load(...given)
        await b.store.transact(async (tx) => {
          const profile = await tx.get(instanceProfiles, [ACCOUNT, 'p'])
          assert.ok(profile)
          await tx.replace(instanceProfiles, { ...profile, tags: [{ Key: 'locked', Value: 'yes' }] })
        })
        return target
      },
    }
    assert.match(await refusalOf(run(b, tagged, both)), /^ConcurrentModification: /)
    assert.equal((await b.store.get(instanceProfiles, [ACCOUNT, 'p']))?.role, undefined)
  })

  test('making one with tags asks for iam:TagInstanceProfile as well', async () => {
    const { ops } = await openIam()
    const questions = await questionsOf(ops.CreateInstanceProfile, {
      InstanceProfileName,
      Path: '/x/',
      Tags: [{ Key: 'k', Value: 'v' }],
    })
    assert.deepEqual(
      questions.map(({ action, resource }) => [action, resource]),
      [
        ['iam:CreateInstanceProfile', arn('P', '/x/')],
        ['iam:TagInstanceProfile', arn('P', '/x/')],
      ],
    )
  })
})
