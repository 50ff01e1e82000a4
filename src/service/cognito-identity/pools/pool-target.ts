// The pool that a signed operation acts on: one of the caller's own account, as every record is.
import type { Reader, Transaction } from '../../../store/store.ts'
import { modelled } from '../../../wire/errors.ts'
import { accountOf } from '../../access/caller-account.ts'
import { type KeyValue, resourceTagKeys } from '../../access/tag-keys.ts'
import type { Call, Check } from '../../operation.ts'
import type { Tag } from '../../records.ts'
import { type CognitoName, check, poolArn } from '../define.ts'
import { type Pool, pools } from '../records.ts'
import { busy, noPool } from '../refusals.ts'

/** A missing pool has an ARN all the same: authorization comes before existence. */
export interface PoolTarget {
  readonly account: string
  readonly id: string
  readonly arn: string
  readonly pool: Pool | undefined
}

/** A pool of the caller's account. One of another account counts as missing. */
export async function poolTarget(reader: Reader, call: Call, id: string): Promise<PoolTarget> {
  const account = accountOf(call)
  const region = id.slice(0, Math.max(0, id.indexOf(':')))
  return { account, id, arn: poolArn(account, id), pool: await reader.get(pools, [account, region, id]) }
}

/** The pool, for an operation that is authorized. @throws ResourceNotFoundException */
export function presentPool({ pool, id }: PoolTarget): Pool {
  if (pool === undefined) throw noPool(id)
  return pool
}

/**
 * The pool as the transaction sees it.
 * INVARIANT: what is changed is what was authorized: with other tags the decision might be another.
 * @throws ResourceNotFoundException; when its tags changed, `changed`, for which few operations have a code
 */
export async function currentPool(tx: Transaction, target: PoolTarget, changed = poolBusy): Promise<Pool> {
  const then = presentPool(target)
  const now = await tx.get(pools, pools.key(then))
  if (now === undefined) throw noPool(target.id)
  if (JSON.stringify(now.tags) !== JSON.stringify(then.tags)) {
    throw changed()
  }
  return now
}

const another = 'The pool was changed by another request.'
/** What was authorized has changed meanwhile: the caller may try again. */
export const poolChanged = () => modelled('cognito-identity', 'ConcurrentModificationException', another)
const poolBusy = () => busy(another)

/** A pool's tags, which are an object, in the form that other services have. */
export const tagsIn = (tags: Readonly<Record<string, string>>): readonly Tag[] =>
  Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))

/** The check whether the caller may do this to the pool. */
export const onPool = (
  action: CognitoName,
  { account, arn, pool }: PoolTarget,
  keys: readonly KeyValue[] = [],
): Check => check(action, arn, account, resourceTagKeys(tagsIn(pool?.tags ?? {})), keys)
