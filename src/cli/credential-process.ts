// hallpass credential-process: the program that an AWS profile's `credential_process` runs. It prints temporary credentials as JSON, and
// caches them until half of their lifetime has passed.
import { cached, cacheKey } from '../client/credential-cache.ts'
import type { SourceCredentials } from '../client/credential-source.ts'
import { isoSeconds } from '../core/time.ts'
import type { Command } from './command.ts'
import { chosenWay } from './credential-ways.ts'
import { asFailure } from './signed-in.ts'

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
    machine: {
      kind: 'switch',
      says: 'Credentials of this machine, which has joined by `hallpass machines join`, instead of those of a key.',
    },
    task: { kind: 'text', value: 'NAME', says: 'With --machine: those of one of its tasks.' },
    certificate: {
      kind: 'text',
      value: 'FILE',
      says: 'Credentials of Roles Anywhere for this certificate (PEM; those of its issuers may follow it), instead of those of a key.',
    },
    'private-key': { kind: 'text', value: 'FILE', says: 'With --certificate: its private key (PEM).' },
    intermediates: { kind: 'text', value: 'FILE', says: 'With --certificate: certificates of its issuers (PEM).' },
    'trust-anchor-arn': { kind: 'text', value: 'ARN', says: 'With --certificate: the trust anchor.' },
    'profile-arn': { kind: 'text', value: 'ARN', says: 'With --certificate: the profile of Roles Anywhere.' },
    'web-identity-token-file': {
      kind: 'text',
      value: 'FILE',
      says: 'Credentials for the token in this file, which is read each time, instead of those of a key.',
    },
    region: {
      kind: 'text',
      value: 'REGION',
      says: "By default AWS_REGION, AWS_DEFAULT_REGION, the profile's, or us-east-1; with --certificate the trust anchor's.",
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
    const { source, folder, parts, dueMs } = chosenWay(input, world)
    const ask = () => source.fetch(new AbortController().signal)
    const warn = (problem: string) => world.err(`hallpass: ${problem}`)
    const how = { clock: world.clock, ask, warn, ...(dueMs === undefined ? {} : { dueMs }) }
    try {
      const credentials = input.switches['no-cache'] === true ? await ask() : await cached(folder, cacheKey(parts), how)
      world.out(JSON.stringify(printed(credentials)))
      return 0
    } catch (error) {
      throw asFailure(error)
    }
  },
}

/** What a `credential_process` prints (AWS SDKs and Tools Reference Guide, "Process credential provider"). */
const printed = ({ accessKeyId, secretAccessKey, sessionToken, expiration, accountId }: SourceCredentials) => ({
  Version: 1,
  ...{ AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken: sessionToken },
  Expiration: isoSeconds(expiration),
  ...(accountId === undefined ? {} : { AccountId: accountId }),
})
