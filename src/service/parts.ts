// What the services are made of: interfaces of the floors below, handed in by app/engine.ts.
import type { Pass, ServiceIdentity } from '../core/identity.ts'
import type { Maybe } from '../core/maybe.ts'
import type { Quotas } from '../core/quotas.ts'
import type { Packed } from '../core/token/packed-size.ts'
import type { CodeFlows } from '../federation/oidc/code-flows.ts'
import type { Signers } from '../keys/keys.ts'
import type { Store } from '../store/store.ts'
import type { Refusal } from '../wire/errors.ts'
import type { Backends } from './contracts/backends.ts'
import type { CertificateTrust } from './contracts/certificate-trust.ts'
import type { CognitoParts } from './contracts/identity-pools.ts'
import type { Saml } from './contracts/saml.ts'
import type { Subjects } from './contracts/subject.ts'
import type { TablePolicies } from './contracts/table-policies.ts'
import type { TokenTrust } from './contracts/token-trust.ts'
import type { WebIdentity } from './contracts/web-identity.ts'
import type { Call } from './operation.ts'
import type { StsInput, StsOutput } from './operations.ts'

/** Why a session token, or the session in it, is refused. */
export type PassRejection =
  | 'malformed' // not a token, truncated, flipped, of another key id, or sealed by a foreign ring
  | 'expired'
  | 'revoked'
  | 'held' // whoever vouches for the person cannot be asked: it may be good again
  | 'attestation-ended' // what vouched for the workload that it began with does so no longer
  | 'principal-gone' // the role or user no longer exists, or another now has its name
  | 'account-suspended'

export type Opened = { readonly pass: Pass } | { readonly rejected: PassRejection }

/** Seals and opens session tokens. Opening includes liveness: no one else ever sees an unopened or dead pass. */
export interface Passes {
  /** How much of a token's room these take, in percent: what is over 100 is refused (PackedPolicyTooLarge). */
  packedSize(of: Packed): number
  /** At most 4,096 characters, or undefined when the contents do not fit (PackedPolicyTooLarge). */
  seal(pass: Pass): string | undefined
  open(token: string, accessKeyId: string, now: Date): Maybe<Opened>
}

/** Encrypts long-term secrets for the store; the additional data keeps a ciphertext from being moved elsewhere. */
export interface Vault {
  seal(account: string, record: string, field: string, plain: string): string
  /** Throws when the text was not sealed to these three, or by another ring. */
  open(account: string, record: string, field: string, sealed: string): string
}

/** What AssumeRole takes and gives. */
export interface Assume {
  readonly input: StsInput<'AssumeRole'>
  readonly output: StsOutput<'AssumeRole'>
}

export type Assuming = Promise<{ readonly output: Assume['output'] } | { readonly refused: Refusal }>

/** STS's AssumeRole for other services, in the course of a call: a request of its own, with its own decision, limits and record. */
export interface AssumeRoles {
  /** INVARIANT: who asks verified the workload's proof, in this call. */
  readonly forWorkload: (call: Call, workload: ServiceIdentity, input: Assume['input']) => Assuming
  readonly asSession: (
    call: Call,
    by: { readonly accessKeyId: string; readonly token: string },
    input: Assume['input'],
  ) => Assuming
}

export interface Parts {
  readonly store: Store
  /** Whether this server knows every revocation up to the stated bound. One that does not issues nothing. */
  readonly fresh: (now: Date) => boolean
  readonly subjects: Subjects
  readonly passes: Passes
  readonly vault: Vault
  /** Verifies tokens of identity providers. */
  readonly webIdentity: WebIdentity
  /** SAML providers, and what their responses prove. */
  readonly saml: Saml
  /** Signs people in by OpenID Connect providers. */
  readonly codeFlows: CodeFlows
  /** Identity pools, their tokens and their logins. */
  readonly cognito: CognitoParts
  /** The servers that requests are passed on to. */
  readonly backends: Backends
  /** Whose certificates count, and what was issued by them. */
  readonly certificates: CertificateTrust
  /** Policies of DynamoDB's tables and streams. */
  readonly tablePolicies: TablePolicies
  /** How tokens of clusters are verified. */
  readonly tokenTrust: TokenTrust
  readonly assumeRoles: AssumeRoles
  /** Signs what others verify. */
  readonly signers: Signers
  /** The URL that relying parties know this server by, without a slash at its end; absent when none is configured. */
  readonly publicUrl?: string
  /** Where the documents of the broker's issuer are published instead of below the public URL, without a slash at its end. */
  readonly issuerUrl?: string
  /** How much an account may have. */
  readonly quotas: Quotas
  /** Cryptographically random bytes. */
  readonly random: (bytes: number) => Buffer
}

/** Where no backend is configured. */
export const noBackends: Backends = { find: () => undefined, serves: () => false }
