// Backends that do what none should, byte by byte.
import { type AddressInfo, createServer, type Socket } from 'node:net'

export interface RawBackend {
  readonly url: string
  /** Requests that were read to the end of their body. */
  readonly requests: string[]
  connections(): { readonly made: number; readonly open: number }
  close(): Promise<void>
}

/** Called for each whole request on a connection; `nth` counts those of this connection, from 0. */
export type RawScript = (socket: Socket, nth: number) => void

export async function rawBackend(script: RawScript): Promise<RawBackend> {
  const sockets = new Set<Socket>()
  const requests: string[] = []
  let made = 0
  const server = createServer((socket) => {
    made++
    sockets.add(socket)
    let text = ''
    let nth = 0
    socket.setEncoding('latin1')
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
    socket.on('data', (chunk: string) => {
      text += chunk
      for (let end = endOf(text); end !== undefined; end = endOf(text)) {
        requests.push(text.slice(0, end))
        text = text.slice(end)
        script(socket, nth++)
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    connections: () => ({ made, open: sockets.size }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

/** Where the first request in a text ends; undefined when it is not whole. */
function endOf(text: string): number | undefined {
  const head = text.indexOf('\r\n\r\n')
  if (head === -1) return undefined
  const length = Number(/\r\ncontent-length: (\d+)/i.exec(text.slice(0, head))?.[1] ?? 0)
  const end = head + 4 + length
  return text.length < end ? undefined : end
}

/** An answer as bytes: a status line, these fields, and a body that may be of another length. */
export const answerText = (status: string, headers: readonly string[], body: string) =>
  `HTTP/1.1 ${status}\r\n${headers.map((line) => `${line}\r\n`).join('')}\r\n${body}`

export const json = 'Content-Type: application/x-amz-json-1.0'
export const good = answerText('200 OK', [json, 'Content-Length: 2'], '{}')

const says =
  (bytes: string): RawScript =>
  (socket) =>
    void socket.write(bytes, 'latin1')
const saysAndEnds =
  (bytes: string): RawScript =>
  (socket) =>
    void socket.end(bytes, 'latin1')

/** Answers of which the head must not be believed. */
export const garbledHeads: Readonly<Record<string, RawScript>> = {
  'no HTTP': says('SSH-2.0-OpenSSH_9.2\r\n'),
  'another version': says('HTTP/3.7 200 OK\r\nContent-Length: 2\r\n\r\n{}'),
  'a redirect': says(answerText('302 Found', ['Location: http://127.0.0.1:9/', 'Content-Length: 0'], '')),
  'a lasting redirect': says(answerText('308 Permanent Redirect', ['Location: /', 'Content-Length: 0'], '')),
  'a success that is none': says(answerText('204 No Content', [], '')),
  'a continuation that nobody asked for': says(
    `HTTP/1.1 100 Continue\r\n\r\n${answerText('200 OK', ['Content-Length: 2'], '{}')}`,
  ),
  'two lengths': says(answerText('200 OK', ['Content-Length: 2', 'Content-Length: 12'], '{}')),
  'two lengths in one line': says(answerText('200 OK', ['Content-Length: 2, 12'], '{}')),
  'a length and chunks': says(
    answerText('200 OK', ['Content-Length: 2', 'Transfer-Encoding: chunked'], '2\r\n{}\r\n0\r\n\r\n'),
  ),
  'a negative length': says(answerText('200 OK', ['Content-Length: -2'], '{}')),
  'another coding': says(answerText('200 OK', ['Transfer-Encoding: gzip, chunked'], '0\r\n\r\n')),
  'no end': saysAndEnds(answerText('200 OK', [json], '{}')),
  gzip: says(answerText('200 OK', [json, 'Content-Encoding: gzip', 'Content-Length: 2'], '{}')),
  'a folded field': says('HTTP/1.1 200 OK\r\nX-A: a\r\n b\r\nContent-Length: 2\r\n\r\n{}'),
  'bare line feeds': says('HTTP/1.1 200 OK\nContent-Length: 2\n\n{}'),
  'a head of 100 KB': says(answerText('200 OK', [`X-Long: ${'a'.repeat(100_000)}`, 'Content-Length: 2'], '{}')),
  'a head of many fields': says(answerText('200 OK', [...Array(5000).fill('X-A: b'), 'Content-Length: 2'], '{}')),
  'another protocol': says(answerText('101 Switching Protocols', ['Connection: Upgrade', 'Upgrade: x'], '')),
  'interim answers without end': (socket) => {
    const more = () => socket.writable && socket.write('HTTP/1.1 102 Processing\r\n\r\n', () => setImmediate(more))
    more()
  },
}

/** Answers that begin well. */
export const brokenBodies: Readonly<Record<string, RawScript>> = {
  'it dies mid-answer': saysAndEnds(answerText('200 OK', [json, 'Content-Length: 100'], '{"Item":')),
  'it is killed mid-answer': (socket) => {
    socket.write(answerText('200 OK', [json, 'Content-Length: 100'], '{"Item":'), 'latin1', () =>
      socket.resetAndDestroy(),
    )
  },
  'it says more than it announced': says(answerText('200 OK', [json, 'Content-Length: 2'], '{}{"Item":{}}')),
  'another answer stands behind it': says(`${good}${good}`),
  'chunks without end': saysAndEnds(answerText('200 OK', [json, 'Transfer-Encoding: chunked'], '2\r\n{}\r\n')),
  'a chunk of another length': says(
    answerText('200 OK', [json, 'Transfer-Encoding: chunked'], '2\r\n{}}}\r\n0\r\n\r\n'),
  ),
  'a chunk of no length': says(answerText('200 OK', [json, 'Transfer-Encoding: chunked'], 'zz\r\n{}\r\n0\r\n\r\n')),
}
