// A server on loopback that sends whatever bytes a test wants: what no directory would send.
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { after } from 'node:test'
import { type DirectoryRequest, readMessage, wholeMessage } from '../../src/dev/directory/messages.ts'

export interface RawServer {
  readonly url: string
  /** Connections that there were. */
  readonly accepted: number
  readonly requests: readonly DirectoryRequest[]
}

/** `answer` writes what it wants for each request; nothing where it does not. It ends with the file. */
export async function rawServer(answer: (request: DirectoryRequest, socket: Socket) => void): Promise<RawServer> {
  const sockets = new Set<Socket>()
  const requests: DirectoryRequest[] = []
  let accepted = 0
  const server = createServer((socket) => {
    accepted++
    sockets.add(socket)
    let waiting = Buffer.alloc(0)
    socket.on('error', () => socket.destroy())
    socket.on('data', (bytes) => {
      waiting = Buffer.concat([waiting, bytes])
      try {
        for (let message = wholeMessage(waiting); message !== undefined; message = wholeMessage(waiting)) {
          waiting = waiting.subarray(message.length)
          const request = readMessage(message)
          requests.push(request)
          answer(request, socket)
        }
      } catch {
        // What is no LDAP is not answered: a TLS handshake that comes after bytes of ours.
        waiting = Buffer.alloc(0)
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return {
    url: `ldap://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    get accepted() {
      return accepted
    },
  }
}
