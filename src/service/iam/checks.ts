// The questions IAM's operations put to the policy engine (Service Authorization Reference, "Actions, resources, and
// condition keys for AWS Identity and Access Management").
import { foldCase } from '../../core/policy/casing.ts'
import type { Check } from '../operation.ts'
import type { Tag } from '../records.ts'
import type { IamName } from './define.ts'
import { shownAs } from './shown.ts'

/** A context key of a question and its value. */
export type Entry = readonly [string, string | readonly string[]]

/** One question: may the caller do this to that resource of that account. */
export function check(action: IamName, resource: string, owner: string, ...keys: readonly (readonly Entry[])[]): Check {
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

/** `aws:ResourceTag/…` and `iam:ResourceTag/…` of what is acted on. */
export const resourceTags = (tags: readonly Tag[] | undefined): readonly Entry[] =>
  (tags ?? []).flatMap(({ Key, Value }): Entry[] => [
    [`aws:resourcetag/${foldCase(Key)}`, Value],
    [`iam:resourcetag/${foldCase(Key)}`, Value],
  ])

/** `aws:RequestTag/…` and `aws:TagKeys` of the tags a request brings. */
export function requestTags(tags: readonly Tag[]): readonly Entry[] {
  if (tags.length === 0) return []
  return [
    ...tags.map(({ Key, Value }): Entry => [`aws:requesttag/${foldCase(Key)}`, Value]),
    ['aws:tagkeys', tags.map(({ Key }) => Key)],
  ]
}

/** Tags at creation need the right to tag as well. */
export const tagsToo = (action: IamName, resource: string, owner: string, tags: readonly Tag[]): readonly Check[] =>
  tags.length === 0 ? [] : [check(action, resource, owner, requestTags(tags))]

/** `aws:TagKeys` of the tags a request takes away. */
export const tagKeys = (keys: readonly string[]): readonly Entry[] => (keys.length === 0 ? [] : [['aws:tagkeys', keys]])

/** `iam:PermissionsBoundary`: the boundary that is set, or the one that the changed user or role has. */
export const boundaryKey = (arn: string | undefined): readonly Entry[] =>
  arn === undefined ? [] : [['iam:permissionsboundary', arn]]

/**
 * iam:PassRole: who attaches a role to what will be it later hands it on, and needs the right to (IAM User Guide, "Grant a
 * user permissions to pass a role to an AWS service"). Asked with the tags that the role has.
 */
export const passCheck = (account: string, role: string, service: string, tags: readonly Tag[] | undefined): Check => ({
  action: 'iam:PassRole',
  resource: role,
  owner: account,
  keys: new Map([['iam:passedtoservice', service], ...resourceTags(tags)]),
})

/** `iam:PolicyARN` of the policy that is attached or detached. */
export const policyKey = (arn: string): readonly Entry[] => [['iam:policyarn', arn]]
