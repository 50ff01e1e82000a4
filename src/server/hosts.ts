// Which face of the one port a request sees, by its Host first: pages and discovery documents under the public URL's
// name, AWS APIs under other names (RFC 9112 3.2, RFC 6454: a name is what browsers trust).

import { hostName, hostPattern } from '../core/host-name.ts'

/** The names of this server, without ports. */
export interface Hosts {
  /** The public URL's host name; absent when no pages are offered. */
  readonly pages?: string
  /** Names of the APIs; `*.name` is any name below. Absent: every name that is not the pages'. */
  readonly apis?: readonly string[]
}

export type Face = 'pages' | 'api'

/** Compiles configured names; `invalid` says which of them is none, or would be both faces. */
export function hosts(
  publicUrl: string | undefined,
  apis: readonly string[] = [],
): Hosts | { readonly invalid: string } {
  const pages = publicUrl === undefined ? undefined : hostName(new URL(publicUrl).host)
  const names: string[] = []
  for (const name of apis) {
    const known = hostPattern(name)
    if (known === undefined) return { invalid: `${name} is not a host name` }
    names.push(known)
  }
  // INVARIANT: the pages' name is never an API name: an object served there would run with the console's cookies.
  if (pages !== undefined && names.some((name) => matches(pages, name))) {
    return { invalid: `${pages} is the public URL's host, so it cannot be a name of the APIs` }
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
