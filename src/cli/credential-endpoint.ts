// Where `credential-process` finds Hallpass: as AWS's tools find a service, but never AWS.
import { Failure } from '../app/failure.ts'
import { endpointIn, httpUrl } from '../client/endpoints.ts'
import type { StsEndpoint } from '../client/sources/sts.ts'
import { fileText } from '../client/text-file.ts'
import type { CommandInput, World } from './command.ts'
import type { UserProfile } from './user-profile.ts'

export interface EndpointFound {
  readonly endpoint: URL
  readonly ca?: () => string
}

/** @throws Failure where nothing says where it is */
export function endpointOf(
  { texts }: CommandInput,
  { environment }: World,
  profile: UserProfile,
  service: 'sts' | 'rolesanywhere',
): EndpointFound {
  const text = texts['endpoint-url'] ?? endpointIn(environment, service) ?? profile.endpointOf(service)
  // INVARIANT: without an endpoint no request is sent: AWS's own endpoint would get a key that is not AWS's.
  if (text === undefined || text === '') {
    const setProfile = `give the profile ${profile.name} an endpoint_url in ${profile.files.config}`
    throw new Failure(`where is Hallpass? give --endpoint-url, set AWS_ENDPOINT_URL, or ${setProfile}`, 2)
  }
  const url = httpUrl(text)
  if (url === undefined) throw new Failure(`--endpoint-url: ${text} is not an http or https URL`, 2)
  const bundle = texts['ca-bundle'] ?? (environment.AWS_CA_BUNDLE || profile.settings?.ca_bundle)
  return { endpoint: url, ...(bundle ? { ca: () => fileText(bundle, 'ca-bundle') } : {}) }
}

/** @throws Failure where nothing says where it is */
export function stsEndpointOf(input: CommandInput, world: World, profile: UserProfile): StsEndpoint {
  const { environment, clock } = world
  const region = input.texts.region ?? (environment.AWS_REGION || environment.AWS_DEFAULT_REGION)
  return {
    ...endpointOf(input, world, profile, 'sts'),
    clock,
    region: region || profile.settings?.region || 'us-east-1',
  }
}
