// What a kind of temporary credential may not call at all, whatever its policies say (STS API Reference, "Comparing STS
// API operations").

import { type Identity, multiFactorAt } from '../../core/identity.ts'
import type { BarCause } from '../bar-cause.ts'

export interface Restriction {
  /** `denied`: AccessDenied in the usual sentence. The others are causes of the front door. */
  readonly says: 'denied' | 'invalid-token' | 'token-without-mfa'
  /** For the operator (audit/causes.ts). */
  readonly cause: Extract<BarCause, 'user-session' | 'federated-session' | 'token-without-mfa' | 'broker-user'>
}

const userSession: Restriction = { says: 'denied', cause: 'user-session' }
const federatedSession: Restriction = { says: 'denied', cause: 'federated-session' }

const brokerUser: Restriction = { says: 'denied', cause: 'broker-user' }
/** INVARIANT: what a broker user may call for a person, whatever its policies say. */
const brokered: ReadonlySet<string> = new Set(['AssumeRole', 'GetFederationToken'])

/** Operations of STS that answer for themselves: they refuse sessions in a sentence of their own. */
const ownSentence: ReadonlySet<string> = new Set(['GetSessionToken', 'GetFederationToken'])

/** Why this caller may not call this operation, or undefined when policies decide. */
export function restriction(identity: Identity, service: string, operation: string): Restriction | undefined {
  if (identity.kind === 'user' && identity.onBehalf !== undefined) {
    return service === 'sts' && brokered.has(operation) ? undefined : brokerUser
  }
  if (identity.kind !== 'session') return undefined
  const { kind } = identity.pass
  if (service === 'sts') {
    if (operation === 'GetCallerIdentity' || ownSentence.has(operation)) return undefined
    if (kind === 'user' && operation === 'AssumeRole') return undefined
    if (kind === 'user') return userSession
    return kind === 'federated-user' ? federatedSession : undefined
  }
  if (service === 'iam') {
    if (kind === 'federated-user') return { says: 'invalid-token', cause: 'federated-session' }
    if (kind === 'user' && multiFactorAt(identity.pass) === undefined)
      return { says: 'token-without-mfa', cause: 'token-without-mfa' }
  }
  return undefined
}
