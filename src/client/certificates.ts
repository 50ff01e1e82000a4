// Certificates in files of PEM, as programs on a machine keep them.
import { X509Certificate } from 'node:crypto'
import { readPem } from '../core/pem.ts'
import { NoAnswer } from './credential-source.ts'

/** The certificates of a PEM text, in order: none where it has none. @throws NoAnswer for one that cannot be read */
export function certificatesIn(pem: string): readonly X509Certificate[] {
  if (!pem.includes('-----BEGIN CERTIFICATE-----')) return []
  try {
    const blocks = readPem(pem, 'CERTIFICATE')
    if (blocks !== undefined) return blocks.map((der) => new X509Certificate(der))
  } catch {}
  throw new NoAnswer('a certificate cannot be read: its PEM is damaged')
}
