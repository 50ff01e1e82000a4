// The table of a service's operations: exhaustive over what AWS's SDK package declares. An operation that is missing,
// misspelled or ill-typed does not compile; one that is not offered yet is named so.
import type { Input, OperationName, Output, Sdk } from '../wire/operations.ts'
import type { Operation, Unsupported } from './operation.ts'

/** One operation as a service's table holds it: its own target type is its own business. */
export type OperationRow<M, K extends OperationName<M>> =
  // biome-ignore lint/suspicious/noExplicitAny: each operation has a target type of its own
  Operation<Input<M, K>, Output<M, K>, any> | Unsupported

export type Operations<M> = { readonly [K in OperationName<M>]: OperationRow<M, K> }

/** The same with its types forgotten, as the pipeline looks it up by name. */
// biome-ignore lint/suspicious/noExplicitAny: input and output were decoded by the contract of the same name
export type AnyOperation = Operation<any, any, any>

/** What one of STS's operations takes and gives: `StsInput<'AssumeRole'>`. */
export type StsInput<K extends OperationName<Sdk['sts']>> = Input<Sdk['sts'], K>
export type StsOutput<K extends OperationName<Sdk['sts']>> = Output<Sdk['sts'], K>
