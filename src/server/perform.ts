// The second half of the pipeline, for a caller that is known: decode → validate → load → authorize (permit.ts), then
// handle → encode → audit, or, of an operation that writes, the three in one transaction. The record of an answered call is
// on disk before the answer leaves; that of a refusal too, as far as the journal's bounds let it be kept (audit/journal.ts).

import type { Maybe } from '../core/maybe.ts'
import type { Caller } from '../service/access/authenticate.ts'
import { AUDIT_JOURNAL, type Audit } from '../service/audit/journal.ts'
import type { BarCause } from '../service/bar-cause.ts'
import type { AnsweringOperation, ChangingOperation } from '../service/operation.ts'
import { discard, isRelayed } from '../service/relayed.ts'
import { Conflict, type Store, type Transaction, Unavailable } from '../store/store.ts'
import type { Protocol } from '../wire/contract.ts'
import type { Decoded } from '../wire/decoded.ts'
import { Refusal, withDetail } from '../wire/errors.ts'
import { frontDoor } from '../wire/front-door.ts'
import { answerBytes } from '../wire/respond.ts'
import { forwardedOf } from '../wire/services.ts'
import { RequestCall } from './call.ts'
import type { Metrics } from './metrics.ts'
import { type PermitParts, permit } from './permit.ts'
import { type Charge, chargeForRefusal } from './refusal-charge.ts'
import { relayedAnswer, type WireAnswer } from './relay.ts'
import type { CallerRequest, OperationRequest } from './request.ts'

export interface PerformParts extends PermitParts {
  readonly store: Store
  /** Whether this server still receives the store's feed: see Parts. */
  readonly fresh: (now: Date) => boolean
  readonly audit: Audit
  readonly metrics: Pick<Metrics, 'decided' | 'sealed'>
  readonly charge: Charge
}

/** How an operation's output is handed back: as bytes of its protocol, or as it is. Throws for what cannot be answered. */
export type Encode<A> = (request: OperationRequest, output: object) => A

/** Performs a request of this caller and answers its encoded output, or rejects with its refusal. */
export type Perform = <A>(
  request: OperationRequest,
  caller: Caller,
  decode: () => Decoded,
  encode: Encode<A>,
) => Promise<A>

// biome-ignore lint/suspicious/noExplicitAny: input, output and target are those of this very operation
type Changing = ChangingOperation<any, any, any>
// biome-ignore lint/suspicious/noExplicitAny: as above
type Answering = AnsweringOperation<any, any, any>

export const createPerform =
  (parts: PerformParts): Perform =>
  async (operationRequest, caller, decode, encode) => {
    const request = callerRequest(parts, operationRequest, caller)
    const { operation, contract } = request
    try {
      const permitted = permit(parts, request, decode)
      if (permitted instanceof Promise) await permitted
      // Strangers cannot make the journal grow without end: if there is no room for its record, the call is refused.
      if (!parts.audit.hasRoomFor(request)) throw frontDoor('throttled', contract.protocol)
      return 'change' in operation
        ? await runChange(parts, request, operation, encode)
        : await answer(parts, request, operation, encode)
    } catch (error) {
      await refuse(parts, request, asRefusal(error, contract.protocol))
      throw error
    }
  }

/** What the steps begin with. */
export function callerRequest(
  parts: Pick<PerformParts, 'within'>,
  request: OperationRequest,
  caller: Caller,
): CallerRequest {
  const { exchange, contract, service, operation, json, now, bodyBytes } = request
  const call = new RequestCall(request, caller, parts.within)
  return {
    exchange,
    contract,
    service,
    operation,
    json,
    now,
    bodyBytes,
    caller,
    call,
    input: undefined,
    target: undefined,
    decided: [],
  }
}

/** Runs an operation that changes records. */
async function runChange<A>(
  parts: PerformParts,
  request: CallerRequest,
  operation: Changing,
  encode: Encode<A>,
): Promise<A> {
  requireFresh(parts, request)
  const { call, input } = request
  if (operation.prepare !== undefined) request.target = await operation.prepare(input, request.target, call)
  return transact(parts, request, (tx) => operation.change(tx, input, request.target, call), encode)
}

/** Runs an operation that reads or issues. One with a `commit` writes in a transaction; any other writes its record alone. */
async function answer<A>(
  parts: PerformParts,
  request: CallerRequest,
  operation: Answering,
  encode: Encode<A>,
): Promise<A> {
  const { call, contract, input, target, decided } = request
  const decisions = decided.map(({ decision }) => decision)
  if (forwardedOf(contract.service) !== undefined && !parts.audit.hasQueueRoom()) {
    throw withDetail(frontDoor('unavailable', contract.protocol), 'store' satisfies BarCause)
  }
  const handled: Maybe<object | undefined> = operation.handle(input, target, call, decisions)
  const output = (handled instanceof Promise ? await handled : handled) ?? {}
  try {
    const answered = await recorded(parts, request, operation, output, encode)
    if (operation.audit.issued !== undefined) parts.metrics.sealed()
    return answered
  } catch (error) {
    if (isRelayed(output)) discard(output)
    throw error
  }
}

/** Writes the record, in one transaction with what must be on disk with the answer, and encodes the answer. */
async function recorded<A>(
  parts: PerformParts,
  request: CallerRequest,
  operation: Answering,
  output: object,
  encode: Encode<A>,
): Promise<A> {
  const { call, input, target } = request
  const commit = operation.commit?.(input, target, call)
  if (commit === undefined) return answerAndAudit(parts, request, output, encode)
  requireFresh(parts, request)
  const work = async (tx: Transaction) => {
    await commit(tx)
    return output
  }
  return transact(parts, request, work, encode)
}

/** Encodes the answer, then writes its record. */
async function answerAndAudit<A>(
  { audit }: PerformParts,
  request: CallerRequest,
  output: object,
  encode: Encode<A>,
): Promise<A> {
  const answer = encode(request, output)
  // INVARIANT: on disk before the first byte of a credential leaves; if that fails, the answer is an error.
  const entry = entryText(audit, request, output)
  await audit.write([entry])
  audit.countStrangerEntry(request, entry)
  return answer
}

/** Does the work, writes its record and encodes the answer in one transaction: if encoding fails, nothing is written. */
async function transact<A>(
  { audit, store }: PerformParts,
  request: CallerRequest,
  work: (tx: Transaction) => Promise<object | undefined>,
  encode: Encode<A>,
): Promise<A> {
  const { answer, entry } = await store.transact(async (tx) => {
    const output = (await work(tx)) ?? {}
    const entry = entryText(audit, request, output)
    tx.append(AUDIT_JOURNAL, audit.expiryOf(request.now), [entry])
    return { answer: encode(request, output), entry }
  })
  audit.countStrangerEntry(request, entry)
  return answer
}

const entryText = (audit: Audit, request: CallerRequest, output: object): string => {
  const { call, contract, operation, input, target, decided } = request
  const outcome = { call, contract, operation, input, target, output, decided }
  return audit.successEntry(isRelayed(output) && output.error ? { ...outcome, refused: output.error } : outcome)
}

/** The answer in the bytes of the operation's protocol. */
export const asBytes: Encode<WireAnswer> = ({ contract, service, exchange, json }, output) =>
  isRelayed(output)
    ? relayedAnswer(output, service, exchange.requestId)
    : answerBytes(contract, output, exchange.requestId, { json })

/** A server cut off from the store's feed does not write. */
function requireFresh(parts: PerformParts, { now, contract }: OperationRequest): void {
  if (!parts.fresh(now)) throw withDetail(frontDoor('unavailable', contract.protocol), 'not-hearing' satisfies BarCause)
}

/** Charges the caller for a refusal and records it. */
function refuse(parts: PerformParts, request: CallerRequest, refused: Refusal): Promise<void> {
  const { call, contract, operation, input, target, decided } = request
  if (refused.fault === 'Sender') chargeForRefusal(parts.charge, request)
  return parts.audit.recordRefusal({ call, contract, operation, refused, input, target, decided })
}

/** Turns whatever was thrown into what may be sent. */
export function asRefusal(error: unknown, protocol: Protocol): Refusal {
  if (error instanceof Refusal) return error
  if (error instanceof Unavailable || error instanceof Conflict)
    return withDetail(frontDoor('unavailable', protocol), `${'store' satisfies BarCause}: ${error.message}`)
  return frontDoor('internal', protocol)
}
