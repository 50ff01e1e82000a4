// The records of Organizations: an organization, and each request to make an account in it. Which accounts belong to it
// stands in their own records.
import type { Collection } from '../../store/store.ts'
import type { Tag } from '../records.ts'

export interface Organization {
  /** The management account. */
  readonly account: string
  /** `o-…`. */
  readonly id: string
  readonly featureSet: 'ALL' | 'CONSOLIDATED_BILLING'
  readonly createdAt: string
  readonly rootTags?: readonly Tag[]
  /** When accounts were closed, within the time that AWS counts them. */
  readonly closures?: readonly string[]
}

export const organizations: Collection<Organization, 'id'> = {
  name: 'organization',
  key: (r) => [r.account],
  indexes: { id: { of: (r) => [r.id], unique: true } },
  shape: 1,
  upgrade: (old) => old as Organization,
}

export interface AccountRequest {
  /** The management account, which asked. */
  readonly account: string
  /** `car-…`. */
  readonly id: string
  readonly name: string
  readonly requestedAt: string
  readonly completedAt: string
  readonly outcome: { readonly accountId: string } | { readonly failure: 'EMAIL_ALREADY_EXISTS' }
}

export const accountRequests: Collection<AccountRequest> = {
  name: 'account_request',
  key: (r) => [r.account, r.id],
  indexes: {},
  shape: 1,
  upgrade: (old) => old as AccountRequest,
}
