// Reads a user's own AWS settings as AWS's tools do (AWS SDKs and Tools Reference Guide, "Shared config and credentials
// files", "Service-specific endpoints"): ~/.aws/config and ~/.aws/credentials, and the variables that override both.
import { join } from 'node:path'
import { Failure } from '../app/failure.ts'
import { type Credentials, readSections, type Section } from '../client/aws-files.ts'
import { type Environment, homeOf } from '../client/folder.ts'
import { Secret } from '../core/secret.ts'

export interface UserProfile {
  readonly name: string
  /** Its settings from both files; the credentials file overrides the config file. Undefined when neither has the profile. */
  readonly settings: Section | undefined
  /** Whether the command line or AWS_PROFILE names it. */
  readonly requested: boolean
  readonly files: { readonly config: string; readonly credentials: string }
  /** Its endpoint for a service: that of its `services` section, or its general one. */
  readonly endpointOf: (service: string) => string | undefined
}

/** The profile with this name; without a name, AWS_PROFILE's, or `default`. */
export function userProfile(environment: Environment, nameFlag: string | undefined): UserProfile {
  const path = (variable: string, file: string) => {
    const setPath = environment[variable]
    return setPath ? setPath.replace(/^~(?=[/\\]|$)/, homeOf(environment)) : join(homeOf(environment), '.aws', file)
  }
  const files = {
    config: path('AWS_CONFIG_FILE', 'config'),
    credentials: path('AWS_SHARED_CREDENTIALS_FILE', 'credentials'),
  }
  const requested = nameFlag ?? (environment.AWS_PROFILE || environment.AWS_DEFAULT_PROFILE || undefined)
  const name = requested ?? 'default'
  const config = readSections(files.config)
  // `[profile default]` wins over `[default]`, as in AWS's SDKs.
  const fromConfig = config.get(`profile ${name}`) ?? (name === 'default' ? config.get('default') : undefined)
  const fromCredentials = readSections(files.credentials).get(name)
  const settings =
    fromConfig === undefined && fromCredentials === undefined ? undefined : { ...fromConfig, ...fromCredentials }
  const ignored = [environment.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS, settings?.ignore_configured_endpoint_urls]
  const services = settings?.services === undefined ? undefined : config.get(`services ${settings.services}`)
  return {
    name,
    settings,
    requested: requested !== undefined,
    files,
    endpointOf: (service) =>
      ignored.some((value) => value?.toLowerCase() === 'true')
        ? undefined
        : services?.[`${service}.endpoint_url`] || settings?.endpoint_url || undefined,
  }
}

/** Sources of credentials that need a client of their own, by the setting that names the source. */
const otherSources: Readonly<Record<string, string>> = {
  credential_process: 'runs a program for its credentials, which might be this one',
  sso_session: 'signs in at IAM Identity Center',
  sso_start_url: 'signs in at IAM Identity Center',
  login_session: 'signs in with `aws login`',
  web_identity_token_file: 'gets its credentials with a web identity',
  credential_source: 'gets its credentials from a machine or container',
  role_arn: 'assumes a role for its credentials',
}

/**
 * The access key of a profile.
 * @throws Failure when there is no such profile, it has half a key, or it gets its credentials from another source
 */
export function keysOfProfile({ name, settings, files }: UserProfile): Credentials {
  if (settings === undefined) {
    throw new Failure(`there is no profile ${name} in ${files.credentials} and none in ${files.config}`)
  }
  const { aws_access_key_id: accessKeyId, aws_secret_access_key: secret, aws_session_token: token } = settings
  if (accessKeyId && secret) return { accessKeyId, secret: new Secret(secret), ...(token ? { token } : {}) }
  if (accessKeyId || secret) {
    const missing = accessKeyId ? 'aws_secret_access_key' : 'aws_access_key_id'
    throw new Failure(`the profile ${name} has no ${missing}, though it has the other half of a key`)
  }
  const source = Object.keys(otherSources).find((setting) => settings[setting])
  const why =
    source === undefined ? 'has no access key' : `${otherSources[source]} (${source}), which hallpass does not support`
  throw new Failure(`the profile ${name} ${why}: name one with aws_access_key_id and aws_secret_access_key`)
}
