// Services that an operator declares: their names, which trust policies may then use, on whose behalf they act, and how they prove
// themselves.
import { createPublicKey } from 'node:crypto'
import { isAccountId } from '../../core/arn.ts'
import { hostName } from '../../core/host-name.ts'
import { jwkThumbprint } from '../../core/jwk-thumbprint.ts'
import { holdsPrivateKey } from '../../core/pem.ts'
import { namedProviders } from '../../federation/names.ts'
import { keyFor, readKeys } from '../../federation/oidc/jwks.ts'
import { algorithms } from '../../federation/oidc/token.ts'
import { printedName } from '../../federation/x509/name.ts'
import { authorityProblem } from '../../federation/x509/path.ts'
import type { Transaction } from '../../store/store.ts'
import { signingNames } from '../../wire/contract/signing-names.gen.ts'
import { checkGivenAuthority, checkGivenKeys } from '../given-keys.ts'
import { OperatorProblem } from '../operator-problem.ts'
import { isOwnIssuer, type OwnUrls } from '../outbound/issuers.ts'
import { accounts, isoTime } from '../records.ts'
import { readAuthorities } from './certificates.ts'
import { type DeclaredService, declaredServices, type ServiceApi, type ServiceProof, serviceKey } from './records.ts'

/** A proof as an operator gives it. */
export type NewProof =
  /** A public key, in PEM. */
  | { readonly key: string }
  | {
      readonly issuer: string
      readonly audience: string
      readonly subject: string
      /** A JWKS document. */
      readonly keys?: string
      /** PEM. */
      readonly ca?: string
    }
  | {
      /** PEM. */
      readonly authorities: string
      readonly subject: string
    }

type ProofContent = ServiceProof extends infer P ? (P extends ServiceProof ? Omit<P, 'id' | 'addedAt'> : never) : never

const namePattern = /^(?=.{3,128}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+$/
/** Labels of AWS's own names, and of names in other scripts that may look like them. */
const imitates = /(?:^|\.)(?:aws|amazon|amazonaws|xn--[^.]*)(?:\.|$)/
const mostProofs = 20
const longest = 255

/** @throws OperatorProblem */
export function checkServiceName(name: string): void {
  if (!namePattern.test(name))
    throw new OperatorProblem(
      `${name} is no name of a service: lower-case labels with dots, such as backup.corp.example`,
    )
  if (imitates.test(name) || namedProviders.has(name))
    throw new OperatorProblem(
      `${name} could be taken for one of AWS's services, or of a provider: choose a name of your own`,
    )
}

/** Reads a proof. @throws OperatorProblem */
export function readProof(proof: NewProof, own: OwnUrls, now: Date): ProofContent {
  if ('key' in proof) return readKey(proof.key)
  return 'issuer' in proof ? readIssuer(proof, own) : readCertificates(proof, now)
}

function readCertificates(
  { authorities, subject }: Extract<NewProof, { authorities: string }>,
  now: Date,
): ProofContent {
  if (holdsPrivateKey(authorities))
    throw new OperatorProblem('there is a private key beside the authorities: give their certificates alone')
  const read = readAuthorities(authorities)
  if (read === undefined) throw new OperatorProblem('the authorities are no certificates in PEM')
  for (const one of read) {
    const problem = authorityProblem(one, now.getTime())
    if (problem !== undefined)
      throw new OperatorProblem(`${printedName(one.subject)} is no authority that certificates may lead to: ${problem}`)
  }
  checkPattern(subject)
  return { kind: 'certificate', authorities, subject }
}

function checkPattern(subject: string): void {
  if (!/[^*?]/.test(subject) || subject.length > longest)
    throw new OperatorProblem('name the subject: a pattern that anybody fits lets anybody in')
}

function readKey(pem: string): ProofContent {
  if (holdsPrivateKey(pem))
    throw new OperatorProblem(
      'that is a private key, which stays with the service: give its public half (`openssl pkey -pubout`)',
    )
  let jwk: Record<string, string>
  try {
    jwk = createPublicKey(pem).export({ format: 'jwk' }) as Record<string, string>
  } catch {
    throw new OperatorProblem('the key is no public key in PEM')
  }
  const set = readKeys(Buffer.from(JSON.stringify({ keys: [jwk] })))
  const key = 'problem' in set ? undefined : algorithms.map((one) => keyFor(set, undefined, one)).find(Boolean)
  if (key === undefined || key.weak)
    throw new OperatorProblem('the key is not accepted: one of P-256, P-384, P-521, or RSA of 2048 to 4096 bits')
  return { kind: 'key', key: { kid: jwkThumbprint(jwk), jwk } }
}

function readIssuer(proof: Extract<NewProof, { readonly issuer: string }>, own: OwnUrls): ProofContent {
  const { issuer, audience, subject, keys, ca } = proof
  const url = URL.canParse(issuer) ? new URL(issuer) : undefined
  // A SPIFFE trust domain's name is no URL of documents: its keys are given.
  const isKnown = url !== undefined && (url.protocol === 'https:' || url.protocol === 'http:' || keys !== undefined)
  if (!isKnown || issuer.length > longest) throw new OperatorProblem(`${issuer} is no issuer: a URL, as \`iss\` has it`)
  if (isOwnIssuer(own, issuer))
    throw new OperatorProblem(`${issuer} is this server's own issuer: what it signs proves nothing here`)
  if (audience === '' || audience.length > longest)
    throw new OperatorProblem('an issuer needs the audience of its tokens')
  checkPattern(subject)
  if (keys !== undefined) checkGivenKeys(keys)
  if (ca !== undefined) checkGivenAuthority(ca)
  return {
    ...{ kind: 'issuer', issuer, audience, subject },
    ...(keys === undefined ? {} : { keys }),
    ...(ca === undefined ? {} : { ca }),
  }
}

export interface NewService {
  readonly name: string
  readonly accounts: DeclaredService['accounts']
  readonly proof: ProofContent
}

/** `ids`: two random ones. @throws OperatorProblem */
export async function declareService(
  tx: Transaction,
  { name, accounts: whose, proof }: NewService,
  [id, proofId]: readonly [service: string, proof: string],
  now: Date,
): Promise<DeclaredService> {
  checkServiceName(name)
  if ((await tx.get(declaredServices, serviceKey(name))) !== undefined)
    throw new OperatorProblem(`there is a service ${name}: see hallpass services list`)
  await checkAccounts(tx, whose)
  const service: DeclaredService = {
    ...{ name, id, accounts: whose, createdAt: isoTime(now), isEnabled: true, incarnation: 0 },
    proofs: [{ ...proof, id: proofId, addedAt: isoTime(now) }],
  }
  await tx.create(declaredServices, service)
  return service
}

async function checkAccounts(tx: Transaction, whose: DeclaredService['accounts']): Promise<void> {
  if (whose === 'any') return
  if (whose.length === 0) throw new OperatorProblem('name the accounts that the service may act for, or say any')
  for (const id of whose) {
    if (!isAccountId(id) || (await tx.get(accounts, [id])) === undefined)
      throw new OperatorProblem(`there is no account ${id}`)
  }
}

/** @throws OperatorProblem */
export async function serviceNamed(tx: Transaction, name: string): Promise<DeclaredService> {
  const found = await tx.get(declaredServices, serviceKey(name))
  if (found === undefined) throw new OperatorProblem(`there is no service ${name}: see hallpass services list`)
  return found
}

/** A change of a service's record. INVARIANT: what is live of it stays, unless its proof goes or `incarnation` grows. */
export type ServiceChange = (service: DeclaredService) => DeclaredService

export const withProof =
  (proof: ProofContent, id: string, now: Date): ServiceChange =>
  (service) => {
    const { name, proofs } = service
    if (proofs.length >= mostProofs)
      throw new OperatorProblem(`a service has ${mostProofs} proofs at most: remove one first`)
    const isThere = proofs.some((one) => one.kind === 'key' && proof.kind === 'key' && one.key.kid === proof.key.kid)
    if (isThere) throw new OperatorProblem(`service ${name} has that key already`)
    return { ...service, proofs: [...proofs, { ...proof, id, addedAt: isoTime(now) }] }
  }

const signingNamePattern = /^[a-z][a-z0-9-]{1,31}$/
const mostHosts = 20

/** @throws OperatorProblem */
export function readApi({ signingName, hosts }: ServiceApi): ServiceApi {
  if (!signingNamePattern.test(signingName))
    throw new OperatorProblem(
      `${signingName} is nothing to sign for: 2 to 32 lower-case letters, digits and hyphens, such as notes`,
    )
  // INVARIANT: a key for requests to a service of AWS's name would be one for Hallpass's own, and for every other that has it.
  if (signingNames.split(' ').includes(signingName) || imitates.test(signingName))
    throw new OperatorProblem(`${signingName} is what one of AWS's services is signed for: choose a name of your own`)
  if (hosts.length > mostHosts) throw new OperatorProblem(`a service has ${mostHosts} host names at most`)
  const names = hosts.map((host) => {
    const name = hostName(host)
    if (name === undefined || name !== host) throw new OperatorProblem(`${host} is no host name in lower case`)
    return name
  })
  return { signingName, hosts: [...new Set(names)] }
}

/** @throws OperatorProblem */
export async function setApi(tx: Transaction, name: string, api: ServiceApi): Promise<DeclaredService> {
  const other = (await tx.find(declaredServices, 'signingName', [api.signingName]))?.record
  if (other !== undefined && other.name !== name)
    throw new OperatorProblem(`service ${other.name} is signed for as ${api.signingName} already`)
  return changeService(tx, name, (service) => ({ ...service, api }))
}

/** What began with the proof ends. */
export const withoutProof =
  (id: string): ServiceChange =>
  (service) => {
    const left = service.proofs.filter((proof) => proof.id !== id)
    if (left.length === service.proofs.length)
      throw new OperatorProblem(`service ${service.name} has no proof ${id}: see hallpass services list`)
    return { ...service, proofs: left }
  }

export const serviceDisabled: ServiceChange = (service) => ({
  ...service,
  isEnabled: false,
  incarnation: service.incarnation + (service.isEnabled ? 1 : 0),
})

export const serviceEnabled: ServiceChange = (service) => ({ ...service, isEnabled: true })

/** @throws OperatorProblem */
export async function changeService(tx: Transaction, name: string, change: ServiceChange): Promise<DeclaredService> {
  const changed = change(await serviceNamed(tx, name))
  await tx.replace(declaredServices, changed)
  return changed
}

/** @throws OperatorProblem */
export async function removeService(tx: Transaction, name: string): Promise<DeclaredService> {
  const service = await serviceNamed(tx, name)
  await tx.delete(declaredServices, serviceKey(name))
  return service
}
