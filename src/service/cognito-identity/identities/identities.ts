// DescribeIdentity, ListIdentities, DeleteIdentities (API Reference): what a pool's owner sees and removes.
import { inBatches } from '../../../store/batches.ts'
import type { Key, Reader, Store, Transaction } from '../../../store/store.ts'
import { accountOf } from '../../access/caller-account.ts'
import { pageToken, placeIn } from '../../access/page-tokens.ts'
import type { Call } from '../../operation.ts'
import type { Parts } from '../../parts.ts'
import { changes, check, reads } from '../define.ts'
import { onPool, poolTarget, presentPool } from '../pools/pool-target.ts'
import { doomedPools, type IdentityRecord, identities, loginLinks } from '../records.ts'
import { invalidParameter, noIdentity } from '../refusals.ts'
import { homeOf } from './linking.ts'

const shown = ({ id, logins, createdAt, modifiedAt }: IdentityRecord) => ({
  IdentityId: id,
  ...(logins.length === 0 ? {} : { Logins: [...new Set(logins.map(({ provider }) => provider))] }),
  CreationDate: new Date(createdAt),
  LastModifiedDate: new Date(modifiedAt),
})

/** Removes an identity and its logins. Identities that were merged into it lead nowhere then. */
async function remove(tx: Transaction, identity: IdentityRecord): Promise<void> {
  for (const { provider, subject } of identity.logins)
    await tx.delete(loginLinks, [identity.account, identity.pool, provider, subject])
  await tx.delete(identities, identities.key(identity))
}

/** Identities read for one page at most: hidden ones must not make a page read a whole pool. */
const mostLookedAt = 1_000

async function page(
  reader: Reader,
  prefix: Key,
  wanted: (identity: IdentityRecord) => boolean,
  most: number,
  from: Key | undefined,
): Promise<{ items: IdentityRecord[]; next: Key | undefined }> {
  const items: IdentityRecord[] = []
  let after = from
  let looked = 0
  do {
    const read = await reader.list(identities, 'key', { prefix, limit: most + 1, ...(after && { after }) })
    for (const identity of read.items) {
      if (wanted(identity)) {
        if (items.length === most) return { items, next: after }
        items.push(identity)
      }
      after = identities.key(identity)
      looked++
    }
    if (read.next === undefined) return { items, next: undefined }
  } while (looked < mostLookedAt)
  return { items, next: after }
}

export const identityOperations = ({ store, vault }: Parts) => ({
  DescribeIdentity: reads<'DescribeIdentity'>()({
    load: (_, call) => accountOf(call),
    checks: (_, account) => [check('DescribeIdentity', '*', account)],
    handle: async ({ IdentityId }, account) => {
      const identity = await homeOf(store, IdentityId)
      if (identity === undefined || identity.account !== account) throw noIdentity(IdentityId)
      return shown(identity)
    },
  }),

  ListIdentities: reads<'ListIdentities'>()({
    load: ({ IdentityPoolId }, call) => poolTarget(store, call, IdentityPoolId),
    checks: (_, target) => [onPool('ListIdentities', target)],
    handle: async ({ MaxResults, NextToken, HideDisabled = false }, target) => {
      const { account, id } = presentPool(target)
      const list = { vault, account, record: 'marker:ListIdentities', field: `${id} ${HideDisabled}` }
      const from = placeIn(list, NextToken, invalidToken)
      const wanted = (identity: IdentityRecord) => !HideDisabled || identity.mergedInto === undefined
      const { items, next } = await page(store, [account, id], wanted, MaxResults, from)
      const more = pageToken(list, next)
      return { IdentityPoolId: id, Identities: items.map(shown), ...(more && { NextToken: more }) }
    },
  }),

  DeleteIdentities: changes<'DeleteIdentities'>()({
    load: (_, call: Call) => accountOf(call),
    checks: (_, account) => [check('DeleteIdentities', '*', account)],
    change: async (tx, { IdentityIdsToDelete }, account) => {
      const unprocessed: { IdentityId: string; ErrorCode: 'AccessDenied' }[] = []
      for (const id of new Set(IdentityIdsToDelete)) {
        const identity = (await tx.find(identities, 'id', [id]))?.record
        // The same for another account's identity as for one that does not exist.
        if (identity === undefined || identity.account !== account) {
          unprocessed.push({ IdentityId: id, ErrorCode: 'AccessDenied' })
        } else await remove(tx, identity)
      }
      return { UnprocessedIdentityIds: unprocessed }
    },
  }),
})

const invalidToken = () => invalidParameter('Invalid NextToken.')

/** Identities removed in one transaction. */
const atOnce = 200

/** Removes the identities of deleted pools, some at a time: millions do not fit in one transaction. Called by a timer. */
export function sweepDoomedPools(store: Store, batches = 50): Promise<number> {
  return inBatches(async () => {
    const { items } = await store.list(doomedPools, 'key', { prefix: [], limit: 1 })
    const [doomed] = items
    if (doomed === undefined) return { count: 0, more: false }
    const count = await store.transact(async (tx) => {
      const prefix = [doomed.account, doomed.pool]
      const left = await tx.list(identities, 'key', { prefix, limit: atOnce })
      for (const identity of left.items) await remove(tx, identity)
      if (left.next === undefined) await tx.delete(doomedPools, doomedPools.key(doomed))
      return left.items.length
    })
    return { count, more: true }
  }, batches)
}
