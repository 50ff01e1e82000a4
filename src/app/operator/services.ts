// Declared services by command: declared, given another proof, disabled, enabled, removed.

import {
  type DeclaredService,
  declaredServices,
  type ServiceApi,
  type ServiceProof,
} from '../../service/workloads/records.ts'
import {
  changeService,
  declareService,
  type NewProof,
  readApi,
  readProof,
  removeService,
  serviceDisabled,
  serviceEnabled,
  setApi,
  withoutProof,
  withProof,
} from '../../service/workloads/services.ts'
import { everything } from '../../store/everything.ts'
import type { Transaction } from '../../store/store.ts'
import type { Engine } from '../engine.ts'
import { operatorChange } from './operator-change.ts'

export interface ServiceRow {
  readonly name: string
  readonly state: 'enabled' | 'disabled'
  readonly accounts: readonly string[] | 'any'
  readonly proofs: readonly ProofRow[]
  readonly api?: ServiceApi
}

export type ProofRow = { readonly id: string; readonly addedAt: string } & (
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: 'issuer'; readonly issuer: string; readonly audience: string; readonly subject: string }
  | { readonly kind: 'certificate'; readonly subject: string }
)

export interface ServiceChoice {
  readonly name: string
}

export interface AddServiceInput extends ServiceChoice {
  readonly accounts: readonly string[] | 'any'
  readonly proof: NewProof
}

function proofRow(proof: ServiceProof): ProofRow {
  const { id, addedAt } = proof
  if (proof.kind === 'key') return { id, addedAt, kind: 'key', key: proof.key.kid }
  if (proof.kind === 'certificate') return { id, addedAt, kind: 'certificate', subject: proof.subject }
  const { kind, issuer, audience, subject } = proof
  return { id, addedAt, kind, issuer, audience, subject }
}

const rowOf = ({ name, isEnabled, accounts, proofs, api }: DeclaredService): ServiceRow => ({
  ...{ name, state: isEnabled ? 'enabled' : 'disabled', accounts },
  proofs: proofs.map(proofRow),
  ...(api === undefined ? {} : { api }),
})

export async function listServices({ store }: Engine): Promise<{ readonly services: readonly ServiceRow[] }> {
  return { services: (await everything(store, declaredServices)).map(rowOf) }
}

const named = (service: DeclaredService) => ({ parameters: { service: service.name } })

async function changed(engine: Engine, act: string, work: (tx: Transaction, now: Date) => Promise<DeclaredService>) {
  return rowOf(await operatorChange(engine, act, work, named))
}

const newId = ({ parts }: Engine) => parts.random(8).toString('hex')

export function newService(engine: Engine, { name, accounts, proof }: AddServiceInput): Promise<ServiceRow> {
  const { parts } = engine
  const ids = [parts.random(16).toString('hex'), newId(engine)] as const
  return changed(engine, 'DeclareService', async (tx, now) =>
    declareService(tx, { name, accounts, proof: readProof(proof, engine.parts, now) }, ids, now),
  )
}

export function addServiceProof(
  engine: Engine,
  { name, proof }: ServiceChoice & { readonly proof: NewProof },
): Promise<ServiceRow> {
  const id = newId(engine)
  return changed(engine, 'AddServiceProof', async (tx, now) =>
    changeService(tx, name, withProof(readProof(proof, engine.parts, now), id, now)),
  )
}

/** What clients of the service's own API sign for, and under which names it answers. */
export const setServiceApi = (engine: Engine, { name, signingName, hosts }: ServiceChoice & ServiceApi) =>
  changed(engine, 'SetServiceApi', (tx) => setApi(tx, name, readApi({ signingName, hosts })))

export const removeServiceProof = (engine: Engine, { name, id }: ServiceChoice & { readonly id: string }) =>
  changed(engine, 'RemoveServiceProof', (tx) => changeService(tx, name, withoutProof(id)))

export const setService = (engine: Engine, { name, isEnabled }: ServiceChoice & { readonly isEnabled: boolean }) =>
  changed(engine, isEnabled ? 'EnableService' : 'DisableService', (tx) =>
    changeService(tx, name, isEnabled ? serviceEnabled : serviceDisabled),
  )

export const forgetService = (engine: Engine, { name }: ServiceChoice) =>
  changed(engine, 'RemoveService', (tx) => removeService(tx, name))
