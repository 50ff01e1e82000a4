// What comes back with a backup. Revocations and ring keys have code of their own (revoke.ts, keys/ring.ts); what was
// deleted, made inactive or taken away since the backup is there again all the same, and nobody but the operator knows it.

import { everything } from '../store/everything.ts'
import type { AnyCollection, Store, Transaction } from '../store/store.ts'
import { AUDIT_JOURNAL } from './audit/journal.ts'
import { pools } from './cognito-identity/records.ts'
import { clusters } from './eks/records.ts'
import {
  type AccessKey,
  accessKeys,
  accounts,
  lastUsed,
  managedPolicies,
  oidcProviders,
  roles,
  samlProviders,
  users,
} from './records.ts'
import { trustAnchors } from './rolesanywhere/records.ts'
import { declaredServices, machines } from './workloads/records.ts'
import { disableWorkloads } from './workloads/restored.ts'

/** A long-term key that works again. */
export interface LiveKey {
  readonly id: string
  readonly account: string
  /** A user's name, or `root`. */
  readonly of: string
  readonly createdAt: string
  readonly lastUsedAt: string | undefined
}

export interface Restored {
  /** The last moment that it knows of; undefined of a store that has no audit. A backup is audited before it is copied. */
  readonly asOf: Date | undefined
  /** How many of each are there: `2 accounts`. */
  readonly held: readonly string[]
  readonly keys: readonly LiveKey[]
  /** How many machines and services prove themselves by keys of their own: `1 machine and 2 declared services`; undefined where none do. */
  readonly workloads: string | undefined
}

/** What a backup holds, for whoever must decide what of it may stay. */
export async function whatIsRestored(store: Store, now: Date): Promise<Restored> {
  const held: string[] = []
  for (const [one, many, collection] of counted)
    held.push(numbered((await everything(store, collection)).length, one, many))
  const [joined, declared] = [await everything(store, machines), await everything(store, declaredServices)]
  const able = [joined, declared].map((all) => all.filter(({ isEnabled }) => isEnabled).length)
  const [machineCount = 0, serviceCount = 0] = able
  const people = await everything(store, users)
  const names = new Map(people.map(({ account, id, name }) => [`${account} ${id}`, name]))
  const live: LiveKey[] = []
  for (const { account, id, principal, status, createdAt } of await everything(store, accessKeys)) {
    if (status !== 'Active') continue
    const used = await store.get(lastUsed, [account, id])
    const of = names.get(`${account} ${principal}`) ?? 'root'
    live.push({ id, account, of, createdAt, lastUsedAt: used?.at })
  }
  return {
    asOf: await newest(store, now),
    held,
    keys: live,
    workloads:
      machineCount + serviceCount === 0
        ? undefined
        : `${numbered(machineCount, 'machine', 'machines')} and ${numbered(serviceCount, 'declared service', 'declared services')}`,
  }
}

const numbered = (count: number, one: string, many: string) => `${count} ${count === 1 ? one : many}`

const counted: readonly (readonly [one: string, many: string, AnyCollection])[] = [
  ['account', 'accounts', accounts],
  ['user', 'users', users],
  ['role', 'roles', roles],
  ['policy', 'policies', managedPolicies],
  ['provider', 'providers', oidcProviders],
  ['SAML provider', 'SAML providers', samlProviders],
  ['identity pool', 'identity pools', pools],
  ['machine', 'machines', machines],
  ['declared service', 'declared services', declaredServices],
  ['trust anchor', 'trust anchors', trustAnchors],
  ['cluster', 'clusters', clusters],
]

/**
 * Makes every long-term key inactive, root's too: root has `hallpass root reset`. Machines and services, whose keys are their own, are
 * disabled. Answers how many access keys there were.
 */
export async function deactivateKeys(tx: Transaction): Promise<number> {
  await disableWorkloads(tx)
  const active = (await everything(tx, accessKeys)).filter(({ status }) => status === 'Active')
  for (const key of active) {
    const inactive: AccessKey = { ...key, status: 'Inactive' }
    await tx.replace(accessKeys, inactive)
  }
  return active.length
}

/** When the newest entry of the audit was appended, to the second: found by halving, for a journal is read forwards. */
async function newest(store: Store, now: Date): Promise<Date | undefined> {
  const from = async (seconds: number) => {
    for await (const { at } of store.scan(AUDIT_JOURNAL, new Date(seconds * 1000))) return at
    return undefined
  }
  let low = 0
  // Of a clock that ran ahead, entries are in the future.
  let high = Math.ceil(now.getTime() / 1000) * 2
  let latest: Date | undefined
  while (low <= high) {
    const middle = Math.floor((low + high) / 2)
    const at = await from(middle)
    if (at === undefined) high = middle - 1
    else {
      latest = at
      low = Math.max(middle, Math.floor(at.getTime() / 1000)) + 1
    }
  }
  return latest
}
