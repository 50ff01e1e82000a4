// GetFederationToken: a broker with a user's long-term key gets credentials for a user of its own. They allow what the key's
// user may do and the passed session policies allow; without session policies, nothing (STS API Reference).
// DIVERGES: a federated user of root's key has no identity policies here, where AWS gives it root's, cut the same way.
import { federatedUserArn } from '../../core/arn.ts'
import { andThen, type Maybe } from '../../core/maybe.ts'
import { refusal } from '../../wire/errors.ts'
import { requestTagKeys } from '../access/tag-keys.ts'
import { type Check, type Issued, operation } from '../operation.ts'
import type { StsInput, StsOutput } from '../operations.ts'
import type { Parts } from '../parts.ts'
import { tagsOrThrow } from '../session/assume.ts'
import { issue } from '../session/issue.ts'
import { lineageOf } from '../session/lineage.ts'
import { checkInline, sessionPolicies } from '../session/session-policies.ts'
import { sessionTags } from '../session/session-tags.ts'
import { rootMaximum } from './get-session-token.ts'
import { passedTags, policyArns } from './input-lists.ts'

interface FederationTokenTarget {
  readonly arn: string
  readonly account: string
  readonly tags: Readonly<Record<string, string>>
  issued?: Issued
}

const twelveHours = 43_200

export const getFederationToken = (parts: Parts) =>
  operation<StsInput<'GetFederationToken'>, StsOutput<'GetFederationToken'>, FederationTokenTarget>({
    signature: 'required',
    load(input, { identity }) {
      if (identity.kind !== 'user' && identity.kind !== 'root') {
        throw refusal('AccessDenied', 403, 'Cannot call GetFederationToken with session credentials')
      }
      const { tags } = tagsOrThrow(sessionTags({ tags: passedTags(input.Tags), transitive: [] }, undefined))
      return { arn: federatedUserArn(identity.account, input.Name), account: identity.account, tags }
    },
    checks(input, { arn, account }) {
      const tags = passedTags(input.Tags)
      const keys = new Map(requestTagKeys(tags))
      const check: Check = { action: 'sts:GetFederationToken', resource: arn, owner: account, keys }
      return tags.length > 0 ? [check, { ...check, action: 'sts:TagSession' }] : [check]
    },
    handle(input, target, call): Maybe<StsOutput<'GetFederationToken'>> {
      const { identity, subject } = call
      if (subject === undefined || (identity.kind !== 'user' && identity.kind !== 'root')) {
        throw new TypeError('GetFederationToken without a long-term key')
      }
      checkInline(input.Policy)
      const seconds = input.DurationSeconds ?? twelveHours
      const finish = (policies: Awaited<ReturnType<typeof sessionPolicies>>) => {
        const { credentials, packedPolicySize, issued } = issue(
          parts,
          {
            kind: 'federated-user',
            account: identity.account,
            principal: identity.principal,
            version: subject.version,
            name: input.Name,
            duration: identity.kind === 'root' ? Math.min(seconds, rootMaximum) : seconds,
            tags: target.tags,
            lineage: lineageOf(identity, subject),
            ...(policies === undefined ? {} : { policies }),
          },
          call.now,
        )
        target.issued = issued
        return {
          Credentials: credentials,
          FederatedUser: { FederatedUserId: `${identity.account}:${input.Name}`, Arn: target.arn },
          PackedPolicySize: packedPolicySize ?? 0,
        }
      }
      const policies = sessionPolicies(parts.subjects, identity.account, input.Policy, policyArns(input.PolicyArns))
      return andThen(policies, finish)
    },
    audit: {
      readOnly: true,
      resources: (_input, { arn, account }) => [{ accountId: account, type: 'AWS::STS::FederatedUser', ARN: arn }],
      issued: (_output, target) => target.issued,
    },
  })
