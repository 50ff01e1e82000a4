// How IAM's operations are written down: signed always, typed by their name in AWS's SDK.
import type { Input, OperationName, Output, Sdk } from '../../wire/operations.ts'
import { changesOf, readsOf } from '../signed-operations.ts'

export type IamName = OperationName<Sdk['iam']>
export type IamInput<K extends IamName> = Input<Sdk['iam'], K>
export type IamOutput<K extends IamName> = Output<Sdk['iam'], K>

export const reads = readsOf<Sdk['iam']>()
export const changes = changesOf<Sdk['iam']>()
