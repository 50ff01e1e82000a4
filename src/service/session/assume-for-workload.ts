// A service assumes a role for a workload, as EC2 does for an instance (IAM User Guide, "Roles for services"; "The confused deputy
// problem"): with the checks of AssumeRole, put for the service, and for the account alone on whose behalf it acts.
import type { ServiceIdentity } from '../../core/identity.ts'
import { andThen, type Maybe } from '../../core/maybe.ts'
import type { Check } from '../operation.ts'
import type { Parts } from '../parts.ts'
import { type Assumed, assume, assumeChecks, planSession, type SessionPlan, type SessionRequest } from './assume.ts'
import { lineageOf } from './lineage.ts'

/**
 * Reads the request and loads the role. INVARIANT: to a role of another account than that on whose behalf the service acts it is as
 * if there were none.
 */
export const planForWorkload = (parts: Parts, identity: ServiceIdentity, request: SessionRequest): Maybe<SessionPlan> =>
  andThen(planSession(parts, request, undefined), (plan) =>
    plan.roleAccount === identity.source.account ? plan : { ...plan, role: undefined },
  )

/** The checks of the trust policy: `sts:AssumeRole`, and what tags and a source identity need beside it. */
export const workloadChecks = (plan: SessionPlan): Check[] => assumeChecks('sts:AssumeRole', plan, sourceKeys(plan))

/** The source's organization: its account is the role's. */
function sourceKeys({ role }: SessionPlan): (readonly [string, string])[] {
  const organization = role?.account.organization
  return organization === undefined ? [] : [['aws:sourceorgid', organization.id]]
}

/** Issues the session. `longest`: seconds, where the proof ends sooner. */
export const assumeForWorkload = (
  parts: Parts,
  identity: ServiceIdentity,
  plan: SessionPlan,
  longest: number | undefined,
  now: Date,
): Maybe<Assumed> => assume(parts, plan, { lineage: lineageOf(identity, undefined), keys: identity.keys, longest }, now)
