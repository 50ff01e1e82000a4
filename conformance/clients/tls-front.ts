// https in front of a server that listens in the clear, as a proxy of a company has it.
import { request } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { after } from 'node:test'
import { certificate, keyText } from '../../src/federation/testing/idp.ts'

export interface TlsFront {
  /** `https://localhost:4711`. */
  readonly url: string
  /** Bodies and targets that came, in order. */
  readonly seen: string[]
  /** Where it leads; nothing at first. */
  to: { readonly port: number } | undefined
}

export async function tlsFront(host: 'localhost' | '127.0.0.1' = 'localhost'): Promise<TlsFront> {
  const seen: string[] = []
  const front = createServer({ cert: certificate('server'), key: keyText('server') }, (incoming, answer) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      const { method, url = '/', headers } = incoming
      const body = Buffer.concat(chunks)
      seen.push(`${method} ${url} ${body.toString()}`)
      const port = made.to?.port
      if (port === undefined) return void answer.writeHead(503).end()
      request({ host: '127.0.0.1', port, method, path: url, headers }, (inner) => {
        answer.writeHead(inner.statusCode ?? 502, inner.headers)
        inner.pipe(answer)
      }).end(body)
    })
  })
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve))
  after(() => {
    front.closeAllConnections()
    front.close()
  })
  const { port } = front.address() as AddressInfo
  const made: TlsFront = { url: `https://${host}:${port}`, seen, to: undefined }
  return made
}
