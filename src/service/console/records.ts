// Console sessions as the store keeps them. The browser has a random id alone; what it stands for is sealed here.
import type { Collection } from '../../store/store.ts'

export interface ConsoleSessionRecord {
  /** The account of the credentials that the session began with. */
  readonly account: string
  /** Random. It names the record, and lets nobody in. */
  readonly id: string
  /** SHA-256 of the cookie's id, base64url: who reads the store holds no cookie. */
  readonly cookie: string
  /** Times are in ms. */
  readonly startedAt: number
  /** Written at most once a minute. */
  readonly seenAt: number
  /** The end, whatever its passes say. */
  readonly endsAt: number
  /** After it the record may go: later than the end, so that who comes back is told where to sign in again. */
  readonly until: number
  /** Where to sign in again, as whoever sent the person here said: an https URL, shown and never followed. */
  readonly issuer?: string
  /** Passes and the secret of its forms, sealed to (account, id, 'session'). */
  readonly sealed: string
  /** Of one that a SAML response began: how the provider finds it when it signs the person out. */
  readonly saml?: {
    /** Digest of provider and NameID. */
    readonly person: string
    /** Digest of the provider's name for its own session, where it gave one. */
    readonly index?: string
    /** What the provider is told when somebody signs out here, sealed to (account, id, 'saml'). */
    readonly sealed: string
  }
}

export const consoleSessions: Collection<ConsoleSessionRecord, 'cookie' | 'until' | 'person'> = {
  name: 'console_session',
  key: (r) => [r.account, r.id],
  indexes: {
    cookie: { of: (r) => [r.cookie], unique: true },
    until: { of: (r) => [r.until, r.account, r.id] },
    person: { of: (r) => r.saml && [r.saml.person, r.account, r.id] },
  },
  shape: 1,
  upgrade: (old) => old as ConsoleSessionRecord,
}

/** A SAML response that was posted and verified, until the browser that follows has used it. */
export interface KeptResponse {
  /** Of the first provider that vouches for it. */
  readonly account: string
  /** Digest of provider and NameID. */
  readonly person: string
  /** SHA-256 of its handle, base64url: who reads the store holds no handle. */
  readonly id: string
  /** ms. */
  readonly at: number
  readonly until: number
  /** SHA-256 of the cookie of the browser that it belongs to, once one has asked for it. */
  readonly browser?: string
  /** The response and what came with it, sealed to (account, id, 'response'). */
  readonly sealed: string
}

export const keptResponses: Collection<KeptResponse, 'id' | 'until'> = {
  name: 'kept_response',
  key: (r) => [r.account, r.person, r.id],
  indexes: {
    id: { of: (r) => [r.id], unique: true },
    until: { of: (r) => [r.until, r.account, r.person, r.id] },
  },
  shape: 1,
  upgrade: (old) => old as KeptResponse,
}

/** The role that a person of a SAML provider chose last. */
export interface LastRole {
  readonly account: string
  /** Digest of provider and NameID. */
  readonly person: string
  readonly role: string
  readonly until: number
}

export const lastRoles: Collection<LastRole, 'until'> = {
  name: 'last_role',
  key: (r) => [r.account, r.person],
  indexes: { until: { of: (r) => [r.until, r.account, r.person] } },
  shape: 1,
  upgrade: (old) => old as LastRole,
}
