// Policies of tables and streams (Amazon DynamoDB Developer Guide, "Using resource-based policies for DynamoDB"). They are kept here:
// backends know nothing of them. An index has none of its own: its table's speaks of it.
import type { Collection, Key, Reader } from '../../store/store.ts'
import type { PolicyPlace } from '../contracts/table-policies.ts'
import type { NamingPolicy } from '../records.ts'
import { type Resource, resourceOf, type Table } from './table.ts'

export interface KeptPolicy extends NamingPolicy {
  /** The time of the change in ms, as text: a later change has a greater one. */
  readonly revision: string
}

/** A request to the backend is under way, or was and nobody heard how it ended. */
export interface Held {
  /** The request's id. */
  readonly by: string
  /** ms since 1970. */
  readonly since: number
}

/**
 * What is kept for a table or stream. INVARIANT: while it is held, what its policies deny is denied and what they allow is not
 * allowed: however the request at the backend ends, nobody was let in whom the table's policy then keeps out.
 */
export interface PolicyRecord extends PolicyPlace {
  readonly policy?: KeptPolicy
  /** The policy that the table is being made with. */
  readonly making?: KeptPolicy & Held
  /** The table is being removed, or another made in its place. `accepted`: the backend said that it removes it. */
  readonly leaving?: Held & { readonly accepted?: true }
}

export const tablePolicies: Collection<PolicyRecord, 'held'> = {
  name: 'table_policy',
  key: ({ account, region, table, stream }) => [account, region, table, stream],
  indexes: {
    held: {
      of: ({ making, leaving, account, region, table, stream }) => {
        const since = making?.since ?? leaving?.since
        return since === undefined ? undefined : [since, account, region, table, stream]
      },
    },
  },
  shape: 1,
  upgrade: (old) => old as PolicyRecord,
}

export const keyOf = (place: PolicyPlace): Key => [place.account, place.region, place.table, place.stream]

/** Where the policy of a table or stream is kept; undefined for what has none. */
export function policyPlace({ kind, table, id }: Resource): PolicyPlace | undefined {
  if (kind !== 'table' && kind !== 'stream') return undefined
  return { account: table.account, region: table.region, table: table.name, stream: id }
}

/** The same of an ARN, whatever it names. */
export function policyPlaceOf(arn: string): PolicyPlace | undefined {
  const resource = resourceOf(arn)
  return resource === undefined ? undefined : policyPlace(resource)
}

export const policyArn = ({ account, region, table, stream }: PolicyPlace): string =>
  `arn:aws:dynamodb:${region}:${account}:table/${table}${stream === '' ? '' : `/stream/${stream}`}`

/** What an owner is shown: the policy that is in force, or that the table is being made with. */
export const shownPolicy = (record: PolicyRecord | undefined): KeptPolicy | undefined =>
  record?.making ?? record?.policy

/** InForce.stamp */
export const stampOf = (record: PolicyRecord | undefined): string =>
  record === undefined ? '' : JSON.stringify([record.policy?.revision, record.making?.revision, record.leaving?.by])

const page = 100

/** What is kept for a table and for all its streams. */
export async function policiesOf(reader: Reader, { account, region, name }: Table): Promise<readonly PolicyRecord[]> {
  const prefix = [account, region, name]
  const found: PolicyRecord[] = []
  let after: Key | undefined
  do {
    const { items, next } = await reader.list(tablePolicies, 'key', {
      ...{ prefix, limit: page },
      ...(after === undefined ? {} : { after }),
    })
    found.push(...items)
    after = next
  } while (after !== undefined)
  return found
}
