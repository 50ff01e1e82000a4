// What a refused request pays beyond the one token that every request takes: of an operation that the SDKs type or not.
import type { Caller } from '../service/access/authenticate.ts'
import type { Decided } from '../service/access/authorize.ts'

/** Charges a bucket what a refused request has cost. */
export type Charge = (kind: 'address' | 'key', name: string, now: Date, cost: number) => void

/** What was known of a request when it was refused. */
export interface RefusedRequest {
  readonly exchange: { readonly from: { readonly address: string } }
  readonly caller: Pick<Caller, 'presented'>
  readonly decided: readonly Pick<Decided, 'steps'>[]
  /** Of its body, what was read before it was refused. */
  readonly bodyBytes: number
  readonly now: Date
}

/**
 * INVARIANT: who is refused pays for what the refusal has cost, so that a flood of the costliest is soon one of requests
 * that are refused for their number.
 */
export function chargeForRefusal(charge: Charge, { exchange, caller, decided, bodyBytes, now }: RefusedRequest): void {
  const cost = refusalCost(bodyBytes, decided)
  if (cost === 0) return
  charge('address', exchange.from.address, now, cost)
  if (caller.presented !== undefined) charge('key', caller.presented.keyId, now, cost)
}

/** One token more for so many bytes of the body, and for so many steps of the request's allowance. */
const bytesPerToken = 1024
const stepsPerToken = 10_000

/** What reading a refused body of that length has cost, beyond the token that every request takes. */
export const costOfBytes = (bytes: number): number => Math.floor(bytes / bytesPerToken)

function refusalCost(bodyBytes: number, decided: RefusedRequest['decided']): number {
  const steps = decided.reduce((sum, check) => sum + check.steps, 0)
  return costOfBytes(bodyBytes) + Math.floor(steps / stepsPerToken)
}
