// Tags as the context keys of a question (IAM User Guide, "AWS global condition context keys", and Service Authorization
// Reference, "Condition keys for AWS Identity and Access Management"). Keys of tags are folded: conditions fold case.
import { foldCase } from '../../core/policy/casing.ts'
import type { Tag } from '../records.ts'

/** A context key of a question, lower-cased, and its value. */
export type KeyValue = readonly [string, string | readonly string[]]

/** `aws:ResourceTag/…` of what is acted on. */
export const resourceTagKeys = (tags: readonly Tag[]): readonly KeyValue[] =>
  tags.map(({ Key, Value }): KeyValue => [`aws:resourcetag/${foldCase(Key)}`, Value])

/** `aws:ResourceTag/…` and `iam:ResourceTag/…`: what IAM keeps has both. */
export const iamResourceTagKeys = (tags: readonly Tag[] | undefined): readonly KeyValue[] =>
  (tags ?? []).flatMap(({ Key, Value }): KeyValue[] => [
    [`aws:resourcetag/${foldCase(Key)}`, Value],
    [`iam:resourcetag/${foldCase(Key)}`, Value],
  ])

/** `aws:RequestTag/…` and `aws:TagKeys` of the tags a request brings; none for none. */
export function requestTagKeys(tags: readonly Tag[]): readonly KeyValue[] {
  if (tags.length === 0) return []
  return [
    ...tags.map(({ Key, Value }): KeyValue => [`aws:requesttag/${foldCase(Key)}`, Value]),
    ['aws:tagkeys', tags.map(({ Key }) => Key)],
  ]
}

/** `aws:TagKeys` of the tags a request takes away; none for none. */
export const removedTagKeys = (keys: readonly string[]): readonly KeyValue[] =>
  keys.length === 0 ? [] : [['aws:tagkeys', keys]]
