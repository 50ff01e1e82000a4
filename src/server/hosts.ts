// Which face of the one port a request sees, by its Host first: pages and discovery documents under the public URL's
// name, AWS APIs under other names (RFC 9112 3.2, RFC 6454: a name is what browsers trust).

/** The names of this server, without ports. */
export interface Hosts {
  /** The public URL's host name; absent when no pages are offered. */
  readonly pages?: string
  /** Names of the APIs; `*.name` is any name below. Absent: every name that is not the pages'. */
  readonly apis?: readonly string[]
}

export type Face = 'pages' | 'api'

/** Compiles configured names. Throws TypeError for one that is not a host name, or that would be both faces. */
export function hosts(publicUrl: string | undefined, apis: readonly string[] = []): Hosts {
  const pages = publicUrl === undefined ? undefined : hostName(new URL(publicUrl).host)
  const names = apis.map((name) => {
    const bare = name.startsWith('*.') ? name.slice(2) : name
    const known = hostName(bare)
    if (known === undefined) throw new TypeError(`${name} is not a host name`)
    return bare === name ? known : `*.${known}`
  })
  // INVARIANT: the pages' name is never an API name: an object served there would run with the console's cookies.
  if (pages !== undefined && names.some((name) => matches(pages, name))) {
    throw new TypeError(`${pages} is the public URL's host, so it cannot be a name of the APIs`)
  }
  return { ...(pages !== undefined && { pages }), ...(names.length > 0 && { apis: names }) }
}

/**
 * The face a Host header selects, or undefined: refuse it. Ports do not tell faces apart (cookies do not know them), so
 * the public URL's host is the pages' on any port.
 */
export function route(host: string, config: Hosts): Face | undefined {
  const name = hostName(host)
  if (name === undefined) return undefined
  if (name === config.pages) return 'pages'
  if (config.apis === undefined) return 'api'
  return config.apis.some((api) => matches(name, api)) ? 'api' : undefined
}

const matches = (name: string, pattern: string) =>
  pattern.startsWith('*.') ? name.length >= pattern.length && name.endsWith(pattern.slice(1)) : name === pattern

const shape = /^(?:([a-z0-9_](?:[a-z0-9_.-]{0,253}[a-z0-9_])?)\.?|(\[[0-9a-f:.]+\]))(?::\d{1,5})?$/

/** A Host header's name: lower case, without port and final dot; undefined when it is not of that form. */
export function hostName(host: string): string | undefined {
  const found = shape.exec(host.toLowerCase())
  return found?.[1] ?? found?.[2]
}
