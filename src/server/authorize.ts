// Decides the checks of a request for whoever makes it, by every policy that applies: of an operation that the SDKs type, or
// of any other that says its action and resource.
import { andThen, type Maybe } from '../core/maybe.ts'
import { allowFor } from '../core/policy/allowance.ts'
import type { Applicable } from '../core/policy/model.ts'
import {
  byAction,
  callerPolicies,
  type Decided,
  decideCheck,
  refusalSentence,
  sharedBy,
} from '../service/access/authorize.ts'
import type { Subjects } from '../service/contracts/subject.ts'
import type { Check, Requesting } from '../service/operation.ts'
import { accessDenied } from '../wire/errors.ts'
import type { Protocol } from '../wire/services.ts'
import type { Metrics } from './metrics.ts'

export interface AuthorizeParts {
  readonly subjects: Subjects
  readonly metrics: Pick<Metrics, 'decided'>
}

/** Whose words a denied check is refused in; `report` leaves it to who reads the decisions. */
export type Denial = Protocol | 'report'

/** Decides each check and adds it to `decided`, which the audit record states. Throws the refusal of the first that is denied. */
export function authorize(
  parts: AuthorizeParts,
  who: Requesting,
  checks: readonly Check[],
  decided: Decided[],
  denial: Denial,
): Maybe<void> {
  // INVARIANT: what everyone may do asks for no decision; a request that asks nothing by mistake gets no answer.
  if (checks.length === 0) throw new TypeError('no check was asked for')
  return andThen(policiesOf(parts, who), (policies) =>
    decideEach(parts, who, checks, sharedBy(checks, policies, who.allowance), decided, denial),
  )
}

/** The same for checks that are looked up a few at a time. */
export async function authorizeBatches(
  parts: AuthorizeParts,
  who: Requesting,
  batches: AsyncIterable<readonly Check[]>,
  decided: Decided[],
  denial: Denial,
): Promise<void> {
  const policiesFor = byAction(await policiesOf(parts, who), who.allowance)
  // INVARIANT: what is looked up for a check after a denied one is not looked up.
  for await (const checks of batches) {
    allowFor(who.allowance, checks.length + 1)
    decideEach(parts, who, checks, policiesFor, decided, denial)
  }
}

function policiesOf({ subjects }: AuthorizeParts, { identity, subject, allowance }: Requesting): Maybe<Applicable> {
  return callerPolicies(subjects, identity.kind === 'session' ? identity.pass : undefined, subject, allowance)
}

function decideEach(
  { metrics }: AuthorizeParts,
  who: Requesting,
  checks: readonly Check[],
  policiesFor: (check: Check) => Applicable,
  decided: Decided[],
  denial: Denial,
): void {
  for (const check of checks) {
    const answered = decideCheck(who, check, policiesFor(check))
    decided.push(answered)
    const { decision } = answered
    metrics.decided(decision.allow ? 'allow' : decision.explicit ? 'explicit-deny' : 'implicit-deny')
    if (!decision.allow && denial !== 'report') throw accessDenied(denial, refusalSentence(answered))
  }
}
