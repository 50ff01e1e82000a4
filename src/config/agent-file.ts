// Reads the file of `hallpass metadata`: the roles whose credentials it hands to the workloads beside it, and where it listens.
//
//   server: https://hallpass.corp.example   # its public URL
//   api-url: https://aws.corp.example       # where its APIs are, unless the machine was told as it joined
//   ca: corp-ca.pem                      # these authorities instead of the system's
//   instance:                            # what instance metadata says of this machine; what is not given is not answered
//     instance-type: m5.large
//     ami-id: ami-0123456789abcdef0
//     availability-zone: eu-central-1b
//     tags: { Name: web-1 }
//   roles:
//     - name: web
//       machine: /var/lib/hallpass-agent # the folder of this machine's enrolment: the role of its instance profile
//       join-token-file: join-token      # mode 0600; read as long as the machine is not enrolled
//     - name: billing
//       machine: /var/lib/hallpass-agent
//       task: billing                    # the role of one of its tasks
//   listeners:
//     - serves: instance-metadata
//       listen: 127.0.0.1:1338
//       role: web
//       imds-v1: allow                   # answers requests without a token too
//     - serves: container-credentials
//       listen: 172.17.0.1:1339
//       allow: [172.17.0.0/16]           # peers that are not programs of this machine
//       names: [metadata.internal]       # Host headers beyond the addresses
//       hop-limit: 1                     # how many hops answers go; the printed firewall rules set it
//       workloads:
//         - name: billing
//           role: billing
//           token-file: billing.token    # mode 0600: what the workload sends as Authorization
//     - serves: pod-identity
//       listen: 169.254.170.23:80
//       allow: [10.42.0.0/16]
//       role: web                        # the node's: it signs for EKS Auth
//       cluster: prod
import { hostPattern, isLoopbackHost } from '../core/host-name.ts'
import { type RoleEntry, roleOf } from './agent-roles.ts'
import { addressOf, BadSettings } from './load.ts'
import type { Address } from './settings.ts'
import { readYaml, type YamlFile, type YamlNode } from './yaml-file.ts'
import { type MemberReaders, memberReaders, type Section } from './yaml-members.ts'

export interface InstanceEntry {
  readonly region?: string
  readonly availabilityZone?: string
  readonly instanceId?: string
  readonly hostname?: string
  readonly localIpv4?: string
  readonly amiId?: string
  readonly instanceType?: string
  readonly tags: Readonly<Record<string, string>>
}

export interface WorkloadEntry {
  readonly name: string
  readonly role: string
  readonly tokenFile: string
}

interface CommonListener {
  readonly listen: Address
  readonly allow: readonly string[]
  readonly names: readonly string[]
  readonly hopLimit: number
}

export type ListenerEntry = CommonListener &
  (
    | { readonly serves: 'instance-metadata'; readonly role: string; readonly allowsV1: boolean }
    | { readonly serves: 'container-credentials'; readonly workloads: readonly WorkloadEntry[] }
    | { readonly serves: 'pod-identity'; readonly role: string; readonly cluster: string }
  )

export type Serves = ListenerEntry['serves']

export interface AgentFile {
  readonly server: string
  /** Where EKS Auth is. */
  readonly apiUrl?: string
  readonly ca?: string
  readonly instance: InstanceEntry
  readonly roles: readonly RoleEntry[]
  readonly listeners: readonly ListenerEntry[]
}

const kinds: Readonly<Record<Serves, readonly string[]>> = {
  'instance-metadata': ['role', 'imds-v1'],
  'container-credentials': ['workloads'],
  'pod-identity': ['role', 'cluster'],
}
const common = ['serves', 'listen', 'allow', 'names', 'hop-limit']
const isKind = (text: string | undefined): text is Serves => text !== undefined && Object.hasOwn(kinds, text)

/** Reads the file's text. Rejects BadSettings with every problem. */
export async function readAgentFile(named: { readonly name: string; readonly text: string }): Promise<AgentFile> {
  const { file, problems } = agentFileOf(await readYaml(named.name, named.text), named.name)
  if (problems.length > 0) throw new BadSettings(problems)
  return file
}

/** What the parts of a file say, and every problem of it. */
export function agentFileOf({ contents, problems, report }: YamlFile, name = '') {
  const emptyFile: YamlNode = { kind: 'mapping', at: `${name}:1:1`, pairs: [] }
  const read = memberReaders(report)
  const whole = read.section('', contents ?? emptyFile, ['server', 'api-url', 'ca', 'instance', 'roles', 'listeners'])
  const server = originIn(read, whole, 'server', 'must') ?? ''
  const apiUrl = originIn(read, whole, 'api-url')
  const ca = read.text(whole, 'ca')
  const roles = named(read, whole, 'roles', (section) => roleOf(read, section))
  const isRole = new Set(roles.map(({ name }) => name))
  const listeners = read
    .items(whole, 'listeners')
    .flatMap((node, at) => listenerOf(read, read.section(`listeners[${at}]`, node), isRole) ?? [])
  if (contents !== undefined && roles.length === 0) read.wrong(whole, 'roles', 'a list with a role at least')
  if (contents !== undefined && listeners.length === 0)
    read.wrong(whole, 'listeners', 'a list with a listener at least')
  const instance = instanceOf(read, whole)
  const file: AgentFile = {
    server,
    ...(apiUrl === undefined ? {} : { apiUrl }),
    ...(ca === undefined ? {} : { ca }),
    instance,
    roles,
    listeners,
  }
  return { file, problems }
}

/** Entries of a list whose names are different. */
function named<T extends { readonly name: string }>(
  read: MemberReaders,
  outer: Section,
  list: string,
  entryOf: (section: Section) => T,
): readonly T[] {
  const seen = new Set<string>()
  return read.items(outer, list).map((node, at) => {
    const path = outer.path === '' ? list : `${outer.path}.${list}`
    const section = read.section(`${path}[${at}]`, node)
    const entry = entryOf(section)
    if (seen.has(entry.name)) read.problem(section, 'name', `${entry.name} appears twice`)
    if (entry.name !== '') seen.add(entry.name)
    return entry
  })
}

/** An origin: what is below it is not the operator's to choose. */
function originIn(read: MemberReaders, whole: Section, name: string, required?: 'must'): string | undefined {
  const text = read.url(whole, name, required)
  if (text === undefined || !URL.canParse(text)) return undefined
  const url = new URL(text)
  if (url.username !== '' || url.password !== '' || url.pathname !== '/' || /[?#\s\\]/.test(text))
    read.wrong(whole, name, 'a scheme, a host and a port, and no more')
  return url.origin
}

function instanceOf(read: MemberReaders, whole: Section): InstanceEntry {
  const names = ['region', 'availability-zone', 'instance-id', 'hostname', 'local-ipv4', 'ami-id', 'instance-type']
  const section = read.inner(whole, 'instance', [...names, 'tags'])
  const members = names.flatMap((name) => {
    const text = read.text(section, name)
    if (text !== undefined && !/^[\x21-\x7e]{1,255}$/.test(text))
      read.wrong(section, name, 'visible ASCII, 255 at most')
    return text === undefined ? [] : [[name.replace(/-(\w)/g, (_, letter) => letter.toUpperCase()), text] as const]
  })
  return { ...Object.fromEntries(members), tags: Object.fromEntries(read.pairs(section, 'tags')) }
}

function listenerOf(read: MemberReaders, section: Section, roles: ReadonlySet<string>): ListenerEntry | undefined {
  const serves = read.text(section, 'serves', 'must')
  if (!isKind(serves)) {
    if (serves !== undefined) read.wrong(section, 'serves', Object.keys(kinds).join(', '))
    return undefined
  }
  for (const [name, { at: _ }] of section.members) {
    if (!common.includes(name) && !kinds[serves].includes(name)) read.problem(section, name, 'no such setting')
  }
  const place = placeOf(read, section)
  const role = () => knownRole(read, section, roles)
  if (serves === 'instance-metadata') return { ...place, serves, role: role(), allowsV1: allowsV1(read, section) }
  if (serves === 'pod-identity') {
    const cluster = read.text(section, 'cluster', 'must') ?? ''
    if (cluster !== '' && !/^[0-9A-Za-z][A-Za-z0-9_-]{0,99}$/.test(cluster))
      read.wrong(section, 'cluster', 'the name of a cluster')
    return { ...place, serves, role: role(), cluster }
  }
  const workloads = named(read, section, 'workloads', (inner) => workloadOf(read, inner, roles))
  if (workloads.length === 0) read.wrong(section, 'workloads', 'a list with a workload at least')
  return { ...place, serves, workloads }
}

function placeOf(read: MemberReaders, section: Section): CommonListener {
  const text = read.text(section, 'listen', 'must')
  const listen = text === undefined ? undefined : addressOf(text)
  if (text !== undefined && listen === undefined) read.wrong(section, 'listen', 'an address and a port: 127.0.0.1:1338')
  const allow = read.ranges(section, 'allow') ?? []
  if (allow.some((range) => range.endsWith('/0')))
    read.problem(section, 'allow', 'a range of everything would give these credentials to every network')
  if (listen !== undefined && allow.length === 0 && !isOfThisMachine(listen.host))
    read.problem(
      section,
      'listen',
      'others than programs of this machine could reach it: name the peers that it answers with `allow`, or listen on 127.0.0.1',
    )
  if (listen !== undefined && allow.length > 0 && isLoopbackAddress(listen.host))
    read.problem(section, 'allow', 'no peer reaches a loopback address: listen on one that they can reach')
  const names = read.texts(section, 'names') ?? []
  if (!names.every((name) => hostPattern(name) === name.toLowerCase() && !name.startsWith('*')))
    read.wrong(section, 'names', 'a list of host names, without ports')
  return {
    listen: listen ?? { host: '127.0.0.1', port: 0 },
    allow,
    names,
    hopLimit: read.number(section, 'hop-limit', [1, 64], 1),
  }
}

/** Loopback and link-local addresses: no router passes anything on to them. */
const isOfThisMachine = (host: string): boolean =>
  isLoopbackAddress(host) || host.startsWith('169.254.') || /^fe[89ab][0-9a-f]:/i.test(host)

const isLoopbackAddress = (host: string): boolean => isLoopbackHost(host.includes(':') ? `[${host}]` : host)

function allowsV1(read: MemberReaders, section: Section): boolean {
  const given = read.text(section, 'imds-v1')
  if (given !== undefined && given !== 'allow' && given !== 'refuse') read.wrong(section, 'imds-v1', 'allow or refuse')
  return given === 'allow'
}

function workloadOf(read: MemberReaders, section: Section, roles: ReadonlySet<string>): WorkloadEntry {
  for (const name of section.members.keys()) {
    if (!['name', 'role', 'token-file'].includes(name)) read.problem(section, name, 'no such setting')
  }
  const name = read.text(section, 'name', 'must') ?? ''
  if (name !== '' && !/^[\w.@-]{1,128}$/.test(name)) read.wrong(section, 'name', 'letters, digits and _ . @ -')
  return { name, role: knownRole(read, section, roles), tokenFile: read.text(section, 'token-file', 'must') ?? '' }
}

function knownRole(read: MemberReaders, section: Section, roles: ReadonlySet<string>): string {
  const role = read.text(section, 'role', 'must') ?? ''
  if (role !== '' && !roles.has(role)) read.problem(section, 'role', `no role of this file has the name ${role}`)
  return role
}
