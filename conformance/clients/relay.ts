// A port that leads to another one of this machine, or nowhere, as a test says.
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { after } from 'node:test'

export interface Relay {
  /** `http://127.0.0.1:4711`. */
  readonly url: string
  /** Where it leads; while it is undefined, connections end at once. Those that are open end when it changes. */
  to: { readonly port: number } | undefined
}

export async function relay(): Promise<Relay> {
  const open = new Set<Socket>()
  let to: Relay['to']
  const listener = createServer((socket) => {
    if (to === undefined) return void socket.destroy()
    const server = connect(to.port, '127.0.0.1')
    socket.pipe(server).pipe(socket)
    for (const end of [socket, server]) {
      open.add(end)
      end.on('error', () => end.destroy())
      end.on('close', () => open.delete(end))
    }
  })
  const endAll = () => {
    for (const socket of open) socket.destroy()
  }
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  after(() => {
    endAll()
    listener.close()
  })
  return {
    url: `http://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    get to() {
      return to
    },
    set to(next) {
      to = next
      endAll()
    },
  }
}
