// Requests to one directory server over one connection, one at a time (RFC 4511). The library writes and reads the messages; its
// client is not used (docs/decisions/0019-directories.md).
import type { Socket } from 'node:net'
import {
  BerReader,
  BindRequest,
  BindResponse,
  type Control,
  type Filter,
  PagedResultsControl,
  PasswordPolicyControl,
  SearchEntry,
  SearchRequest,
  SearchResponse,
  UnbindRequest,
} from 'ldapts'
import type { Secret } from '../../core/secret.ts'
import type { Deadline } from './deadline.ts'
import { type Entry, entryOf } from './entry.ts'
import { isServersFault, NoAnswer, NotWhole, Refused, success } from './failures.ts'
import { createFrames } from './frames.ts'

export interface BindAnswer {
  readonly code: number
  readonly message: string
  /** Of the password policy control (draft-behera-ldap-password-policy section 6.2). */
  readonly policy: { readonly error?: number; readonly graceAuthNsRemaining?: number } | undefined
}

export interface Search {
  readonly base: string
  readonly scope: 'base' | 'sub'
  readonly filter: Filter
  readonly attributes: readonly string[]
}

export interface Connection {
  readonly server: string
  readonly isOpen: boolean
  /**
   * Binds by name and password.
   * @throws NoAnswer, and TypeError without a name or password: servers call that a success, and it proves nothing (RFC 4513
   * section 5.1).
   */
  bind(name: string, password: Secret, deadline: Deadline): Promise<BindAnswer>
  /**
   * All that is found, page by page, `most` entries at most. References to other servers are not followed.
   * @throws NoAnswer, Refused, NotWhole
   */
  search(search: Search, most: number, deadline: Deadline): Promise<readonly Entry[]>
  close(): void
}

export interface ConnectionOptions {
  /** Whether a password may go over it; asked before each bind. */
  readonly isSafe: () => boolean
}

const pageSize = 500
/** One answer's bytes, all entries of a page together. */
const mostBytes = 32 << 20
const mostMessageId = 2 ** 31 - 1

const references = 0x73
const bindResponse = 0x61
const searchEntry = 0x64
const searchDone = 0x65
const enumerated = 0x0a

interface Waiting {
  readonly id: number
  readonly controls: Control[]
  bytes: number
  readonly entries: Entry[]
  readonly resolve: (answer: BindResponse | SearchResponse) => void
  readonly reject: (reason: NoAnswer) => void
}

export function createConnection(socket: Socket, server: string, { isSafe }: ConnectionOptions): Connection {
  const frames = createFrames(mostBytes)
  let lastId = 1
  let waiting: Waiting | undefined
  let isOpen = true

  function end(reason: NoAnswer) {
    isOpen = false
    socket.destroy()
    const asked = waiting
    waiting = undefined
    asked?.reject(reason)
  }

  function receive(message: Buffer) {
    const reader = new BerReader(message)
    reader.readSequence()
    const id = reader.readInt()
    const tag = reader.readSequence()
    // Message 0 says that the server ends the connection (RFC 4511 section 4.4.1).
    if (waiting === undefined || id !== waiting.id) throw new Error('a message that nothing asked for')
    waiting.bytes += message.length
    if (waiting.bytes > mostBytes) throw new Error(`an answer of more than ${mostBytes} bytes`)
    if (tag === references) return
    if (tag === searchEntry) {
      const found = new SearchEntry({ messageId: id })
      found.parse(reader, [])
      waiting.entries.push(entryOf(found))
      return
    }
    if (tag !== bindResponse && tag !== searchDone) throw new Error('a message of another kind')
    // The library reads a result that is not there as success.
    if (message[reader.offset] !== enumerated || message[reader.offset + 1] !== 1) throw new Error('no result code')
    const answer = tag === bindResponse ? new BindResponse({ messageId: id }) : new SearchResponse({ messageId: id })
    answer.parse(reader, waiting.controls)
    const { resolve } = waiting
    waiting = undefined
    resolve(answer)
  }

  socket.on('data', (bytes: Buffer) => {
    try {
      for (const message of frames.push(bytes)) if (isOpen) receive(message)
    } catch (error) {
      end(new NoAnswer(`${server}: it sent ${(error as Error).message}`))
    }
  })
  socket.on('error', (error: NodeJS.ErrnoException) => end(new NoAnswer(`${server}: ${error.code ?? error.message}`)))
  socket.on('close', () => end(new NoAnswer(`${server}: it closed the connection`)))

  async function ask<Answer extends BindResponse | SearchResponse>(
    write: (id: number) => Buffer,
    kind: new (options: { messageId: number }) => Answer,
    controls: Control[],
    { signal }: Deadline,
  ): Promise<{ readonly answer: Answer; readonly entries: readonly Entry[] }> {
    if (!isOpen) throw new NoAnswer(`${server}: the connection is closed`)
    if (waiting !== undefined) throw new TypeError('one request at a time')
    if (signal.aborted) throw late()
    lastId = lastId === mostMessageId ? 1 : lastId + 1
    const id = lastId
    const bytes = write(id)
    const entries: Entry[] = []
    const stop = () => end(late())
    signal.addEventListener('abort', stop)
    try {
      const answer = await new Promise<BindResponse | SearchResponse>((resolve, reject) => {
        waiting = { id, controls, bytes: 0, entries, resolve, reject }
        socket.write(bytes)
      })
      if (!(answer instanceof kind)) throw new NoAnswer(`${server}: it answered another request`)
      return { answer, entries }
    } finally {
      signal.removeEventListener('abort', stop)
    }
  }

  const late = () => new NoAnswer(`${server}: no answer in time`, true)

  return {
    server,
    get isOpen() {
      return isOpen
    },
    async bind(name, password, deadline) {
      if (name === '' || password.reveal() === '')
        throw new TypeError('a bind without a name or a password proves nothing')
      if (!isSafe()) {
        end(new NoAnswer(`${server}: the connection is not safe`))
        throw new NoAnswer(`${server}: no password is sent over a connection that is not safe`)
      }
      const policy = new PasswordPolicyControl()
      const controls = [policy]
      const { answer } = await ask(
        (id) => new BindRequest({ messageId: id, dn: name, password: password.reveal(), controls }).write(),
        BindResponse,
        controls,
        deadline,
      )
      return { code: answer.status, message: readable(answer.errorMessage, password), policy: policy.value }
    },
    async search({ base, scope, filter, attributes }, most, deadline) {
      const found: Entry[] = []
      let cookie: Buffer | undefined
      do {
        const page = new PagedResultsControl({ value: { size: pageSize, ...(cookie === undefined ? {} : { cookie }) } })
        const { answer, entries } = await ask(
          (id) =>
            new SearchRequest({
              ...{ messageId: id, baseDN: base, scope, filter, attributes: [...attributes] },
              // The server stops too. No limit of entries is sent: what is cut there would look whole.
              timeLimit: Math.max(1, Math.ceil(deadline.left() / 1000)),
              controls: [page],
            }).write(),
          SearchResponse,
          [],
          deadline,
        )
        if (answer.status !== success) {
          const refused = new Refused(answer.status, readable(answer.errorMessage))
          if (!isServersFault(answer.status)) throw refused
          // Active Directory says so of a connection that is no longer bound: it is not used again.
          const reason = new NoAnswer(`${server}: ${refused.message}`)
          end(reason)
          throw reason
        }
        found.push(...entries)
        if (found.length > most) throw new NotWhole(`more than ${most} entries`)
        // INVARIANT: the search has ended when the server says so, not when a page is empty.
        cookie = answer.controls?.find((control) => control instanceof PagedResultsControl)?.value?.cookie
      } while (cookie !== undefined && cookie.length > 0)
      return found
    },
    close() {
      if (!isOpen || waiting !== undefined) return end(new NoAnswer(`${server}: closed`))
      isOpen = false
      socket.end(new UnbindRequest({ messageId: lastId + 1 }).write(), () => socket.destroy())
    },
  }
}

/** A server's own words for the operator: short, one line, and never with the password. */
function readable(message: string, password?: Secret): string {
  if (password !== undefined && message.includes(password.reveal())) return ''
  return message
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim()
    .slice(0, 200)
}
