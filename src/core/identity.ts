// Who is asking. An Identity is minted only by a verified signature or by a verified federation proof; a Pass is what a
// session token carries, sealed.
import type { Secret } from './secret.ts'

/** Context keys: names lower-cased; a key that is not provided is absent, never ''. */
export type Keys = ReadonlyMap<string, string | readonly string[]>

/** Names of context keys, lower-cased. A set is one. */
export interface KeyNames {
  readonly has: (name: string) => boolean
}

/** Tags: key in the case it was given; look-ups by policies ignore case. */
export type Tags = Readonly<Record<string, string>>

/** What a session has beside its principal's permissions: tags, source identity, context keys of the proof. */
export interface SessionAttributes {
  readonly tags: Tags
  /** Keys of `tags` that outlive role chaining. */
  readonly transitive: readonly string[]
  readonly sourceIdentity?: string
  /** Context keys that outlive the proof (`aws:FederatedProvider`, `accounts.google.com:aud`, …), lower-cased. */
  readonly keys: Keys
}

/** A credential this pass descends from: what a revocation with descendants matches. */
export interface Ancestor {
  /** Session id of a temporary credential, access key id of a long-term one. */
  readonly id: string
  /** Unique id of its principal, and that principal's record version when it was issued (0 for long-term keys of root). */
  readonly principal: string
  readonly version: number
  /** The account that principal is in: an account revokes what descends from it, wherever it went, and nothing else. */
  readonly account: string
}

export type PassKind = 'role' | 'user' | 'federated-user' | 'root-task'

/** The longest a session lives, in ms: GetFederationToken's 36 hours. */
export const longestSessionMs = 36 * 3_600_000

/** The sealed contents of a session token. Times are whole seconds since 1970. */
export interface Pass extends SessionAttributes {
  /** 128 random bits, hex: the session's identity. The access key id has too few random bits to be one. */
  readonly id: string
  readonly accessKeyId: string
  readonly secret: Secret
  readonly issuedAt: number
  readonly expiresAt: number
  readonly kind: PassKind
  readonly account: string
  /** Unique id of the principal whose permissions the session has: AROA… of a role, AIDA… of a user, or the account of root. */
  readonly principal: string
  /** Role session name, user name or federated user name. */
  readonly name: string
  /** Version of the principal's record when the pass was issued: revocation kills versions up to N. */
  readonly version: number
  /** Session policies; absent when none were passed. Managed ones by unique id, looked up at each use: a missing one denies. */
  readonly policies?: { readonly inline?: string; readonly managed: readonly string[] }
  /** When its holder gave a multi-factor code. Read by multiFactorAt alone. */
  readonly mfaAt?: number
  /** The credentials this one descends from, the first of the chain first. */
  readonly ancestors: readonly Ancestor[]
  /** Provider and subject, or the caller's unique id: what revocation and audit match. */
  readonly by: string
  /** Whether somebody vouches for the identity that began the chain: see Voucher. */
  readonly vouched: boolean
  /** The proof that began the session said when it ends: nothing made of the session by itself lives longer. */
  readonly bounded?: true
}

/**
 * When the holder of a session gave a multi-factor code, in seconds since 1970. Among temporary credentials only
 * GetSessionToken's say so: a code given to AssumeRole counts in that one decision. Role sessions issued by older releases
 * may carry a time; it counts for nothing.
 */
export const multiFactorAt = ({ kind, mfaAt }: Pick<Pass, 'kind' | 'mfaAt'>): number | undefined =>
  kind === 'user' ? mfaAt : undefined

/**
 * Who vouches for the identity of a bearer. `account`: the account, by a key, a provider of its own, a pool's developer.
 * `trust`: nobody, since anybody can get a token of that provider, but a role's trust policy has to say whose tokens it
 * accepts. `nobody`: a guest of a pool, or a login that anybody can get.
 */
export type Voucher = 'account' | 'trust' | 'nobody'

/** For whom a broker user asks. */
export interface OnBehalf {
  /** Id of their sign-in. */
  readonly signIn: string
  /** Connector and id of the person: `by` of what they are given. */
  readonly by: string
}

/**
 * A service that acts for a workload, as EC2 acts for an instance. INVARIANT: minted only where the workload's proof was verified.
 */
export interface ServiceIdentity {
  readonly kind: 'service'
  /** The principal that trust policies name: `ec2.amazonaws.com`. */
  readonly name: string
  /** The workload, as the service calls it: an instance id, a certificate's serial number. No blank in it. */
  readonly subject: string
  /** What vouches for the workload: the first ancestor of its sessions, which end with it (service/session/attestations.ts). */
  readonly attestation: Ancestor
  /** On whose behalf it acts: `aws:SourceAccount`, and `aws:SourceArn` where there is a resource. */
  readonly source: { readonly account: string; readonly arn?: string }
  /** Context keys that its sessions keep, lower-cased. */
  readonly keys: Keys
}

export type Identity =
  | {
      readonly kind: 'root' | 'user'
      readonly account: string
      /** Account id for root, AIDA… for a user. */
      readonly principal: string
      readonly accessKeyId: string
      readonly onBehalf?: undefined
    }
  | {
      /** A broker user, who has no key: it asks for a person, by a proof that no socket carries (service/people/broker/broker-proof.ts). */
      readonly kind: 'user'
      readonly account: string
      readonly principal: string
      readonly accessKeyId?: undefined
      readonly onBehalf: OnBehalf
    }
  | { readonly kind: 'session'; readonly pass: Pass }
  | ServiceIdentity
  | { readonly kind: 'anonymous' }
  | ({
      readonly kind: 'proof'
      /** ARN or name of the provider that vouches. */
      readonly provider: string
      readonly subject: string
      readonly voucher: Voucher
      readonly notAfter?: number
      /** The audience of the proof: a client id, an app. */
      readonly audience?: string
      /** Context keys that the trust policy may test and the session does not keep, lower-cased. */
      readonly trustPolicyOnly?: Keys
      /** Keys of the provider that its proofs may hold and Hallpass does not fill: their absence says nothing. */
      readonly unfilled?: KeyNames
      /** The credentials with which a proof of our own was obtained: revoking them revokes what the proof can be used for. */
      readonly ancestors?: readonly Ancestor[]
    } & SessionAttributes)
