// Users and roles alike: both hold inline policies, attached policies, a boundary and tags. What differs between them is
// in `userKind` and `roleKind`; what does not is written once over these.
import { roleArn, userArn } from '../../../core/arn.ts'
import type { Collection, Reader, Transaction } from '../../../store/store.ts'
import type { Refusal } from '../../../wire/errors.ts'
import { accountOf } from '../../access/caller-account.ts'
import { iamResourceTagKeys, type KeyValue } from '../../access/tag-keys.ts'
import type { Call } from '../../operation.ts'
import { concurrentModification, noRole, noUser } from '../../principals/refusals.ts'
import { type Attachment, type Holder, type Role, roles, type User, users } from '../../records.ts'
import { check } from '../checks.ts'
import type { IamName } from '../define.ts'
import { idOf, type Owner } from './owner.ts'

/** What sets users and roles apart for what is written once for both. */
export interface Kind<H extends Holder> {
  readonly word: 'user' | 'role'
  readonly collection: Collection<H, 'id'>
  readonly arn: (account: string, path: string, name: string) => string
  readonly missing: (name: string) => Refusal
}

export const userKind: Kind<User> = { word: 'user', collection: users, arn: userArn, missing: noUser }
export const roleKind: Kind<Role> = { word: 'role', collection: roles, arn: roleArn, missing: noRole }

/** The holder an operation acts on. A missing one has an ARN all the same: authorization comes before existence. */
export interface Target<H extends Holder> {
  readonly account: string
  readonly name: string
  readonly arn: string
  readonly holder: H | undefined
}

/** Looks a holder up by name, without regard to case. Throws for no answer: see Target. */
export async function targetOf<H extends Holder>(
  reader: Reader,
  kind: Kind<H>,
  call: Call,
  name: string,
): Promise<Target<H>> {
  const account = accountOf(call)
  const holder = await reader.get(kind.collection, [account, name.toLowerCase()])
  const arn = holder === undefined ? kind.arn(account, '/', name) : kind.arn(account, holder.path, holder.name)
  return { account, name, arn, holder }
}

/** How operations that users and roles have alike name what they act on, and find it. */
export interface Holders<H extends Holder, I> {
  readonly kind: Kind<H>
  readonly load: (input: I, call: Call) => Promise<Target<H>>
}

export const usersIn = (reader: Reader): Holders<User, { readonly UserName: string }> => ({
  kind: userKind,
  load: ({ UserName }, call) => targetOf(reader, userKind, call, UserName),
})
export const rolesIn = (reader: Reader): Holders<Role, { readonly RoleName: string }> => ({
  kind: roleKind,
  load: ({ RoleName }, call) => targetOf(reader, roleKind, call, RoleName),
})

/** The question about a user or role: always with its tags, and with what more the operation knows. */
export const onHolder = (
  action: IamName,
  { account, arn, holder }: Pick<Target<Holder>, 'account' | 'arn' | 'holder'>,
  ...keys: readonly (readonly KeyValue[])[]
) => check(action, arn, account, iamResourceTagKeys(holder?.tags), ...keys)

/** The holder, for an operation that is authorized. @throws NoSuchEntity */
export function present<H extends Holder>(kind: Kind<H>, target: Target<H>): H {
  if (target.holder === undefined) throw kind.missing(target.name)
  return target.holder
}

/**
 * The holder as the transaction sees it.
 *
 * INVARIANT: what is changed is what was authorized. The checks were asked about the name, path, tags and boundary that
 * the target had; if one of them is another now, the change is refused and may be asked again.
 *
 * @throws NoSuchEntity, ConcurrentModification
 */
export async function current<H extends Holder>(tx: Transaction, kind: Kind<H>, target: Target<H>): Promise<H> {
  const then = present(kind, target)
  const now = await tx.get(kind.collection, [then.account, then.name.toLowerCase()])
  if (now === undefined) throw kind.missing(target.name)
  if (authorizedBy(now) !== authorizedBy(then)) throw concurrentModification()
  return now
}

const authorizedBy = (holder: Holder) =>
  JSON.stringify([holder.id, holder.name, holder.path, holder.boundary ?? null, holder.tags])

/** The way back from a policy to a holder that uses it. */
export const attachmentOf = <H extends Holder>(
  kind: Kind<H>,
  holder: H,
  policyArn: string,
  use: Attachment['use'],
): Attachment => ({
  account: holder.account,
  policyArn,
  use,
  holder: kind.word,
  holderId: holder.id,
  holderName: holder.name,
})

/** Every way back to this holder, by its attached policies and its boundary. */
export const attachmentsOf = <H extends Holder>(kind: Kind<H>, holder: H): readonly Attachment[] => [
  ...holder.attached.map((arn) => attachmentOf(kind, holder, arn, 'permissions')),
  ...(holder.boundary === undefined ? [] : [attachmentOf(kind, holder, holder.boundary, 'boundary')]),
]

/**
 * The unique id of a user, or of root, as it was authorized.
 * @throws NoSuchEntity, ConcurrentModification
 */
export async function currentOwner(tx: Transaction, owner: Owner): Promise<string> {
  const id = idOf(owner)
  const { account, arn, user } = owner
  if (user !== undefined) await current(tx, userKind, { account, arn, name: user.name, holder: user })
  return id
}
