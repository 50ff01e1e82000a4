// Lists of STS's inputs as the SDK types them, turned to what the session room takes.
import type { PolicyDescriptorType, Tag as StsTag } from '@aws-sdk/client-sts'
import type { Tag } from '../records.ts'

/** Session tags with both members: validation has refused others. Their rules are session-tags.ts's. */
export const passedTags = (tags: readonly StsTag[] | undefined): readonly Tag[] =>
  (tags ?? []).map(({ Key, Value }) => ({ Key: Key ?? '', Value: Value ?? '' }))

/** ARNs of managed session policies. One without its ARN, which validation has refused, is not left out. */
export const policyArns = (policies: readonly PolicyDescriptorType[] | undefined): readonly string[] =>
  (policies ?? []).map(({ arn }) => arn ?? '')
