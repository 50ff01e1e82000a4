// Associations as live sessions need them: whether one still gives the pods of a cluster a role. Cached until one of the account's records
// changes; a change on this node counts once it is answered, one on another when the feed reports it.
import { andThen } from '../../core/maybe.ts'
import type { Reader, Store } from '../../store/store.ts'
import { accountCache } from '../access/account-cache.ts'
import { accounts } from '../records.ts'
import { attestationId, type Living } from '../session/attestations.ts'
import { clusterAt } from './define.ts'
import { type PodIdentityAssociation, podIdentityAssociations } from './records.ts'

/** Whether the association with which a pod's session began is still there, and its cluster, and its account open. */
export function createPodAssociations(store: Store, clock: () => Date): Living {
  const alive = accountCache<true>(store, clock, { load, weight: () => 200, maxBytes: 4 << 20 })
  return ({ account, principal }, id) =>
    principal !== id ? false : andThen(alive.get(account, id), (found) => found === true)
}

async function load(reader: Reader, account: string, id: string): Promise<true | undefined> {
  const association = (await reader.find(podIdentityAssociations, 'id', [account, id]))?.record
  if (association === undefined) return undefined
  const { region, cluster, clusterId } = association
  const found = await clusterAt(reader, { account, region, name: cluster })
  if (found?.id !== clusterId) return undefined
  return (await reader.get(accounts, [account]))?.status === 'ACTIVE' ? true : undefined
}

/** What vouches for the sessions that pods got by an association. */
export const associationAttestation = ({ account, id }: Pick<PodIdentityAssociation, 'account' | 'id'>) => ({
  ...{ id: attestationId('association', id), principal: id, version: 0, account },
})
