// The key of development mode's SAML provider, with a certificate that carries it into metadata. It lives as long as the process.
import { generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { selfSignedCertificate } from '../federation/saml/self-signed.ts'

export interface SamlSigner {
  readonly key: KeyObject
  /** PEM. */
  readonly certificate: string
}

const makePair = promisify(generateKeyPair)
const yearMs = 365 * 86_400_000

export async function newSamlSigner(now: Date, random: (bytes: number) => Buffer): Promise<SamlSigner> {
  const { privateKey: key } = await makePair('rsa', { modulusLength: 2048 })
  const lasts = { notBefore: now, notAfter: new Date(now.getTime() + yearMs) }
  const certificate = selfSignedCertificate({ key, commonName: 'Example Corp', serial: random(16), ...lasts })
  return { key, certificate }
}
