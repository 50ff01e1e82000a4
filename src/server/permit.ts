// The pipeline's steps from the body to the decision: decode → validate → load → authorize.

import { andThen, type Maybe } from '../core/maybe.ts'
import { anonymous } from '../service/access/authenticate.ts'
import { notAuthorized } from '../service/access/not-authorized.ts'
import { restriction } from '../service/access/restrictions.ts'
import type { Call, Requesting } from '../service/operation.ts'
import type { OperationContract } from '../wire/contract.ts'
import type { Decoded } from '../wire/decoded.ts'
import { accessDenied, type Refusal, withDetail } from '../wire/errors.ts'
import { frontDoor } from '../wire/front-door.ts'
import { validate } from '../wire/validate.ts'
import { type AuthorizeParts, authorize, authorizeBatches, type Denial } from './authorize.ts'
import { RequestCall, type Within } from './call.ts'
import type { CallerRequest } from './request.ts'

export interface PermitParts extends AuthorizeParts {
  readonly within: Within
}

/** Reads the input, loads the target and decides the operation's checks. Throws when one of them is denied. */
export function permit(parts: PermitParts, request: CallerRequest, decode: () => Decoded): Maybe<void> {
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
function decideEvery(parts: PermitParts, request: CallerRequest): Maybe<void> {
  const { operation, input, target, call, decided } = request
  const { checks, further } = operation
  const denial = denialOf(request)
  const first =
    checks === 'always'
      ? undefined
      : authorize(parts, requesting(parts, request), checks(input, target, call), decided, denial)
  if (further === undefined) return first
  return (async () => {
    await first
    await authorizeBatches(parts, call, further(input, target, call), decided, denial)
  })()
}

const denialOf = ({ operation, contract }: CallerRequest): Denial =>
  operation.denied === 'report' ? 'report' : contract.protocol

/** The bearer of a proof that the operation verified, or the caller. */
function requesting(parts: PermitParts, request: CallerRequest): Requesting {
  const { operation, target, call } = request
  const bearer = target === undefined ? undefined : operation.audit.asker?.(target)
  if (bearer === undefined) return call
  const { presented } = request.caller
  return new RequestCall(request, { ...anonymous, identity: bearer, presented }, parts.within, call.allowance)
}
