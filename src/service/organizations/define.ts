// How Organizations' operations are written down: as IAM's are.
import type { OperationName, Sdk } from '../../wire/operations.ts'
import type { Entry } from '../iam/checks.ts'
import { changesOf, readsOf } from '../iam/define.ts'
import type { Check } from '../operation.ts'

export type OrganizationsName = OperationName<Sdk['organizations']>

export const reads = readsOf<Sdk['organizations']>()
export const changes = changesOf<Sdk['organizations']>()

/** One question: may the caller do this to that resource of that account. */
export const organizationCheck = (
  action: OrganizationsName,
  resource: string,
  owner: string,
  keys: readonly Entry[] = [],
): Check => ({
  action: `organizations:${action}`,
  resource,
  owner,
  ...(keys.length === 0 ? {} : { keys: new Map(keys) }),
})
