// The pipeline's steps from the body to the decision: decode → validate → load → authorize.

import { andThen, type Maybe } from '../core/maybe.ts'
import { allowFor } from '../core/policy/allowance.ts'
import type { Applicable, Decision } from '../core/policy/model.ts'
import type { Caller } from '../service/access/authenticate.ts'
import { byAction, callerPolicies, decideCheck, refusalSentence, sharedBy } from '../service/access/authorize.ts'
import { notAuthorized } from '../service/access/not-authorized.ts'
import { restriction } from '../service/access/restrictions.ts'
import type { Subjects } from '../service/contracts/subject.ts'
import type { Call, Check } from '../service/operation.ts'
import type { OperationContract } from '../wire/contract.ts'
import type { Decoded } from '../wire/decoded.ts'
import { accessDenied, type Refusal, withDetail } from '../wire/errors.ts'
import { frontDoor } from '../wire/front-door.ts'
import { validate } from '../wire/validate.ts'
import { anonymous } from './admit.ts'
import { RequestCall, type Within } from './call.ts'
import type { Metrics } from './metrics.ts'
import type { Asker, CallerRequest } from './request.ts'

export interface PermitParts {
  readonly subjects: Subjects
  readonly metrics: Pick<Metrics, 'decided'>
  readonly within: Within
}

/** Reads the input, loads the target and decides the operation's checks. Throws when one of them is denied. */
export function permit(parts: PermitParts, request: CallerRequest, decode: () => Decoded): Maybe<readonly Decision[]> {
  const input = readInput(request, decode)
  return andThen(request.operation.load(input, request.call) as Maybe<unknown>, (target) => {
    request.target = target
    return decideEvery(parts, request)
  })
}

/** Decodes and validates. A caller that no policy lets do this is refused here: without a look at its input, but for its role. */
function readInput(request: CallerRequest, decode: () => Decoded): object {
  const { contract, call, caller } = request
  const barred = restriction(caller.identity, contract.service, contract.name)
  if (barred !== undefined && barred.says !== 'denied')
    throw withDetail(frontDoor(barred.says, contract.protocol), barred.cause)
  const decoded = decode()
  if (barred !== undefined) throw barredFrom(call, contract, decoded, barred.cause)
  if ('refused' in decoded) throw decoded.refused
  const { input } = decoded
  request.input = input
  const invalid = validate(contract, input)
  if (invalid !== undefined) throw invalid
  return input
}

/** The refusal of a caller that no policy lets do this. A role that the input names validly is named, as where policies refuse. */
function barredFrom(call: Call, contract: OperationContract, decoded: Decoded, cause: string): Refusal {
  const { service, name, protocol } = contract
  const named = name === 'AssumeRole' && 'input' in decoded && validate(contract, decoded.input) === undefined
  const resource = named ? String(decoded.input.RoleArn) : '*'
  return accessDenied(protocol, notAuthorized(call.name.requester, `${service}:${name}`, resource), cause)
}

/** Decides the operation's checks and then, if those are allowed, its further ones. */
function decideEvery(parts: PermitParts, request: CallerRequest): Maybe<readonly Decision[]> {
  const first = decideFirst(parts, request)
  const { further } = request.operation
  if (further === undefined) return first
  return (async () => {
    await first
    const { caller, call, input, target } = request
    const policies = await policiesOf(parts, caller, call)
    const policiesFor = byAction(policies, call.allowance)
    // INVARIANT: what is looked up for a check after a denied one is not looked up.
    for await (const checks of further(input, target, call)) {
      allowFor(call.allowance, checks.length + 1)
      decideEach(parts, request, request, checks, policiesFor)
    }
    return request.decided.map(({ decision }) => decision)
  })()
}

/** Decides the operation's checks for whoever asks: the bearer of a proof that the operation verified, or the caller. */
function decideFirst(parts: PermitParts, request: CallerRequest): Maybe<readonly Decision[]> {
  const { contract, operation, input, target, call } = request
  const bearer = target === undefined ? undefined : operation.audit.asker?.(target)
  const checks = operation.checks === 'always' ? [] : operation.checks(input, target, call)
  // INVARIANT: an operation that everyone may call says so; one that asks nothing by mistake answers nothing.
  if (checks.length === 0 && operation.checks !== 'always') throw new TypeError(`${contract.name} asked no question`)
  if (bearer === undefined) return decideAll(parts, request, request, checks)
  const caller = { ...anonymous, identity: bearer }
  const asker = { caller, call: new RequestCall(request, caller, parts.within, call.allowance) }
  return decideAll(parts, request, asker, checks)
}

/** Decides each check for the asker. Throws at the first that is denied, unless the operation reports denials itself. */
function decideAll(
  parts: PermitParts,
  request: CallerRequest,
  { caller, call }: Asker,
  checks: readonly Check[],
): Maybe<readonly Decision[]> {
  if (checks.length === 0) return []
  return andThen(policiesOf(parts, caller, call), (policies) => {
    decideEach(parts, request, { caller, call }, checks, sharedBy(checks, policies, call.allowance))
    return request.decided.map(({ decision }) => decision)
  })
}

function policiesOf({ subjects }: PermitParts, { identity, subject }: Caller, { allowance }: Call): Maybe<Applicable> {
  return callerPolicies(subjects, identity.kind === 'session' ? identity.pass : undefined, subject, allowance)
}

function decideEach(
  { metrics }: PermitParts,
  { operation, decided, contract }: CallerRequest,
  { call }: Asker,
  checks: readonly Check[],
  policiesFor: (check: Check) => Applicable,
): void {
  for (const check of checks) {
    const one = decideCheck(call, check, policiesFor(check))
    decided.push(one)
    metrics.decided(one.decision.allow ? 'allow' : one.decision.explicit ? 'explicit-deny' : 'implicit-deny')
    if (!one.decision.allow && operation.denied !== 'report')
      throw accessDenied(contract.protocol, refusalSentence(one))
  }
}
