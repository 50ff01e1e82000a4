// How the operations of identity pools are written down: signed or not as AWS's model says, typed by their name in AWS's
// SDK (Amazon Cognito Federated Identities API Reference, 2014-06-30).
import type { Input, OperationName, Output, Sdk } from '../../wire/operations.ts'
import type { KeyValue } from '../access/tag-keys.ts'
import type { Check, Operation } from '../operation.ts'
import { changesOf, readsOf } from '../signed-operations.ts'

type Service = Sdk['cognito-identity']
export type CognitoName = OperationName<Service>
export type CognitoInput<K extends CognitoName> = Input<Service, K>
export type CognitoOutput<K extends CognitoName> = Output<Service, K>

export const reads = readsOf<Service>()
export const changes = changesOf<Service>()

/** The operations that apps call without credentials: their proofs stand in the request's `Logins`. */
export const unsigned =
  <K extends CognitoName>() =>
  <T>(record: Omit<Operation<CognitoInput<K>, CognitoOutput<K>, T>, 'signature'> & Handling<K, T>) =>
    ({ signature: 'none', ...record }) as Operation<CognitoInput<K>, CognitoOutput<K>, T>

type Handling<K extends CognitoName, T> =
  | Pick<Extract<Operation<CognitoInput<K>, CognitoOutput<K>, T>, { handle: unknown }>, 'handle' | 'commit'>
  | Pick<Extract<Operation<CognitoInput<K>, CognitoOutput<K>, T>, { change: unknown }>, 'change'>

/** A check: may the caller do this to that resource of that account. */
export function check(
  action: CognitoName,
  resource: string,
  owner: string,
  ...keys: readonly (readonly KeyValue[])[]
): Check {
  const all = keys.flat()
  const plain = { action: `cognito-identity:${action}`, resource, owner }
  return all.length === 0 ? plain : { ...plain, keys: new Map(all) }
}

/** `arn:aws:cognito-identity:REGION:ACCOUNT:identitypool/ID`. */
export const poolArn = (account: string, id: string) =>
  `arn:aws:cognito-identity:${id.slice(0, Math.max(0, id.indexOf(':')))}:${account}:identitypool/${id}`
