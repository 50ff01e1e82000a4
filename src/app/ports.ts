// The ports of a server: its own, with TLS when there is a certificate, and that of its metrics. They are opened before
// anything else happens, for a port that is in use and a file that is no certificate are mistakes in the settings.
import type { Settings } from '../config/settings.ts'
import type { Handler } from '../server/exchange.ts'
import { type Metrics, metricsHandler } from '../server/metrics.ts'
import { type Listener, type ListenOptions, listen } from '../server/node.ts'
import type { EdgeEvent, EdgeOptions } from '../server/node-exchange.ts'
import { noProxies, type Proxies } from '../server/proxies.ts'
import { type TlsSource, tlsFromFiles } from '../server/tls.ts'
import { Refusal } from '../wire/errors.ts'
import { Failure } from './failure.ts'
import { textFile } from './text-file.ts'

export type Report = (line: string) => void

export interface PortsOptions extends Pick<EdgeOptions, 'admits' | 'clock' | 'random'> {
  readonly handler: Handler
  readonly proxies: Proxies
  /** Bytes of the longest body that a handler may ask for, where that is more than the setting. */
  readonly longestBody: number
  readonly metrics: Metrics
  readonly report: Report
}

export interface Ports {
  /** `http://127.0.0.1:4600`. */
  readonly url: string
  readonly listener: Listener
  /** The listener of the metrics, when they have a port. */
  readonly measured: Listener | undefined
  readonly tls: TlsSource | undefined
  /** Answers requests in flight for at most `graceMs`, then closes everything. */
  close(graceMs: number): Promise<void>
}

/** Opens the ports. Rejects Failure, and leaves nothing open. */
export async function openPorts(settings: Settings, options: PortsOptions): Promise<Ports> {
  const { handler, proxies, admits, metrics, report, clock, random, longestBody } = options
  const tls = await tlsOf(settings, clock, report)
  const edge = { clock, random, report: edgeReport(metrics, report) }
  const opened: Listener[] = []
  const close = async (graceMs: number) => {
    for (const listener of opened) await listener.close(graceMs)
    tls?.close()
  }
  try {
    const bounds = { bodyBytes: Math.max(settings['body-limit'], longestBody) }
    const main = {
      ...edge,
      on: settings.listen,
      handler,
      proxies,
      admits,
      bounds,
      ...(tls === undefined ? {} : { tls }),
    }
    const listener = await openListener('listen', main)
    opened.push(listener)
    const on = settings['metrics-listen']
    const read = { ...edge, handler: metricsHandler(metrics), proxies: noProxies }
    const measured = on === undefined ? undefined : await openListener('metrics-listen', { ...read, on })
    if (measured !== undefined) opened.push(measured)
    return { url: urlOf(settings, tls !== undefined, listener.port), listener, measured, tls, close }
  } catch (error) {
    await close(0)
    throw error
  }
}

/** Counts events outside the pipeline, and reports failures, which are faults of ours. */
const edgeReport = (metrics: Metrics, report: Report) => (event: EdgeEvent) => {
  metrics.edge(event)
  if (event.kind === 'failed') report(failureOf(event.requestId, event.error))
}

/** The line about a failed request for the operator. Of a refusal, what its caller is not told is why it failed. */
export function failureOf(requestId: string, error: unknown): string {
  if (error instanceof Refusal && error.detail !== undefined) {
    return `request ${requestId} failed: ${error.code}: ${error.detail}`
  }
  return `request ${requestId} failed: ${error instanceof Error ? error.stack : String(error)}`
}

async function openListener(
  setting: 'listen' | 'metrics-listen',
  options: ListenOptions & { readonly on: { readonly host: string; readonly port: number } },
): Promise<Listener> {
  try {
    return await listen(options)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const { host, port } = options.on
    if (code === 'EADDRINUSE')
      throw new Failure(
        `port ${port} of ${host} is in use; give --${setting} another, or stop the process that uses it`,
      )
    const reason = reasons[code ?? '']?.(hostText(host), port)
    throw new Failure(`cannot listen on ${hostText(host)}:${port}: ${reason ?? message}`)
  }
}

const reasons: Readonly<Record<string, (host: string, port: number) => string>> = {
  EACCES: (_, port) =>
    `this user may not open port ${port}; choose one above 1023, or give the process the capability CAP_NET_BIND_SERVICE`,
  EADDRNOTAVAIL: (host) => `${host} is not an address of this machine; 0.0.0.0 and [::] stand for all of them`,
  ENOTFOUND: (host) => `${host} is not a name of this machine; give an address`,
}

async function tlsOf(settings: Settings, clock: () => Date, report: Report): Promise<TlsSource | undefined> {
  const { 'tls-cert': certificate, 'tls-key': key } = settings
  if (certificate === undefined || key === undefined) return undefined
  // These throw an error that names the setting whose file does not exist or may not be read.
  textFile(certificate, 'tls-cert')
  textFile(key, 'tls-key')
  const source = await tlsFromFiles({ certificate, key }, clock, ({ problem }) => {
    report(problem === undefined ? 'the certificate was reloaded' : `the certificate was not reloaded: ${problem}`)
  })
  if ('problem' in source) throw new Failure(source.problem)
  return source
}

/** A host as it is written before a port: an IPv6 address in brackets (RFC 3986 3.2.2). */
export const hostText = (host: string) => (host.includes(':') ? `[${host}]` : host)

/** The URL at which a client on this machine reaches the APIs: by the first full name in `api-names`, else by the address. */
export function urlOf(settings: Settings, tls: boolean, port: number): string {
  const apiName = settings['api-names']?.find((name) => !name.startsWith('*.'))
  const { host } = settings.listen
  const address = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return `${tls ? 'https' : 'http'}://${apiName ?? hostText(address)}:${port}`
}
