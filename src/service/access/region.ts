// The region a call counts as made in: what policies read as `aws:RequestedRegion`, and records say.

import { servicesWhere } from '../../wire/services.ts'

/** The region of a call whose credential scope names none. */
export const usualRegion = 'us-east-1'

/** A client that was given an endpoint signs for its own region all the same. */
const everywhere = servicesWhere(({ region }) => region === 'none')

/**
 * The region of a call whose signature was scoped to `signed`.
 * INVARIANT: of a service that is in no region it is us-east-1, whatever the caller wrote: someone whose policy allows one
 * region could otherwise sign for it, and administer the account.
 */
export const regionOf = (service: string, signed: string | undefined): string =>
  signed === undefined || everywhere.has(service) ? usualRegion : signed
