// A key's thumbprint (RFC 7638): what it is called by, whoever has it.
import { hash } from 'node:crypto'

/** Of a public key on an elliptic curve, or of RSA: SHA-256, base64url. Other members of it count for nothing. */
export function jwkThumbprint({ kty, crv, x, y, n, e }: Readonly<Record<string, unknown>>): string {
  const members = kty === 'RSA' ? { e, kty, n } : { crv, kty, x, y }
  return hash('sha256', JSON.stringify(members), 'base64url')
}
