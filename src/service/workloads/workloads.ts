// Machines and declared services as requests need them: cached until one of them changes. A change on this node counts once it is
// answered; one on another, when the feed reports it.
import { andThen, type Maybe } from '../../core/maybe.ts'
import { createCache } from '../../store/cache.ts'
import type { Reader, Store } from '../../store/store.ts'
import { accounts } from '../records.ts'
import { attestationId, type Living } from '../session/attestations.ts'
import {
  type DeclaredService,
  declaredServices,
  type Machine,
  machines,
  type ServiceProof,
  serviceKey,
} from './records.ts'

export interface Workloads {
  /** The machine of that id, while its account is open. */
  machine(id: string): Maybe<Machine | undefined>
  service(name: string): Maybe<DeclaredService | undefined>
  /** Whether what a machine, or a service, began a session with still vouches for it. */
  readonly machineLives: Living
  readonly serviceLives: Living
}

export function createWorkloads(store: Store, clock: () => Date): Workloads {
  const cacheOf = <V>(load: (reader: Reader, name: string) => Promise<V | undefined>) =>
    createCache<V>({
      store,
      load: (name, reader) => load(reader, name),
      accountOf: (name) => name,
      weight: (record) => 500 + 2 * JSON.stringify(record).length,
      maxBytes: 16 << 20,
      clock: () => clock().getTime(),
    })
  const machinesById = cacheOf(loadMachine)
  const servicesByName = cacheOf((reader, name) => reader.get(declaredServices, serviceKey(name)))
  const openAccounts = cacheOf(async (reader, id) => ((await isOpen(reader, id)) ? true : undefined))
  return {
    machine: (id) => machinesById.get(id),
    service: (name) => servicesByName.get(name),
    machineLives: ({ account, principal, version }, id) =>
      andThen(
        machinesById.get(id),
        (machine) =>
          machine?.isEnabled === true &&
          machine.account === account &&
          machine.id === principal &&
          machine.incarnation === version,
      ),
    serviceLives({ principal, version, account }, id, now) {
      const [name = '', proof, until] = id.split('/')
      if (until !== undefined && !(now.getTime() < Number(until) * 1000)) return false
      return andThen(servicesByName.get(name), (service) => {
        const vouches =
          service?.isEnabled === true &&
          service.id === principal &&
          service.incarnation === version &&
          service.proofs.some((one) => one.id === proof)
        return vouches && andThen(openAccounts.get(account), (isOpen) => isOpen === true)
      })
    },
  }
}

async function loadMachine(reader: Reader, id: string): Promise<Machine | undefined> {
  const machine = (await reader.find(machines, 'id', [id]))?.record
  if (machine === undefined) return undefined
  return (await isOpen(reader, machine.account)) ? machine : undefined
}

const isOpen = async (reader: Reader, account: string): Promise<boolean> =>
  (await reader.get(accounts, [account]))?.status === 'ACTIVE'

/** What vouches for a machine's sessions: its record, with the key that it has now. */
export const machineAttestation = ({ account, id, incarnation }: Machine) => ({
  ...{ id: attestationId('machine', id), principal: id, version: incarnation, account },
})

/**
 * What vouches for a service's sessions: its record, and the proof that it gave, until `notAfter` (ms) where that ends. Of the account on
 * whose behalf it acts.
 */
export const serviceAttestation = (
  { name, id, incarnation }: DeclaredService,
  proof: Pick<ServiceProof, 'id'>,
  account: string,
  notAfter: number | undefined,
) => ({
  id: attestationId(
    'service',
    [name, proof.id, ...(notAfter === undefined ? [] : [Math.floor(notAfter / 1000)])].join('/'),
  ),
  ...{ principal: id, version: incarnation, account },
})
