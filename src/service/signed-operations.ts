// How the signed operations of a service are written down: typed by their name in AWS's SDK, and with their stand in the audit
// said once. `readsOf` and `changesOf` make them for one service; which are offered is in the service's operations.ts.
import type { Input, OperationName, Output } from '../wire/operations.ts'
import type { AnsweringOperation, Audited, ChangingOperation } from './operation.ts'

type Reading<I, O, T> = Pick<AnsweringOperation<I, O, T>, 'load' | 'checks' | 'handle'>
type Changing<I, O, T> = Pick<ChangingOperation<I, O, T>, 'load' | 'checks' | 'further' | 'prepare' | 'change'> & {
  readonly audit?: Omit<Audited<I, O, T>, 'readOnly'>
}

/** How a service's operations that change nothing are made: `reads<'GetUser'>()({ … })`. */
export const readsOf =
  <M>() =>
  <K extends OperationName<M>>() =>
  <T>(record: Reading<Input<M, K>, Output<M, K>, T>): AnsweringOperation<Input<M, K>, Output<M, K>, T> => ({
    signature: 'required',
    audit: { readOnly: true },
    ...record,
  })

/** How a service's operations that change records are made, each in one transaction with its audit record. */
export const changesOf =
  <M>() =>
  <K extends OperationName<M>>() =>
  <T>(record: Changing<Input<M, K>, Output<M, K>, T>): ChangingOperation<Input<M, K>, Output<M, K>, T> => ({
    signature: 'required',
    ...record,
    audit: { readOnly: false, ...record.audit },
  })
