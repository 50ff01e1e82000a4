// For whom a response may be made: our addresses, and those of AWS's sign-in endpoints that providers are set up with (IAM User
// Guide, "Configure SAML assertions for the authentication response"; General Reference, "AWS Sign-In endpoints").
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

export interface SamlAddresses {
  /** DIVERGES: beside AWS's two, the address of our own sign-in endpoint: providers that know it as the audience are many. */
  readonly audiences: readonly string[]
  /** Of the sign-in endpoint alone: it takes what was made for it. */
  signIn(provider: Pick<KnownSamlProvider, 'uuid' | 'compiled'>): readonly string[]
  /** Of the API: what was made for AWS's as well. */
  all(provider: KnownSamlProvider): readonly string[]
}

/** @param publicUrl without a slash at its end */
export function samlAddresses(publicUrl: string | undefined): SamlAddresses {
  const ours = publicUrl === undefined ? [] : [`${publicUrl}/saml`]
  const everywhere = [...ours, ...awsAddresses]
  const known = new WeakMap<KnownSamlProvider, readonly string[]>()
  /** INVARIANT: a provider that must encrypt is reached by its own address alone. */
  const of = (addresses: readonly string[], { uuid, compiled }: Pick<KnownSamlProvider, 'uuid' | 'compiled'>) => {
    const own = addresses.map((address) => `${address}/acs/${uuid}`)
    return 'encryption' in compiled && compiled.encryption === 'Required' ? own : [...addresses, ...own]
  }
  return {
    audiences: ['urn:amazon:webservices', awsAddress, ...ours],
    signIn: (provider) => of(ours, provider),
    all(provider) {
      const found = known.get(provider) ?? of(everywhere, provider)
      known.set(provider, found)
      return found
    },
  }
}
