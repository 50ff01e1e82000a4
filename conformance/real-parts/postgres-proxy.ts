// A proxy before PostgreSQL that changes what clients send, so that the server becomes one that does not keep its promises,
// or cuts connections at a chosen moment.
import { createServer, connect as open, type Socket } from 'node:net'
import { after } from 'node:test'

export interface Proxy {
  readonly port: number
  /** Texts of the same length, one sent for the other. */
  readonly rewrite: Map<string, string>
  /**
   * Cuts connections that send COMMIT, as often as said: before the server has it, or when the server has answered, whose
   * answer is dropped.
   */
  cutCommits(when: 'before' | 'after', times: number): void
  /** How many commits were cut. */
  readonly cut: number
  /** Cuts all connections, and refuses new ones until `mend`. */
  sever(): void
  mend(): void
}

/** Starts one before a port of this machine; it is closed after the suite that calls this. */
export async function proxyTo(port: number): Promise<Proxy> {
  const rewrite = new Map<string, string>()
  const sockets = new Set<Socket>()
  let cutting: { when: 'before' | 'after'; times: number } | undefined
  let cut = 0
  let severed = false

  const server = createServer((client) => {
    const upstream = open(port, '127.0.0.1')
    const end = () => {
      client.destroy()
      upstream.destroy()
    }
    if (severed) return end()
    let dropping = false
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', end).on('close', () => {
        sockets.delete(socket)
        end()
      })
    }
    client.on('data', (data: Buffer) => {
      if (isCommit(data) && cutting !== undefined && cutting.times > 0) {
        cutting.times--
        cut++
        if (cutting.when === 'before') return end()
        dropping = true
      }
      upstream.write(rewritten(data))
    })
    upstream.on('data', (data: Buffer) => {
      if (dropping) end()
      else client.write(data)
    })
  })
  /** A simple query of one statement: 'Q', its length, its text, 0. */
  const isCommit = (data: Buffer) => data[0] === 0x51 && data.subarray(5, data.length - 1).toString() === 'COMMIT'

  function rewritten(data: Buffer): Buffer {
    let text = data.toString('latin1')
    for (const [from, to] of rewrite) text = text.replaceAll(from, to)
    return Buffer.from(text, 'latin1')
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const cutAll = () => {
    for (const socket of sockets) socket.destroy()
  }
  after(() => {
    cutAll()
    server.close()
  })
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new TypeError('a socket without a port')
  return {
    port: address.port,
    rewrite,
    cutCommits(when, times) {
      cutting = { when, times }
    },
    get cut() {
      return cut
    },
    sever() {
      severed = true
      cutAll()
    },
    mend() {
      severed = false
    },
  }
}
