// Why no answer could be had, by the error of the socket, of TLS or of the parser.
import { unverifiedPeer } from '../../federation/fetch.ts'
import type { BackendTrouble } from '../../service/contracts/backends.ts'

export interface Trouble {
  readonly why: BackendTrouble
  /** For the operator: codes and words of Node and OpenSSL, nothing that was sent. */
  readonly detail: string
}

export function troubleOf(error: NodeJS.ErrnoException & { readonly reason?: unknown }): Trouble {
  const { code = '', name, message } = error
  if (garbled.test(`${name} ${message}`)) return { why: 'garbled', detail: `its answer is not HTTP/1.1 (${message})` }
  if (unverifiedPeer.test(code)) {
    const says = typeof error.reason === 'string' ? error.reason : message
    return { why: 'untrusted', detail: `${code}: ${says}` }
  }
  return { why: 'away', detail: sentences[code] ?? (code === '' ? message : code) }
}

/** What undici finds wrong with an answer. */
const garbled = /^(?:HTTPParserError|HeadersOverflowError|ResponseContentLengthMismatchError|SocketError bad )/

const sentences: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens there (ECONNREFUSED)',
  UND_ERR_SOCKET: 'it closed the connection without an answer',
  ECONNRESET: 'it closed the connection without an answer (ECONNRESET)',
  EPIPE: 'it closed the connection without an answer (EPIPE)',
  ENOTFOUND: 'its name has no address (ENOTFOUND)',
  EAI_AGAIN: 'its name could not be looked up (EAI_AGAIN)',
  EHOSTUNREACH: 'there is no way to its address (EHOSTUNREACH)',
  ENETUNREACH: 'there is no way to its address (ENETUNREACH)',
  ETIMEDOUT: 'its address does not answer (ETIMEDOUT)',
}
