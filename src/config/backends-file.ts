// Reads the file about backends: the servers that stand behind the gateway, for which accounts and regions, and how they are reached.
//
//   backends:
//     - name: alternator
//       service: dynamodb
//       endpoint: https://alternator.corp.example:8043
//       accounts: ['111122223333']       # whose tables stand there
//       regions: [us-east-1]             # in which callers find them
//       region: us-east-1                # what requests are signed for; the first of `regions` unless it is given
//       credentials: alternator-keys     # a file beside this one, mode 0600; or { environment: ALTERNATOR }; or none
//       ca: corp-ca.pem                  # these authorities instead of the public ones
//       certificate: gateway.pem         # our own, with its `key`
//       key: gateway-key.pem
//       connections: 64
//       deadline-seconds: 30
//       shared: true                     # several accounts, or regions, mean the same tables there
//       plain-http: true                 # without TLS beyond this machine
import { isLoopbackHost } from '../core/host-name.ts'
import { checks } from './checks.ts'
import { BadSettings } from './load.ts'
import { readYaml, textOf, type YamlNode } from './yaml-file.ts'
import { type MemberReaders, memberReaders, type Section } from './yaml-members.ts'

/** Where a backend's credentials are. `environment`: how the names of the variables begin, before `_ACCESS_KEY_ID`. */
export type CredentialsEntry = 'none' | { readonly file: string } | { readonly environment: string }

export interface BackendEntry {
  readonly name: string
  readonly service: 'dynamodb'
  readonly endpoint: string
  readonly accounts: readonly string[]
  readonly regions: readonly string[]
  readonly region: string
  readonly credentials: CredentialsEntry
  /** Files' names as the operator wrote them. */
  readonly ca?: string
  readonly certificate?: string
  readonly key?: string
  readonly connections: number
  readonly deadlineSeconds: number
  readonly shared: boolean
}

export interface BackendsFile {
  readonly backends: readonly BackendEntry[]
  /** `file:line:column: member` of an entry's member, for problems that later checks find. */
  readonly where: (entry: BackendEntry, member: string) => string
}

const members = [
  ...['name', 'service', 'endpoint', 'accounts', 'regions', 'region', 'credentials', 'ca', 'certificate', 'key'],
  ...['connections', 'deadline-seconds', 'shared', 'plain-http'],
]

/** Reads the file's text. Rejects BadSettings with every problem. */
export async function readBackendsFile(file: { readonly name: string; readonly text: string }): Promise<BackendsFile> {
  const { contents, problems, report } = await readYaml(file.name, file.text)
  const emptyFile: YamlNode = { kind: 'mapping', at: `${file.name}:1:1`, pairs: [] }
  const read = memberReaders(report)
  const whole = read.section('', contents ?? emptyFile, ['backends'])
  const sections = new Map<BackendEntry, Section>()
  const backends = read.items(whole, 'backends').map((node, at) => {
    const section = read.section(`backends[${at}]`, node, members)
    const entry = entryOf(read, section)
    sections.set(entry, section)
    return entry
  })
  checkNames(read, sections)
  checkPlaces(read, sections)
  checkSharing(read, sections)
  if (problems.length > 0) throw new BadSettings(problems)
  return {
    backends,
    where(entry, member) {
      const { at = file.name, path = '', members } = sections.get(entry) ?? {}
      return `${members?.get(member)?.at ?? at}: ${path}.${member}`
    },
  }
}

function entryOf(read: MemberReaders, section: Section): BackendEntry {
  const given = read.text(section, 'name', 'must') ?? ''
  const name = /^[a-z][a-z0-9-]{0,62}$/.test(given) ? given : ''
  if (name !== given) read.wrong(section, 'name', 'small letters, digits and hyphens, the first of them a letter')
  const service = read.text(section, 'service', 'must')
  if (service !== undefined && service !== 'dynamodb') read.wrong(section, 'service', 'dynamodb')
  const regions = listOf(read, section, 'regions', (text) => checks.region(text) === undefined, 'names of regions')
  const region = read.text(section, 'region') ?? regions[0] ?? ''
  if (section.members.has('region') && region !== '' && checks.region(region) !== undefined)
    read.wrong(section, 'region', 'the name of a region')
  const [certificate, key, ca] = [
    read.text(section, 'certificate'),
    read.text(section, 'key'),
    read.text(section, 'ca'),
  ]
  if (section.members.has('certificate') !== section.members.has('key'))
    read.problem(
      section,
      section.members.has('key') ? 'key' : 'certificate',
      'certificate and key must be given together',
    )
  const endpoint = endpointOf(read, section)
  if (endpoint.startsWith('http:') && (ca !== undefined || certificate !== undefined))
    read.problem(section, ca === undefined ? 'certificate' : 'ca', 'the endpoint has no TLS')
  return {
    ...{ name, service: 'dynamodb', endpoint, region, regions },
    accounts: listOf(read, section, 'accounts', (text) => /^\d{12}$/.test(text), 'accounts: 12 digits, in quotes'),
    credentials: credentialsOf(read, section),
    ...(ca === undefined ? {} : { ca }),
    ...(certificate === undefined ? {} : { certificate }),
    ...(key === undefined ? {} : { key }),
    connections: read.number(section, 'connections', [1, 1024], 64),
    deadlineSeconds: read.number(section, 'deadline-seconds', [1, 300], 30),
    shared: read.choice(section, 'shared'),
  }
}

function listOf(
  read: MemberReaders,
  section: Section,
  name: string,
  isGood: (text: string) => boolean,
  expected: string,
): readonly string[] {
  if (!section.members.has(name)) read.wrong(section, name, 'given')
  const texts = read.texts(section, name)
  if (texts === undefined) return []
  if (texts.length === 0 || !texts.every(isGood)) read.wrong(section, name, `a list of ${expected}`)
  else if (new Set(texts).size < texts.length) read.problem(section, name, 'one stands twice')
  return [...new Set(texts.filter(isGood))]
}

/** Scheme, host and port; '' where it is wrong. */
function endpointOf(read: MemberReaders, section: Section): string {
  const text = read.text(section, 'endpoint', 'must')
  if (text === undefined) return ''
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:\/\//.test(text)) {
    read.wrong(section, 'endpoint', 'an http or https URL')
    return ''
  }
  // Without a path the requests of DynamoDB go to `/`; a password in a URL would be shown with it.
  if (url.username !== '' || url.password !== '' || url.pathname !== '/' || /[?#\s\\]/.test(text)) {
    read.wrong(section, 'endpoint', 'a scheme, a host and a port, and no more')
    return ''
  }
  if (url.protocol === 'http:' && !isLoopbackHost(url.hostname) && !read.choice(section, 'plain-http'))
    read.problem(
      section,
      'endpoint',
      'plain http beyond this machine shows everything to the network; `plain-http: true` allows it',
    )
  return url.origin
}

function credentialsOf(read: MemberReaders, section: Section): CredentialsEntry {
  const value = section.members.get('credentials')?.value
  if (value === undefined) read.wrong(section, 'credentials', 'given: a file’s name, { environment: NAME }, or none')
  else if (value.kind === 'mapping') {
    const inner = read.inner(section, 'credentials')
    if ([...inner.members.keys()].join() !== 'environment') {
      read.problem(
        section,
        'credentials',
        'no credentials in this file: name a file (mode 0600), or { environment: NAME }',
      )
      return 'none'
    }
    const environment = read.text(inner, 'environment') ?? 'X'
    if (!/^[A-Z][A-Z0-9_]{0,63}$/.test(environment) || environment.startsWith('HALLPASS'))
      read.wrong(inner, 'environment', 'how the variables’ names begin: capitals, digits, _ (not HALLPASS)')
    return { environment }
  } else {
    const file = textOf(value)
    if (file === 'none') return 'none'
    if (file !== undefined && file !== '') return { file }
    read.wrong(section, 'credentials', 'a file’s name, { environment: NAME }, or none')
  }
  return 'none'
}

type Sections = ReadonlyMap<BackendEntry, Section>

function checkNames(read: MemberReaders, sections: Sections) {
  const seen = new Set<string>()
  for (const [{ name }, section] of sections) {
    if (seen.has(name)) read.problem(section, 'name', `${name} appears twice`)
    if (name !== '') seen.add(name)
  }
}

/** No account has two backends of a service in a region: which of them a request is for would be chance. */
function checkPlaces(read: MemberReaders, sections: Sections) {
  const seen = new Map<string, string>()
  for (const [{ name, service, accounts, regions }, section] of sections) {
    for (const account of accounts) {
      for (const region of regions) {
        const first = seen.get(`${service} ${account} ${region}`)
        if (first === undefined) seen.set(`${service} ${account} ${region}`, name)
        else read.problem(section, 'accounts', `${account} in ${region} has the backend ${first} already`)
      }
    }
  }
}

/**
 * A table has one ARN unless the operator says otherwise: with two, what is refused under one of them would be open under the other, and
 * what one account makes another would find.
 */
function checkSharing(read: MemberReaders, sections: Sections) {
  const owners = new Map<string, string>()
  for (const [{ name, endpoint, credentials, region, accounts, regions, shared }, section] of sections) {
    const many = accounts.length > 1 ? 'accounts' : regions.length > 1 ? 'regions' : undefined
    if (many !== undefined && !shared)
      read.problem(
        section,
        many,
        `all ${many} of a backend have the same tables; if that is meant, say \`shared: true\``,
      )
    // Other credentials, or another region, may be other tables, as they are at AWS.
    const place = `${endpoint} ${region} ${JSON.stringify(credentials)}`
    const first = owners.get(place)
    if (first !== undefined && !shared)
      read.problem(section, 'endpoint', `${first} has the same tables; if that is meant, say \`shared: true\``)
    if (endpoint !== '') owners.set(place, first ?? name)
  }
}
