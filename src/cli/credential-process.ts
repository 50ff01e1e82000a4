// hallpass credential-process: the program that an AWS profile's `credential_process` runs. It prints temporary credentials
// of a role (or, without one, of the caller's own session) as JSON, and caches them until five minutes before they expire.
import { join } from 'node:path'
import { Failure } from '../app/failure.ts'
import { textFile } from '../app/text-file.ts'
import type { Credentials } from '../client/aws-files.ts'
import { callQuery, textOf } from '../client/aws-query.ts'
import { cached, cacheKey, type ProcessCredentials } from '../client/credential-cache.ts'
import { homeOf } from '../client/folder.ts'
import { Secret } from '../core/secret.ts'
import type { Command, CommandInput, World } from './command.ts'
import { signedInCredentials } from './person-credentials.ts'
import { keysOfProfile, type UserProfile, userProfile } from './user-profile.ts'

export const credentialProcess: Command = {
  name: 'credential-process',
  says: 'Print temporary credentials for an AWS profile: credential_process = hallpass credential-process --role-arn ….',
  options: {
    'endpoint-url': {
      kind: 'text',
      value: 'URL',
      says: "The URL of Hallpass; by default AWS_ENDPOINT_URL_STS, AWS_ENDPOINT_URL, or the profile's.",
    },
    'sign-in': {
      kind: 'text',
      value: 'URL',
      says: 'Credentials of whoever is signed in at this server by `hallpass login`, instead of those of a key.',
    },
    account: {
      kind: 'text',
      value: 'ID',
      says: 'With --sign-in, instead of a role: what the person may have in this account.',
    },
    region: {
      kind: 'text',
      value: 'REGION',
      says: "By default AWS_REGION, AWS_DEFAULT_REGION, the profile's, or us-east-1.",
    },
    'source-profile': {
      kind: 'text',
      value: 'NAME',
      says: 'The profile in ~/.aws whose keys to use; by default those in the environment, or of AWS_PROFILE.',
    },
    'role-arn': { kind: 'text', value: 'ARN', says: 'The role to assume; without it, GetSessionToken.' },
    'role-session-name': { kind: 'text', value: 'NAME', says: 'The name of the session; `hallpass` by default.' },
    'external-id': { kind: 'text', value: 'ID', says: "The external id that the role's trust policy requires." },
    'duration-seconds': { kind: 'text', value: 'N', says: 'How long the credentials live.' },
    'policy-arn': { kind: 'text', value: 'ARN', many: true, says: 'A managed session policy; up to ten times.' },
    policy: { kind: 'text', value: 'JSON', says: 'An inline session policy.' },
    'source-identity': { kind: 'text', value: 'NAME', says: 'The source identity of the session, for the audit.' },
    tag: { kind: 'text', value: 'KEY=VALUE', many: true, says: 'A session tag.' },
    'transitive-tag-key': {
      kind: 'text',
      value: 'KEY',
      many: true,
      says: 'A session tag that chained sessions inherit.',
    },
    'serial-number': { kind: 'text', value: 'ARN', says: 'The MFA device.' },
    'token-code': {
      kind: 'text',
      value: 'CODE',
      says: 'The code that the device shows. Needed only when there are no cached credentials.',
    },
    'ca-bundle': {
      kind: 'text',
      value: 'FILE',
      says: "Certificate authorities to trust; by default AWS_CA_BUNDLE, or the profile's ca_bundle.",
    },
    'no-cache': { kind: 'switch', says: 'Always request new credentials, and cache none.' },
  },
  settings: [],
  async run(input, world) {
    if (input.texts['sign-in'] !== undefined) {
      world.out(JSON.stringify(await signedInCredentials(input, world)))
      return 0
    }
    if (input.texts.account !== undefined) throw new Failure('--account goes with --sign-in', 2)
    const { environment, clock } = world
    const profile = userProfile(environment, input.texts['source-profile'])
    const endpoint = endpointOf(input, world, profile)
    const regionVariable = environment.AWS_REGION || environment.AWS_DEFAULT_REGION
    const region = input.texts.region ?? (regionVariable || profile.settings?.region || 'us-east-1')
    const source = sourceOf(input, world, profile)
    const ca = input.texts['ca-bundle'] ?? (environment.AWS_CA_BUNDLE || profile.settings?.ca_bundle)
    const parameters = parametersOf(input)
    const request = () => requestCredentials({ endpoint, region, source, parameters, ca, now: clock() })
    // A code works once, so it is no part of the cache key: credentials requested with it are found without it.
    const { TokenCode: _, ...cacheable } = parameters
    const key = cacheKey([endpoint.href, region, source.accessKeyId, Object.entries(cacheable).sort()])
    const warn = (problem: string) => world.err(`hallpass: ${problem}`)
    const credentials =
      input.switches['no-cache'] === true
        ? await request()
        : await cached(folderOf(world), key, { clock, ask: request, warn })
    world.out(JSON.stringify(credentials))
    return 0
  },
}

function endpointOf({ texts }: CommandInput, { environment }: World, profile: UserProfile): URL {
  const variable = environment.AWS_ENDPOINT_URL_STS || environment.AWS_ENDPOINT_URL
  const text = texts['endpoint-url'] ?? (variable || profile.endpointOf('sts'))
  // INVARIANT: without an endpoint no request is sent: AWS's own endpoint would get a key that is not AWS's.
  if (text === undefined || text === '') {
    const setProfile = `give the profile ${profile.name} an endpoint_url in ${profile.files.config}`
    throw new Failure(`where is Hallpass? give --endpoint-url, set AWS_ENDPOINT_URL, or ${setProfile}`, 2)
  }
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    throw new Failure(`--endpoint-url: ${text} is not an http or https URL`, 2)
  }
  return url
}

/** `--source-profile` wins over keys in the environment, and those win over AWS_PROFILE, as in the AWS CLI. */
function sourceOf({ texts }: CommandInput, { environment }: World, profile: UserProfile): Credentials {
  const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: token } = environment
  if (texts['source-profile'] === undefined && id && secret) {
    return { accessKeyId: id, secret: new Secret(secret), ...(token ? { token } : {}) }
  }
  if (profile.settings === undefined && !profile.requested) {
    throw new Failure('whose keys? give --source-profile, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY', 2)
  }
  return keysOfProfile(profile)
}

const folderOf = ({ environment }: World) =>
  join(environment.XDG_CACHE_HOME || join(homeOf(environment), '.cache'), 'hallpass', 'credentials')

/** The parameters of AssumeRole or GetSessionToken, in the form of AWS's query protocol. */
function parametersOf({ texts, lists }: CommandInput): Readonly<Record<string, string>> {
  const sent: Record<string, string> = {}
  const add = (name: string, value: string | undefined) => {
    if (value !== undefined) sent[name] = value
  }
  add('DurationSeconds', texts['duration-seconds'])
  add('SerialNumber', texts['serial-number'])
  add('TokenCode', texts['token-code'])
  if ((sent.SerialNumber === undefined) !== (sent.TokenCode === undefined) && sent.TokenCode !== undefined) {
    throw new Failure('--token-code goes with --serial-number', 2)
  }
  const role = texts['role-arn']
  if (role === undefined) {
    const texted = ['role-session-name', 'external-id', 'policy', 'source-identity'].filter((name) => name in texts)
    const listed = ['policy-arn', 'tag', 'transitive-tag-key'].filter((name) => name in lists)
    const [roleOnly] = [...texted, ...listed]
    if (roleOnly !== undefined) throw new Failure(`--${roleOnly} goes with --role-arn`, 2)
    return { Action: 'GetSessionToken', ...sent }
  }
  add('RoleArn', role)
  add('RoleSessionName', texts['role-session-name'] ?? 'hallpass')
  add('ExternalId', texts['external-id'])
  add('Policy', texts.policy)
  add('SourceIdentity', texts['source-identity'])
  for (const [at, arn] of (lists['policy-arn'] ?? []).entries()) add(`PolicyArns.member.${at + 1}.arn`, arn)
  for (const [at, tag] of (lists.tag ?? []).entries()) {
    const middle = tag.indexOf('=')
    if (middle < 1) throw new Failure(`--tag: ${tag} is not KEY=VALUE`, 2)
    add(`Tags.member.${at + 1}.Key`, tag.slice(0, middle))
    add(`Tags.member.${at + 1}.Value`, tag.slice(middle + 1))
  }
  for (const [at, key] of (lists['transitive-tag-key'] ?? []).entries()) add(`TransitiveTagKeys.member.${at + 1}`, key)
  return { Action: 'AssumeRole', ...sent }
}

interface CredentialRequest {
  readonly endpoint: URL
  readonly region: string
  readonly source: Credentials
  readonly parameters: Readonly<Record<string, string>>
  /** The file of the authorities to trust. */
  readonly ca: string | undefined
  readonly now: Date
}

/** Requests the credentials. Rejects Failure with the service's message, and with nothing of a credential. */
async function requestCredentials(request: CredentialRequest): Promise<ProcessCredentials> {
  const { endpoint, region, source, parameters, ca, now } = request
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
  if ('failed' in answer) throw new Failure(`${endpoint.origin} did not answer: ${answer.failed}`)
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
