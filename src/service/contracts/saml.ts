// SAML providers of accounts as other rooms see them: found by name or by id, compiled from their records; and what their
// responses prove (made in saml/verify.ts).
import type { KeyObject } from 'node:crypto'
import type { Maybe } from '../../core/maybe.ts'
import type { ProofIdentity } from '../../federation/proof-identity.ts'
import type { AttributeRejection } from '../../federation/saml/attributes.ts'
import type { SamlAssertion, SamlRejection } from '../../federation/saml/model.ts'
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

/** What the operator says of one provider, beside what IAM's record of it says. */
export interface SamlProviderSettings {
  /** Its ARN. */
  readonly provider: string
  /** It is old: signatures and digests of SHA-1 count. */
  readonly sha1: boolean
  /** Its signature of the response stands for the assertion's. */
  readonly responseSignature: boolean
  /** Each of its assertions begins one session. */
  readonly oneUse: boolean
}

/** Why a response proves nothing. What each means to who sent it stands where it is refused: a reason without a row does not compile. */
export type SamlReason =
  | SamlRejection
  | AttributeRejection
  /** Two attributes that one condition key would stand for. */
  | 'two-claims'
  /** No such provider, or none that the response names. */
  | 'no-provider'
  /** The provider's metadata or private keys cannot be used. */
  | 'unusable'
  /** The provider's metadata says that it has ended. */
  | 'metadata-ended'
  /** The session at the provider has no whole second left. */
  | 'session-ended'
  /** The assertion names no such role for this provider. */
  | 'role-not-named'
  /** A role of IAM Identity Center. */
  | 'reserved-role'
  /** One of whose assertions each begins one session, used before. */
  | 'used'
  /** It names more providers than are looked at. */
  | 'many-providers'

export interface RejectedSaml {
  readonly rejected: SamlReason
  /** For the operator alone. */
  readonly detail: string
}

/** An assertion that is verified against one provider record, and understood. */
export interface ProvenSaml {
  readonly provider: KnownSamlProvider
  /** INVARIANT: the person is `identity.provider` and `identity.subject`: the provider's ARN and the NameID. */
  readonly identity: ProofIdentity
  readonly assertion: SamlAssertion
  readonly sessionName: string
  /** ARNs of the roles that it names for this provider, all in the provider's account; whether they are there is not asked. */
  readonly roles: readonly string[]
  /** Seconds: no session that it begins lives longer. Absent where it says nothing of it. */
  readonly longest: number | undefined
  /** Where each assertion of the provider begins one session: what `once` is asked in the transaction in which it does. */
  readonly oneUse: OneUse | undefined
}

export interface OneUse {
  readonly account: string
  readonly scope: string
  readonly key: string
  /** ms. */
  readonly until: number
}

/** What one provider record makes of a response that was posted to the sign-in endpoint. */
export type SignInProof =
  | (ProvenSaml & { readonly choices: readonly RoleChoice[] })
  | (RejectedSaml & { readonly provider: KnownSamlProvider })

export interface RoleChoice {
  readonly arn: string
  /** Whether the account has such a role, and is active: nothing is said of whether it trusts the person. */
  readonly exists: boolean
}

export interface Saml extends SamlProviders {
  /** A response for one provider, made for any address of ours or of AWS's sign-in endpoints. */
  verify(provider: KnownSamlProvider, text: string, now: Date): ProvenSaml | RejectedSaml
  /** The same for a provider of an account by its name, to the letter. */
  prove(account: string, name: string, text: string, now: Date): Promise<ProvenSaml | RejectedSaml>
  /**
   * A response as it is posted to our sign-in endpoint: for every provider record that it names, or for the one whose address it
   * was posted to. Records of one metadata are verified together, once. In the order in which the response names them.
   */
  signIn(text: string, at: SignInAddress, now: Date): Promise<readonly SignInProof[] | RejectedSaml>
  /** What a response says that a provider made for one of these addresses, whatever it says of roles. */
  assertion(
    provider: KnownSamlProvider,
    text: string,
    receiver: SamlReceiver,
    now: Date,
  ): Pick<ProvenSaml, 'assertion' | 'oneUse'> | RejectedSaml
}

/** Whom a response must be made for: addresses it may be sent to, and names that it may be for. */
export interface SamlReceiver {
  readonly recipients: readonly string[]
  readonly audiences: readonly string[]
}

/** `POST /saml`, or a provider's own `POST /saml/acs/<uuid>`. */
export type SignInAddress = { readonly uuid?: string }
