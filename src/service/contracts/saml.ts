// SAML providers of accounts, as other rooms see them: found by name or by id, compiled from their records.
import type { KeyObject } from 'node:crypto'
import type { Maybe } from '../../core/maybe.ts'
import type { SamlIdentityProvider } from '../../federation/saml/provider.ts'

/** A provider record that can be verified against. */
export interface CompiledSamlProvider {
  readonly provider: SamlIdentityProvider
  readonly decryptionKeys: readonly KeyObject[]
  /** `none`: it has no private key, so nothing can be encrypted for it. */
  readonly encryption: 'none' | 'Allowed' | 'Required'
}

export interface KnownSamlProvider {
  readonly account: string
  readonly name: string
  readonly arn: string
  readonly uuid: string
  /** Of the record: another one after every change of it. */
  readonly version: number
  /** Or why nothing can be verified against it: metadata of older rules, a private key of another ring. */
  readonly compiled: CompiledSamlProvider | { readonly unusable: string }
}

export interface SamlProviders {
  /** By the account and the name to the letter. */
  byName(account: string, name: string): Maybe<KnownSamlProvider | undefined>
  /** By SAMLProviderUUID. */
  byUuid(uuid: string): Maybe<KnownSamlProvider | undefined>
}
