// The development directory as tests want it: what it was asked is listed, what it does next can be told, and it can be killed and
// started again where it was.
import type { DirectoryEntry } from '../entries.ts'
import type { DirectoryRequest } from '../messages.ts'
import { type DirectoryOptions, startDirectory, type Twist } from '../server.ts'

export interface ScriptedDirectory {
  readonly url: string
  readonly port: number
  /** Open connections; 0 while it is down. */
  readonly connections: number
  /** What it has. A test changes the list. */
  readonly entries: DirectoryEntry[]
  /** Every request, in order. */
  readonly requests: DirectoryRequest[]
  /** The next request of that kind is answered so; several stand in line. */
  next(kind: DirectoryRequest['kind'], twist: Twist): void
  /** Every request is answered so, until it is undefined again. */
  always: ((request: DirectoryRequest) => Twist | undefined) | undefined
  /** Replaces members of the entry with this DN. */
  change(dn: string, changes: Partial<DirectoryEntry>): void
  /** Ends its connections; new ones are refused. */
  kill(): Promise<void>
  /** Listens again, on the same port. */
  restart(): Promise<void>
  close(): Promise<void>
}

export async function scriptedDirectory(options: DirectoryOptions): Promise<ScriptedDirectory> {
  const entries = [...options.entries]
  const requests: DirectoryRequest[] = []
  const planned: { readonly kind: DirectoryRequest['kind']; readonly twist: Twist }[] = []
  const all: DirectoryOptions = {
    ...options,
    entries,
    twist(request) {
      requests.push(request)
      const at = planned.findIndex(({ kind }) => kind === request.kind)
      const [plan] = at === -1 ? [] : planned.splice(at, 1)
      return plan?.twist ?? directory.always?.(request) ?? options.twist?.(request)
    },
  }
  let server = await startDirectory(all)
  const { port, url } = server
  const directory: ScriptedDirectory = {
    url,
    port,
    get connections() {
      return server.connections
    },
    entries,
    requests,
    next: (kind, twist) => void planned.push({ kind, twist }),
    always: undefined,
    change(dn, changes) {
      const at = entries.findIndex((entry) => entry.dn === dn)
      const entry = entries[at]
      if (entry === undefined) throw new Error(`no entry ${dn}`)
      entries[at] = { ...entry, ...changes }
    },
    kill: () => server.close(),
    async restart() {
      server = await startDirectory({ ...all, port })
    },
    close: () => server.close(),
  }
  return directory
}
