// Instance profiles: CreateInstanceProfile, GetInstanceProfile, ListInstanceProfiles, ListInstanceProfilesForRole,
// AddRoleToInstanceProfile, RemoveRoleFromInstanceProfile, DeleteInstanceProfile (IAM API Reference). There are no EC2
// instances here; tools make a profile with a role all the same.
import { instanceProfileArn } from '../../../core/arn.ts'
import type { Key, Reader } from '../../../store/store.ts'
import { accountOf } from '../../access/caller-account.ts'
import { passCheck } from '../../access/pass-role.ts'
import { requestTagKeys } from '../../access/tag-keys.ts'
import { newInstanceProfileId } from '../../principals/create.ts'
import type { CurrentNames } from '../../principals/named-principals.ts'
import { uncount } from '../../principals/quotas.ts'
import { deleteConflict, noRole, overQuota } from '../../principals/refusals.ts'
import { addNamed, checkNamed, instanceProfileKind, roleKind } from '../../principals/resource-kinds.ts'
import { givenTags, tagsMember } from '../../principals/tag-rules.ts'
import { type InstanceProfile, instanceProfiles, isoTime, roles, type Tag } from '../../records.ts'
import { check, listCheck, tagsToo } from '../checks.ts'
import { changes, reads } from '../define.ts'
import { type ListingParts, listOfRecords, type PageRequest, pageOf, pageOfList, type Work } from '../paging.ts'
import { roleInBrief, roleOnPage } from './roles.ts'
import { current, onTarget, present, targetOf } from './targets.ts'

/** The service that a role in a profile is passed to: AWS asks for this one whoever will read the profile. */
const PASSED_TO = 'ec2.amazonaws.com'

/** AWS raises it for nobody. */
const ROLES_PER_PROFILE = 1

type ShownRole = Awaited<ReturnType<typeof roleInBrief>>

/** A profile as every answer names it: without its tags, which lists leave out. */
export const profileInBrief = (profile: InstanceProfile, role: ShownRole | undefined) => ({
  Path: profile.path,
  InstanceProfileName: profile.name,
  InstanceProfileId: profile.id,
  Arn: instanceProfileArn(profile.account, profile.path, profile.name),
  CreateDate: new Date(profile.createdAt),
  Roles: role === undefined ? [] : [role],
})

async function roleOf(
  reader: Reader,
  { account, role }: InstanceProfile,
  names: CurrentNames = new Map(),
  work: Work = { done: 0 },
): Promise<ShownRole | undefined> {
  const stored = role === undefined ? undefined : await reader.find(roles, 'id', [account, role])
  return stored && roleOnPage(reader, stored.record, names, work)
}

/** Every profile that a role is in, in the order of their names. */
export async function profilesWith(reader: Reader, account: string, role: string): Promise<readonly InstanceProfile[]> {
  const profiles: InstanceProfile[] = []
  let after: Key | undefined
  do {
    const range = { prefix: [account, role], limit: 500, ...(after && { after }) }
    const page = await reader.list(instanceProfiles, 'role', range)
    profiles.push(...page.items)
    after = page.next
  } while (after !== undefined)
  return profiles
}

export const instanceProfileOperations = ({ store, vault, random, quotas, inTurn }: ListingParts) => ({
  CreateInstanceProfile: changes<'CreateInstanceProfile'>()({
    load: ({ InstanceProfileName, Path = '/', Tags }, call) => {
      const account = accountOf(call)
      const arn = instanceProfileArn(account, Path, InstanceProfileName)
      const tags: readonly Tag[] = givenTags(Tags)
      return { account, arn, tags, id: newInstanceProfileId(random) }
    },
    checks: (_, { account, arn, tags }) => [
      check('CreateInstanceProfile', arn, account, requestTagKeys(tags)),
      ...tagsToo('TagInstanceProfile', arn, account, tags),
    ],
    change: async (tx, { InstanceProfileName: name, Path: path = '/' }, { account, tags, id }, { now }) => {
      const profile: InstanceProfile = { account, id, name, path, createdAt: isoTime(now), tags }
      checkNamed(instanceProfileKind, profile)
      await addNamed(tx, instanceProfileKind, profile, quotas)
      return { InstanceProfile: { ...profileInBrief(profile, undefined), ...tagsMember(tags) } }
    },
  }),

  GetInstanceProfile: reads<'GetInstanceProfile'>()({
    load: ({ InstanceProfileName }, call) => targetOf(store, instanceProfileKind, call, InstanceProfileName),
    checks: (_, target) => [onTarget('GetInstanceProfile', target)],
    handle: async (_, target) => {
      const profile = present(instanceProfileKind, target)
      const brief = profileInBrief(profile, await roleOf(store, profile))
      return { InstanceProfile: { ...brief, ...tagsMember(profile.tags) } }
    },
  }),

  ListInstanceProfiles: reads<'ListInstanceProfiles'>()({
    load: (_, call) => accountOf(call),
    checks: ({ PathPrefix = '/' }, account) => [
      listCheck('ListInstanceProfiles', account, `instance-profile${PathPrefix}`),
    ],
    handle: async (input, account) => {
      const prefix = input.PathPrefix ?? '/'
      const pageRequest: PageRequest = { vault, account, operation: 'ListInstanceProfiles', filter: [prefix], input }
      const names: CurrentNames = new Map()
      const list = listOfRecords(store, account, instanceProfiles, {
        wanted: ({ path }) => path.startsWith(prefix),
        show: async (profile, work) => profileInBrief(profile, await roleOf(store, profile, names, work)),
      })
      const { items, page } = await pageOfList(pageRequest, inTurn, list)
      return { InstanceProfiles: items, ...page }
    },
  }),

  ListInstanceProfilesForRole: reads<'ListInstanceProfilesForRole'>()({
    load: ({ RoleName }, call) => targetOf(store, roleKind, call, RoleName),
    checks: (_, target) => [onTarget('ListInstanceProfilesForRole', target)],
    handle: async (input, target) => {
      const role = present(roleKind, target)
      const { account, id } = role
      const pageRequest: PageRequest = { vault, account, operation: 'ListInstanceProfilesForRole', filter: [id], input }
      const { items, page } = pageOf(pageRequest, await profilesWith(store, account, id), (profile) => profile.id)
      const shown = await roleInBrief(store, role)
      return { InstanceProfiles: items.map((profile) => profileInBrief(profile, shown)), ...page }
    },
  }),

  AddRoleToInstanceProfile: changes<'AddRoleToInstanceProfile'>()({
    load: async ({ InstanceProfileName, RoleName }, call) => ({
      of: await targetOf(store, instanceProfileKind, call, InstanceProfileName),
      role: await targetOf(store, roleKind, call, RoleName),
    }),
    checks: (_, { of, role }) => [
      onTarget('AddRoleToInstanceProfile', of),
      passCheck(role.account, role.arn, PASSED_TO, role.record?.tags),
    ],
    change: async (tx, _, { of, role }) => {
      const profile = await current(tx, instanceProfileKind, of)
      const { id } = await current(tx, roleKind, role)
      if (profile.role !== undefined) {
        throw overQuota('InstanceSessionsPerInstanceProfile', ROLES_PER_PROFILE)
      }
      await tx.replace(instanceProfiles, { ...profile, role: id })
      return {}
    },
  }),

  RemoveRoleFromInstanceProfile: changes<'RemoveRoleFromInstanceProfile'>()({
    load: ({ InstanceProfileName }, call) => targetOf(store, instanceProfileKind, call, InstanceProfileName),
    checks: (_, target) => [onTarget('RemoveRoleFromInstanceProfile', target)],
    change: async (tx, { RoleName }, target) => {
      const { role: inIt, ...profile } = await current(tx, instanceProfileKind, target)
      const role = await tx.get(roles, [profile.account, RoleName.toLowerCase()])
      if (role === undefined || role.id !== inIt) throw noRole(RoleName)
      await tx.replace(instanceProfiles, profile)
      return {}
    },
  }),

  DeleteInstanceProfile: changes<'DeleteInstanceProfile'>()({
    load: ({ InstanceProfileName }, call) => targetOf(store, instanceProfileKind, call, InstanceProfileName),
    checks: (_, target) => [onTarget('DeleteInstanceProfile', target)],
    change: async (tx, _, target) => {
      const profile = await current(tx, instanceProfileKind, target)
      if (profile.role !== undefined) {
        throw deleteConflict('Cannot delete entity, must remove roles from instance profile first.')
      }
      await tx.delete(instanceProfiles, instanceProfiles.key(profile))
      await uncount(tx, profile.account, 'instanceProfiles')
      return {}
    },
  }),
})
