// `credential-process` with a key: AssumeRole or GetSessionToken, signed as AWS's tools would.
import { Failure } from '../app/failure.ts'
import type { Credentials } from '../client/aws-files.ts'
import type { CredentialSource } from '../client/credential-source.ts'
import { keySource } from '../client/sources/sts.ts'
import { Secret } from '../core/secret.ts'
import type { CommandInput, World } from './command.ts'
import { stsEndpointOf } from './credential-endpoint.ts'
import { keyParameters } from './credential-parameters.ts'
import { keysOfProfile, type UserProfile, userProfile } from './user-profile.ts'

/** A device's code counts once: what it brought is kept until little is left. */
const untilLittleIsLeft = (lifetimeMs: number) => lifetimeMs - 5 * 60_000

export function keyWay(
  input: CommandInput,
  world: World,
): { readonly source: CredentialSource; readonly parts: readonly unknown[]; readonly dueMs?: (ms: number) => number } {
  const profile = userProfile(world.environment, input.texts['source-profile'])
  const sts = stsEndpointOf(input, world, profile)
  const key = keyOf(input, world, profile)
  const parameters = keyParameters(input)
  // Credentials that were requested with a code are found without it.
  const { TokenCode: _, ...cacheable } = parameters
  return {
    source: keySource(sts, () => key, parameters),
    parts: [sts.endpoint.href, sts.region, key.accessKeyId, Object.entries(cacheable).sort()],
    ...(parameters.SerialNumber === undefined ? {} : { dueMs: untilLittleIsLeft }),
  }
}

/** `--source-profile` wins over keys in the environment, and those win over AWS_PROFILE, as in the AWS CLI. */
function keyOf({ texts }: CommandInput, { environment }: World, profile: UserProfile): Credentials {
  const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: token } = environment
  if (texts['source-profile'] === undefined && id && secret) {
    return { accessKeyId: id, secret: new Secret(secret), ...(token ? { token } : {}) }
  }
  if (profile.settings === undefined && !profile.requested) {
    throw new Failure('whose keys? give --source-profile, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY', 2)
  }
  return keysOfProfile(profile)
}
