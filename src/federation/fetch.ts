// Fetches a small document from an identity provider, or asks it something: over verified TLS, from an allowed address, within a
// deadline and a size. The name is resolved once, the connection is pinned to the checked address, and the connected address is
// checked again; redirects are refused (server-side request forgery; RFC 9110, RFC 5280).
import { lookup as resolveName } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { checkServerIdentity, type DetailedPeerCertificate, type PeerCertificate } from 'node:tls'
import { createShares } from '../core/shares.ts'
import { isLoopback, type Reach } from './reach.ts'
import { hasRocaFingerprint } from './rsa-fingerprint.ts'
import { pinned } from './thumbprint.ts'

// Not imported: importing node:http reads all its exports, among them WebSocket, which loads a second HTTP client: 8 MB of
// memory that nothing here uses.
const { request: plainRequest } = process.getBuiltinModule('node:http')
const { request: tlsRequest } = process.getBuiltinModule('node:https')

/** Whom a fetch trusts, and where it may go. */
export interface Trust {
  readonly reach: Reach
  /** PEM texts of the authorities that are trusted instead of the public ones. */
  readonly ca?: readonly string[] | undefined
  /** SHA-1 of certificates, 40 hex digits: a chain with one of them is trusted although no authority signed it. */
  readonly thumbprints?: readonly string[] | undefined
  /** The account that registered the provider; absent for those that every account has. */
  readonly owner?: string | undefined
}

/** Why a fetch failed. The first three are temporary: the fault of the network, or of the provider. */
export type FetchRejection =
  | 'unreachable'
  | 'timeout'
  | 'failing' // it answered 429 or 5xx
  | 'address' // none of its addresses is allowed
  | 'scheme'
  | 'certificate'
  | 'thumbprint'
  | 'redirect'
  | 'status'
  | 'too-large'
  | 'busy' // too many fetches at once

export interface FailedFetch {
  readonly rejected: FetchRejection
  readonly detail: string
}
export type Fetched = { readonly body: Buffer } | FailedFetch

/** GET of an https URL (http: to loopback alone). Never rejects. */
export type Fetch = (url: URL, trust: Trust, headers?: RequestHeaders) => Promise<Fetched>

/** A question that is more than a document: of a token endpoint, of an STS. */
export interface Question {
  readonly method: 'GET' | 'POST'
  readonly headers: RequestHeaders
  readonly body?: string
}

/** What a server answered: of any status but a redirect and those of a server that cannot answer now. */
export interface Answered {
  readonly status: number
  /** The Content-Type header; '' without one. */
  readonly contentType: string
  readonly body: Buffer
}

/** The same as a fetch for a question. When the status is another than `only`, the body is not read. Never rejects. */
export type Ask = (url: URL, trust: Trust, question: Question, only?: number) => Promise<Answered | FailedFetch>

/** Header fields beside those that every fetch sends. */
type RequestHeaders = Readonly<Record<string, string>>

export interface FetchOptions {
  /** For everything together: name resolution, connection, answer. */
  readonly timeoutMs?: number
  /** Longest document, in bytes. */
  readonly limit?: number
  /** Fetches that may run at once. */
  readonly most?: number
  /** Those of one owner, whose providers may all hang; one for each owner while half of all run. */
  readonly mostPerOwner?: number
  readonly resolve?: (host: string) => Promise<readonly string[]>
}

/** OpenSSL's and Node's error codes that say: the TLS peer is not the expected one. */
export const unverifiedPeer =
  /^(?:CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_|ERR_SSL_|INVALID_|HOSTNAME_MISMATCH|EPROTO)/
/** Those that a thumbprint overrides: no trusted authority signed. Never an expired certificate or a wrong name. */
const unknownIssuer = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
])

export function createFetch(options: FetchOptions = {}): Fetch {
  return fetchOver(createAsk(options))
}

/** Documents by GET: only those of status 200 are read. */
export function fetchOver(ask: Ask): Fetch {
  return (url, trust, headers = {}) => ask(url, trust, { method: 'GET', headers }, 200)
}

export function createAsk(options: FetchOptions = {}): Ask {
  const { timeoutMs = 5_000, limit = 1 << 20, most = 64, mostPerOwner = 8, resolve = addressesOf } = options
  let running = 0
  const shares = createShares(mostPerOwner)
  const answered: Ask = async (url, trust, question, only) => {
    const { owner } = trust
    // One person may have several accounts, so providers of several owners may hang together.
    const mostNow = running >= most / 2 ? 1 : mostPerOwner
    if (running >= most || (owner !== undefined && !shares.take(owner, mostNow)))
      return { rejected: 'busy', detail: 'too many fetches at once' }
    running++
    const deadline = AbortSignal.timeout(timeoutMs)
    try {
      const target = await aim(url, trust.reach, resolve, deadline)
      if ('rejected' in target) return target
      const sent = { question, only, deadline, limit }
      const first = await send(url, target, trust, { ca: trust.ca }, sent)
      const { thumbprints = [] } = trust
      if (!('code' in first) || thumbprints.length === 0 || !unknownIssuer.has(first.code)) return answerOf(first)
      const authority = await pinned(url, target.addresses, thumbprints, trust.reach, deadline)
      if (authority === undefined)
        return { rejected: 'thumbprint', detail: 'no certificate has one of the thumbprints' }
      const ca = [authority]
      return answerOf(await send(url, target, trust, { ca, allowPartialTrustChain: true }, sent))
    } finally {
      running--
      if (owner !== undefined) shares.leave(owner)
    }
  }
  return async (url, trust, question, only) => {
    const answer = await answered(url, trust, question, only)
    // A provider has several servers: the operator must know which one failed.
    return 'rejected' in answer ? { ...answer, detail: `${placeOf(url)}: ${answer.detail}` } : answer
  }
}

/** Host and port of a URL. */
const placeOf = ({ hostname, port, protocol }: URL) => `${hostname}:${port || (protocol === 'http:' ? '80' : '443')}`

interface Aimed {
  readonly addresses: readonly string[]
}

/** The allowed addresses of a URL's host, resolved once. */
export async function aim(
  url: URL,
  reach: Reach,
  resolve: (host: string) => Promise<readonly string[]> = addressesOf,
  deadline: AbortSignal = AbortSignal.timeout(5_000),
): Promise<Aimed | { readonly rejected: FetchRejection; readonly detail: string }> {
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return { rejected: 'scheme', detail: url.protocol }
  if (url.username !== '' || url.password !== '') return { rejected: 'scheme', detail: 'userinfo in a URL' }
  const host = hostOf(url)
  let all: readonly string[]
  try {
    all = isIP(host) === 0 ? await within(resolve(host), deadline) : [host]
  } catch (error) {
    return deadline.aborted
      ? { rejected: 'timeout', detail: 'the name did not resolve in time' }
      : { rejected: 'unreachable', detail: `the name does not resolve: ${codeOf(error)}` }
  }
  const addresses = all.filter((address) => reach(address) && (url.protocol === 'https:' || isLoopback(address)))
  if (addresses.length > 0) return { addresses }
  return { rejected: 'address', detail: `${host} (${all.join(', ')}) is not among the addresses that may be fetched` }
}

/** The host as sockets name it: without the brackets of IPv6. */
export const hostOf = (url: URL) => url.hostname.replace(/^\[|\]$/g, '')

type Outcome = Answered | FailedFetch | { readonly code: string; readonly detail: string }

const answerOf = (outcome: Outcome): Answered | FailedFetch =>
  'code' in outcome ? { rejected: 'certificate', detail: `${outcome.code}: ${outcome.detail}` } : outcome

interface Sent {
  readonly question: Question
  readonly only: number | undefined
  readonly deadline: AbortSignal
  readonly limit: number
}

function send(
  url: URL,
  { addresses }: Aimed,
  { reach }: Trust,
  tls: { readonly ca?: readonly string[] | undefined; readonly allowPartialTrustChain?: true },
  { question, only, deadline, limit }: Sent,
): Promise<Outcome> {
  return new Promise((resolve) => {
    const end = (outcome: Outcome) => {
      resolve(outcome)
      request.destroy()
    }
    const { ca, ...more } = tls
    const { method, headers, body } = question
    const open = url.protocol === 'https:' ? tlsRequest : plainRequest
    const request = open(url, {
      method,
      // No agent: a connection that was opened under another provider's trust must not be used again.
      agent: false,
      lookup: pinnedTo(addresses),
      headers: {
        ...{ accept: 'application/json', 'user-agent': 'hallpass', ...headers },
        ...(body === undefined ? {} : { 'content-length': `${Buffer.byteLength(body)}` }),
      },
      signal: deadline,
      maxHeaderSize: 16_384,
      minVersion: 'TLSv1.2',
      rejectUnauthorized: true,
      checkServerIdentity: (host, certificate) => checkServerIdentity(host, certificate) ?? weakness(certificate),
      ...(ca === undefined ? {} : { ca: [...ca] }),
      ...more,
    })
    request.on('socket', (socket) => {
      socket.once('connect', () => {
        // INVARIANT: the address that was connected to counts, not the one that the resolver gave.
        const { remoteAddress = '' } = socket
        if (!reach(remoteAddress)) end({ rejected: 'address', detail: `connected to ${remoteAddress}` })
      })
    })
    request.on('error', (error: NodeJS.ErrnoException) => {
      if (deadline.aborted) return end({ rejected: 'timeout', detail: 'no answer in time' })
      const code = codeOf(error)
      end(unverifiedPeer.test(code) ? { code, detail: error.message } : { rejected: 'unreachable', detail: code })
    })
    request.on('response', (response) => {
      const { statusCode = 0 } = response
      if (statusCode >= 300 && statusCode < 400) return end({ rejected: 'redirect', detail: `status ${statusCode}` })
      if (statusCode === 429 || statusCode >= 500) return end({ rejected: 'failing', detail: `status ${statusCode}` })
      if (only !== undefined && statusCode !== only) return end({ rejected: 'status', detail: `status ${statusCode}` })
      const chunks: Buffer[] = []
      let size = 0
      response.on('data', (chunk: Buffer) => {
        size += chunk.length
        if (size > limit) end({ rejected: 'too-large', detail: `more than ${limit} bytes` })
        else chunks.push(chunk)
      })
      response.on('error', (error) =>
        end(
          deadline.aborted
            ? { rejected: 'timeout', detail: 'no answer in time' }
            : { rejected: 'unreachable', detail: codeOf(error) },
        ),
      )
      response.on('end', () => {
        const { 'content-type': contentType = '' } = response.headers
        end({ status: statusCode, contentType, body: Buffer.concat(chunks) })
      })
    })
    request.end(body)
  })
}

/** An error if the private key of a certificate in the chain can be computed from its public key. */
function weakness(certificate: PeerCertificate): Error | undefined {
  let next: PeerCertificate | undefined = certificate
  // A root is its own issuer; chains are short.
  for (let depth = 0; next !== undefined && depth < 10; depth++) {
    const { modulus = '' } = next
    if (hasRocaFingerprint(Buffer.from(modulus.length % 2 === 0 ? modulus : `0${modulus}`, 'hex')))
      return Object.assign(new Error('a key with the fingerprint of CVE-2017-15361'), { code: 'ERR_TLS_WEAK_KEY' })
    const issuer: PeerCertificate | undefined = (next as Partial<DetailedPeerCertificate>).issuerCertificate
    next = issuer === next ? undefined : issuer
  }
  return undefined
}

/** A lookup that answers the checked addresses, whatever the name resolves to by now. */
const pinnedTo =
  (addresses: readonly string[]): LookupFunction =>
  (_host, options, answer) => {
    const all = addresses.map((address) => ({ address, family: isIP(address) }))
    if (options.all) return answer(null, all)
    answer(null, all[0]?.address ?? '', all[0]?.family)
  }

const addressesOf = (host: string) =>
  new Promise<readonly string[]>((resolve, reject) => {
    resolveName(host, { all: true }, (error, addresses) =>
      error === null ? resolve(addresses.map(({ address }) => address)) : reject(error),
    )
  })

function within<T>(work: Promise<T>, deadline: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    deadline.addEventListener('abort', () => reject(new Error('late')), { once: true })
    work.then(resolve, reject)
  })
}

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code ?? (error as Error).message
