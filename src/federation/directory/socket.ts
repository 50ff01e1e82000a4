// A connection to a directory server, ready for its first request: LDAPS, or StartTLS on LDAP (RFC 4511 section 4.14, RFC 4513
// section 3). It is opened here and not by the library, which opens a closed one again, in the clear where StartTLS had been used,
// and keeps what came in the clear to read it as if it had come over TLS.
import { connect as connectPlain, isIP, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls, TLSSocket } from 'node:tls'
import { BerReader, ExtendedRequest, ExtendedResponse } from 'ldapts'
import { hostOf } from '../fetch.ts'
import { isLoopback } from '../reach.ts'
import type { Deadline } from './deadline.ts'
import type { DirectorySettings } from './directory.ts'
import { NoAnswer, Refused, success } from './failures.ts'
import { createFrames } from './frames.ts'

export type Transport = Pick<DirectorySettings, 'startTls' | 'ca' | 'clientCertificate' | 'allowsPlain'>

const startTlsOid = '1.3.6.1.4.1.1466.20037'
/** Longer than any answer to StartTLS. */
const mostStartTlsBytes = 16_384

/**
 * Opens a connection.
 * @throws NoAnswer when there is none, or none that is safe.
 */
export async function openSocket(server: string, transport: Transport, deadline: Deadline): Promise<Socket> {
  const url = new URL(server)
  const host = hostOf(url)
  const tls: ConnectionOptions = {
    minVersion: 'TLSv1.2',
    // Said, so that no environment variable can say otherwise.
    rejectUnauthorized: true,
    host,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(transport.ca === undefined ? {} : { ca: transport.ca }),
    ...(transport.clientCertificate === undefined
      ? {}
      : { cert: transport.clientCertificate.certificate, key: transport.clientCertificate.key.reveal() }),
  }
  if (url.protocol === 'ldaps:') {
    const open = () => connectTls({ ...tls, port: url.port === '' ? 636 : Number(url.port) })
    return ready(open, 'secureConnect', server, deadline)
  }
  const plain = await ready(
    () => connectPlain({ host, port: url.port === '' ? 389 : Number(url.port) }),
    'connect',
    server,
    deadline,
  )
  if (transport.startTls) {
    await startTls(plain, server, deadline)
    return ready(() => connectTls({ ...tls, socket: plain }), 'secureConnect', server, deadline)
  }
  if (isPlainAllowed(plain, transport)) return plain
  plain.destroy()
  throw new NoAnswer(`${server}: it is not asked in the clear`)
}

/** INVARIANT: a password goes over TLS that was verified; in the clear to this machine's own directory in development alone. */
export function isSafe(socket: Socket, transport: Transport): boolean {
  if (socket instanceof TLSSocket) return socket.authorized
  return !transport.startTls && isPlainAllowed(socket, transport)
}

const isPlainAllowed = (socket: Socket, { allowsPlain = false }: Transport) =>
  allowsPlain && isLoopback(socket.remoteAddress ?? '')

function ready<Opened extends Socket>(
  open: () => Opened,
  event: 'connect' | 'secureConnect',
  server: string,
  { signal }: Deadline,
): Promise<Opened> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(new NoAnswer(`${server}: no connection in time`, true))
    const socket = open()
    const end = (reason?: NoAnswer) => {
      signal.removeEventListener('abort', late)
      socket.removeAllListeners('error')
      // An error may still come, and one that nobody listens to ends the process.
      socket.on('error', () => {})
      socket.removeListener(event, opened).removeListener('close', closed)
      if (reason === undefined) return resolve(socket)
      socket.destroy()
      reject(reason)
    }
    const late = () => end(new NoAnswer(`${server}: no connection in time`, true))
    const closed = () => end(new NoAnswer(`${server}: it closed the connection`))
    const opened = () => end()
    signal.addEventListener('abort', late)
    socket.once(event, opened).once('close', closed)
    socket.once('error', (error: NodeJS.ErrnoException) => {
      end(new NoAnswer(`${server}: ${error.code === undefined ? '' : `${error.code}: `}${error.message}`))
    })
  })
}

/**
 * Asks for TLS on an open connection.
 * INVARIANT: of what came in the clear, nothing is left to be read after TLS has begun: else whoever is between could put an answer
 * there, such as "the password is right".
 */
function startTls(socket: Socket, server: string, { signal }: Deadline): Promise<void> {
  return new Promise((resolve, reject) => {
    const frames = createFrames(mostStartTlsBytes)
    const end = (reason?: Error) => {
      signal.removeEventListener('abort', late)
      socket.removeListener('data', receive).removeListener('close', closed)
      if (reason === undefined) return resolve()
      socket.destroy()
      reject(reason)
    }
    const late = () => end(new NoAnswer(`${server}: no answer to StartTLS in time`, true))
    const closed = () => end(new NoAnswer(`${server}: it closed the connection at StartTLS`))
    const receive = (bytes: Buffer) => {
      try {
        const [message, ...more] = frames.push(bytes)
        if (more.length > 0 || (message !== undefined && frames.hasPart))
          return end(new NoAnswer(`${server}: it sent more than its answer to StartTLS`))
        if (message === undefined) return
        socket.pause()
        const answer = startTlsAnswer(message)
        end(answer === success ? undefined : new NoAnswer(`${server}: StartTLS: ${new Refused(answer, '').message}`))
      } catch (error) {
        end(new NoAnswer(`${server}: its answer to StartTLS: ${(error as Error).message}`))
      }
    }
    signal.addEventListener('abort', late)
    socket.on('data', receive).once('close', closed)
    socket.write(new ExtendedRequest({ messageId: 1, oid: startTlsOid }).write())
  })
}

/** The result code of the answer. */
function startTlsAnswer(message: Buffer): number {
  const reader = new BerReader(message)
  reader.readSequence()
  const id = reader.readInt()
  const tag = reader.readSequence()
  const answer = new ExtendedResponse({ messageId: 1 })
  if (id !== 1 || tag !== answer.protocolOperation) throw new Error('another message')
  answer.parse(reader, [])
  return answer.status
}
