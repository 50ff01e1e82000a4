// How Organizations' operations are written down: signed always, typed by their name in AWS's SDK.
import type { OperationName, Sdk } from '../../wire/operations.ts'
import type { KeyValue } from '../access/tag-keys.ts'
import type { Check } from '../operation.ts'
import { changesOf, readsOf } from '../signed-operations.ts'

export type OrganizationsName = OperationName<Sdk['organizations']>

export const reads = readsOf<Sdk['organizations']>()
export const changes = changesOf<Sdk['organizations']>()

/** One question: may the caller do this to that resource of that account. */
export const organizationCheck = (
  action: OrganizationsName,
  resource: string,
  owner: string,
  keys: readonly KeyValue[] = [],
): Check => ({
  action: `organizations:${action}`,
  resource,
  owner,
  ...(keys.length === 0 ? {} : { keys: new Map(keys) }),
})
