// The backends of the settings: what their file says, and what stands in the files and variables that it names.
import { X509Certificate } from 'node:crypto'
import { dirname, resolve } from 'node:path'
import { createSecureContext } from 'node:tls'
import { sectionsOf } from '../client/aws-files.ts'
import { type BackendEntry, type BackendsFile, readBackendsFile } from '../config/backends-file.ts'
import { BadSettings } from '../config/load.ts'
import type { Settings } from '../config/settings.ts'
import { Secret } from '../core/secret.ts'
import type { BackendAccess, BackendCredentials, BackendSettings } from '../server/gateway/backend-settings.ts'
import { privateFile } from './private-file.ts'
import { textFile } from './text-file.ts'

export type Environment = Readonly<Record<string, string | undefined>>

export interface ReadBackend {
  readonly settings: BackendSettings
  /** The files that it names. */
  readonly files: readonly string[]
  /** Reads them again; the problems when they cannot be used. */
  readonly again: () => BackendAccess | { readonly problems: readonly string[] }
}

export interface ReadBackends {
  readonly backends: readonly ReadBackend[]
  /** What may be a mistake. */
  readonly warnings: readonly string[]
}

/** @throws BadSettings with every problem; Failure when the file cannot be read */
export async function readBackends(
  settings: Pick<Settings, 'backends-file'>,
  environment: Environment,
): Promise<ReadBackends> {
  const name = settings['backends-file']
  if (name === undefined) return { backends: [], warnings: [] }
  const file = await readBackendsFile({ name, text: textFile(name, 'backends-file') })
  const problems: string[] = []
  const warnings: string[] = []
  const backends = file.backends.map((entry): ReadBackend => {
    const place = { entry, where: file.where, beside: (path: string) => resolve(dirname(name), path), environment }
    const access = accessOf(place)
    if ('problems' in access) problems.push(...access.problems)
    const read = 'problems' in access ? { credentials: undefined } : access
    if (/[^A-Za-z0-9]/.test(read.credentials?.accessKeyId ?? ''))
      warnings.push(`${file.where(entry, 'credentials')}: ${oddKey}`)
    return { settings: settingsOf(entry, read), files: filesOf(place), again: () => accessOf(place) }
  })
  if (problems.length > 0) throw new BadSettings(problems)
  return { backends, warnings }
}

const oddKey = 'the access key id has more than letters and digits; DynamoDB Local does not take it, others may'

const settingsOf = (
  { name, service, endpoint, accounts, regions, region, connections, deadlineSeconds }: BackendEntry,
  access: BackendAccess,
): BackendSettings => ({
  ...{ name, service, accounts, regions, region, connections, access },
  endpoint: new URL(endpoint),
  deadlineMs: deadlineSeconds * 1000,
})

interface Place {
  readonly entry: BackendEntry
  readonly where: BackendsFile['where']
  readonly beside: (path: string) => string
  readonly environment: Environment
}

const filesOf = ({ entry: { credentials, ca, certificate, key }, beside }: Place): readonly string[] =>
  [
    typeof credentials === 'object' && 'file' in credentials ? credentials.file : undefined,
    ca,
    certificate,
    key,
  ].flatMap((path) => (path === undefined ? [] : [beside(path)]))

function accessOf(place: Place): BackendAccess | { readonly problems: readonly string[] } {
  const { entry, where, beside } = place
  const problems: string[] = []
  const wrong = (member: string, problem: string) => void problems.push(`${where(entry, member)}: ${problem}`)
  const credentials = credentialsOf(place, wrong)
  const certificates = (member: 'ca' | 'certificate') => {
    const path = entry[member]
    if (path === undefined) return undefined
    try {
      const text = textFile(beside(path))
      return new X509Certificate(text) && text
    } catch (error) {
      // OpenSSL's words, or those about the file.
      wrong(member, `no certificate in PEM: ${(error as Error).message}`)
      return undefined
    }
  }
  const ca = certificates('ca')
  const certificate = certificates('certificate')
  const own = entry.key === undefined ? undefined : privateFile(beside(entry.key))
  if (own !== undefined && 'problem' in own) wrong('key', own.problem)
  const key = own !== undefined && 'text' in own ? own.text : undefined
  if (certificate !== undefined && key !== undefined) {
    try {
      createSecureContext({ cert: certificate, key })
    } catch {
      wrong('key', 'that is not the private key of the certificate, in PEM')
    }
  }
  if (problems.length > 0) return { problems }
  return {
    credentials,
    ...(ca === undefined ? {} : { ca }),
    ...(certificate === undefined || key === undefined ? {} : { certificate, key: new Secret(key) }),
  }
}

type Wrong = (member: string, problem: string) => void

function credentialsOf({ entry, beside, environment }: Place, wrong: Wrong): BackendCredentials | undefined {
  const { credentials } = entry
  if (credentials === 'none') return undefined
  if ('environment' in credentials) {
    const { environment: prefix } = credentials
    const names = ['ACCESS_KEY_ID', 'SECRET_ACCESS_KEY', 'SESSION_TOKEN'].map((name) => `${prefix}_${name}`)
    const [id = '', secret = '', token = ''] = names.map((name) => environment[name])
    return usable([id, secret, token], `the environment needs ${names[0]} and ${names[1]}`, wrong)
  }
  const read = privateFile(beside(credentials.file))
  if ('problem' in read) {
    wrong('credentials', read.problem)
    return undefined
  }
  const section = sectionsOf(read.text).get('default') ?? {}
  const { aws_access_key_id: id = '', aws_secret_access_key: secret = '', aws_session_token: token = '' } = section
  return usable(
    [id, secret, token],
    'the file needs a section [default] with aws_access_key_id and aws_secret_access_key',
    wrong,
  )
}

/** What a signature's header can carry: an id with a slash, a comma or a blank would be read as something else. */
function usable([id, secret, token]: readonly [string, string, string], needs: string, wrong: Wrong) {
  if (id === '' || secret === '') wrong('credentials', needs)
  else if (!/^[\w.@+-]{1,128}$/.test(id)) wrong('credentials', 'the access key id has characters that none has')
  else if (!/^[\x21-\x7e]*$/.test(token)) wrong('credentials', 'the session token has characters that none has')
  else {
    const common = { accessKeyId: id, secret: new Secret(secret) }
    return token === '' ? common : { ...common, token: new Secret(token) }
  }
  return undefined
}
