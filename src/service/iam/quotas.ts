// How many things an account may have (IAM User Guide, "IAM and AWS STS quotas"), and how many it has: counted as they
// come and go, in the same transactions, so that a creation need not read them all.
import type { Collection, Reader, Transaction } from '../../store/store.ts'
import { overQuota } from './refusals.ts'

export type Counted = 'users' | 'roles' | 'policies' | 'mfaDevices' | 'oidcProviders'

export interface Tally extends Readonly<Record<Counted, number>> {
  readonly account: string
}

export const tallies: Collection<Tally> = {
  name: 'tally',
  key: (r) => [r.account],
  indexes: {},
  shape: 2,
  upgrade: (old) => ({ ...none, ...(old as Tally) }),
}

const none: Readonly<Record<Counted, number>> = { users: 0, roles: 0, policies: 0, mfaDevices: 0, oidcProviders: 0 }

const QUOTAS: Readonly<Record<Counted, readonly [string, number]>> = {
  users: ['UsersPerAccount', 5000],
  roles: ['RolesPerAccount', 1000],
  policies: ['PoliciesPerAccount', 1500],
  mfaDevices: ['VirtualMfaDevicesPerAccount', 10_000],
  oidcProviders: ['OpenIdConnectProvidersPerAccount', 100],
}

export const KEYS_PER_USER = 2
export const MFA_DEVICES_PER_USER = 8
export const POLICIES_PER_HOLDER = 10
export const VERSIONS_PER_POLICY = 5
/** Characters without the white space between JSON's tokens; inline: all of a holder's together. */
export const POLICY_SIZES = { managed: 6144, user: 2048, role: 10_240, trust: 2048 } as const

export const quotaOf = (what: Counted): number => QUOTAS[what][1]

/** What the account has. */
export async function tallyOf(reader: Reader, account: string): Promise<Tally> {
  return (await reader.get(tallies, [account])) ?? { account, ...none }
}

/** Counts one more (or one less). @throws LimitExceeded beyond the account's quota. */
export async function count(tx: Transaction, account: string, what: Counted, by: 1 | -1): Promise<void> {
  const known = await tx.get(tallies, [account])
  const before = known ?? (await tallyOf(tx, account))
  const [name, limit] = QUOTAS[what]
  if (by > 0 && before[what] >= limit) throw overQuota(name, limit)
  const after = { ...before, [what]: before[what] + by }
  if (known === undefined) await tx.create(tallies, after)
  else await tx.replace(tallies, after)
}
