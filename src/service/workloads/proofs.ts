// Who proves itself at the workload API: a machine by the key that it joined with, a declared service by a key or by a token of an
// issuer that its record names.
import { hash } from 'node:crypto'
import type { KeySource } from '../../federation/oidc/key-source.ts'
import type { UnverifiedToken } from '../../federation/oidc/token.ts'
import { verifyToken } from '../../federation/oidc/verify.ts'
import type { Reach } from '../../federation/reach.ts'
import type { Store, Transaction } from '../../store/store.ts'
import { once } from '../session/once.ts'
import {
  type AssertionParts,
  type AssertionUse,
  claimedIssuer,
  type RejectedAssertion,
  readAssertion,
  verifyAssertion,
} from './assertions.ts'
import { bringsCertificates, certificateOf, certificatesIn } from './certificates.ts'
import { isLike } from './like.ts'
import {
  type DeclaredService,
  declaredServices,
  type Machine,
  machines,
  type ServiceProof,
  serviceKey,
} from './records.ts'
import type { Workloads } from './workloads.ts'

export interface WorkloadProofParts extends AssertionParts {
  readonly store: Store
  readonly workloads: Workloads
  /** Those of issuers. */
  readonly keys: KeySource
  /** The addresses that issuers may have. */
  readonly reach: Reach
  /** Whether an issuer is this server's own: what it signs proves nothing here. */
  readonly isOwn: (issuer: string) => boolean
}

export interface ProvenMachine {
  readonly machine: Machine
  readonly use: AssertionUse
}

export interface ProvenService {
  readonly service: DeclaredService
  readonly proof: ServiceProof
  /** The key's thumbprint, the name of the certificate, or `sub` of the token. */
  readonly subject: string
  /** In ms: what proves it is valid no longer. */
  readonly notAfter?: number
  /** Absent for a token of an issuer: whoever has one presents it until it expires. */
  readonly use?: AssertionUse
}

export interface WorkloadProofs {
  machine(assertion: string, now: Date): Promise<ProvenMachine | RejectedAssertion>
  /** `name`: the service, where its proof is a token of an issuer. */
  service(assertion: string, name: string | undefined, now: Date): Promise<ProvenService | RejectedAssertion>
  /**
   * A service that asks about one request. INVARIANT: an assertion is for that endpoint, and its `jti` is what it is about: shown again
   * it asks the same again, and anywhere else it is nothing. So it need not count once.
   */
  about(
    assertion: string,
    name: string | undefined,
    question: { readonly audience: string; readonly id: string },
    now: Date,
  ): Promise<ProvenService | RejectedAssertion>
  /**
   * Uses a proof up: false when it was used before, or when whoever gave it was ended meanwhile, on whatever node. Asked before
   * anything is given.
   */
  spend(proven: ProvenMachine | ProvenService): Promise<boolean>
}

const unknown = (detail: string): RejectedAssertion => ({ rejected: 'unknown', detail })
const ended = (detail: string): RejectedAssertion => ({ rejected: 'ended', detail })

export function createWorkloadProofs(parts: WorkloadProofParts): WorkloadProofs {
  const { store, workloads } = parts

  async function service(assertion: string, name: string | undefined, now: Date, audience?: string) {
    const token = readAssertion(assertion, parts, now)
    if ('rejected' in token) return token
    const claimed = claimedIssuer(token)
    const named = name ?? claimed
    const service = named === undefined ? undefined : await workloads.service(named)
    if (service === undefined) return unknown('no service of that name')
    const by = claimed !== service.name ? byIssuer : bringsCertificates(token) ? byCertificate : byKey
    const proven = await by(parts, service, token, now, audience)
    if ('rejected' in proven) return proven
    return service.isEnabled ? proven : ended(`${service.name} is disabled`)
  }

  return {
    async machine(assertion, now) {
      const token = readAssertion(assertion, parts, now)
      if ('rejected' in token) return token
      const id = claimedIssuer(token)
      const machine = id === undefined ? undefined : await workloads.machine(id)
      if (machine === undefined) return unknown('no machine of that id')
      if (machine.key === undefined) return unknown(`${machine.id} has not joined`)
      const use = await verifyAssertion(parts, token, machine.id, machine.key, now)
      if ('rejected' in use) return use
      return machine.isEnabled ? { machine, use } : ended(`${machine.id} is disabled`)
    },
    service: (assertion, name, now) => service(assertion, name, now),
    async about(assertion, name, { audience, id }, now) {
      const proven = await service(assertion, name, now, audience)
      if ('rejected' in proven || proven.use === undefined || proven.use.id === id) return proven
      return { rejected: 'bad-claim', detail: 'jti is not what is asked about' }
    },
    spend: (proven) =>
      store.transact(async (tx) => {
        const { use } = proven
        if (!(await isCurrent(tx, proven))) return false
        if (use === undefined) return true
        const key = hash('sha256', use.key, 'base64url')
        return once(tx, 'machine' in proven ? proven.machine.account : 'system', 'workload-assertion', key, use.until)
      }),
  }
}

/** Whether the record is still what the proof was verified by. */
async function isCurrent(tx: Transaction, proven: ProvenMachine | ProvenService): Promise<boolean> {
  if ('machine' in proven) {
    const { account, id, incarnation } = proven.machine
    const now = await tx.get(machines, [account, id])
    return now?.isEnabled === true && now.incarnation === incarnation
  }
  const { service, proof } = proven
  const now = await tx.get(declaredServices, serviceKey(service.name))
  return (
    now?.isEnabled === true &&
    now.id === service.id &&
    now.incarnation === service.incarnation &&
    now.proofs.some(({ id }) => id === proof.id)
  )
}

type By = (
  parts: WorkloadProofParts,
  service: DeclaredService,
  token: UnverifiedToken,
  now: Date,
  audience?: string,
) => Promise<ProvenService | RejectedAssertion>

const byKey: By = async (parts, service, token, now, audience) => {
  const keys = service.proofs.filter((proof) => proof.kind === 'key')
  const able = token.kid === undefined ? keys : keys.filter(({ key }) => key.kid === token.kid)
  const [proof, ...more] = able
  if (proof === undefined || more.length > 0) return { rejected: 'no-key', detail: `no key ${token.kid ?? ''}` }
  const use = await verifyAssertion(parts, token, service.name, proof.key, now, audience)
  return 'rejected' in use ? use : { service, proof, subject: proof.key.kid, use }
}

const byCertificate: By = async (parts, service, token, now, audience) => {
  const presented = certificatesIn(token)
  if ('rejected' in presented) return presented
  let last: RejectedAssertion = { rejected: 'certificate', detail: `no proof of ${service.name} is by certificates` }
  for (const proof of service.proofs) {
    if (proof.kind !== 'certificate') continue
    const certificate = certificateOf(presented, proof, now)
    if ('rejected' in certificate) {
      last = certificate
      continue
    }
    const { key, subject, notAfter } = certificate
    const use = await verifyAssertion(parts, token, service.name, key, now, audience)
    return 'rejected' in use ? use : { service, proof, subject, notAfter, use }
  }
  return last
}

const byIssuer: By = async (parts, service, token, now) => {
  const { keys, skewSeconds, isOwn, reach } = parts
  const issuer = claimedIssuer(token)
  let last: RejectedAssertion = { rejected: 'issuer', detail: `no proof of ${service.name} names that issuer` }
  // INVARIANT: rule of all proofs: what this server signs itself vouches for nobody here.
  if (issuer === undefined || isOwn(issuer)) return last
  for (const proof of service.proofs) {
    if (proof.kind !== 'issuer' || proof.issuer !== issuer) continue
    const owner = {
      id: `service ${service.id} ${proof.id}`,
      issuer,
      trust: {
        reach,
        ...(proof.ca === undefined ? {} : { ca: [proof.ca] }),
        owner: `service ${service.name}`,
      },
      ...(proof.keys === undefined ? {} : { uploaded: proof.keys }),
      clientIds: [proof.audience],
      isForItAlone: true,
    } as const
    const verified = await verifyToken(token, owner, now, { keys, skewSeconds })
    if ('rejected' in verified) last = verified
    else if (!isLike(proof.subject, verified.subject)) last = { rejected: 'bad-claim', detail: 'sub is another' }
    else if (/\s/.test(verified.subject)) last = { rejected: 'bad-claim', detail: 'sub has a blank in it' }
    else return { service, proof, subject: verified.subject }
  }
  return last
}
