// A company's SAML provider, as compiled from its metadata: what a response is held against. SAML 2.0 metadata 2.4.3.
import type { KeyObject } from 'node:crypto'

export type Binding = 'redirect' | 'post'

export interface Endpoint {
  readonly binding: Binding
  readonly location: string
}

export interface SamlIdentityProvider {
  readonly entityId: string
  /** Of every IDPSSODescriptor of that entity, use="signing" or without use. The dates of certificates are ignored, as AWS does. */
  readonly signingKeys: readonly KeyObject[]
  readonly singleSignOn: readonly Endpoint[]
  readonly singleLogout: readonly (Endpoint & { readonly responseLocation?: string })[]
  readonly wantsSignedRequests: boolean
  readonly validUntil?: Date
  readonly certificates: readonly ProviderCertificate[]
}

/** For listings and warnings: no decision reads it. */
export interface ProviderCertificate {
  readonly subject: string
  readonly notAfter: Date
  readonly sha256: string
}
