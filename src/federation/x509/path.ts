// Whether a certificate leads to an anchor (RFC 5280 6.1): every signature, validity, authority, use and name on the way. What the RFC
// leaves open is decided against the certificate, and so is what it lets pass and AWS does not ("Trust model", IAM Roles Anywhere User
// Guide).
import type { Certificate } from './certificate.ts'
import { namesAllowed } from './name-constraints.ts'
import { isSignedBy } from './signature.ts'

/** Why a certificate is not accepted. The first that is found, from the certificate itself to the anchor. */
export type PathRejection =
  /** A version before 3: it has no extensions, so it says nothing of its use. */
  | 'version'
  | 'expired'
  | 'not-yet-valid'
  /** A key or a signature algorithm that is too weak, or of another kind than RSA and the curves of NIST. */
  | 'weak'
  /** The certificate of an authority where one of a workload must stand. */
  | 'authority'
  /** No digital signatures, or no authentication of clients, by its (extended) key usage. */
  | 'usage'
  | 'empty-subject'
  | 'unknown-critical-extension'
  /** No chain of signatures leads to an anchor. */
  | 'untrusted'
  /** An issuer on the way is no authority, or its key is not for signing certificates. */
  | 'issuer-not-authority'
  | 'path-too-long'
  | 'name-constraints'

export interface Path {
  /** From the certificate to the one that the anchor issued. */
  readonly certificates: readonly Certificate[]
  readonly anchor: Certificate
  /** Where all of them are valid, in ms since 1970; both belong to it. */
  readonly notBefore: number
  readonly notAfter: number
}

/** The most certificates beside the leaf that are looked at. */
export const mostIntermediates = 5

/** Signatures that are verified for one path: what a knot of certificates that issue each other can cost. */
const mostVerified = 16

const clientAuthentication = '1.3.6.1.5.5.7.3.2'
const anyUsage = '2.5.29.37.0'

/** Finds the path of a certificate to one of the anchors, over these intermediates in any order, at this time (ms since 1970). */
export function validatePath(
  leaf: Certificate,
  intermediates: readonly Certificate[],
  anchors: readonly Certificate[],
  now: number,
): Path | { readonly rejected: PathRejection } {
  if (Number.isNaN(now)) throw new TypeError('a path is validated at a valid time')
  const problem = leafProblem(leaf, now)
  if (problem !== undefined) return { rejected: problem }
  if (intermediates.length > mostIntermediates) return { rejected: 'path-too-long' }
  // Before anything is verified with one: the work that a key makes is its maker's choice.
  if (![...intermediates, ...anchors].every(({ isStrong }) => isStrong)) return { rejected: 'weak' }
  let first: PathRejection | undefined
  for (const { certificates, anchor } of pathsOf(leaf, intermediates, anchors)) {
    const rejected = issuersProblem(certificates, anchor, now)
    if (rejected === undefined) {
      const all = [...certificates, anchor]
      return {
        certificates,
        anchor,
        notBefore: Math.max(...all.map(({ notBefore }) => notBefore)),
        notAfter: Math.min(...all.map(({ notAfter }) => notAfter)),
      }
    }
    first ??= rejected
  }
  return { rejected: first ?? 'untrusted' }
}

/**
 * Every chain of names and signatures from an anchor down to the leaf, no certificate twice.
 * INVARIANT: keys of certificates verify nothing before an anchor vouches for them: what a stranger sends costs a signature of the anchor's
 * for each certificate that says it is of that anchor.
 */
function* pathsOf(
  leaf: Certificate,
  intermediates: readonly Certificate[],
  anchors: readonly Certificate[],
): Generator<Pick<Path, 'certificates' | 'anchor'>> {
  let left = mostVerified
  const issued = (issuer: Certificate, subject: Certificate) =>
    issuer.subjectKey === subject.issuerKey && left-- > 0 && isSignedBy(subject.signature, issuer.key)
  const waiting: { readonly anchor: Certificate; readonly below: readonly Certificate[] }[] = []
  for (const anchor of anchors) waiting.push({ anchor, below: [] })
  for (let reached = waiting.pop(); reached !== undefined; reached = waiting.pop()) {
    const { anchor, below } = reached
    const [issuer = anchor] = below
    if (issued(issuer, leaf)) yield { certificates: [leaf, ...below], anchor }
    for (const next of intermediates) {
      const isNew = below.every(({ fingerprint }) => fingerprint !== next.fingerprint)
      if (isNew && issued(issuer, next)) waiting.push({ anchor, below: [next, ...below] })
    }
  }
}

/** What is wrong with the certificate of a workload in itself. */
export function leafProblem(leaf: Certificate, now: number): PathRejection | undefined {
  const { isAuthority, usages, extendedUsages, subject } = leaf
  return (
    commonProblem(leaf, now) ??
    (isAuthority ? 'authority' : undefined) ??
    // DIVERGES: AWS is not known to look at the extended key usage.
    (usages?.includes('digitalSignature') && isForClients(extendedUsages) ? undefined : 'usage') ??
    (subject.length === 0 ? 'empty-subject' : undefined)
  )
}

/** What is wrong with the certificate of an authority in itself. */
export function authorityProblem(certificate: Certificate, now: number): PathRejection | undefined {
  const { isAuthority, usages, extendedUsages } = certificate
  return (
    commonProblem(certificate, now) ??
    (isAuthority && usages?.includes('keyCertSign') && isForClients(extendedUsages)
      ? undefined
      : 'issuer-not-authority')
  )
}

function commonProblem(certificate: Certificate, now: number): PathRejection | undefined {
  const { version, notBefore, notAfter, isStrong, unknownCritical } = certificate
  if (version !== 3) return 'version'
  if (now < notBefore) return 'not-yet-valid'
  if (now > notAfter) return 'expired'
  if (!isStrong || certificate.signature.algorithm === undefined) return 'weak'
  return unknownCritical.length > 0 ? 'unknown-critical-extension' : undefined
}

const isForClients = (usages: readonly string[] | undefined) =>
  usages === undefined || usages.includes(clientAuthentication) || usages.includes(anyUsage)

/** What is wrong with those that issued: each for itself, with how many stand below it, and with the names below it. */
function issuersProblem(
  certificates: readonly Certificate[],
  anchor: Certificate,
  now: number,
): PathRejection | undefined {
  const issuers = [...certificates.slice(1), anchor]
  for (const [at, issuer] of issuers.entries()) {
    const problem = authorityProblem(issuer, now)
    if (problem !== undefined) return problem
    const { pathLength, nameConstraints } = issuer
    // DIVERGES: RFC 5280 does not count certificates that an authority issued to itself.
    if (pathLength !== undefined && at > pathLength) return 'path-too-long'
    const below = certificates.slice(0, at + 1)
    if (nameConstraints !== undefined && !below.every((one) => namesAllowed(one, nameConstraints))) {
      return 'name-constraints'
    }
  }
  return undefined
}
