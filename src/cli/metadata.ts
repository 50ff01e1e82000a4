// hallpass metadata: the agent beside workloads. It hands out credentials of roles as EC2, ECS and EKS do, so that AWS's SDKs find them
// without configuration. As it ships it runs without this code: see agent-main.ts.
import { dirname, resolve } from 'node:path'
import { type FirewallKind, firewallRules } from '../agent/firewall.ts'
import { Failure } from '../app/failure.ts'
import { textFile } from '../app/text-file.ts'
import { type AgentFile, agentFileOf, readAgentFile } from '../config/agent-file.ts'
import { type RoleEntry, roleFiles } from '../config/agent-roles.ts'
import { BadSettings } from '../config/load.ts'
import { plainFile } from '../config/plain-file.ts'
import type { Command, CommandInput } from './command.ts'

const firewalls: readonly string[] = ['nftables', 'iptables'] satisfies readonly FirewallKind[]

export const metadata: Command = {
  name: 'metadata',
  says: 'Hand out credentials of roles on this machine as EC2, ECS and EKS do: hallpass metadata --config agent.yaml.',
  ownConfig: true,
  options: {
    server: { kind: 'text', value: 'URL', says: 'The public URL of Hallpass, for one role without --config.' },
    state: {
      kind: 'text',
      value: 'DIR',
      says: "The folder of this machine's enrolment; /var/lib/hallpass-agent by default.",
    },
    'join-token-file': {
      kind: 'text',
      value: 'FILE',
      says: 'The join token, mode 0600. It is read as long as the machine has not joined.',
    },
    listen: { kind: 'text', value: 'ADDRESS', says: 'Where to serve instance metadata; 127.0.0.1:1338 by default.' },
    allow: {
      kind: 'text',
      value: 'RANGE',
      many: true,
      says: 'Peers that are answered beside programs of this machine: 172.17.0.0/16.',
    },
    'imds-v1': { kind: 'text', value: 'allow', says: 'Answers version 1 of instance metadata, without tokens, too.' },
    'ca-bundle': { kind: 'text', value: 'FILE', says: 'Certificate authorities to trust instead of the system’s.' },
    firewall: {
      kind: 'text',
      value: 'KIND',
      says: 'Print the rules that lead programs from the addresses they know to the agent, for nftables or iptables, and end.',
    },
    check: { kind: 'switch', says: 'Read the file, print what it says with all defaults as JSON, and end.' },
  },
  settings: [],
  async run(input, world) {
    const { firewall } = input.texts
    if (firewall !== undefined && !firewalls.includes(firewall))
      throw new Failure(`--firewall: ${firewall} is neither nftables nor iptables`, 2)
    const file = await agentFile(input)
    if (firewall !== undefined) {
      world.out(firewallRules(firewall as FirewallKind, file.listeners))
      return 0
    }
    if (input.switches.check === true) {
      world.out(JSON.stringify(file, undefined, 2))
      return 0
    }
    return (await import('./run-metadata.ts')).runMetadata(file, world)
  },
}

/** What the file says, or the flags for one role; with the files that it names beside it. */
async function agentFile({ texts, lists }: CommandInput): Promise<AgentFile> {
  const one = ['server', 'state', 'join-token-file', 'listen', 'imds-v1', 'ca-bundle'].filter((name) => name in texts)
  if (lists.allow !== undefined) one.push('allow')
  if (texts.config !== undefined) {
    if (one.length > 0) throw new Failure(`--${one[0]} is for one role, without --config`, 2)
    const name = texts.config
    return besideOf(dirname(name), await readAgentFile({ name, text: textFile(name) }))
  }
  if (texts.server === undefined) throw new Failure('where is Hallpass? give --server, or --config with a file', 2)
  return fileOfFlags(texts, lists)
}

const flagOf: Readonly<Record<string, string>> = {
  server: 'server',
  ca: 'ca-bundle',
  'roles[0].machine': 'state',
  'roles[0].join-token-file': 'join-token-file',
  'listeners[0].listen': 'listen',
  'listeners[0].allow': 'allow',
  'listeners[0].imds-v1': 'imds-v1',
}

/** The file that says the same as the flags, so that both are checked alike. @throws BadSettings that names flags */
function fileOfFlags(texts: CommandInput['texts'], lists: CommandInput['lists']): AgentFile {
  const given = (name: string, value: unknown) => (value === undefined ? {} : { [name]: value })
  const plain = {
    ...{ server: texts.server, ...given('ca', texts['ca-bundle']) },
    roles: [
      {
        ...{ name: 'instance', machine: texts.state ?? '/var/lib/hallpass-agent' },
        ...given('join-token-file', texts['join-token-file']),
      },
    ],
    listeners: [
      {
        ...{ serves: 'instance-metadata', role: 'instance', listen: texts.listen ?? '127.0.0.1:1338' },
        ...given('allow', lists.allow),
        ...given('imds-v1', texts['imds-v1']),
      },
    ],
  }
  const { file, problems } = agentFileOf(plainFile(plain))
  const ofFlag = (line: string) =>
    line.replace(/^: ([^:]+): /, (whole, member) => (flagOf[member] === undefined ? whole : `--${flagOf[member]}: `))
  if (problems.length > 0) throw new BadSettings(problems.map(ofFlag))
  return file
}

/** Files' names as the file has them are beside it. */
function besideOf(folder: string, file: AgentFile): AgentFile {
  const beside = (name: string) => resolve(folder, name)
  const { ca, roles, listeners } = file
  return {
    ...file,
    ...(ca === undefined ? {} : { ca: beside(ca) }),
    roles: roles.map((role) => {
      const named = Object.entries(role).map(([name, value]) => [
        name,
        roleFiles.includes(name) ? beside(value) : value,
      ])
      return Object.fromEntries(named) as RoleEntry
    }),
    listeners: listeners.map((entry) =>
      entry.serves === 'container-credentials'
        ? { ...entry, workloads: entry.workloads.map((one) => ({ ...one, tokenFile: beside(one.tokenFile) })) }
        : entry,
    ),
  }
}
