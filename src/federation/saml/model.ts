// What a SAML response is held against, what is read of one that holds, and why one does not.
import type { KeyObject } from 'node:crypto'
import type { SamlIdentityProvider } from './provider.ts'

/** What a response is held against. */
export interface Expected {
  readonly provider: SamlIdentityProvider
  /** Every private key of the provider record; none where it has none. */
  readonly decryptionKeys: readonly KeyObject[]
  readonly encryption: 'none' | 'Allowed' | 'Required'
  /** Addresses of ours that the assertion may be made for. */
  readonly recipients: readonly string[]
  readonly audiences: readonly string[]
  /** The operator marked the provider old: SHA-1 counts. */
  readonly allowsSha1?: boolean
  /** The operator lets the response's signature stand for the assertion's. */
  readonly allowsResponseSignature?: boolean
  readonly skewSeconds: number
}

/** INVARIANT: every value is read from the canonical bytes whose digest was verified. */
export interface SamlAssertion {
  readonly id: string
  readonly issuer: string
  readonly nameId: { readonly value: string; readonly format: string | undefined }
  readonly recipient: string
  readonly audience: readonly string[]
  /** Of the subject confirmation: the id of the request that this answers. */
  readonly inResponseTo?: string
  readonly issueInstant: Date
  /** The least of Conditions' and the subject confirmation's. */
  readonly notOnOrAfter: Date
  /** The least of all AuthnStatements'. */
  readonly sessionNotOnOrAfter?: Date
  readonly sessionIndex?: string
  /** The earliest of all AuthnStatements'; absent where one of them has none that can be read. */
  readonly authnInstant?: Date
  /** AuthnContextClassRef of every AuthnStatement: how the person was asked. */
  readonly authnContexts: readonly string[]
  /** By Name; values of repeated Attribute elements follow each other. */
  readonly attributes: ReadonlyMap<string, readonly string[]>
  /** Names of more than one Attribute element. */
  readonly repeated: ReadonlySet<string>
}

export type SamlRejection =
  // what stands before any parser
  | 'too-large'
  | 'not-base64'
  | 'not-xml'
  | 'document-type'
  | 'processing-instruction'
  | 'comment'
  | 'cdata'
  | 'too-deep'
  | 'namespace'
  | 'id-attribute'
  | 'duplicate-id'
  // the response
  | 'no-response'
  | 'status'
  | 'destination'
  | 'not-one-assertion'
  // encryption
  | 'not-encrypted'
  | 'encrypted'
  | 'decryption'
  // signatures
  | 'unsigned'
  | 'signature-shape'
  | 'algorithm'
  | 'reference'
  | 'digest'
  | 'signature'
  // what the assertion says
  | 'issuer'
  | 'audience'
  | 'subject'
  | 'subject-confirmation'
  | 'recipient'
  | 'expired'
  | 'not-yet'
  | 'stale'
  | 'bad-value'

export interface Rejected {
  readonly rejected: SamlRejection
  /** For the operator: it is not sent. */
  readonly detail: string
}

export type ReadResponse = { readonly assertion: SamlAssertion } | Rejected
