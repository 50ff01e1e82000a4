// A declared service proves itself by a certificate: its assertion is signed with the certificate's key, and brings the certificate (RFC
// 7515, 4.1.6: `x5c`), which must lead to an authority of the service's record and have a name that the record names.
import { base64urlBytes } from '../../core/base64.ts'
import { jwkThumbprint } from '../../core/jwk-thumbprint.ts'
import { readPem } from '../../core/pem.ts'
import type { UnverifiedToken } from '../../federation/oidc/token.ts'
import { type Certificate, readCertificate } from '../../federation/x509/certificate.ts'
import { validatePath } from '../../federation/x509/path.ts'
import { createKnownCertificates, type PresentedCertificates } from '../../federation/x509/presented.ts'
import { readJson } from '../../wire/json-text.ts'
import type { RejectedAssertion } from './assertions.ts'
import { isLike } from './like.ts'
import type { KeyRecord, ServiceProof } from './records.ts'

export type CertificateProof = Extract<ServiceProof, { readonly kind: 'certificate' }>

export interface ProvenCertificate {
  readonly key: KeyRecord
  /** The name by which it was accepted. */
  readonly subject: string
  /** In ms: from then on some certificate of the path is valid no longer. */
  readonly notAfter: number
}

const known = createKnownCertificates(8 << 20)

/** Whether an assertion brings certificates. */
export const bringsCertificates = (token: UnverifiedToken): boolean => chainOf(token) !== undefined

/** `x5c`, the leaf first: undefined where there is none. Whatever is no list of texts is a list without any. */
function chainOf({ text }: UnverifiedToken): readonly string[] | undefined {
  const bytes = base64urlBytes(text.slice(0, text.indexOf('.')))
  const read = bytes === undefined ? undefined : readJson(bytes)
  const x5c = read !== undefined && 'value' in read && read.value instanceof Map ? read.value.get('x5c') : undefined
  if (x5c === undefined) return undefined
  return Array.isArray(x5c) && x5c.every((one) => typeof one === 'string') ? x5c : []
}

/** By record: another one is read anew. */
const anchors = new WeakMap<CertificateProof, readonly Certificate[]>()

function anchorsOf(proof: CertificateProof): readonly Certificate[] {
  const earlier = anchors.get(proof)
  if (earlier !== undefined) return earlier
  const read = readAuthorities(proof.authorities) ?? []
  anchors.set(proof, read)
  return read
}

/** The certificates of a PEM text; undefined unless it holds some, and each can be read. */
export function readAuthorities(pem: string): readonly Certificate[] | undefined {
  const read = readPem(pem, 'CERTIFICATE')?.map(readCertificate)
  return read === undefined || read.includes(undefined) ? undefined : read.filter((one) => one !== undefined)
}

/**
 * The names of the pattern's kind: URIs where it has a part of one that no DNS name has. INVARIANT: no name of another kind counts: an authority
 * that may give DNS names of one domain may be free to give any URIs.
 */
const namesLike = (pattern: string, { alternativeNames: { dns, uri } }: Certificate) =>
  /[:/]/.test(pattern) ? uri : dns

const rejected = (detail: string): RejectedAssertion => ({ rejected: 'certificate', detail })

/** The certificates that an assertion brings. */
export function certificatesIn(token: UnverifiedToken): PresentedCertificates | RejectedAssertion {
  const [leafText = '', ...more] = chainOf(token) ?? []
  const presented = known.read(leafText, more.length === 0 ? undefined : more.join(','))
  return presented ?? rejected('x5c holds no certificates that can be read')
}

/** The certificate of an assertion, if this proof accepts it. The assertion itself is not verified. */
export function certificateOf(
  presented: PresentedCertificates,
  proof: CertificateProof,
  now: Date,
): ProvenCertificate | RejectedAssertion {
  const { leaf } = presented
  const path = validatePath(leaf, presented.intermediates, anchorsOf(proof), now.getTime())
  if ('rejected' in path) return rejected(path.rejected)
  // Trusted: nobody else's fill the memory.
  known.keep(presented)
  const subject = namesLike(proof.subject, leaf).find((name) => isLike(proof.subject, name))
  if (subject === undefined || /\s/.test(subject)) return rejected('no DNS name or URI of it is like the record’s')
  const jwk = leaf.key.export({ format: 'jwk' }) as Record<string, string>
  return { key: { kid: jwkThumbprint(jwk), jwk }, subject, notAfter: path.notAfter }
}
