// A verified assertion as a proof: what proof-identity.ts makes an identity of. SAML's proofs are verified beside the table of
// kinds (decision 0014): their rejections are others, and they say more than an identity (decision 0018).
import { samlProviderArn } from '../../core/arn.ts'
import { identityOfProof, type ProofIdentity } from '../proof-identity.ts'
import type { SamlSession } from './attributes.ts'
import { type ProviderName, samlKeys } from './condition-keys.ts'
import type { SamlAssertion } from './model.ts'

/** The identity of an assertion that was verified against the provider, and whose attributes were understood. */
export function identityOfAssertion(
  provider: ProviderName,
  assertion: SamlAssertion,
  { limits }: SamlSession,
): ProofIdentity {
  return identityOfProof(
    {
      provider: samlProviderArn(provider.account, provider.name),
      // INVARIANT: a person is a provider and its NameID: NameQualifier's text can be met by another provider's.
      subject: assertion.nameId.value,
      voucher: 'account',
      audience: assertion.recipient,
      expiresAt: Math.floor(assertion.notOnOrAfter.getTime() / 1000),
      claims: assertion.attributes,
      conditionKeys: () => samlKeys(provider, assertion),
      sessionAttributes: () => limits,
    },
    limits,
  )
}
