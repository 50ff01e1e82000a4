// A small directory in process: LDAPv3 (RFC 4511) with simple binds and searches, over plain sockets, StartTLS or TLS. For development
// and tests alone: passwords are readable, and nothing is ever written.
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { createServer as createTlsServer, type SecureContextOptions, TLSSocket } from 'node:tls'
import { foldCase } from '../../core/case-fold.ts'
import { activeDirectory, type Dialect, openLdap } from './dialects.ts'
import type { DirectoryEntry } from './entries.ts'
import {
  type Answer,
  type DirectoryRequest,
  readMessage,
  wholeMessage,
  writeAnswer,
  writeReference,
} from './messages.ts'
import { comparable, readEntries } from './reading.ts'
import { answerSearch, found } from './search.ts'

/** What a test has the server do instead of answering as it would. */
export interface Twist {
  /** It answers when this has settled. */
  readonly after?: Promise<unknown>
  /** This result, whatever was asked. */
  readonly answer?: Answer
  /** A search finds these. */
  readonly entries?: readonly DirectoryEntry[]
  /** A search says that more is at these servers. */
  readonly references?: readonly string[]
  /** So much of the answer is sent: 0.5 for the first half. */
  readonly share?: number
  /** The connection is closed after what is sent. */
  readonly close?: boolean
}

export interface DirectoryOptions {
  /** Read anew at each request: what is changed in the list is seen by the next. */
  readonly entries: readonly DirectoryEntry[]
  readonly kind?: 'active-directory' | 'openldap'
  readonly port?: number
  /** Certificate and key; with `ca`, the client's certificate is demanded too. */
  readonly tls?: SecureContextOptions
  /** TLS from the first byte. Otherwise, with `tls`, StartTLS. */
  readonly ldaps?: boolean
  /** A bind with a name and no password succeeds, as at servers that call it anonymous (RFC 4513 section 5.1.2). */
  readonly allowsUnauthenticatedBind?: boolean
  /** Longer attributes are given in ranges. */
  readonly mostValues?: number
  readonly twist?: (request: DirectoryRequest) => Twist | undefined
}

export interface DirectoryServer {
  readonly port: number
  readonly url: string
  /** Open connections. */
  readonly connections: number
  /** Ends every connection at once, as a machine does that loses its power. */
  close(): Promise<void>
}

const startTls = '1.3.6.1.4.1.1466.20037'
const whoAmI = '1.3.6.1.4.1.4203.1.11.3'
const protocolError = 2
const authMethodNotSupported = 7
const unwillingToPerform = 53

export async function startDirectory(options: DirectoryOptions): Promise<DirectoryServer> {
  const dialect = options.kind === 'active-directory' ? activeDirectory : openLdap
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    if (options.ldaps === true) overTls(socket, options.tls ?? {}, (secured) => converse(secured, options, dialect))
    else converse(socket, options, dialect)
  })
  server.listen(options.port ?? 0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    port,
    url: `${options.ldaps === true ? 'ldaps' : 'ldap'}://localhost:${port}`,
    get connections() {
      return sockets.size
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      if (!server.listening) return
      server.close()
      await once(server, 'close')
    },
  }
}

/** Calls back with the connection when its handshake is done. */
function overTls(socket: Socket, tls: SecureContextOptions, secured: (socket: Socket) => void): void {
  const demands = tls.ca !== undefined
  // It never listens: it is only what reads the client's certificate.
  const server = createTlsServer({ ...tls, requestCert: demands, rejectUnauthorized: demands })
  server.on('tlsClientError', () => socket.destroy())
  server.on('secureConnection', (connection: Socket) => {
    connection.on('error', () => connection.destroy())
    secured(connection)
  })
  server.emit('connection', socket)
}

/** Answers the requests of one connection, one after the other. */
function converse(first: Socket, options: DirectoryOptions, dialect: Dialect): void {
  let socket = first
  let waiting = Buffer.alloc(0)
  let turn: Promise<void> = Promise.resolve()
  /** The DN of whoever bound. */
  let bound: string | undefined

  function receive(bytes: Buffer) {
    waiting = Buffer.concat([waiting, bytes])
    try {
      for (let message = wholeMessage(waiting); message !== undefined; message = wholeMessage(waiting)) {
        waiting = waiting.subarray(message.length)
        const request = readMessage(message)
        turn = turn.then(() => serve(request))
      }
    } catch {
      socket.destroy()
    }
  }
  socket.on('data', receive)

  async function serve(request: DirectoryRequest): Promise<void> {
    if (request.kind === 'abandon') return
    const twist = options.twist?.(request) ?? {}
    if (request.kind === 'unbind') return void socket.end()
    await twist.after
    const bytes = Buffer.concat(answersTo(request, twist))
    if (socket.destroyed) return
    const sent = twist.share === undefined ? bytes : bytes.subarray(0, Math.floor(bytes.length * twist.share))
    if (twist.close === true) return void socket.end(sent, () => socket.destroy())
    socket.write(sent)
    if (
      request.kind === 'extended' &&
      request.oid === startTls &&
      options.tls !== undefined &&
      twist.answer === undefined
    ) {
      socket.off('data', receive)
      // What came before the handshake is not read after it.
      waiting = Buffer.alloc(0)
      overTls(socket, options.tls, (secured) => {
        socket = secured
        socket.on('data', receive)
      })
    }
  }

  function answersTo(request: DirectoryRequest, twist: Twist): readonly Buffer[] {
    if (request.kind === 'bind') {
      const answer = twist.answer ?? bind(request.name, request.password)
      return [writeAnswer(request, 'bind', answer)]
    }
    if (request.kind === 'extended') {
      const [answer, value] = extended(request.oid)
      return [writeAnswer(request, 'extended', twist.answer ?? answer, value === undefined ? {} : { value })]
    }
    if (request.kind !== 'search')
      return [
        writeAnswer(request, 'search', {
          code: unwillingToPerform,
          message: 'problem' in request ? request.problem : '',
        }),
      ]
    const reading = readEntries([...options.entries, ...(twist.entries ?? [])], dialect)
    const isRootEntry = request.base === '' && request.scope === 'base'
    const answer = twist.answer ?? (bound === undefined && !isRootEntry ? dialect.notBound : undefined)
    if (answer !== undefined) return [writeAnswer(request, 'search', answer)]
    const entries = twist.entries ?? found(request, reading)
    const references = twist.references === undefined ? [] : [writeReference(request.id, twist.references)]
    return [...references, ...answerSearch(request, entries, reading, options.mostValues ?? 1500)]
  }

  function bind(name: string, password: string | undefined): Answer {
    // Whatever comes of it, the connection is no longer whose it was (RFC 4511 section 4.2.1).
    bound = undefined
    if (password === undefined) return { code: authMethodNotSupported }
    if (name === '' && password === '') return { code: 0 }
    if (password === '')
      return options.allowsUnauthenticatedBind === true
        ? { code: 0 }
        : { code: unwillingToPerform, message: 'no password' }
    const entry = options.entries.find(
      (one) =>
        comparable(one.dn) === comparable(name) ||
        dialect.bindNames(one).some((own) => foldCase(own) === foldCase(name)),
    )
    if (entry?.password === undefined) return dialect.noSuchPerson
    if (entry.password !== password) return dialect.wrongPassword
    const answer = entry.state === undefined ? { code: 0 } : dialect.states[entry.state].bind
    if (answer.code === 0) bound = entry.dn
    return answer
  }

  function extended(oid: string): readonly [answer: Answer, value?: string] {
    if (oid === whoAmI) return [{ code: 0 }, bound === undefined ? '' : `dn:${bound}`]
    if (oid === startTls && options.tls !== undefined && !(socket instanceof TLSSocket)) return [{ code: 0 }]
    return [{ code: protocolError, message: 'not known here' }]
  }
}
