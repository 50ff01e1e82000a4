// The certificate that a request brings, with the intermediates that lead from it to an anchor (IAM Roles Anywhere User Guide, "Signing
// process for CreateSession": X-Amz-X509 and X-Amz-X509-Chain). Read once for as long as a workload comes back with it.
import { hash } from 'node:crypto'
import { base64Bytes } from '../../core/base64.ts'
import { createLru } from '../../core/token/lru.ts'
import { type Certificate, readCertificate } from './certificate.ts'
import { mostIntermediates } from './path.ts'

export interface PresentedCertificates {
  readonly leaf: Certificate
  readonly intermediates: readonly Certificate[]
  /** Names all of them together, in hexadecimal. */
  readonly fingerprint: string
}

export interface KnownCertificates {
  /** Reads the two headers: base64 of the certificate, and of the others, with commas between them. Undefined for any other text. */
  read(certificate: string, chain: string | undefined): PresentedCertificates | undefined
  /** Keeps what was read of certificates that turned out to be trusted: nobody else's fill the memory. */
  keep(certificates: PresentedCertificates): void
}

/** Of what is read of one, in bytes of memory: several times its encoding. */
const memoryOf = ({ leaf, intermediates }: PresentedCertificates) =>
  [leaf, ...intermediates].reduce((sum, { der }) => sum + 4_000 + 6 * der.length, 0)

export function createKnownCertificates(bytes = 32 << 20): KnownCertificates {
  const known = createLru<PresentedCertificates>({ bytes, share: 1 })
  return {
    read(certificate, chain) {
      const fingerprint = hash('sha256', JSON.stringify([certificate, chain ?? null]), 'hex')
      return known.get(fingerprint) ?? readPresented(certificate, chain, fingerprint)
    },
    keep: (certificates) => known.set(certificates.fingerprint, certificates, memoryOf(certificates)),
  }
}

function readPresented(
  certificate: string,
  chain: string | undefined,
  fingerprint: string,
): PresentedCertificates | undefined {
  const texts = chain === undefined ? [] : chain.split(',', mostIntermediates + 1)
  if (texts.length > mostIntermediates) return undefined
  const [leaf, ...intermediates] = [certificate, ...texts].map(readText)
  if (leaf === undefined || intermediates.includes(undefined)) return undefined
  return { leaf, intermediates: intermediates.filter((one) => one !== undefined), fingerprint }
}

function readText(text: string): Certificate | undefined {
  const bytes = base64Bytes(text)
  return bytes === undefined ? undefined : readCertificate(bytes)
}
