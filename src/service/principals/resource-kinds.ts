// The kinds of IAM resources that an account keeps by name: a row for each has everything that is particular to it, and what
// they share is written once over the rows. Users and roles hold policies; an instance profile is named like them, and holds
// none.
import { instanceProfileArn, roleArn, userArn } from '../../core/arn.ts'
import type { QuotaName, Quotas } from '../../core/quotas.ts'
import type { Collection, Transaction } from '../../store/store.ts'
import type { Refusal } from '../../wire/errors.ts'
import {
  type Attachment,
  type IamResource,
  type InstanceProfile,
  instanceProfiles,
  type PolicyHolder,
  type Role,
  roles,
  type User,
  users,
} from '../records.ts'
import { checkName, checkPath } from './names.ts'
import { type Counted, count } from './quotas.ts'
import { alreadyExists, noInstanceProfile, noRole, noUser } from './refusals.ts'

/** A kind of resource that is stored and found by its name. */
export interface ResourceKind<R extends IamResource> {
  readonly collection: Collection<R, string>
  readonly arn: (account: string, path: string, name: string) => string
  /** The request member that names one, as the model spells it but with a small first letter; and its longest value. */
  readonly nameMember: string
  readonly longestName: number
  readonly missing: (name: string) => Refusal
  readonly taken: (name: string) => Refusal
  /** The name under which an account's tally counts it. */
  readonly counted: Counted
}

/** A kind that holds policies. */
export interface HolderKind<H extends PolicyHolder> extends ResourceKind<H> {
  /** Its name in attachments and in AWS's sentences. */
  readonly word: Attachment['holder']
  readonly inlineQuota: QuotaName
  readonly attachedQuota: QuotaName
}

export const userKind: HolderKind<User> = {
  word: 'user',
  collection: users,
  arn: userArn,
  nameMember: 'userName',
  longestName: 64,
  missing: noUser,
  taken: (name) => alreadyExists(`User with name ${name} already exists.`),
  counted: 'users',
  inlineQuota: 'UserPolicySize',
  attachedQuota: 'PoliciesPerUser',
}

export const roleKind: HolderKind<Role> = {
  word: 'role',
  collection: roles,
  arn: roleArn,
  nameMember: 'roleName',
  longestName: 64,
  missing: noRole,
  taken: (name) => alreadyExists(`Role with name ${name} already exists.`),
  counted: 'roles',
  inlineQuota: 'RolePolicySize',
  attachedQuota: 'PoliciesPerRole',
}

export const instanceProfileKind: ResourceKind<InstanceProfile> = {
  collection: instanceProfiles,
  arn: instanceProfileArn,
  nameMember: 'instanceProfileName',
  longestName: 128,
  missing: noInstanceProfile,
  taken: (name) => alreadyExists(`Instance Profile ${name} already exists.`),
  counted: 'instanceProfiles',
}

/** Checks the name and the path of a new record of the kind. @throws ValidationError */
export function checkNamed<R extends IamResource>(
  { nameMember, longestName }: ResourceKind<R>,
  { name, path }: Pick<R, 'name' | 'path'>,
): void {
  checkName(nameMember, name, longestName)
  checkPath(path)
}

/** Creates a record of the kind in its account. @throws EntityAlreadyExists, LimitExceeded */
export async function addNamed<R extends IamResource>(
  tx: Transaction,
  kind: ResourceKind<R>,
  record: R,
  quotas: Quotas,
): Promise<void> {
  const { collection, taken, counted } = kind
  if ((await tx.get(collection, collection.key(record))) !== undefined) throw taken(record.name)
  await count(tx, record.account, counted, quotas)
  await tx.create(collection, record)
}

/** The record that leads from a policy to a holder that uses it. */
export const attachmentOf = <H extends PolicyHolder>(
  { word }: HolderKind<H>,
  holder: H,
  policyArn: string,
  use: Attachment['use'],
): Attachment => ({
  account: holder.account,
  policyArn,
  use,
  holder: word,
  holderId: holder.id,
  holderName: holder.name,
})

/** All records that lead to this holder: from its attached policies and its boundary. */
export const attachmentsOf = <H extends PolicyHolder>(kind: HolderKind<H>, holder: H): readonly Attachment[] => {
  const boundary = boundaryOf(holder)
  return [
    ...holder.attached.map((arn) => attachmentOf(kind, holder, arn, 'permissions')),
    ...(boundary === undefined ? [] : [attachmentOf(kind, holder, boundary, 'boundary')]),
  ]
}

/** ARN of its permissions boundary: only principals can have one. */
export const boundaryOf = (record: IamResource | undefined): string | undefined =>
  (record as { readonly boundary?: string } | undefined)?.boundary
