// The questions IAM's operations put to the policy engine (Service Authorization Reference, "Actions, resources, and
// condition keys for AWS Identity and Access Management").
import { type KeyValue, requestTagKeys } from '../access/tag-keys.ts'
import type { Check } from '../operation.ts'
import type { Tag } from '../records.ts'
import type { IamName } from './define.ts'
import { shownAs } from './shown.ts'

/** One question: may the caller do this to that resource of that account. */
export function check(
  action: IamName,
  resource: string,
  owner: string,
  ...keys: readonly (readonly KeyValue[])[]
): Check {
  const all = keys.flat()
  const shown = shownAs(action, resource)
  return {
    action: `iam:${action}`,
    resource,
    owner,
    ...(all.length === 0 ? {} : { keys: new Map(all) }),
    ...(shown === undefined ? {} : { resourceName: shown }),
  }
}

/**
 * The question of a list. AWS asks for what is listed, under the prefix that is asked for, and not for `*`: `user/team/`.
 * So a policy that names users allows or denies listing them.
 */
export const listCheck = (action: IamName, account: string, listed: string): Check =>
  check(action, `arn:aws:iam::${account}:${listed}`, account)

/** Tags at creation need the right to tag as well. */
export const tagsToo = (action: IamName, resource: string, owner: string, tags: readonly Tag[]): readonly Check[] =>
  tags.length === 0 ? [] : [check(action, resource, owner, requestTagKeys(tags))]

/** `iam:PermissionsBoundary`: the boundary that is set, or the one that the changed user or role has. */
export const boundaryKey = (arn: string | undefined): readonly KeyValue[] =>
  arn === undefined ? [] : [['iam:permissionsboundary', arn]]

/** `iam:PolicyARN` of the policy that is attached or detached. */
export const policyKey = (arn: string): readonly KeyValue[] => [['iam:policyarn', arn]]
