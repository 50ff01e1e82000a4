// Plain sockets of the bench: what a client spends on a request does not count.
import { connect, type Socket } from 'node:net'

/** A connection, from an address of its own if one is given, and what asks on it: one request at a time. */
export function connectTo(port: number, localAddress?: string) {
  const socket: Socket = connect({
    ...{ port, host: '127.0.0.1', noDelay: true },
    ...(localAddress === undefined ? {} : { localAddress }),
  })
  let held = ''
  let done: (answer: string) => void = () => {}
  let failed: (error: Error) => void = () => {}
  socket.setEncoding('latin1').on('data', (part: string) => {
    held += part
    const head = held.indexOf('\r\n\r\n')
    const length = /\r\ncontent-length: (\d+)/i.exec(held)?.[1]
    if (head < 0 || length === undefined || held.length < head + 4 + Number(length)) return
    const answer = held
    held = ''
    done(answer)
  })
  socket.on('error', (error) => failed(error))
  socket.on('close', () => failed(new Error('the server closed a connection of the bench')))
  const ask = (request: Buffer) =>
    new Promise<string>((resolve, reject) => {
      done = resolve
      failed = reject
      socket.write(request)
    })
  return { socket, ask }
}
