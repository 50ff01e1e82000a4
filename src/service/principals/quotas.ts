// How many resources of each kind an account has, and that they stay within its quotas (core/quotas.ts): counted in the
// transactions that create and delete them, so that a creation need not read them all.
import type { QuotaName, Quotas } from '../../core/quotas.ts'
import type { Collection, Reader, Transaction } from '../../store/store.ts'
import { overQuota } from './refusals.ts'

export type Counted =
  | 'users'
  | 'roles'
  | 'policies'
  | 'mfaDevices'
  | 'oidcProviders'
  | 'samlProviders'
  | 'instanceProfiles'

export interface Tally extends Readonly<Record<Counted, number>> {
  readonly account: string
}

export const tallies: Collection<Tally> = {
  name: 'tally',
  key: (r) => [r.account],
  indexes: {},
  shape: 4,
  upgrade: (old) => ({ ...none, ...(old as Tally) }),
}

const none: Readonly<Record<Counted, number>> = {
  users: 0,
  roles: 0,
  policies: 0,
  mfaDevices: 0,
  oidcProviders: 0,
  samlProviders: 0,
  instanceProfiles: 0,
}

/** The quota of each, and its name in refusals. AWS allows as many virtual MFA devices as users. */
const bounds: Readonly<Record<Counted, readonly [QuotaName, shown?: string]>> = {
  users: ['UsersPerAccount'],
  roles: ['RolesPerAccount'],
  policies: ['PoliciesPerAccount'],
  mfaDevices: ['UsersPerAccount', 'VirtualMfaDevicesPerAccount'],
  oidcProviders: ['OpenIdConnectProvidersPerAccount'],
  samlProviders: ['SAMLProvidersPerAccount'],
  instanceProfiles: ['InstanceProfilesPerAccount'],
}

/** The counts of the account. */
export async function tallyOf(reader: Reader, account: string): Promise<Tally> {
  return (await reader.get(tallies, [account])) ?? { account, ...none }
}

/** Counts one more. @throws LimitExceeded beyond the account's quota. */
export async function count(tx: Transaction, account: string, what: Counted, quotas: Quotas): Promise<void> {
  const [name, shown = name] = bounds[what]
  const limit = quotas(account)[name]
  if ((await tallyOf(tx, account))[what] >= limit) throw overQuota(shown, limit)
  await add(tx, account, what, 1)
}

/** Counts one less. */
export const uncount = (tx: Transaction, account: string, what: Counted) => add(tx, account, what, -1)

async function add(tx: Transaction, account: string, what: Counted, by: 1 | -1): Promise<void> {
  const stored = await tx.get(tallies, [account])
  const before = stored ?? { account, ...none }
  const after = { ...before, [what]: before[what] + by }
  if (stored === undefined) await tx.create(tallies, after)
  else await tx.replace(tallies, after)
}
