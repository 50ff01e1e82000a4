// What the handlers of the workload API are made of, and how they refuse whoever proved nothing.
import type { Audit } from '../../service/audit/journal.ts'
import { operatorEntry } from '../../service/audit/operator.ts'
import type { Parts } from '../../service/parts.ts'
import type { RejectedAssertion } from '../../service/workloads/assertions.ts'
import type { WorkloadProofs } from '../../service/workloads/proofs.ts'
import { Refusal } from '../../wire/errors.ts'
import {
  CLOCK_CODE,
  type WorkloadAnswer,
  type WorkloadOperation,
  type WorkloadRequest,
} from '../../wire/workload-api.ts'
import type { Exchange } from '../exchange.ts'
import type { Limits } from '../limits.ts'
import type { CallForWorkload } from '../operation-caller.ts'
import { type ApiRefusal, refused } from '../program-api.ts'
import type { IdentifyCaller } from './callers.ts'

export interface WorkloadApiParts extends Pick<Parts, 'store' | 'subjects' | 'random' | 'fresh'> {
  readonly publicUrl: string
  /** Where clients reach the APIs; undefined: nobody said. */
  readonly apiUrl: string | undefined
  readonly proofs: WorkloadProofs
  readonly call: CallForWorkload
  readonly identifyCaller: IdentifyCaller
  readonly limits: Pick<Limits, 'take'>
  readonly audit: Pick<Audit, 'noteRefusedSignIn' | 'expiryOf'>
}

/** Answers an operation; or refuses, with the request whose record says why where that is another one. */
export type WorkloadHandler<O extends WorkloadOperation> = (
  parts: WorkloadApiParts,
  exchange: Exchange,
  body: WorkloadRequest<O>,
  now: Date,
) => Promise<WorkloadAnswer<O> | (ApiRefusal & { readonly requestId?: string })>

/**
 * INVARIANT: whoever proved nothing is told the same, whatever was wrong: only that a clock is off, which the answer's Date says too.
 */
const notAccepted = refused(
  'UnauthorizedException',
  401,
  'The proof is not accepted: it is not good, it was used before, or what it is of was ended. Ask the operator, who finds why under the request.',
)
const clockIsOff = refused(
  CLOCK_CODE,
  401,
  'The proof is not of now: the clocks differ, or it has expired. The Date of this answer is the server’s time.',
)

/** Refuses whoever proved nothing, and notes why for the operator. */
export function notProven(
  parts: WorkloadApiParts,
  exchange: Exchange,
  { rejected, detail }: RejectedAssertion,
  now: Date,
): ApiRefusal {
  const answer = rejected === 'expired' || rejected === 'not-yet' ? clockIsOff : notAccepted
  const { code, message } = answer.refused
  noteRefusal(parts, exchange, { code, message, detail: `${rejected}: ${detail}` }, now)
  return answer
}

export function noteRefusal(
  { audit, random }: WorkloadApiParts,
  exchange: Exchange,
  refusal: { readonly code: string; readonly message: string; readonly detail: string },
  now: Date,
): void {
  audit.noteRefusedSignIn(exchange.from.address, () =>
    operatorEntry(now, random, 'hallpass', exchange)({ name: 'ProveWorkload', parameters: {}, refused: refusal }),
  )
}

/** Work of which a refusal is an answer. */
export async function tried<T extends object>(work: () => Promise<T>): Promise<T | ApiRefusal> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return { refused: error }
  }
}
