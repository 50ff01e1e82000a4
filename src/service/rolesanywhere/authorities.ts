// The certificates of authorities that a trust anchor is made of (User Guide, "Trust anchors"): a bundle in PEM, each of which could be
// the end of a path.

import { holdsPrivateKey, readPem } from '../../core/pem.ts'
import type { Certificate } from '../../federation/x509/certificate.ts'
import { readCertificate } from '../../federation/x509/certificate.ts'
import { authorityProblem, type PathRejection } from '../../federation/x509/path.ts'
import { invalid } from './define.ts'

/** The certificates of a bundle that was checked when it was given. Undefined if it cannot be read. */
export function authoritiesIn(bundle: string): readonly Certificate[] | undefined {
  const certificates = readPem(bundle, 'CERTIFICATE')?.map(readCertificate)
  if (certificates === undefined || certificates.includes(undefined)) return undefined
  return certificates.filter((one) => one !== undefined)
}

/**
 * Checks a bundle that is given. @throws ValidationException
 * DIVERGES: AWS's sentences are not known.
 */
export function checkBundle(bundle: string, now: number): void {
  if (holdsPrivateKey(bundle)) throw invalid('The certificate bundle holds a private key.')
  const authorities = authoritiesIn(bundle)
  if (authorities === undefined) throw invalid('The certificate bundle is not a list of X.509 certificates in PEM.')
  for (const [at, authority] of authorities.entries()) {
    const problem = authorityProblem(authority, now)
    if (problem !== undefined) throw invalid(`Certificate ${at + 1} of the bundle ${words[problem] ?? problem}.`)
  }
}

const words: { readonly [P in PathRejection]?: string } = {
  version: 'is not of version 3',
  expired: 'has expired',
  'not-yet-valid': 'is not valid yet',
  weak: 'has a key or a signature that is too weak: RSA of 2048 to 4096 bits or P-256, P-384 or P-521, and SHA-256 or longer',
  'issuer-not-authority':
    'is not of a certificate authority: it needs the basic constraint CA:TRUE, the key usage keyCertSign, and no extended key usage without clientAuth',
  'unknown-critical-extension': 'has a critical extension that is not known',
}
