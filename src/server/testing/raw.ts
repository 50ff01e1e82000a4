// What the listener's tests share: a server for a handler, a client of raw bytes, and a handler that says what it saw.
import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { after } from 'node:test'
import { type Handler, isRepeated, type Reply } from '../exchange.ts'
import { type Listener, type ListenOptions, listen } from '../node.ts'
import { noProxies } from '../proxies.ts'

const open: Listener[] = []
after(() => Promise.all(open.map((listener) => listener.close(0))))

export async function serve(handler: Handler, more: Partial<ListenOptions> = {}): Promise<Listener> {
  const listener = await listen({
    on: { host: '127.0.0.1', port: 0 },
    handler,
    proxies: noProxies,
    clock: () => new Date(),
    random: randomBytes,
    ...more,
  })
  open.push(listener)
  return listener
}

/** Sends bytes and reads until the server ends the connection, or until `until` is in what came. */
export function talk(port: number, bytes: string | readonly string[], until?: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect(port, '127.0.0.1')
    let text = ''
    socket.setEncoding('latin1')
    socket.on('data', (chunk: string) => {
      text += chunk
      if (until?.test(text)) socket.destroy()
    })
    socket.on('error', (error: NodeJS.ErrnoException) => (error.code === 'ECONNRESET' ? undefined : reject(error)))
    socket.on('close', () => resolve(text))
    for (const part of [bytes].flat()) socket.write(part, 'latin1')
  })
}

export const text = (body: string, status = 200): Reply => ({ status, headers: ['Content-Type', 'text/plain'], body })

/** Answers what it saw. */
export const echo: Handler = async (exchange) => {
  const { message } = exchange
  if (isRepeated(message)) return text(`repeated ${message.repeated}`, 400)
  const body = await exchange.body.bytes(1_048_576)
  return text(`${message.method} ${message.target} [${body.toString('latin1')}]`)
}

export const head = 'Host: a\r\n'
export const close = 'Connection: close\r\n'
