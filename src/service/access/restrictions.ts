// What a kind of temporary credential may not call at all, whatever its policies say (STS API Reference, "Comparing STS
// API operations").
import { type Identity, multiFactorAt } from '../../core/identity.ts'

/** `denied`: AccessDenied in the usual sentence. The others are causes of the front door. */
export type Restriction = 'denied' | 'invalid-token' | 'token-without-mfa'

/** Operations of STS that answer for themselves: they refuse sessions in a sentence of their own. */
const ownSentence: ReadonlySet<string> = new Set(['GetSessionToken', 'GetFederationToken'])

/** Why this caller may not call this operation, or undefined when policies decide. */
export function restriction(identity: Identity, service: string, operation: string): Restriction | undefined {
  if (identity.kind !== 'session') return undefined
  const { kind } = identity.pass
  if (service === 'sts') {
    if (operation === 'GetCallerIdentity' || ownSentence.has(operation)) return undefined
    if (kind === 'user' && operation === 'AssumeRole') return undefined
    return kind === 'user' || kind === 'federated-user' ? 'denied' : undefined
  }
  if (service === 'iam') {
    if (kind === 'federated-user') return 'invalid-token'
    if (kind === 'user' && multiFactorAt(identity.pass) === undefined) return 'token-without-mfa'
  }
  return undefined
}
