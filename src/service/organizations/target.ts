// The account, or the root, of the organization that an operation acts on. Only the management account sees any.

import { rootIdOf } from '../../core/organization-root.ts'
import type { Reader, Transaction } from '../../store/store.ts'
import { accountOf } from '../access/caller-account.ts'
import { type KeyValue, resourceTagKeys } from '../access/tag-keys.ts'
import type { Call } from '../operation.ts'
import { type Account, accounts, type Tag } from '../records.ts'
import { type OrganizationsName, organizationCheck } from './define.ts'
import { managementOf, memberArn } from './membership.ts'
import { type Organization, organizations } from './records.ts'
import { accountNotFound, concurrentModification } from './refusals.ts'

export const rootArn = ({ account, id }: Organization) => `arn:aws:organizations::${account}:root/${id}/${rootIdOf(id)}`

/** What an id of a request stands for. A missing one has an ARN all the same: authorization comes before existence. */
export interface OrganizationTarget {
  /** The caller's account. */
  readonly account: string
  readonly id: string
  readonly arn: string
  /** The organization that the caller's account manages; undefined when it manages none. */
  readonly organization: Organization | undefined
  readonly tags: readonly Tag[]
}

/** Looks up what an id stands for in the organization that the caller manages: what is not of it has no tags. */
export async function targetOf(reader: Reader, call: Call, id: string): Promise<OrganizationTarget> {
  const account = accountOf(call)
  const organization = await reader.get(organizations, [account])
  if (organization === undefined) return { account, id, arn: '*', organization, tags: [] }
  if (id === rootIdOf(organization.id)) {
    return { account, id, arn: rootArn(organization), organization, tags: organization.rootTags ?? [] }
  }
  const member = await memberOf(reader, organization, id)
  return { account, id, arn: memberArn(organization, id), organization, tags: member?.tags ?? [] }
}

/** The account of that id, if it is one of the organization's. */
export async function memberOf(reader: Reader, organization: Organization, id: string): Promise<Account | undefined> {
  const member = await reader.get(accounts, [id])
  return member?.organization?.id === organization.id ? member : undefined
}

/** The question about an account or a root, with the tags it has and with what more the operation knows. */
export const onTarget = (
  action: OrganizationsName,
  { account, arn, tags }: Pick<OrganizationTarget, 'account' | 'arn' | 'tags'>,
  more: readonly KeyValue[] = [],
) => organizationCheck(action, arn, account, [...resourceTagKeys(tags), ...more])

/**
 * The organization as the transaction sees it.
 *
 * INVARIANT: it is the one, and what is acted on has the tags, that the caller was authorized for.
 *
 * @param tagsNow The tags that the thing has in the transaction; undefined when it is not there.
 * @param missing The refusal then.
 * @throws AWSOrganizationsNotInUseException, AccessDeniedException, ConcurrentModificationException
 */
export function checkTarget(
  target: OrganizationTarget,
  organization: Organization,
  tagsNow: readonly Tag[] | undefined,
  missing: () => Error,
): void {
  if (tagsNow === undefined) throw missing()
  const same = organization.id === target.organization?.id && JSON.stringify(tagsNow) === JSON.stringify(target.tags)
  if (!same) throw concurrentModification()
}

/** A member account as the transaction sees it, for the management account alone. @throws AccountNotFoundException, and as above */
export async function currentMember(tx: Transaction, target: OrganizationTarget) {
  const { organization } = await managementOf(tx, target.account)
  const member = await memberOf(tx, organization, target.id)
  checkTarget(target, organization, member && (member.tags ?? []), accountNotFound)
  if (member === undefined) throw accountNotFound()
  return { organization, member }
}
