// The second half of the pipeline, for a caller that is known: decode → validate → authorize (all three in permit.ts) →
// handle → encode → audit. What is done is in the audit before it is answered, and so is what was refused.

import type { Maybe } from '../core/maybe.ts'
import type { Caller } from '../service/access/authenticate.ts'
import { AUDIT_JOURNAL, type Audit } from '../service/audit/journal.ts'
import type { BarCause } from '../service/bar-cause.ts'
import type { ChangingOperation, ReadingOperation } from '../service/operation.ts'
import { Conflict, type Store, type Transaction, Unavailable } from '../store/store.ts'
import type { Protocol } from '../wire/contract.ts'
import type { Decoded } from '../wire/decoded.ts'
import { Refusal, withDetail } from '../wire/errors.ts'
import { frontDoor } from '../wire/front-door.ts'
import { type Answer, answerBytes } from '../wire/respond.ts'
import { RequestCall } from './call.ts'
import type { Metrics } from './metrics.ts'
import { type PermitParts, permit } from './permit.ts'
import { type Charge, chargeForRefusal } from './refusal-charge.ts'
import type { CallerRequest, OperationRequest } from './request.ts'

export interface PerformParts extends PermitParts {
  readonly store: Store
  /** Whether this node hears of changes: see Parts. */
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
type Reading = ReadingOperation<any, any, any>

export const createPerform =
  (parts: PerformParts): Perform =>
  async (operationRequest, caller, decode, encode) => {
    const request = callerRequest(parts, operationRequest, caller)
    const { operation, contract } = request
    try {
      const permitted = permit(parts, request, decode)
      if (permitted instanceof Promise) await permitted
      // Strangers cannot make the journal grow without end: what there is no room to record is not done.
      if (!parts.audit.admits(request)) throw frontDoor('throttled', contract.protocol)
      return 'change' in operation
        ? await change(parts, request, operation, encode)
        : await read(parts, request, operation, encode)
    } catch (error) {
      await refuse(parts, request, asRefusal(error, contract.protocol))
      throw error
    }
  }

function callerRequest(parts: PerformParts, request: OperationRequest, caller: Caller): CallerRequest {
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

/** Runs an operation that changes something. */
async function change<A>(
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

/** Runs an operation that only reads, or issues: one with a `commit` in a transaction, any other with its record alone. */
async function read<A>(parts: PerformParts, request: CallerRequest, operation: Reading, encode: Encode<A>): Promise<A> {
  const { call, input, target, decided } = request
  const decisions = decided.map(({ decision }) => decision)
  const handled: Maybe<object | undefined> = operation.handle(input, target, call, decisions)
  const output = (handled instanceof Promise ? await handled : handled) ?? {}
  const commit = operation.commit?.(input, target, call)
  let answer: A
  if (commit === undefined) answer = await record(parts, request, output, encode)
  else {
    requireFresh(parts, request)
    const work = async (tx: Transaction) => {
      await commit(tx)
      return output
    }
    answer = await transact(parts, request, work, encode)
  }
  if (operation.audit.issued !== undefined) parts.metrics.sealed()
  return answer
}

/** Encodes the answer and writes its record. */
async function record<A>(
  { audit }: PerformParts,
  request: CallerRequest,
  output: object,
  encode: Encode<A>,
): Promise<A> {
  const answer = encode(request, output)
  // INVARIANT: on disk before the first byte of a credential leaves; if that fails, the answer is an error.
  const text = recordText(audit, request, output)
  await audit.write([text])
  audit.took(request, text)
  return answer
}

/** Does the work, writes its record and encodes its answer in one transaction: what cannot be answered is not done. */
async function transact<A>(
  { audit, store }: PerformParts,
  request: CallerRequest,
  work: (tx: Transaction) => Promise<object | undefined>,
  encode: Encode<A>,
): Promise<A> {
  const { answer, text } = await store.transact(async (tx) => {
    const output = (await work(tx)) ?? {}
    const text = recordText(audit, request, output)
    tx.append(AUDIT_JOURNAL, audit.until(request.now), [text])
    return { answer: encode(request, output), text }
  })
  audit.took(request, text)
  return answer
}

const recordText = (audit: Audit, request: CallerRequest, output: object): string => {
  const { call, contract, operation, input, target, decided } = request
  return audit.success({ call, contract, operation, input, target, output, decided })
}

/** The answer in the bytes of the operation's protocol. */
export const asBytes: Encode<Answer> = ({ contract, exchange, json }, output) =>
  answerBytes(contract, output, exchange.requestId, { json })

/** A node that does not hear of changes makes none. */
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
