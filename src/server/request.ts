// A request whose operation is known, and what the pipeline learns of it step by step.
import type { Caller } from '../service/access/authenticate.ts'
import type { Decided } from '../service/access/authorize.ts'
import type { Call } from '../service/operation.ts'
import type { AnyOperation } from '../service/operations.ts'
import type { OperationContract, ServiceContract } from '../wire/contract.ts'
import type { Exchange } from './exchange.ts'

/** A request whose operation is known. */
export interface OperationRequest {
  readonly exchange: Exchange
  readonly contract: OperationContract
  readonly service: ServiceContract
  readonly operation: AnyOperation
  readonly json: boolean
  readonly now: Date
  readonly bodyBytes: number
}

/** A request of a known caller, with what the steps so far have found: its audit record says that much, whatever the outcome. */
export interface CallerRequest extends OperationRequest {
  readonly caller: Caller
  /** As operations see it. */
  readonly call: Call
  input: object | undefined
  target: unknown
  readonly decided: Decided[]
}
