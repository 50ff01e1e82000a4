// TLS of a listener: certificate and key from files, reloaded when they change (RFC 8446; RFC 5246 at the least), and
// the rule that nothing listens beyond loopback in the clear.
import { X509Certificate } from 'node:crypto'
import { unwatchFile, watchFile } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { isIPv4 } from 'node:net'
import { createSecureContext, type SecureContextOptions } from 'node:tls'
import { canonicalAddress, type Peer } from './proxies.ts'

/** Paths of PEM files: the certificate with its chain, and its private key. */
export interface TlsFiles {
  readonly certificate: string
  readonly key: string
}

export interface TlsSource {
  /** What listens now. */
  readonly options: SecureContextOptions
  /** When the certificate in use ends. */
  readonly validUntil: Date
  /** Reads the files again; `problem`, and the old pair stays in use, when they are not a usable pair. */
  reload(): Promise<{ readonly problem?: string }>
  /** Calls `apply` with each new pair. */
  onChange(apply: (options: SecureContextOptions) => void): void
  /** Stops watching the files. */
  close(): void
}

interface Pair {
  readonly options: SecureContextOptions
  readonly validUntil: Date
}

/**
 * Reads the files and watches them (by asking every `everyMs`, so that swapped symbolic links are seen).
 * `report` hears of each reload, with what is wrong with it if anything is.
 */
export async function tlsFromFiles(
  files: TlsFiles,
  clock: () => Date,
  report: (reloaded: { readonly problem?: string }) => void,
  everyMs = 5000,
): Promise<TlsSource | { readonly problem: string }> {
  const first = await readPair(files, clock())
  if ('problem' in first) return first
  let pair: Pair = first
  const hearers: ((options: SecureContextOptions) => void)[] = []
  let last: Promise<unknown> = Promise.resolve()

  const reload = () => {
    // One after the other: a slow read of older files must not win over a later one.
    const next = last.then(async () => {
      const read = await readPair(files, clock())
      if ('problem' in read) return read
      pair = read
      for (const apply of hearers) apply(read.options)
      return {}
    })
    last = next
    return next
  }
  const changed = () => void reload().then(report)
  for (const file of [files.certificate, files.key]) {
    watchFile(file, { interval: everyMs, persistent: false }, changed)
  }
  return {
    get options() {
      return pair.options
    },
    get validUntil() {
      return pair.validUntil
    },
    reload,
    onChange: (apply) => void hearers.push(apply),
    close() {
      for (const file of [files.certificate, files.key]) unwatchFile(file, changed)
    },
  }
}

async function readPair(files: TlsFiles, now: Date): Promise<Pair | { readonly problem: string }> {
  try {
    const [cert, key] = await Promise.all([readFile(files.certificate), readFile(files.key)])
    const options: SecureContextOptions = { cert, key, minVersion: 'TLSv1.2' }
    createSecureContext(options)
    const validUntil = new Date(new X509Certificate(cert).validTo)
    if (validUntil <= now)
      return { problem: `the certificate in ${files.certificate} ended ${validUntil.toISOString()}` }
    return { options, validUntil }
  } catch (error) {
    // Node's messages name the file or OpenSSL's complaint, never the key.
    return { problem: `${files.certificate} and ${files.key} are not a usable pair: ${(error as Error).message}` }
  }
}

/** Whether a host to listen on can be reached from this machine alone. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost') return true
  const address = canonicalAddress(host.replace(/^\[(.*)\]$/, '$1'))
  if (address === undefined) return false
  return isIPv4(address) ? address.startsWith('127.') : address === '::1'
}

/**
 * Whom a port beyond loopback that has no TLS of its own is answered to: the proxies that end it, this machine, and whoever
 * asks for a target that is open to all. Others would send their credentials in the clear. Undefined when everybody may ask.
 */
export function admitted(
  on: { readonly host: string; readonly tls: boolean },
  isOpen: (target: string) => boolean,
): ((peer: Peer, target: string) => boolean) | undefined {
  if (on.tls || isLoopback(on.host)) return undefined
  return ({ trusted, address }, target) => trusted || isLoopback(address) || isOpen(target)
}

/**
 * INVARIANT: beyond loopback a listener has TLS, or stands behind proxies that are named: session tokens and secrets
 * travel on it.
 */
export function mayListen(on: { readonly host: string; readonly tls: boolean; readonly trustedProxies: boolean }): {
  readonly refused?: string
} {
  if (isLoopback(on.host) || on.tls || on.trustedProxies) return {}
  return {
    refused: `Refusing to listen on ${on.host} without TLS: credentials would travel in the clear. Give a certificate and key, name the trusted proxies that end TLS in front of this server, or listen on 127.0.0.1.`,
  }
}
