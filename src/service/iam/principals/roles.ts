// Roles: CreateRole, GetRole, ListRoles, UpdateRole, UpdateRoleDescription, UpdateAssumeRolePolicy, DeleteRole (IAM API
// Reference). Their trust policies are in trust.ts.
import { roleArn } from '../../../core/arn.ts'
import type { Reader } from '../../../store/store.ts'
import { accountOf } from '../../access/caller-account.ts'
import { requestTagKeys } from '../../access/tag-keys.ts'
import { checkMaxSessionDuration, createRole, newRoleId } from '../../principals/create.ts'
import { type CurrentNames, showPrincipals } from '../../principals/named-principals.ts'
import { boundaryArnOf, encodeDocument } from '../../principals/names.ts'
import { uncount } from '../../principals/quotas.ts'
import { deleteConflict } from '../../principals/refusals.ts'
import { attachmentsOf, roleKind } from '../../principals/resource-kinds.ts'
import { givenTags, tagsMember } from '../../principals/tag-rules.ts'
import { resolveTrust } from '../../principals/trust.ts'
import { attachments, instanceProfiles, isoTime, lastUsed, type Role, roles } from '../../records.ts'
import { boundaryKey, check, listCheck, tagsToo } from '../checks.ts'
import { changes, reads } from '../define.ts'
import { type ListingParts, listOfRecords, type PageRequest, pageOfList, type Work } from '../paging.ts'
import { current, onTarget, present, targetOf } from './targets.ts'
import { boundaryMember } from './users.ts'

/** AWS forgets when a role was last used after 400 days. */
const TRACKED_MS = 400 * 24 * 3600 * 1000

/** What a list's page is charged with, in records that are read: finding a trusted name, and so much of a policy's text. */
const WORK_OF_A_NAME = 3
const CHARACTERS_A_RECORD = 512

/** What every answer about a role has. */
export const roleInBrief = async (reader: Reader, role: Role, names: CurrentNames = new Map()) =>
  roleWith(role, await showPrincipals(reader, role.trust, names))

/** A role of a list, on its page's account. */
export async function roleOnPage(reader: Reader, role: Role, names: CurrentNames, work: Work) {
  const namesBefore = names.size
  const brief = await roleInBrief(reader, role, names)
  work.done += WORK_OF_A_NAME * (names.size - namesBefore) + Math.ceil(role.trust.text.length / CHARACTERS_A_RECORD)
  return brief
}

/** A role with its trust policy in these words. */
const roleWith = (role: Role, trust: string) => ({
  Path: role.path,
  RoleName: role.name,
  RoleId: role.id,
  Arn: roleArn(role.account, role.path, role.name),
  CreateDate: new Date(role.createdAt),
  AssumeRolePolicyDocument: encodeDocument(trust),
  ...(role.description === undefined ? {} : { Description: role.description }),
})

export async function usedMember(reader: Reader, role: Role, now: Date) {
  const used = await reader.get(lastUsed, [role.account, role.id])
  if (used === undefined || now.getTime() - Date.parse(used.at) > TRACKED_MS) return { RoleLastUsed: {} }
  return { RoleLastUsed: { LastUsedDate: new Date(used.at), Region: used.region } }
}

export const roleOperations = ({ store, vault, random, quotas, inTurn }: ListingParts) => ({
  CreateRole: changes<'CreateRole'>()({
    load: ({ RoleName, Path = '/', Tags, PermissionsBoundary }, call) => {
      if (PermissionsBoundary !== undefined) boundaryArnOf(PermissionsBoundary)
      const account = accountOf(call)
      return { account, arn: roleArn(account, Path, RoleName), tags: givenTags(Tags), id: newRoleId(random) }
    },
    checks: ({ PermissionsBoundary }, { account, arn, tags }) => [
      check('CreateRole', arn, account, requestTagKeys(tags), boundaryKey(PermissionsBoundary)),
      ...tagsToo('TagRole', arn, account, tags),
    ],
    change: async (tx, input, { account, tags, id }, { now }) => {
      const role = await createRole(
        tx,
        {
          account,
          id,
          name: input.RoleName,
          path: input.Path,
          tags,
          boundary: input.PermissionsBoundary,
          createdAt: isoTime(now),
          trust: input.AssumeRolePolicyDocument,
          description: input.Description,
          maxSessionDuration: input.MaxSessionDuration,
        },
        quotas,
      )
      // As it was sent: only later answers say accounts by their root's ARN (recorded).
      const members = { ...roleWith(role, role.trust.text), ...boundaryMember(role.boundary), ...tagsMember(role.tags) }
      return { Role: members }
    },
  }),

  GetRole: reads<'GetRole'>()({
    load: ({ RoleName }, call) => targetOf(store, roleKind, call, RoleName),
    checks: (_, target) => [onTarget('GetRole', target)],
    handle: async (_, target, { now }) => {
      const role = present(roleKind, target)
      return {
        Role: {
          ...(await roleInBrief(store, role)),
          MaxSessionDuration: role.maxSessionDuration,
          ...boundaryMember(role.boundary),
          ...tagsMember(role.tags),
          ...(await usedMember(store, role, now)),
        },
      }
    },
  }),

  ListRoles: reads<'ListRoles'>()({
    load: (_, call) => accountOf(call),
    checks: ({ PathPrefix = '/' }, account) => [listCheck('ListRoles', account, `role${PathPrefix}`)],
    handle: async (input, account) => {
      const prefix = input.PathPrefix ?? '/'
      const pageRequest: PageRequest = { vault, account, operation: 'ListRoles', filter: [prefix], input }
      const names: CurrentNames = new Map()
      const list = listOfRecords(store, account, roles, {
        wanted: (role) => role.path.startsWith(prefix),
        show: async (role, work) => ({
          ...(await roleOnPage(store, role, names, work)),
          MaxSessionDuration: role.maxSessionDuration,
        }),
      })
      const { items, page } = await pageOfList(pageRequest, inTurn, list)
      return { Roles: items, ...page }
    },
  }),

  UpdateRole: changes<'UpdateRole'>()({
    load: ({ RoleName, MaxSessionDuration }, call) => {
      checkMaxSessionDuration(MaxSessionDuration)
      return targetOf(store, roleKind, call, RoleName)
    },
    checks: (_, target) => [onTarget('UpdateRole', target)],
    // What is left out stays as it is.
    change: async (tx, { Description, MaxSessionDuration }, target) => {
      const role = await current(tx, roleKind, target)
      await tx.replace(roles, {
        ...role,
        ...(Description === undefined ? {} : { description: Description }),
        ...(MaxSessionDuration === undefined ? {} : { maxSessionDuration: MaxSessionDuration }),
      })
      return {}
    },
  }),

  UpdateRoleDescription: changes<'UpdateRoleDescription'>()({
    load: ({ RoleName }, call) => targetOf(store, roleKind, call, RoleName),
    checks: (_, target) => [onTarget('UpdateRoleDescription', target)],
    change: async (tx, { Description }, target) => {
      const role = { ...(await current(tx, roleKind, target)), description: Description }
      await tx.replace(roles, role)
      return { Role: await roleInBrief(tx, role) }
    },
  }),

  UpdateAssumeRolePolicy: changes<'UpdateAssumeRolePolicy'>()({
    load: ({ RoleName }, call) => targetOf(store, roleKind, call, RoleName),
    checks: (_, target) => [onTarget('UpdateAssumeRolePolicy', target)],
    change: async (tx, { PolicyDocument }, target) => {
      const role = await current(tx, roleKind, target)
      await tx.replace(roles, { ...role, trust: await resolveTrust(tx, role.account, PolicyDocument, quotas) })
      return {}
    },
  }),

  DeleteRole: changes<'DeleteRole'>()({
    load: ({ RoleName }, call) => targetOf(store, roleKind, call, RoleName),
    checks: (_, target) => [onTarget('DeleteRole', target)],
    change: async (tx, _, target) => {
      const role = await current(tx, roleKind, target)
      const profiled = await tx.list(instanceProfiles, 'role', { prefix: [role.account, role.id], limit: 1 })
      if (profiled.items.length > 0) {
        throw deleteConflict('Cannot delete entity, must remove roles from instance profile first.')
      }
      if (role.attached.length > 0) throw deleteConflict('Cannot delete entity, must detach all policies first.')
      if (role.inline.length > 0) throw deleteConflict('Cannot delete entity, must delete policies first.')
      for (const attachment of attachmentsOf(roleKind, role)) await tx.delete(attachments, attachments.key(attachment))
      await tx.delete(roles, roles.key(role))
      await tx.delete(lastUsed, [role.account, role.id])
      await uncount(tx, role.account, 'roles')
      return {}
    },
  }),
})
