// What IAM's operations act on, found by its name: written once over the kinds (principals/resource-kinds.ts).
import type { Reader, Transaction } from '../../../store/store.ts'
import { accountOf } from '../../access/caller-account.ts'
import { iamResourceTagKeys, type KeyValue } from '../../access/tag-keys.ts'
import type { Call } from '../../operation.ts'
import { concurrentModification } from '../../principals/refusals.ts'
import {
  boundaryOf,
  type HolderKind,
  instanceProfileKind,
  type ResourceKind,
  roleKind,
  userKind,
} from '../../principals/resource-kinds.ts'
import type { IamResource, InstanceProfile, PolicyHolder, Role, User } from '../../records.ts'
import { check } from '../checks.ts'
import type { IamName } from '../define.ts'
import { idOf, type Owner } from './owner.ts'

/** What an operation acts on. A missing one has an ARN all the same: authorization comes before existence. */
export interface ResourceTarget<R extends IamResource> {
  readonly account: string
  readonly name: string
  readonly arn: string
  readonly record: R | undefined
}

/** Looks a record up by name, without regard to case. Throws for no answer: see ResourceTarget. */
export async function targetOf<R extends IamResource>(
  reader: Reader,
  kind: ResourceKind<R>,
  call: Call,
  name: string,
): Promise<ResourceTarget<R>> {
  const account = accountOf(call)
  const record = await reader.get(kind.collection, [account, name.toLowerCase()])
  const arn = record === undefined ? kind.arn(account, '/', name) : kind.arn(account, record.path, record.name)
  return { account, name, arn, record }
}

/** A kind, and how its operations load what their input names. */
export interface LoadedByName<R extends IamResource, I, K extends ResourceKind<R> = ResourceKind<R>> {
  readonly kind: K
  readonly load: (input: I, call: Call) => Promise<ResourceTarget<R>>
}

/** The same for what holds policies. */
export type LoadedHolder<H extends PolicyHolder, I> = LoadedByName<H, I, HolderKind<H>>

export const usersIn = (reader: Reader): LoadedHolder<User, { readonly UserName: string }> => ({
  kind: userKind,
  load: ({ UserName }, call) => targetOf(reader, userKind, call, UserName),
})
export const rolesIn = (reader: Reader): LoadedHolder<Role, { readonly RoleName: string }> => ({
  kind: roleKind,
  load: ({ RoleName }, call) => targetOf(reader, roleKind, call, RoleName),
})
export const instanceProfilesIn = (
  reader: Reader,
): LoadedByName<InstanceProfile, { readonly InstanceProfileName: string }> => ({
  kind: instanceProfileKind,
  load: ({ InstanceProfileName }, call) => targetOf(reader, instanceProfileKind, call, InstanceProfileName),
})

/** The question about what an operation acts on: always with its tags, and with what more the operation knows. */
export const onTarget = (
  action: IamName,
  { account, arn, record }: Pick<ResourceTarget<IamResource>, 'account' | 'arn' | 'record'>,
  ...keys: readonly (readonly KeyValue[])[]
) => check(action, arn, account, iamResourceTagKeys(record?.tags), ...keys)

/** The record, for an operation that is authorized. @throws NoSuchEntity */
export function present<R extends IamResource>(kind: ResourceKind<R>, { record, name }: ResourceTarget<R>): R {
  if (record === undefined) throw kind.missing(name)
  return record
}

/**
 * The record as the transaction sees it.
 *
 * INVARIANT: what is changed is what was authorized. The checks were asked about the name, path, tags and boundary that
 * the target had; if one of them is another now, the change is refused and may be asked again.
 *
 * @throws NoSuchEntity, ConcurrentModification
 */
export async function current<R extends IamResource>(
  tx: Transaction,
  kind: ResourceKind<R>,
  target: ResourceTarget<R>,
): Promise<R> {
  const then = present(kind, target)
  const now = await tx.get(kind.collection, kind.collection.key(then))
  if (now === undefined) throw kind.missing(target.name)
  if (authorizedBy(now) !== authorizedBy(then)) throw concurrentModification()
  return now
}

const authorizedBy = (record: IamResource) =>
  JSON.stringify([record.id, record.name, record.path, boundaryOf(record) ?? null, record.tags ?? null])

/**
 * The unique id of a user, or of root, as it was authorized.
 * @throws NoSuchEntity, ConcurrentModification
 */
export async function currentOwner(tx: Transaction, owner: Owner): Promise<string> {
  const id = idOf(owner)
  const { account, arn, user } = owner
  if (user !== undefined) await current(tx, userKind, { account, arn, name: user.name, record: user })
  return id
}
