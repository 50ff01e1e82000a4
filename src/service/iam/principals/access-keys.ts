// Access keys: CreateAccessKey, ListAccessKeys, UpdateAccessKey, DeleteAccessKey, GetAccessKeyLastUsed (IAM API Reference).
// Without a user name they mean the calling user's, or root's.

import { accountRootArn, userArn } from '../../../core/arn.ts'
import { accountOfKeyId } from '../../../core/ids.ts'
import { mostOf } from '../../../core/quotas.ts'
import type { Reader } from '../../../store/store.ts'
import { accessDenied } from '../../../wire/errors.ts'
import { accountOf } from '../../access/caller-account.ts'
import { notAuthorized } from '../../access/not-authorized.ts'
import { iamResourceTagKeys } from '../../access/tag-keys.ts'
import type { BarCause } from '../../bar-cause.ts'
import type { Parts } from '../../parts.ts'
import { newAccessKey, storeAccessKey } from '../../principals/create.ts'
import { invalid, noAccessKey } from '../../principals/refusals.ts'
import { type AccessKey, accessKeys, isoTime, lastUsed, users } from '../../records.ts'
import { check } from '../checks.ts'
import { changes, reads } from '../define.ts'
import { pageOf } from '../paging.ts'
import { idOf, type Owner, onOwner, ownerOf } from './owner.ts'
import { currentOwner } from './targets.ts'

/** That key of that owner. A key of somebody else is no key. */
async function keyOf(reader: Reader, owner: Owner, id: string): Promise<AccessKey> {
  const key = await reader.get(accessKeys, [owner.account, id])
  if (key === undefined || key.principal !== owner.id) throw noAccessKey(id)
  return key
}

const keyOut = (key: AccessKey, owner: Owner) => ({
  UserName: owner.name,
  AccessKeyId: key.id,
  Status: key.status,
  CreateDate: new Date(key.createdAt),
})

export interface NewKey {
  readonly owner: Owner
  /** Made once the caller is allowed. */
  readonly key?: ReturnType<typeof newAccessKey>
}

export const accessKeyOperations = (parts: Parts) => {
  const { store, vault } = parts
  return {
    CreateAccessKey: changes<'CreateAccessKey'>()({
      load: async ({ UserName }, call): Promise<NewKey> => ({ owner: await ownerOf(store, call, UserName) }),
      checks: (_, { owner }) => [onOwner('CreateAccessKey', owner)],
      // Sealed here, since nothing may be sealed in a transaction.
      prepare: async (_, { owner }, { now }) => ({
        owner,
        key: newAccessKey(parts, owner.account, owner.id ?? '', isoTime(now)),
      }),
      change: async (tx, _, { owner, key }) => {
        if (key === undefined) throw new TypeError('an access key that was not made')
        await currentOwner(tx, owner)
        await storeAccessKey(tx, key.record, parts.quotas)
        return { AccessKey: { ...keyOut(key.record, owner), SecretAccessKey: key.secret.reveal() } }
      },
      audit: {
        response: ({ AccessKey }) => ({
          accessKey: { userName: AccessKey?.UserName, accessKeyId: AccessKey?.AccessKeyId, status: AccessKey?.Status },
        }),
      },
    }),

    ListAccessKeys: reads<'ListAccessKeys'>()({
      load: ({ UserName }, call) => ownerOf(store, call, UserName),
      checks: (_, owner) => [onOwner('ListAccessKeys', owner)],
      handle: async (input, owner) => {
        const id = idOf(owner)
        const range = { prefix: [owner.account, id], limit: mostOf('AccessKeysPerUser') }
        const { items } = await store.list(accessKeys, 'principal', range)
        const { account } = owner
        const pageRequest = { vault, account, operation: 'ListAccessKeys', filter: [id], input }
        const { items: shown, page } = pageOf(pageRequest, items, (key) => key.id)
        return { AccessKeyMetadata: shown.map((key) => keyOut(key, owner)), ...page }
      },
    }),

    UpdateAccessKey: changes<'UpdateAccessKey'>()({
      load: ({ UserName }, call) => ownerOf(store, call, UserName),
      checks: (_, owner) => [onOwner('UpdateAccessKey', owner)],
      change: async (tx, { AccessKeyId, Status }, owner) => {
        if (Status !== 'Active' && Status !== 'Inactive') {
          throw invalid(
            "1 validation error detected: Value at 'status' failed to satisfy constraint: Member must satisfy enum value set",
          )
        }
        await currentOwner(tx, owner)
        const key = await keyOf(tx, owner, AccessKeyId)
        await tx.replace(accessKeys, { ...key, status: Status })
        return {}
      },
    }),

    DeleteAccessKey: changes<'DeleteAccessKey'>()({
      load: ({ UserName }, call) => ownerOf(store, call, UserName),
      checks: (_, owner) => [onOwner('DeleteAccessKey', owner)],
      change: async (tx, { AccessKeyId }, owner) => {
        await currentOwner(tx, owner)
        const key = await keyOf(tx, owner, AccessKeyId)
        await tx.delete(accessKeys, accessKeys.key(key))
        await tx.delete(lastUsed, [key.account, key.id])
        return {}
      },
    }),

    GetAccessKeyLastUsed: reads<'GetAccessKeyLastUsed'>()({
      load: async ({ AccessKeyId }, call) => {
        const account = accountOf(call)
        const mine = accountOfKeyId(AccessKeyId) === account
        const key = mine ? await store.get(accessKeys, [account, AccessKeyId]) : undefined
        const user = key && (await store.find(users, 'id', [account, key.principal]))?.record
        // A key that is not there, and one that the caller may not see, are refused in the same words.
        const resource = `access key ${AccessKeyId}`
        const refusal = notAuthorized(call.name.requester, 'iam:GetAccessKeyLastUsed', resource)
        return { account, key, user, refusal }
      },
      checks: (_, { account, key, user, refusal }) => {
        const arn = user
          ? userArn(account, user.path, user.name)
          : key
            ? accountRootArn(account)
            : userArn(account, '/', '')
        return [{ ...check('GetAccessKeyLastUsed', arn, account, iamResourceTagKeys(user?.tags)), refusal }]
      },
      handle: async (_, { account, key, user, refusal }) => {
        if (key === undefined) throw accessDenied('aws-query', refusal, 'no-access-key' satisfies BarCause)
        const used = await store.get(lastUsed, [account, key.id])
        return {
          ...(user === undefined ? {} : { UserName: user.name }),
          AccessKeyLastUsed: {
            ...(used === undefined ? {} : { LastUsedDate: new Date(used.at) }),
            ServiceName: used?.service ?? 'N/A',
            Region: used?.region ?? 'N/A',
          } as { LastUsedDate?: Date; ServiceName: string; Region: string },
        }
      },
    }),
  }
}
