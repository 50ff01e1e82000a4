// Addresses and audiences that a response may name: ours, and those of AWS's sign-in endpoints, which providers are set up with (IAM
// User Guide, "Configure SAML assertions for the authentication response"; General Reference, "AWS Sign-In endpoints").
import { memoize } from '../../wire/lazy.ts'
import type { KnownSamlProvider } from '../contracts/saml.ts'

/** Regions with a SAML endpoint of their own. us-east-1's has no region in its name. */
const regions = [
  ...['us-east-2', 'us-west-1', 'us-west-2', 'ca-central-1', 'ca-west-1', 'mx-central-1', 'sa-east-1'],
  ...['eu-central-1', 'eu-central-2', 'eu-north-1', 'eu-south-1', 'eu-south-2', 'eu-west-1', 'eu-west-2', 'eu-west-3'],
  ...['af-south-1', 'il-central-1', 'me-central-1', 'me-south-1', 'ap-east-1', 'ap-east-2', 'ap-northeast-1'],
  ...['ap-northeast-2', 'ap-northeast-3', 'ap-south-1', 'ap-south-2', 'ap-southeast-1', 'ap-southeast-2'],
  ...['ap-southeast-3', 'ap-southeast-4', 'ap-southeast-5', 'ap-southeast-6', 'ap-southeast-7'],
]
const awsAddress = 'https://signin.aws.amazon.com/saml'
const awsAddresses: readonly string[] = [
  awsAddress,
  ...regions.map((region) => `https://${region}.signin.aws.amazon.com/saml`),
]

type Addressed = Pick<KnownSamlProvider, 'uuid' | 'compiled'>

export interface SamlAddresses {
  /** DIVERGES: beside AWS's two audiences, the address of our own sign-in endpoint. */
  readonly audiences: readonly string[]
  /** Addresses of our sign-in endpoint for one provider. */
  signIn(provider: Addressed): readonly string[]
  /** Of these, the one that all providers share. */
  shared(provider: Addressed): readonly string[]
  /** Addresses that the API accepts: ours, and those of AWS's sign-in endpoints. */
  all(provider: KnownSamlProvider): readonly string[]
}

/** @param publicUrl without a slash at its end */
export function samlAddresses(publicUrl: string | undefined): SamlAddresses {
  const ours = publicUrl === undefined ? [] : [`${publicUrl}/saml`]
  const everywhere = [...ours, ...awsAddresses]
  /** INVARIANT: a provider whose assertions must be encrypted is reached at its own address alone. */
  const shareable = (addresses: readonly string[], { compiled }: Addressed) =>
    'encryption' in compiled && compiled.encryption === 'Required' ? [] : addresses
  const of = (addresses: readonly string[], provider: Addressed) => [
    ...shareable(addresses, provider),
    ...addresses.map((address) => `${address}/acs/${provider.uuid}`),
  ]
  return {
    audiences: ['urn:amazon:webservices', awsAddress, ...ours],
    signIn: (provider) => of(ours, provider),
    shared: (provider) => shareable(ours, provider),
    all: memoize((provider) => of(everywhere, provider)),
  }
}
