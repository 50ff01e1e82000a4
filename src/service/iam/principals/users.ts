// Users: CreateUser, GetUser, ListUsers, UpdateUser, DeleteUser (IAM API Reference).
import { accountRootArn, userArn } from '../../../core/arn.ts'
import type { Reader } from '../../../store/store.ts'
import { accountOf } from '../../access/caller-account.ts'
import { requestTagKeys } from '../../access/tag-keys.ts'
import { createUser, newUserId } from '../../principals/create.ts'
import { boundaryArnOf, checkPath } from '../../principals/names.ts'
import { uncount } from '../../principals/quotas.ts'
import { alreadyExists, deleteConflict } from '../../principals/refusals.ts'
import { attachmentsOf, userKind } from '../../principals/resource-kinds.ts'
import { givenTags, tagsMember } from '../../principals/tag-rules.ts'
import { accessKeys, accounts, attachments, isoTime, mfaDevices, type User, users } from '../../records.ts'
import { boundaryKey, check, listCheck, tagsToo } from '../checks.ts'
import { changes, reads } from '../define.ts'
import { type ListingParts, listOfRecords, type PageRequest, pageOfList } from '../paging.ts'
import { idOf, onOwner, ownerOf } from './owner.ts'
import { current, onTarget, targetOf } from './targets.ts'

/** A user as lists and other answers name it: without tags and boundary. */
export const userInBrief = (user: User) => ({
  Path: user.path,
  UserName: user.name,
  UserId: user.id,
  Arn: userArn(user.account, user.path, user.name),
  CreateDate: new Date(user.createdAt),
})

/** The account's root where a user is answered: it has no name and no path. */
export async function rootAsUser(reader: Reader, account: string) {
  const record = await reader.get(accounts, [account])
  return {
    Path: undefined,
    UserName: undefined,
    UserId: account,
    Arn: accountRootArn(account),
    CreateDate: new Date(record?.createdAt ?? 0),
  }
}

const userInFull = (user: User) => ({
  ...userInBrief(user),
  ...boundaryMember(user.boundary),
  ...tagsMember(user.tags),
})

/** What stands for the PermissionsBoundary of a user or role. */
export const boundaryMember = (arn: string | undefined) =>
  arn === undefined
    ? {}
    : {
        PermissionsBoundary: {
          // The service sends `Policy`, whatever the model's enumeration says.
          PermissionsBoundaryType: 'Policy' as 'PermissionsBoundaryPolicy',
          PermissionsBoundaryArn: arn,
        },
      }

export const userOperations = ({ store, vault, random, quotas, inTurn }: ListingParts) => ({
  CreateUser: changes<'CreateUser'>()({
    load: ({ UserName, Path = '/', Tags, PermissionsBoundary }, call) => {
      if (PermissionsBoundary !== undefined) boundaryArnOf(PermissionsBoundary)
      const account = accountOf(call)
      return { account, arn: userArn(account, Path, UserName), tags: givenTags(Tags), id: newUserId(random) }
    },
    checks: ({ PermissionsBoundary }, { account, arn, tags }) => [
      check('CreateUser', arn, account, requestTagKeys(tags), boundaryKey(PermissionsBoundary)),
      ...tagsToo('TagUser', arn, account, tags),
    ],
    change: async (tx, { UserName, Path, PermissionsBoundary }, { account, tags, id }, { now }) => {
      const boundary = PermissionsBoundary
      const made = { account, id, name: UserName, path: Path, tags, boundary, createdAt: isoTime(now) }
      return { User: userInFull(await createUser(tx, made, quotas)) }
    },
  }),

  GetUser: reads<'GetUser'>()({
    load: ({ UserName }, call) => ownerOf(store, call, UserName),
    checks: (_, owner) => [onOwner('GetUser', owner)],
    handle: async (_, owner) => {
      idOf(owner)
      return { User: owner.user === undefined ? await rootAsUser(store, owner.account) : userInFull(owner.user) }
    },
  }),

  ListUsers: reads<'ListUsers'>()({
    load: (_, call) => accountOf(call),
    checks: ({ PathPrefix = '/' }, account) => [listCheck('ListUsers', account, `user${PathPrefix}`)],
    handle: async (input, account) => {
      const prefix = input.PathPrefix ?? '/'
      const pageRequest: PageRequest = { vault, account, operation: 'ListUsers', filter: [prefix], input }
      const wanted = (user: User) => user.path.startsWith(prefix)
      const list = listOfRecords(store, account, users, { wanted, show: userInBrief })
      const { items, page } = await pageOfList(pageRequest, inTurn, list)
      return { Users: items, ...page }
    },
  }),

  UpdateUser: changes<'UpdateUser'>()({
    load: ({ UserName, NewPath }, call) => {
      if (NewPath !== undefined) checkPath(NewPath)
      return targetOf(store, userKind, call, UserName)
    },
    // The right is needed on the user as it is and on the user as it will be.
    checks: ({ NewUserName, NewPath }, target) => {
      const { account, record, name } = target
      const arn = userArn(account, NewPath ?? record?.path ?? '/', NewUserName ?? record?.name ?? name)
      const before = onTarget('UpdateUser', target)
      return arn === target.arn ? [before] : [before, onTarget('UpdateUser', { ...target, arn })]
    },
    change: async (tx, { NewUserName, NewPath }, target) => {
      const user = await current(tx, userKind, target)
      const renamed = { ...user, name: NewUserName ?? user.name, path: NewPath ?? user.path }
      const [before, after] = [users.key(user), users.key(renamed)]
      if (before[1] === after[1]) await tx.replace(users, renamed)
      else {
        if ((await tx.get(users, after)) !== undefined) {
          throw alreadyExists(`User with name ${renamed.name} already exists.`)
        }
        await tx.delete(users, before)
        await tx.create(users, renamed)
      }
      for (const attachment of attachmentsOf(userKind, renamed)) await tx.replace(attachments, attachment)
      return {}
    },
  }),

  DeleteUser: changes<'DeleteUser'>()({
    load: ({ UserName }, call) => targetOf(store, userKind, call, UserName),
    checks: (_, target) => [onTarget('DeleteUser', target)],
    change: async (tx, _, target) => {
      const user = await current(tx, userKind, target)
      if (user.attached.length > 0) throw deleteConflict('Cannot delete entity, must detach all policies first.')
      if (user.inline.length > 0) throw deleteConflict('Cannot delete entity, must delete policies first.')
      const mine = { prefix: [user.account, user.id], limit: 1 }
      if ((await tx.list(accessKeys, 'principal', mine)).items.length > 0) {
        throw deleteConflict('Cannot delete entity, must delete access keys first.')
      }
      if ((await tx.list(mfaDevices, 'principal', mine)).items.length > 0) {
        throw deleteConflict('Cannot delete entity, must delete MFA device first.')
      }
      for (const attachment of attachmentsOf(userKind, user)) await tx.delete(attachments, attachments.key(attachment))
      await tx.delete(users, users.key(user))
      await uncount(tx, user.account, 'users')
      return {}
    },
  }),
})
