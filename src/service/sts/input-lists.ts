// The lists in STS's inputs, from the SDK's types to those of the session room.
import type { PolicyDescriptorType, Tag as StsTag } from '@aws-sdk/client-sts'
import type { Tag } from '../records.ts'

/** Session tags: validation has refused those without both members. session-tags.ts has their rules. */
export const passedTags = (tags: readonly StsTag[] | undefined): readonly Tag[] =>
  (tags ?? []).map(({ Key, Value }) => ({ Key: Key ?? '', Value: Value ?? '' }))

/** ARNs of managed session policies. Validation refuses one without its ARN; were there one, it is not left out. */
export const policyArns = (policies: readonly PolicyDescriptorType[] | undefined): readonly string[] =>
  (policies ?? []).map(({ arn }) => arn ?? '')
