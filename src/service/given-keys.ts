// What an operator gives of an issuer of tokens: its keys in a JWKS document (RFC 7517), which verify and do not sign, and the authority that
// vouches for its server.
import { X509Certificate } from 'node:crypto'
import { holdsPrivateKey } from '../core/pem.ts'
import { readKeys } from '../federation/oidc/jwks.ts'
import { OperatorProblem } from './operator-problem.ts'

/** In characters. */
const LONGEST = 65_536

/** `hint`: where to get them, after a problem with the document. @throws OperatorProblem */
export function checkGivenKeys(text: string, hint = ''): void {
  if (text.length > LONGEST) throw new OperatorProblem(`the keys have more than ${LONGEST} characters`)
  const read = readKeys(Buffer.from(text))
  if ('problem' in read) throw new OperatorProblem(`the keys: ${read.problem}${hint}`)
  // INVARIANT: a key that signs is in no store: it would be in every backup.
  const { keys } = JSON.parse(text) as { readonly keys: readonly unknown[] }
  const secret = (key: unknown) => typeof key === 'object' && key !== null && ('d' in key || 'k' in key)
  if (keys.some(secret)) throw new OperatorProblem('the keys are private or secret: give the public ones')
  if (read.keys.length === 0) throw new OperatorProblem('the keys: none of them may verify tokens')
}

/** PEM. @throws OperatorProblem */
export function checkGivenAuthority(pem: string): void {
  if (holdsPrivateKey(pem)) throw new OperatorProblem('the authority has a private key beside it: give its certificate')
  try {
    if (pem.length > LONGEST || !new X509Certificate(pem).ca) throw new TypeError('not an authority')
  } catch {
    throw new OperatorProblem('the authority is no PEM of a certificate authority')
  }
}
