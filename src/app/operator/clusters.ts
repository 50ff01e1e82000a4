// Clusters by command: registered, listed, removed.
import { AdminRefusal } from '../../server/admin.ts'
import { type Cluster, clusters } from '../../service/eks/records.ts'
import { addCluster, removeCluster } from '../../service/eks/registered-clusters.ts'
import type { Tag } from '../../service/records.ts'
import { everything } from '../../store/everything.ts'
import type { Engine } from '../engine.ts'
import { operatorChange } from './operator-change.ts'

export interface ClusterChoice {
  readonly name: string
  readonly account: string
  readonly region: string
}

export interface ClusterRow extends ClusterChoice {
  readonly issuer: string
  readonly audience: string
  /** Where its keys come from. */
  readonly keys: 'given' | 'fetched'
  readonly tagsWebIdentity: boolean
  readonly associations: number
  readonly tags: readonly Tag[]
}

export interface AddClusterInput extends ClusterChoice {
  readonly issuer: string
  readonly audience?: string
  /** Text of its JWKS. */
  readonly keys?: string
  /** PEM. */
  readonly ca?: string
  readonly tagsWebIdentity?: boolean
  readonly tags?: readonly Tag[]
}

const rowOf = ({ name, account, region, issuer, audience, keys, tagsWebIdentity, associations, tags }: Cluster) => ({
  ...{ name, account, region, issuer, audience, tagsWebIdentity, associations, tags },
  keys: keys === undefined ? ('fetched' as const) : ('given' as const),
})

const named = ({ account, region, name, issuer }: Cluster) => ({ account, parameters: { region, name, issuer } })

export async function listClusters({ store }: Engine): Promise<{ readonly clusters: readonly ClusterRow[] }> {
  const all = await everything(store, clusters)
  return { clusters: all.map(rowOf).sort((a, b) => (a.name < b.name ? -1 : 1)) }
}

export async function newCluster(engine: Engine, input: AddClusterInput): Promise<ClusterRow> {
  const { tokenTrust, random } = engine.parts
  if (tokenTrust.isOwn(input.issuer)) throw new AdminRefusal(`${input.issuer} is this server's own issuer`)
  const id = random(16).toString('hex')
  const wanted = { tagsWebIdentity: false, tags: [], ...input }
  return rowOf(await operatorChange(engine, 'AddCluster', (tx, now) => addCluster(tx, wanted, id, now), named))
}

export async function forgetCluster(engine: Engine, choice: ClusterChoice): Promise<ClusterRow> {
  return rowOf(await operatorChange(engine, 'RemoveCluster', (tx) => removeCluster(tx, choice), named))
}
