// The agent: the roles of its file kept fresh, its listeners open, and an orderly end.
import { setInterval } from 'node:timers'
import type { CredentialSource } from '../client/credential-source.ts'
import { type RenewalParts, type RenewedCredentials, renewed } from '../client/renewing.ts'
import type { AgentFile, ListenerEntry } from '../config/agent-file.ts'
import type { RoleEntry } from '../config/agent-roles.ts'
import type { Listener } from '../server/node.ts'
import { containerHandler } from './container.ts'
import { imdsHandler } from './imds.ts'
import type { InstanceFacts } from './instance.ts'
import { type HandlerOf, type ListenerParts, openListener } from './listeners.ts'
import { type TokenFile, tokenOwners } from './workload-tokens.ts'

/** Where a role's credentials come from, and what that tells of the machine. */
export interface RoleSource {
  readonly source: CredentialSource
  /** Where the APIs are, once it is known; undefined: at the server's URL. */
  readonly apiUrl?: () => string | undefined
  readonly facts?: () => Partial<InstanceFacts>
}

/** ec2:RoleDelivery: the version of instance metadata that hands credentials out. */
export type RoleDelivery = '1.0' | '2.0'

export interface AgentParts extends ListenerParts, Pick<RenewalParts, 'after'> {
  readonly file: AgentFile
  readonly sourceOf: (role: RoleEntry, delivery: RoleDelivery) => RoleSource
  readonly readToken: (file: string) => ReturnType<TokenFile<never>['read']>
  /** PEM of certificate authorities to trust instead of the system's. */
  readonly ca?: string | undefined
}

export interface Agent {
  /** What is served where: `instance metadata at 127.0.0.1:1338`. */
  readonly serves: readonly string[]
  readonly ports: readonly number[]
  /** Answers requests in flight, then closes everything. */
  close(): Promise<void>
}

interface Role {
  readonly credentials: RenewedCredentials
  readonly apiUrl: () => string | undefined
  readonly facts: () => Partial<InstanceFacts>
}

/** So that a set is ready when it is asked for, and one that nobody asks for is renewed. */
const everyMs = 60_000
const graceMs = 5000
/** Roles that are asked for at the same time at the start. */
const atOnce = 8

/** Opens every listener, and asks for every role. Rejects with the system's error, and leaves nothing open. */
export async function startAgent(parts: AgentParts): Promise<Agent> {
  const closers: (() => void)[] = []
  const roles = new Map<string, Role>()
  const roleOf = (name: string, delivery: RoleDelivery = '2.0'): Role => {
    const key = `${name} ${delivery}`
    const role = roles.get(key) ?? startRole(parts, name, delivery)
    if (!roles.has(key)) closers.push(() => role.credentials.close())
    roles.set(key, role)
    return role
  }
  const open: Listener[] = []
  const close = async (grace: number) => {
    await Promise.all(open.map((listener) => listener.close(grace)))
    for (const end of closers) end()
  }
  try {
    for (const entry of parts.file.listeners) {
      open.push(await openListener(entry, await handlerOf(entry, parts, roleOf, closers), parts))
    }
  } catch (error) {
    await close(0)
    throw error
  }
  await askAll([...roles.values()])
  const warm = setInterval(() => void askAll([...roles.values()]), everyMs)
  closers.push(() => clearInterval(warm))
  const ports = open.map(({ port }) => port)
  return {
    ports,
    serves: parts.file.listeners.map(({ serves, listen: { host } }, at) => {
      const shown = host.includes(':') ? `[${host}]` : host
      return `${serves.replace('-', ' ')} at ${shown}:${ports[at]}`
    }),
    close: () => close(graceMs),
  }
}

function startRole({ file, sourceOf, clock, report, after }: AgentParts, name: string, delivery: RoleDelivery): Role {
  const entry = file.roles.find((role) => role.name === name)
  if (entry === undefined) throw new TypeError(`no role of the file is called ${name}`)
  const { source, facts = () => ({}), apiUrl = () => undefined } = sourceOf(entry, delivery)
  return { credentials: renewed(source, { clock, report, ...(after === undefined ? {} : { after }) }), facts, apiUrl }
}

/** Failures are reported by what renews. */
async function askAll(roles: readonly Role[]): Promise<void> {
  const left = [...roles]
  const ask = async () => {
    for (let role = left.pop(); role !== undefined; role = left.pop()) await role.credentials.current().catch(() => {})
  }
  await Promise.all(Array.from({ length: atOnce }, ask))
}

async function handlerOf(
  entry: ListenerEntry,
  parts: AgentParts,
  roleOf: (name: string, delivery?: RoleDelivery) => Role,
  closers: (() => void)[],
): Promise<HandlerOf> {
  const { clock, random, report, file } = parts
  if (entry.serves === 'instance-metadata') {
    const { credentials, facts } = roleOf(entry.role)
    const known = factsOf(file, facts)
    let isSaid = false
    return (callerOf) =>
      imdsHandler({
        ...{ credentials, facts: known, callerOf, clock, random },
        credentialsOfV1: entry.allowsV1 ? roleOf(entry.role, '1.0').credentials : undefined,
        onV1: () => {
          if (!isSaid) report('a program asks for instance metadata without a token, in version 1 of the service')
          isSaid = true
        },
      })
  }
  if (entry.serves === 'container-credentials') {
    const files = entry.workloads.map(({ name, role, tokenFile }) => ({
      workload: { name, credentials: roleOf(role).credentials },
      read: () => parts.readToken(tokenFile),
    }))
    const workloadOf = tokenOwners(files, { clock, report })
    return (callerOf) => containerHandler({ workloadOf, callerOf, clock })
  }
  const { credentials: node, facts, apiUrl } = roleOf(entry.role)
  const known = factsOf(file, facts)
  // Loaded where it is served.
  const { servePods } = await import('./serve-pods.ts')
  const pods = servePods(entry, {
    ...parts,
    node,
    region: () => known().region,
    server: () => new URL(file.apiUrl ?? apiUrl() ?? file.server),
  })
  closers.push(pods.close)
  return pods.handlerOf
}

/** What the file says of the machine; then what the source of its role knows. */
function factsOf({ instance }: AgentFile, known: () => Partial<InstanceFacts>): () => InstanceFacts {
  const { tags, ...given } = instance
  return () => {
    const fromSource = known()
    return { ...fromSource, ...given, tags: new Map([...(fromSource.tags ?? []), ...Object.entries(tags)]) }
  }
}
