// AssumeRoleWithSAML: whoever a company's SAML provider vouches for takes on a role (STS API Reference).
// DIVERGES: AWS asks the trust policy before it verifies the response; here nothing is asked on behalf of a response that is
// not verified, so that a forged one learns nothing of a role.

import type { Keys } from '../../core/identity.ts'
import type { Transaction } from '../../store/store.ts'
import { refusal, throttling } from '../../wire/errors.ts'
import type { BarCause } from '../bar-cause.ts'
import type { OneUse, ProvenSaml } from '../contracts/saml.ts'
import { operation } from '../operation.ts'
import type { StsInput, StsOutput } from '../operations.ts'
import type { Parts } from '../parts.ts'
import { samlRefusal } from '../saml/refusals.ts'
import { assume, assumeChecks, planSession, type SessionPlan } from '../session/assume.ts'
import { lineageOf } from '../session/lineage.ts'
import { once } from '../session/once.ts'
import { policyArns } from './input-lists.ts'

interface SamlTarget {
  readonly proof: ProvenSaml
  readonly plan: SessionPlan
}

const roleArn = /^arn:aws[a-z-]*:iam::(\d{12}):role\/./
const providerArn = /^arn:aws[a-z-]*:iam::(\d{12}):saml-provider\/([\w._-]{1,128})$/
/** Roles that IAM Identity Center makes: AWS lets nobody in to them this way, whatever they trust. */
const reserved = /\/AWSReservedSSO_[^/]*$/
/** Longest id of an assertion that the audit keeps. */
const longestId = 256

export const assumeRoleWithSaml = (parts: Parts) =>
  operation<StsInput<'AssumeRoleWithSAML'>, StsOutput<'AssumeRoleWithSAML'>, SamlTarget>({
    signature: 'none',
    async load(input, call) {
      const { RoleArn } = input
      const [account, name] = namedIn(input)
      const proof = await parts.saml.prove(account, name, input.SAMLAssertion, call.now)
      const refuse = (rejected: Parameters<typeof samlRefusal>[0]) => samlRefusal(rejected, call.requestId)
      if ('rejected' in proof) throw refuse(proof)
      // The partition is part of the ARN that the assertion must have been made for.
      if (proof.provider.arn !== input.PrincipalArn)
        throw refuse({ rejected: 'no-provider', detail: 'of another partition' })
      if (!proof.roles.includes(RoleArn))
        throw refuse({ rejected: 'role-not-named', detail: `not for ${RoleArn} and ${proof.provider.arn}` })
      if (reserved.test(RoleArn)) throw refuse({ rejected: 'reserved-role', detail: RoleArn })
      return { proof, plan: await planSession(parts, requestOf(input, proof), undefined) }
    },
    checks: (_input, { plan }) =>
      assumeChecks('sts:AssumeRoleWithSAML', plan, []).map((check) => ({
        ...check,
        // AWS: the same for tags and a source identity that the role does not allow.
        refusal: 'Not authorized to perform sts:AssumeRoleWithSAML',
      })),
    async handle(_input, { plan, proof }, call) {
      // INVARIANT: taken from by those whom the role lets in alone.
      if (!call.within('provider', proof.provider.arn)) {
        throw throttling('aws-query', 'rate-per-provider' satisfies BarCause)
      }
      const { identity, assertion, longest } = proof
      const lineage = lineageOf(identity, undefined)
      const assumed = await assume(parts, plan, { lineage, keys: lastingKeys(proof), longest }, call.now)
      return {
        ...assumed,
        Subject: identity.subject,
        SubjectType: textOf(identity.keys, 'saml:sub_type'),
        Issuer: assertion.issuer,
        // AWS: the Recipient, not the AudienceRestriction.
        Audience: assertion.recipient,
        NameQualifier: textOf(identity.keys, 'saml:namequalifier'),
      }
    },
    commit: (_input, { proof }, call) => proof.oneUse && ((tx) => spend(tx, proof.oneUse as OneUse, call.requestId)),
    audit: {
      readOnly: true,
      asker: ({ proof }) => proof.identity,
      // As CloudTrail has it. Nothing else of the assertion is kept.
      request: ({ RoleArn, PrincipalArn, DurationSeconds, PolicyArns }, { proof }) => ({
        sAMLAssertionID: proof.assertion.id.slice(0, longestId),
        roleSessionName: proof.sessionName,
        ...(DurationSeconds === undefined ? {} : { durationSeconds: DurationSeconds }),
        roleArn: RoleArn,
        principalArn: PrincipalArn,
        ...(PolicyArns === undefined ? {} : { policyArns: PolicyArns }),
      }),
      resources: (input, { plan, proof }) => [
        { accountId: plan.roleAccount, type: 'AWS::IAM::Role', ARN: input.RoleArn },
        { accountId: plan.roleAccount, type: 'AWS::IAM::SAMLProvider', ARN: proof.provider.arn },
      ],
      copyTo: (_input, { plan }) => (plan.role === undefined ? undefined : plan.roleAccount),
      issued: (_output, { plan }) => plan.issued,
    },
  })

/** The account and the name of the provider. Refuses ARNs of anything else, and a role of another account than the provider's. */
function namedIn({ RoleArn, PrincipalArn }: StsInput<'AssumeRoleWithSAML'>): readonly [account: string, name: string] {
  const [, owner] = roleArn.exec(RoleArn) ?? []
  if (owner === undefined) throw refusal('ValidationError', 400, 'Request ARN is invalid')
  const [, account, name] = providerArn.exec(PrincipalArn) ?? []
  if (account === undefined || name === undefined) throw refusal('ValidationError', 400, 'Principal ARN is invalid')
  // INVARIANT: a provider vouches in its own account, whatever a trust policy says.
  if (account !== owner) {
    throw refusal('ValidationError', 400, 'Principal exists outside the account of the Role being assumed.')
  }
  return [account, name]
}

/** Tags, source identity and the session's name come with the assertion: the request has no members for them. */
function requestOf(input: StsInput<'AssumeRoleWithSAML'>, { identity, sessionName }: ProvenSaml) {
  return {
    roleArn: input.RoleArn,
    sessionName,
    duration: input.DurationSeconds,
    inlinePolicy: input.Policy,
    managedArns: policyArns(input.PolicyArns),
    tags: Object.entries(identity.tags).map(([Key, Value]) => ({ Key, Value })),
    transitive: identity.transitive,
    sourceIdentity: identity.sourceIdentity,
  }
}

/** What later requests of the session may be asked about. */
const lastingKeys = ({ identity: { keys, provider } }: ProvenSaml): Keys =>
  new Map([...keys, ['aws:federatedprovider', provider]])

function textOf(keys: Keys, name: string): string {
  const value = keys.get(name)
  return typeof value === 'string' ? value : ''
}

async function spend(tx: Transaction, { account, scope, key, until }: OneUse, requestId: string): Promise<void> {
  if (await once(tx, account, scope, key, until)) return
  throw samlRefusal({ rejected: 'used', detail: 'each assertion of this provider begins one session' }, requestId)
}
