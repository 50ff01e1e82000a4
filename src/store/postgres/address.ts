// Reads the setting `store` of this kind: postgres://USER@HOST[:PORT][,HOST[:PORT]…]/DATABASE[?NAME=VALUE&…], as libpq
// writes it (PostgreSQL, 34.1.1.2), with what is safe of its parameters.
import { isIP } from 'node:net'
import { isLoopbackHost } from '../../core/host-name.ts'

export interface Host {
  readonly host: string
  readonly port: number
}

export interface Address {
  readonly hosts: readonly Host[]
  readonly user: string
  readonly database: string
  /** Absent: plain connections, to this machine alone. */
  readonly tls?: TlsFiles
}

/** Paths of PEM files. Without a root, Node's own roots are trusted. */
export interface TlsFiles {
  readonly root?: string
  readonly certificate?: string
  readonly key?: string
}

const FILES = { sslrootcert: 'root', sslcert: 'certificate', sslkey: 'key' } as const
const DEFAULT_PORT = 5432

type Refused = { readonly refused: string }

/** Reads the URL after `postgres:`. Messages do not repeat it: it may hold a password. */
export function readAddress(text: string): Address | Refused {
  const match = /^\/\/(?:([^@/?#]*)@)?([^@/?#]+)\/([^/?#]+)(?:\?([^#]*))?$/.exec(text)
  if (match === null) return refuse('is written postgres://USER@HOST[:PORT][,HOST[:PORT]]/DATABASE')
  const [, userText = '', hostsText = '', databaseText = '', query = ''] = match
  if (userText.includes(':')) return refuse(PASSWORD)
  const user = decoded(userText)
  const database = decoded(databaseText)
  if (user === undefined || user === '') return refuse('needs the user’s name before the host: postgres://USER@HOST/…')
  if (database === undefined) return refuse('names no database')
  const hosts: Host[] = []
  for (const each of hostsText.split(',')) {
    const host = readHost(each)
    if (host === undefined) return refuse('names a host that is none: HOST, HOST:PORT or [IPv6]:PORT')
    hosts.push(host)
  }
  const security = readSecurity(query, hosts)
  return 'refused' in security ? security : { ...{ hosts, user, database }, ...security }
}

const PASSWORD = 'must not hold a password: give it as HALLPASS_STORE_PASSWORD or in the settings file'

const refuse = (why: string): Refused => ({ refused: `postgres: ${why}` })

function readHost(text: string): Host | undefined {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|(%2[Ff][^:]*)|([A-Za-z0-9._-]+))(?::([0-9]{1,5}))?$/.exec(text)
  if (match === null) return undefined
  const [, six, folder, name, portText] = match
  const port = portText === undefined ? DEFAULT_PORT : Number(portText)
  if (port < 1 || port > 65_535 || (six !== undefined && isIP(six) !== 6)) return undefined
  const host = folder === undefined ? (six ?? name) : decoded(folder)
  return host === undefined ? undefined : { host, port }
}

function readSecurity(query: string, hosts: readonly Host[]): { readonly tls?: TlsFiles } | Refused {
  const files: { root?: string; certificate?: string; key?: string } = {}
  const seen = new Set<string>()
  let mode: string | undefined
  for (const [name, value] of new URLSearchParams(query)) {
    if (seen.has(name)) return refuse(`has ${name} twice`)
    seen.add(name)
    if (name === 'sslmode') mode = value
    else if (Object.hasOwn(FILES, name)) files[FILES[name as keyof typeof FILES]] = value
    else if (name === 'password') return refuse(PASSWORD)
    else if (name !== 'target_session_attrs') return refuse(unknown(name))
    else if (value !== 'read-write') return refuse('target_session_attrs is always read-write')
  }
  if ((files.certificate === undefined) !== (files.key === undefined))
    return refuse('sslcert and sslkey go together: a certificate and its key')
  const isLocal = hosts.every(({ host }) => isSocket(host) || isLoopbackHost(inUrl(host)))
  mode ??= isLocal && Object.keys(files).length === 0 ? 'disable' : 'verify-full'
  if (mode === 'verify-full') return { tls: files }
  if (mode !== 'disable') return refuse('sslmode is verify-full, or disable for a database on this machine')
  if (!isLocal)
    return refuse('sslmode=disable is for a database on this machine: passwords and secrets would be readable')
  return Object.keys(files).length > 0 ? refuse('sslmode=disable uses no certificate') : {}
}

/** A parameter's name is repeated only if it cannot be somebody's secret. */
const unknown = (name: string): string =>
  `has a parameter that is not known${/^[a-z_]{1,24}$/.test(name) ? `: ${name}` : ''}. Known: sslmode, sslrootcert, sslcert, sslkey, target_session_attrs`

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

/** A folder of a Unix socket, as libpq writes it: its absolute path, percent-encoded. */
const isSocket = (host: string): boolean => host.startsWith('/')

const inUrl = (host: string): string => (isIP(host) === 6 ? `[${host}]` : host)

/** The store's name for the operator. */
export const nameOf = ({ hosts, database }: Address): string =>
  `postgres ${hosts.map(({ host, port }) => `${inUrl(host)}:${port}`).join(',')}/${database}`
