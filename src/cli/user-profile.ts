// A user's own AWS settings, read as AWS's tools read them (AWS SDKs and Tools Reference Guide, "Shared config and
// credentials files", "Service-specific endpoints"): ~/.aws/config and ~/.aws/credentials, and the variables over both.
import { homedir } from 'node:os'
import { join } from 'node:path'
import { Failure } from '../app/failure.ts'
import { type Credentials, readSections, type Section } from '../client/aws-files.ts'
import { Secret } from '../core/secret.ts'

type Environment = Readonly<Record<string, string | undefined>>

export interface UserProfile {
  readonly name: string
  /** What both files say of it; what the credentials file says wins. Undefined when neither names it. */
  readonly settings: Section | undefined
  /** Whether it was asked for, by the command line or AWS_PROFILE. */
  readonly asked: boolean
  readonly files: { readonly config: string; readonly credentials: string }
  /** The endpoint that it has for a service: the one of its `services` section, or its own. */
  readonly endpointOf: (service: string) => string | undefined
}

export const homeOf = (environment: Environment) => environment.HOME || environment.USERPROFILE || homedir()

/** The profile of a name; without one, AWS_PROFILE's, or `default`. */
export function userProfile(environment: Environment, given: string | undefined): UserProfile {
  const path = (variable: string, file: string) => {
    const named = environment[variable]
    return named ? named.replace(/^~(?=[/\\]|$)/, homeOf(environment)) : join(homeOf(environment), '.aws', file)
  }
  const files = {
    config: path('AWS_CONFIG_FILE', 'config'),
    credentials: path('AWS_SHARED_CREDENTIALS_FILE', 'credentials'),
  }
  const asked = given ?? (environment.AWS_PROFILE || environment.AWS_DEFAULT_PROFILE || undefined)
  const name = asked ?? 'default'
  const config = readSections(files.config)
  // `[profile default]` wins over `[default]`, as in AWS's SDKs.
  const said = config.get(`profile ${name}`) ?? (name === 'default' ? config.get('default') : undefined)
  const kept = readSections(files.credentials).get(name)
  const settings = said === undefined && kept === undefined ? undefined : { ...said, ...kept }
  const ignored = [environment.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS, settings?.ignore_configured_endpoint_urls]
  const services = settings?.services === undefined ? undefined : config.get(`services ${settings.services}`)
  return {
    name,
    settings,
    asked: asked !== undefined,
    files,
    endpointOf: (service) =>
      ignored.some((one) => one?.toLowerCase() === 'true')
        ? undefined
        : services?.[`${service}.endpoint_url`] || settings?.endpoint_url || undefined,
  }
}

/** Ways to credentials that need a client of their own, by the setting that asks for one. */
const otherWays: Readonly<Record<string, string>> = {
  credential_process: 'runs a program for its credentials, which might be this one',
  sso_session: 'signs in at IAM Identity Center',
  sso_start_url: 'signs in at IAM Identity Center',
  login_session: 'signs in with `aws login`',
  web_identity_token_file: 'has a web identity for its credentials',
  credential_source: 'has the credentials of a machine or container',
  role_arn: 'assumes a role for its credentials',
}

/**
 * The access key of a profile.
 * @throws Failure for one that is not there, has half a key, or has its credentials in another way
 */
export function keysOfProfile({ name, settings, files }: UserProfile): Credentials {
  if (settings === undefined) {
    throw new Failure(`there is no profile ${name} in ${files.credentials} and none in ${files.config}`)
  }
  const { aws_access_key_id: accessKeyId, aws_secret_access_key: secret, aws_session_token: token } = settings
  if (accessKeyId && secret) return { accessKeyId, secret: new Secret(secret), ...(token ? { token } : {}) }
  if (accessKeyId || secret) {
    const lacks = accessKeyId ? 'aws_secret_access_key' : 'aws_access_key_id'
    throw new Failure(`the profile ${name} has no ${lacks}, though it has the other half of a key`)
  }
  const way = Object.keys(otherWays).find((setting) => settings[setting])
  const why = way === undefined ? 'has no access key' : `${otherWays[way]} (${way}), which is not followed here`
  throw new Failure(`the profile ${name} ${why}: name one with aws_access_key_id and aws_secret_access_key`)
}
