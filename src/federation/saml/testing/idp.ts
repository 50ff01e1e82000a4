// A SAML provider for tests: keys with certificates, metadata, and responses: honest ones and any that no honest provider would make.
import type { KeyObject } from 'node:crypto'

export interface SamlKeys {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  /** PEM. */
  readonly certificate: string
}

export type Signs = 'assertion' | 'response' | 'both' | 'none'

export interface SignatureChoice {
  readonly keys?: SamlKeys
  /** An Algorithm URI; RSA-SHA256, or ECDSA-SHA256 of an EC key, if not said. */
  readonly algorithm?: string
  /** SHA-256 if not said. */
  readonly digest?: string
  /** Prefixes in exclusive c14n's InclusiveNamespaces. */
  readonly inclusive?: string
  /** Changes SignedInfo before it is signed. */
  readonly signedInfo?: (xml: string) => string
  /** Changes the whole Signature element after it was made. */
  readonly signature?: (xml: string) => string
}

export interface ResponseChoice {
  readonly id?: string
  readonly assertionId?: string
  readonly issuer?: string
  readonly now?: Date
  readonly destination?: string | undefined
  readonly recipient?: string
  readonly audiences?: readonly string[]
  readonly nameId?: string
  readonly nameIdFormat?: string | undefined
  /** Name and values, in order; a Name may come twice. */
  readonly attributes?: readonly (readonly [string, readonly string[]])[]
  readonly inResponseTo?: string | undefined
  readonly issueInstant?: Date
  readonly notBefore?: Date
  readonly notOnOrAfter?: Date
  readonly sessionNotOnOrAfter?: Date
  readonly sessionIndex?: string | undefined
  readonly status?: string
  readonly signs?: Signs
  readonly signature?: SignatureChoice
  readonly encryptFor?: KeyObject
  /** An xmlenc Algorithm URI: AES-256-GCM if not said. */
  readonly contentEncryption?: string
  /** An xmlenc Algorithm URI: RSA-OAEP-MGF1P if not said. */
  readonly keyTransport?: string
  /** Where the EncryptedKey stands: in the EncryptedData's KeyInfo (default), or beside the EncryptedData. */
  readonly encryptedKey?: 'inside' | 'beside'
  /** Changes the assertion before it is signed. */
  readonly beforeSigning?: (assertion: string) => string
  /** Changes the assertion after it was signed, and before it is encrypted. */
  readonly afterSigning?: (assertion: string) => string
  /** Changes the response before it is signed. */
  readonly response?: (xml: string) => string
  /** Changes the response after everything. */
  readonly finished?: (xml: string) => string
}

export interface SamlProviderForTests {
  readonly entityId: string
  readonly keys: SamlKeys
  /** An EntityDescriptor with these keys (all of them for signing), or the provider's own. */
  metadata(keys?: readonly SamlKeys[]): string
  /** A response's XML. */
  respondXml(choice?: ResponseChoice): string
  /** The same in base64, as it is posted. */
  respond(choice?: ResponseChoice): string
}

export function newSamlKeys(_kind: 'rsa' | 'P-256' | 'P-384' = 'rsa'): SamlKeys {
  throw new TypeError('not written')
}

export function samlProvider(
  _entityId = 'https://idp.example/saml',
  _keys: SamlKeys = newSamlKeys(),
): SamlProviderForTests {
  throw new TypeError('not written')
}
