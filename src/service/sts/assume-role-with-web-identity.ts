// AssumeRoleWithWebIdentity: the bearer of a token of an identity provider assumes a role (STS API Reference).
// DIVERGES: AWS evaluates the trust policy before it verifies the token; here nothing is evaluated for a token that is not
// verified, so that a forged one reveals nothing of a role.

import type { Keys } from '../../core/identity.ts'
import type { ProofIdentity } from '../../federation/proof-identity.ts'
import { throttling } from '../../wire/errors.ts'
import type { BarCause } from '../bar-cause.ts'
import { operation } from '../operation.ts'
import type { StsInput, StsOutput } from '../operations.ts'
import type { Parts } from '../parts.ts'
import { assume, assumeChecks, planSession, roleArnOf, type SessionPlan } from '../session/assume.ts'
import { lineageOf } from '../session/lineage.ts'
import { policyArns } from './input-lists.ts'

interface WebIdentityTarget {
  readonly proof: ProofIdentity
  readonly plan: SessionPlan
}

export const assumeRoleWithWebIdentity = (parts: Parts) =>
  operation<StsInput<'AssumeRoleWithWebIdentity'>, StsOutput<'AssumeRoleWithWebIdentity'>, WebIdentityTarget>({
    signature: 'none',
    async load(input, call) {
      const { RoleArn, WebIdentityToken: text, ProviderId: providerId } = input
      const { account } = roleArnOf(RoleArn)
      const { address } = call.from
      const proof = await parts.webIdentity.prove({ account, text, providerId, address }, call.now)
      return { proof, plan: await planSession(parts, requestOf(input, proof), undefined) }
    },
    checks: (_input, { plan }) =>
      assumeChecks('sts:AssumeRoleWithWebIdentity', plan, []).map((check) => ({
        ...check,
        refusal: `Not authorized to perform ${check.action}`,
      })),
    async handle(_input, { plan, proof }, call) {
      // INVARIANT: only requests that the role lets in count against the rate: anybody can get a valid token of some providers.
      if (!call.within('provider', bucketOf(proof))) {
        throw throttling('aws-query', 'rate-per-provider' satisfies BarCause)
      }
      const lineage = lineageOf(proof, undefined)
      const assumed = await assume(parts, plan, { lineage, keys: lastingKeys(proof) }, call.now)
      return {
        ...assumed,
        SubjectFromWebIdentityToken: proof.subject,
        Provider: proof.provider,
        ...(proof.audience === undefined ? {} : { Audience: proof.audience }),
      }
    },
    audit: {
      readOnly: true,
      asker: ({ proof }) => proof,
      resources: (input, { plan }) => [{ accountId: plan.roleAccount, type: 'AWS::IAM::Role', ARN: input.RoleArn }],
      copyTo: (_input, { plan }) => (plan.role === undefined ? undefined : plan.roleAccount),
      issued: (_output, { plan }) => plan.issued,
    },
  })

/** Whether it is a guest of an identity pool, who proved nothing. */
const isGuest = ({ provider, keys }: ProofIdentity): boolean =>
  [keys.get(`${provider}:amr`)].flat().includes('unauthenticated')

/**
 * The rate that a request counts against. Of a provider that every account has, each app has its own: whoever gets tokens for
 * one app must not lock out the users of another. A pool's guests have their own too: anybody can be one.
 */
const bucketOf = (proof: ProofIdentity) => `${proof.provider} ${proof.audience ?? ''}${isGuest(proof) ? ' guests' : ''}`

/** Tags and source identity come from the token: the request has no members for them. */
function requestOf(input: StsInput<'AssumeRoleWithWebIdentity'>, proof: ProofIdentity) {
  return {
    roleArn: input.RoleArn,
    sessionName: input.RoleSessionName,
    duration: input.DurationSeconds,
    inlinePolicy: input.Policy,
    managedArns: policyArns(input.PolicyArns),
    tags: Object.entries(proof.tags).map(([Key, Value]) => ({ Key, Value })),
    transitive: proof.transitive,
    sourceIdentity: proof.sourceIdentity,
  }
}

/** The context keys that the session keeps. */
const lastingKeys = ({ keys, provider }: ProofIdentity): Keys => new Map([...keys, ['aws:federatedprovider', provider]])
