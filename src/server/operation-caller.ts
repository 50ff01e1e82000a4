// Calls an operation from within this server: what a page does for the person in front of it is a request of its own, with the
// same limits, validation, decision and audit as one that came over the wire. So pages can do nothing that the API refuses.
import type { ServiceIdentity } from '../core/identity.ts'
import { uuid7 } from '../core/ids.ts'
import { anonymous, type Caller } from '../service/access/authenticate.ts'
import { usualRegion } from '../service/access/region.ts'
import type { BarCause } from '../service/bar-cause.ts'
import type { Parts } from '../service/parts.ts'
import type { BrokerIdentity, BrokerOutput, BrokerProof, BrokerProofs } from '../service/people/broker/broker-proof.ts'
import { isRelayed } from '../service/relayed.ts'
import { contractOf, operationOf } from '../wire/contract.ts'
import { type Refusal, withDetail } from '../wire/errors.ts'
import { frontDoor } from '../wire/front-door.ts'
import type { Input, OperationName, Output, Sdk } from '../wire/operations.ts'
import type { ServiceName } from '../wire/services.ts'
import type { AwsParts } from './aws.ts'
import { type Within, withinLimits } from './call.ts'
import { type Exchange, exchangeWith, isRepeated } from './exchange.ts'
import { asRefusal, callerRequest, createPerform, type Encode } from './perform.ts'
import { permit } from './permit.ts'
import { rejection } from './rejections.ts'
import type { OperationRequest } from './request.ts'

/** Temporary credentials of whom an operation is called as. The secret is not needed: nothing is signed. */
export interface SessionCredentials {
  readonly accessKeyId: string
  readonly token: string
}

/** What an operation answered, with the request id that its audit record has. */
export type Called<O> =
  | { readonly output: O; readonly requestId: string }
  | { readonly refused: Refusal; readonly requestId: string }

/** Calls an operation for a page's request, as the session or, for operations that take no signature, as nobody. Never rejects for what the caller did. */
export type CallOperation = <S extends ServiceName, K extends OperationName<Sdk[S]>>(
  exchange: Exchange,
  by: SessionCredentials | 'nobody',
  service: S,
  operation: K,
  input: Input<Sdk[S], K>,
) => Promise<Called<Output<Sdk[S], K>>>

export interface OperationCallerParts
  extends Omit<AwsParts, 'authenticator' | 'bodyLimit' | 'regions' | 'lastUses' | 'offer'> {
  readonly passes: Parts['passes']
  readonly random: Parts['random']
}

/** The output as the operation made it: pages read it, and no bytes are made of it. */
const asIs: Encode<object> = (_request, output) => {
  if (isRelayed(output)) throw new TypeError('a page called an operation that passes its request on')
  return output
}

/** An operation that a page asks for, and whose it is: admitted, not decided. */
interface Admitted {
  readonly request: OperationRequest
  readonly caller: Caller
}

/** A service that acts for a workload, in a region. */
export interface Workload {
  readonly identity: ServiceIdentity
  readonly region: string
  /**
   * Uses the proof up: false when it was used before. Asked once the workload's rate has room, before anything is given. Absent: the
   * proof counts as often as it is shown.
   */
  readonly confirm?: () => Promise<boolean>
}

interface Asked {
  readonly exchange: Exchange
  readonly by: SessionCredentials | 'nobody' | BrokerIdentity | Workload
  readonly service: ServiceName
  readonly operation: string
  readonly now: Date
}

type Admit = (asked: Asked) => Promise<Admitted>

function createAdmitOperation(parts: OperationCallerParts, within: Within): Admit {
  const { metrics } = parts

  /** INVARIANT: the pass is opened at every call, so a session that was ended does nothing more. */
  async function callerOf(by: SessionCredentials, request: OperationRequest): Promise<Caller> {
    const { contract, now } = request
    const { accessKeyId: keyId, token } = by
    const opened = await parts.passes.open(token, keyId, now)
    if ('rejected' in opened) {
      metrics.opened(opened.rejected)
      const refused = rejection({ rejected: 'token', why: opened.rejected, keyId }, contract.protocol)
      parts.audit.noteUnproven(request, refused)
      throw refused
    }
    metrics.opened('ok')
    const { pass } = opened
    const subject = await parts.subjects.byId(pass.account, pass.principal)
    const presented = { keyId, region: usualRegion }
    return { identity: { kind: 'session', pass }, subject, presented, verified: undefined }
  }

  /** INVARIANT: the user is read at every call: one that is gone, or whose account is closed, asks for nobody. */
  async function brokerOf(identity: BrokerIdentity, request: OperationRequest): Promise<Caller> {
    const { account, principal, onBehalf } = identity
    const subject = await parts.subjects.byId(account, principal)
    const keyId = onBehalf.signIn
    const why = subject === undefined ? 'principal-gone' : 'account-suspended'
    if (subject?.kind !== 'user' || subject.account.status !== 'ACTIVE') {
      const refused = rejection({ rejected: 'token', why, keyId }, request.contract.protocol)
      parts.audit.noteUnproven(request, refused)
      throw refused
    }
    return { identity, subject, presented: { keyId, region: usualRegion }, verified: undefined }
  }

  return async ({ exchange, by, service, operation: name, now }) => {
    const contract = operationOf(service, name as never)
    const { protocol } = contract
    const operation = parts.services[service][name]
    if (operation === undefined || 'unsupported' in operation) {
      throw frontDoor('unknown-action', protocol, { action: name, version: contractOf(service).version })
    }
    if (by === 'nobody' && (operation.signature === 'required' || operation.signature === 'certificate')) {
      throw withDetail(frontDoor('missing-token', protocol), 'unsigned' satisfies BarCause)
    }
    const [kind, whose] = bucketOf(by, exchange)
    if (!within(kind, whose, now)) throw frontDoor('throttled', protocol)
    const request = {
      ...{ exchange, contract, service: contractOf(service), operation },
      ...{ json: false, now, bodyBytes: 0 },
    }
    if (by === 'nobody') return { request, caller: anonymous }
    if ('identity' in by) {
      if (by.confirm !== undefined && !(await by.confirm())) throw frontDoor('invalid-token', protocol)
      return { request, caller: workloadOf(by) }
    }
    return { request, caller: await ('kind' in by ? brokerOf(by, request) : callerOf(by, request)) }
  }
}

/** INVARIANT: who calls verified the workload's proof, in this request. */
const workloadOf = ({ identity, region }: Workload): Caller => ({
  ...{ identity, subject: undefined, verified: undefined },
  presented: { keyId: identity.attestation.id, region },
})

/** A person's calls by a broker user take from a bucket of their sign-in, a workload's from one of its own: nobody else waits for it. */
function bucketOf(by: Asked['by'], { from }: Exchange): readonly ['address' | 'key', string] {
  if (by === 'nobody') return ['address', from.address]
  if ('identity' in by) return ['key', `${by.identity.attestation.id} ${by.identity.subject}`]
  return ['key', by.accessKeyId ?? by.onBehalf.signIn]
}

const given = (input: object) => () => ({ input: input as Readonly<Record<string, unknown>> })

export function createOperationCaller(parts: OperationCallerParts): CallOperation {
  return createCall(parts)
}

/** Calls an operation for a person, as the broker user that the proof names: what the proof says, and nothing else. */
export type CallAsBroker = (exchange: Exchange, proof: BrokerProof) => Promise<Called<BrokerOutput>>

/**
 * INVARIANT: operation, input and identity come out of the proof, which is spent by it. What did not come from `proofs` of this
 * server, or was used before, calls nothing.
 */
export function createBrokerCaller(parts: OperationCallerParts, proofs: Pick<BrokerProofs, 'spend'>): CallAsBroker {
  const call = createCall(parts)
  return async (exchange, proof) => {
    const proven = proofs.spend(proof)
    if (proven === undefined) throw new TypeError('this is no proof of a broker user, or it was used before')
    const { identity, operation, input } = proven
    return call(exchange, identity, 'sts', operation, input)
  }
}

/** A service assumes a role for a workload. */
export type CallForWorkload = (
  exchange: Exchange,
  workload: Workload,
  input: Input<Sdk['sts'], 'AssumeRole'>,
) => Promise<Called<Output<Sdk['sts'], 'AssumeRole'>>>

/** INVARIANT: AssumeRole is all that a service does for a workload. */
export function createWorkloadCaller(parts: OperationCallerParts): CallForWorkload {
  const call = createCall(parts)
  return (exchange, workload, input) => call(exchange, workload, 'sts', 'AssumeRole', input)
}

function createCall(parts: OperationCallerParts) {
  const { limits, metrics, clock, random } = parts
  const within = withinLimits(limits, metrics)
  const perform = createPerform({ ...parts, within, charge: limits.charge })
  const admit = createAdmitOperation(parts, within)

  return async <S extends ServiceName, K extends OperationName<Sdk[S]>>(
    exchange: Exchange,
    by: Asked['by'],
    service: S,
    operation: K,
    input: Input<Sdk[S], K>,
  ): Promise<Called<Output<Sdk[S], K>>> => {
    const now = clock()
    const own = ownRequest(exchange, now, random)
    const { requestId } = own
    const took = (outcome: string) => metrics.answered(service, operation, outcome, clock().getTime() - now.getTime())
    try {
      const { request, caller } = await admit({ exchange: own, by, service, operation, now })
      const output = await perform(request, caller, given(input), asIs)
      took('ok')
      return { output: output as never, requestId }
    } catch (error) {
      const refused = asRefusal(error, operationOf(service, operation).protocol)
      if (refused.fault === 'Receiver') parts.fail(error, requestId)
      took(refused.code)
      return { refused, requestId }
    }
  }
}

/**
 * Whether the caller's policies, and the resource's, would let an operation be done: its own decision, and nothing is done.
 * Undefined: it is not known now.
 */
export type TryOperation = <S extends ServiceName, K extends OperationName<Sdk[S]>>(
  exchange: Exchange,
  by: SessionCredentials,
  service: S,
  operation: K,
  input: Input<Sdk[S], K>,
) => Promise<boolean | undefined>

/** INVARIANT: the same steps as a call, up to the decision; it tells no more than the call's refusal would. */
export function createOperationTrial(parts: OperationCallerParts): TryOperation {
  const { limits, metrics, clock, random } = parts
  const within = withinLimits(limits, metrics)
  const admit = createAdmitOperation(parts, within)
  const permitParts = { ...parts, within }

  return async (exchange, by, service, operation, input) => {
    const now = clock()
    const own = ownRequest(exchange, now, random)
    try {
      const { request, caller } = await admit({ exchange: own, by, service, operation, now })
      await permit(permitParts, callerRequest(permitParts, request, caller), given(input))
      return true
    } catch (error) {
      const { code, fault } = asRefusal(error, operationOf(service, operation).protocol)
      if (fault === 'Receiver') parts.fail(error, own.requestId)
      return fault === 'Receiver' || code.startsWith('Throttling') ? undefined : false
    }
  }
}

/** The page's request under a request id of its own: one page may call several operations, and each has its record. */
function ownRequest(exchange: Exchange, now: Date, random: Parts['random']): Exchange {
  if (isRepeated(exchange.message)) throw new TypeError('a page is asked by no request with a header twice')
  return exchangeWith(exchange, { requestId: uuid7(now.getTime(), random(10)) })
}
