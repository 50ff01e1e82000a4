// AssumeRole: a signed caller assumes a role (STS API Reference, AssumeRole); or a service does, for a workload that was proven.

import type { Identity } from '../../core/identity.ts'
import { andThen, type Maybe } from '../../core/maybe.ts'
import { refusal } from '../../wire/errors.ts'
import { notAuthorized } from '../access/not-authorized.ts'
import type { BarCause } from '../bar-cause.ts'
import { operation } from '../operation.ts'
import type { StsInput, StsOutput } from '../operations.ts'
import type { Parts } from '../parts.ts'
import { assume, assumeChecks, planSession, type SessionPlan } from '../session/assume.ts'
import { assumeForWorkload, planForWorkload, workloadChecks } from '../session/assume-for-workload.ts'
import { lineageOf } from '../session/lineage.ts'
import { type Factor, presentedFactor, spending } from '../session/mfa.ts'
import { passedTags, policyArns } from './input-lists.ts'

interface AssumeRoleTarget {
  readonly plan: SessionPlan
  readonly factor: Factor | undefined
  /** Which workload a service acts for. */
  readonly workload?: string | undefined
}

export const assumeRole = (parts: Parts) =>
  operation<StsInput<'AssumeRole'>, StsOutput<'AssumeRole'>, AssumeRoleTarget>({
    signature: 'required',
    load(input, call) {
      refuseContexts(input.ProvidedContexts)
      refuseRoot(call.identity)
      const { identity } = call
      const limits = identity.kind === 'session' ? identity.pass : undefined
      const request = {
        roleArn: input.RoleArn,
        sessionName: input.RoleSessionName,
        duration: input.DurationSeconds,
        inlinePolicy: input.Policy,
        managedArns: policyArns(input.PolicyArns),
        tags: passedTags(input.Tags),
        transitive: input.TransitiveTagKeys ?? [],
        sourceIdentity: input.SourceIdentity,
      }
      if (identity.kind === 'service') {
        const { subject: workload } = identity
        return andThen(planForWorkload(parts, identity, request), (plan) => ({ plan, factor: undefined, workload }))
      }
      const plan = planSession(parts, request, limits)
      if (input.SerialNumber === undefined && input.TokenCode === undefined) {
        return andThen(plan, (planned) => ({ plan: planned, factor: undefined }))
      }
      return withFactor(plan, presentedFactor(parts, call.identity, input.SerialNumber, input.TokenCode, call.now))
    },
    checks: (input, { plan, factor }, call) => {
      if (call.identity.kind === 'service') return workloadChecks(plan)
      const own: [string, string][] = []
      if (input.ExternalId !== undefined) own.push(['sts:externalid', input.ExternalId])
      // A code counts in this decision, on both sides, and not in the session that is issued.
      if (factor !== undefined) own.push(['aws:multifactorauthpresent', 'true'], ['aws:multifactorauthage', '0'])
      const checks = assumeChecks('sts:AssumeRole', plan, own, isRoleSession(call.identity))
      const inherited = call.identity.kind === 'session' ? call.identity.pass.sourceIdentity : undefined
      // Once set, a source identity cannot change down the chain: no policy can allow it.
      if (inherited !== undefined && plan.sourceIdentity !== inherited) {
        throw refusal(
          'AccessDenied',
          403,
          notAuthorized(call.name.requester, 'sts:SetSourceIdentity', plan.arn),
          'source-identity-changed' satisfies BarCause,
        )
      }
      return checks
    },
    handle(_input, { plan }, call) {
      if (call.identity.kind === 'service') return assumeForWorkload(parts, call.identity, plan, undefined, call.now)
      return assume(parts, plan, { lineage: lineageOf(call.identity, call.subject) }, call.now)
    },
    commit: (_input, { factor }) => spending(factor),
    audit: {
      readOnly: true,
      resources: (input, { plan }) => [{ accountId: plan.roleAccount, type: 'AWS::IAM::Role', ARN: input.RoleArn }],
      copyTo: (_input, { plan }) => (plan.role === undefined ? undefined : plan.roleAccount),
      additional: (_input, { workload }) => (workload === undefined ? undefined : { workload }),
      issued: (_output, { plan }) => plan.issued,
    },
  })

/**
 * DIVERGES: AWS accepts context assertions of IAM Identity Center and the like, as context keys. There is no such provider
 * here; the request is refused, since a session without the context that was requested would be another session.
 */
function refuseContexts(contexts: StsInput<'AssumeRole'>['ProvidedContexts']) {
  if (contexts === undefined) return
  throw refusal('ValidationError', 400, 'ProvidedContexts is not supported: no context provider is trusted.')
}

/** Root may not assume roles, whatever policies say. */
function refuseRoot(identity: Identity) {
  const root =
    identity.kind === 'root' || (identity.kind === 'session' && identity.pass.principal === identity.pass.account)
  if (root) throw refusal('AccessDenied', 403, 'Roles may not be assumed by root accounts.')
}

const isRoleSession = (identity: Identity) => identity.kind === 'session' && identity.pass.kind === 'role'

async function withFactor(plan: Maybe<SessionPlan>, factor: Promise<Factor | undefined>): Promise<AssumeRoleTarget> {
  const [planned, presented] = await Promise.all([plan, factor])
  return { plan: planned, factor: presented }
}
