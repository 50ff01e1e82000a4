// hallpass credential-process: what an AWS profile's `credential_process` runs. Prints temporary credentials of a role (or,
// without one, of the caller's own session) as JSON, kept until five minutes before they end.
import { join } from 'node:path'
import { Failure } from '../app/failure.ts'
import { textFile } from '../app/text-file.ts'
import type { Credentials } from '../client/aws-files.ts'
import { callQuery, textOf } from '../client/aws-query.ts'
import { cached, cacheKey, type ProcessCredentials } from '../client/credential-cache.ts'
import { Secret } from '../core/secret.ts'
import type { Command, Given, World } from './command.ts'
import { homeOf, keysOfProfile, type UserProfile, userProfile } from './user-profile.ts'

export const credentialProcess: Command = {
  name: 'credential-process',
  says: 'Print temporary credentials for an AWS profile: credential_process = hallpass credential-process --role-arn ….',
  options: {
    'endpoint-url': {
      kind: 'text',
      value: 'URL',
      says: 'Where Hallpass answers; AWS_ENDPOINT_URL_STS, AWS_ENDPOINT_URL, or what the profile says.',
    },
    region: { kind: 'text', value: 'REGION', says: "AWS_REGION, AWS_DEFAULT_REGION, the profile's, or us-east-1." },
    'source-profile': {
      kind: 'text',
      value: 'NAME',
      says: 'Whose keys to use, from ~/.aws; without it, those in the environment, or of AWS_PROFILE.',
    },
    'role-arn': { kind: 'text', value: 'ARN', says: 'The role to assume; without it, GetSessionToken.' },
    'role-session-name': { kind: 'text', value: 'NAME', says: 'Name of the session; `hallpass` unless told.' },
    'external-id': { kind: 'text', value: 'ID', says: "The external id that the role's trust policy asks for." },
    'duration-seconds': { kind: 'text', value: 'N', says: 'How long they live.' },
    'policy-arn': { kind: 'text', value: 'ARN', many: true, says: 'A managed session policy; may be given ten times.' },
    policy: { kind: 'text', value: 'JSON', says: 'An inline session policy.' },
    'source-identity': { kind: 'text', value: 'NAME', says: 'Who it is, for the audit.' },
    tag: { kind: 'text', value: 'KEY=VALUE', many: true, says: 'A session tag.' },
    'transitive-tag-key': { kind: 'text', value: 'KEY', many: true, says: 'A session tag that further sessions keep.' },
    'serial-number': { kind: 'text', value: 'ARN', says: 'The MFA device.' },
    'token-code': {
      kind: 'text',
      value: 'CODE',
      says: 'What it shows. Asked for once, when the kept credentials end.',
    },
    'ca-bundle': {
      kind: 'text',
      value: 'FILE',
      says: "Certificate authorities to trust; AWS_CA_BUNDLE, or the profile's ca_bundle.",
    },
    'no-cache': { kind: 'switch', says: 'Always ask, and keep nothing.' },
  },
  settings: [],
  async run(given, world) {
    const { environment, clock } = world
    const profile = userProfile(environment, given.texts['source-profile'])
    const endpoint = endpointOf(given, world, profile)
    const set = environment.AWS_REGION || environment.AWS_DEFAULT_REGION
    const region = given.texts.region ?? (set || profile.settings?.region || 'us-east-1')
    const source = sourceOf(given, world, profile)
    const ca = given.texts['ca-bundle'] ?? (environment.AWS_CA_BUNDLE || profile.settings?.ca_bundle)
    const parameters = parametersOf(given)
    const ask = () => issued({ endpoint, region, source, parameters, ca, now: clock() })
    // A code works once and is no part of what is asked for: credentials it was given for are found without it.
    const { TokenCode: _, ...lasting } = parameters
    const key = cacheKey([endpoint.href, region, source.accessKeyId, Object.entries(lasting).sort()])
    const warn = (says: string) => world.err(`hallpass: ${says}`)
    const credentials =
      given.switches['no-cache'] === true ? await ask() : await cached(folderOf(world), key, { now: clock, ask, warn })
    world.out(JSON.stringify(credentials))
    return 0
  },
}

function endpointOf({ texts }: Given, { environment }: World, profile: UserProfile): URL {
  const set = environment.AWS_ENDPOINT_URL_STS || environment.AWS_ENDPOINT_URL
  const text = texts['endpoint-url'] ?? (set || profile.endpointOf('sts'))
  // INVARIANT: without an endpoint nothing is asked: AWS's own would get a key that is not its.
  if (text === undefined || text === '') {
    const where = `give the profile ${profile.name} an endpoint_url in ${profile.files.config}`
    throw new Failure(`where is Hallpass? give --endpoint-url, set AWS_ENDPOINT_URL, or ${where}`, 2)
  }
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    throw new Failure(`--endpoint-url: ${text} is no http or https URL`, 2)
  }
  return url
}

/** A profile that is named wins over keys in the environment, and those over AWS_PROFILE: as in the AWS CLI. */
function sourceOf({ texts }: Given, { environment }: World, profile: UserProfile): Credentials {
  const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: token } = environment
  if (texts['source-profile'] === undefined && id && secret) {
    return { accessKeyId: id, secret: new Secret(secret), ...(token ? { token } : {}) }
  }
  if (profile.settings === undefined && !profile.asked) {
    throw new Failure('whose keys? give --source-profile, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY', 2)
  }
  return keysOfProfile(profile)
}

const folderOf = ({ environment }: World) =>
  join(environment.XDG_CACHE_HOME || join(homeOf(environment), '.cache'), 'hallpass', 'credentials')

/** The parameters of AssumeRole or GetSessionToken as they are sent. */
function parametersOf({ texts, lists }: Given): Readonly<Record<string, string>> {
  const sent: Record<string, string> = {}
  const put = (name: string, value: string | undefined) => {
    if (value !== undefined) sent[name] = value
  }
  put('DurationSeconds', texts['duration-seconds'])
  put('SerialNumber', texts['serial-number'])
  put('TokenCode', texts['token-code'])
  if ((sent.SerialNumber === undefined) !== (sent.TokenCode === undefined) && sent.TokenCode !== undefined) {
    throw new Failure('--token-code goes with --serial-number', 2)
  }
  const role = texts['role-arn']
  if (role === undefined) {
    const beyond = ['role-session-name', 'external-id', 'policy', 'source-identity'].filter((name) => name in texts)
    const listed = ['policy-arn', 'tag', 'transitive-tag-key'].filter((name) => name in lists)
    const first = [...beyond, ...listed][0]
    if (first !== undefined) throw new Failure(`--${first} goes with --role-arn`, 2)
    return { Action: 'GetSessionToken', ...sent }
  }
  put('RoleArn', role)
  put('RoleSessionName', texts['role-session-name'] ?? 'hallpass')
  put('ExternalId', texts['external-id'])
  put('Policy', texts.policy)
  put('SourceIdentity', texts['source-identity'])
  for (const [at, arn] of (lists['policy-arn'] ?? []).entries()) put(`PolicyArns.member.${at + 1}.arn`, arn)
  for (const [at, tag] of (lists.tag ?? []).entries()) {
    const middle = tag.indexOf('=')
    if (middle < 1) throw new Failure(`--tag: ${tag} is not KEY=VALUE`, 2)
    put(`Tags.member.${at + 1}.Key`, tag.slice(0, middle))
    put(`Tags.member.${at + 1}.Value`, tag.slice(middle + 1))
  }
  for (const [at, key] of (lists['transitive-tag-key'] ?? []).entries()) put(`TransitiveTagKeys.member.${at + 1}`, key)
  return { Action: 'AssumeRole', ...sent }
}

interface Issuing {
  readonly endpoint: URL
  readonly region: string
  readonly source: Credentials
  readonly parameters: Readonly<Record<string, string>>
  /** The file of the authorities to trust. */
  readonly ca: string | undefined
  readonly now: Date
}

/** Asks for them. Rejects Failure with the service's words, and with nothing of a credential. */
async function issued(issuing: Issuing): Promise<ProcessCredentials> {
  const { endpoint, region, source, parameters, ca, now } = issuing
  const answer = await callQuery({
    endpoint,
    service: 'sts',
    version: '2011-06-15',
    region,
    credentials: source,
    parameters,
    now,
    ...(ca && endpoint.protocol === 'https:' ? { ca: textFile(ca, 'ca-bundle') } : {}),
  })
  if ('failed' in answer) throw new Failure(`${endpoint.origin} could not be asked: ${answer.failed}`)
  if ('refused' in answer) {
    const id = answer.requestId === undefined ? '' : ` (request ${answer.requestId})`
    throw new Failure(`${parameters.Action}: ${answer.refused}: ${answer.message}${id}`)
  }
  const [id, secret, token, end] = ['AccessKeyId', 'SecretAccessKey', 'SessionToken', 'Expiration'].map((name) =>
    textOf(answer.xml, name),
  )
  if (!id || !secret || !token || !end) throw new Failure(`${endpoint.origin} answered without credentials`)
  return { Version: 1, AccessKeyId: id, SecretAccessKey: secret, SessionToken: token, Expiration: end }
}
