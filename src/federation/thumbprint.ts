// Thumbprints of certificates, as IAM means them (IAM User Guide, "Obtain the thumbprint for an OpenID Connect identity
// provider"): the SHA-1 of the top certificate that a server sends. They matter where no trusted authority vouches for it.
import { createHash, X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { connect, type DetailedPeerCertificate } from 'node:tls'
import type { Reach } from './reach.ts'

export const thumbprintOf = (der: Buffer) => createHash('sha1').update(der).digest('hex')

/**
 * Of the certificates that the server sends, the one with one of these thumbprints, as PEM; undefined when none has.
 *
 * INVARIANT: nothing that is read here is believed: links between certificates are by name, not by signature. The
 * certificate that is found becomes the one authority of a connection of its own, which is verified in full.
 */
export async function pinned(
  url: URL,
  addresses: readonly string[],
  thumbprints: readonly string[],
  reach: Reach,
  deadline: AbortSignal,
): Promise<string | undefined> {
  const chain = await sentChain(url, addresses, reach, deadline)
  const certificate = chain.find((der) => thumbprints.includes(thumbprintOf(der)))
  return certificate === undefined ? undefined : new X509Certificate(certificate).toString()
}

/** What a server sends, its own certificate first; empty when there is no connection. No request is sent. */
export function sentChain(
  url: URL,
  addresses: readonly string[],
  reach: Reach,
  deadline: AbortSignal,
): Promise<readonly Buffer[]> {
  return new Promise((resolve) => {
    const [address] = addresses
    if (address === undefined || deadline.aborted) return resolve([])
    const servername = url.hostname.replace(/^\[|\]$/g, '')
    const socket = connect({
      host: address,
      port: url.port === '' ? 443 : Number(url.port),
      rejectUnauthorized: false,
      minVersion: 'TLSv1.2',
      ...(isIP(servername) === 0 ? { servername } : {}),
    })
    const end = (chain: readonly Buffer[]) => {
      resolve(chain)
      socket.destroy()
    }
    deadline.addEventListener('abort', () => end([]), { once: true })
    socket.on('error', () => end([]))
    socket.on('secureConnect', () => {
      if (!reach(socket.remoteAddress ?? '')) return end([])
      const chain: Buffer[] = []
      let next: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true)
      // A root is its own issuer.
      while (next?.raw !== undefined && chain.length < 10 && !chain.some((der) => der.equals(next?.raw ?? der))) {
        chain.push(next.raw)
        next = next.issuerCertificate
      }
      end(chain)
    })
  })
}
