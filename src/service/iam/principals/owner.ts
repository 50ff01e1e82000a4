// The user, or the account's root, that an operation acts on: one that is named, or "the calling user".
import { accountRootArn, userArn } from '../../../core/arn.ts'
import type { Reader } from '../../../store/store.ts'
import { accountOf } from '../../access/caller-account.ts'
import { iamResourceTagKeys } from '../../access/tag-keys.ts'
import type { Call } from '../../operation.ts'
import { mustNameUser, noUser } from '../../principals/refusals.ts'
import { type User, users } from '../../records.ts'
import { check } from '../checks.ts'
import type { IamName } from '../define.ts'

/** Unique id of the user (the account id for root) whose key or session token signs; undefined for roles and others. */
function callingPrincipal(call: Call): string | undefined {
  const { identity } = call
  if (identity.kind === 'root' || identity.kind === 'user') return identity.principal
  if (identity.kind !== 'session') return undefined
  const { pass } = identity
  return pass.kind === 'user' || pass.kind === 'root-task' ? pass.principal : undefined
}

/** A user, or the account's root, that an operation acts on; `id` is undefined when there is no such user. */
export interface Owner {
  readonly account: string
  readonly arn: string
  /** Unique id; the account id for root. */
  readonly id: string | undefined
  /** The user's name; undefined for root. */
  readonly name: string | undefined
  readonly user: User | undefined
}

/**
 * The user of that name or, without one, the calling user or root. Reveals nothing: a missing user has `id` undefined.
 * @throws ValidationError when no name is given and the caller is neither a user nor root.
 */
export async function ownerOf(reader: Reader, call: Call, userName: string | undefined): Promise<Owner> {
  const account = accountOf(call)
  if (userName !== undefined) {
    const user = await reader.get(users, [account, userName.toLowerCase()])
    if (user === undefined) {
      return { account, arn: userArn(account, '/', userName), id: undefined, name: userName, user: undefined }
    }
    return { account, arn: userArn(account, user.path, user.name), id: user.id, name: user.name, user }
  }
  const principal = callingPrincipal(call)
  if (principal === undefined) throw mustNameUser()
  if (principal === account) {
    return { account, arn: accountRootArn(account), id: account, name: undefined, user: undefined }
  }
  const stored = await reader.find(users, 'id', [account, principal])
  if (stored === undefined) throw mustNameUser()
  const user = stored.record
  return { account, arn: userArn(account, user.path, user.name), id: user.id, name: user.name, user }
}

/** The question about a user, or about root, which has no tags. */
export const onOwner = (action: IamName, { account, arn, user }: Owner) =>
  check(action, arn, account, iamResourceTagKeys(user?.tags))

/** The owner's unique id. @throws NoSuchEntity when there is no such user. */
export function idOf(owner: Owner): string {
  if (owner.id === undefined) throw noUser(owner.name ?? '')
  return owner.id
}
