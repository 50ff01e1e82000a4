// How IAM's operations are written down: signed always, typed by their name in AWS's SDK, and with their stand in the
// audit said once. What an operation does is in the family files; which are offered is in operations.ts.
import type { Input, OperationName, Output, Sdk } from '../../wire/operations.ts'
import { type Audited, type ChangingOperation, operation, type ReadingOperation } from '../operation.ts'

export type IamName = OperationName<Sdk['iam']>
export type IamInput<K extends IamName> = Input<Sdk['iam'], K>
export type IamOutput<K extends IamName> = Output<Sdk['iam'], K>

type Reading<I, O, T> = Pick<ReadingOperation<I, O, T>, 'target' | 'checks' | 'handle'>
type Changing<I, O, T> = Pick<ChangingOperation<I, O, T>, 'target' | 'checks' | 'change'> & {
  readonly audit?: Omit<Audited<I, O, T>, 'readOnly'>
}

/** An operation that changes nothing. */
export const reads =
  <K extends IamName>() =>
  <T>(record: Reading<IamInput<K>, IamOutput<K>, T>): ReadingOperation<IamInput<K>, IamOutput<K>, T> => {
    const made = { proof: 'signed', audit: { readOnly: true }, ...record } as const
    operation<IamInput<K>, IamOutput<K>, T>(made)
    return made
  }

/** An operation that changes records, in one transaction with its audit record. */
export const changes =
  <K extends IamName>() =>
  <T>(record: Changing<IamInput<K>, IamOutput<K>, T>): ChangingOperation<IamInput<K>, IamOutput<K>, T> => ({
    proof: 'signed',
    ...record,
    audit: { readOnly: false, ...record.audit },
  })
