// The baseline: a bare node:http server that reads the same body and writes an answer of the same length, and spins in
// between for as many microseconds as its parent says.
import { createServer } from 'node:http'
import { performance } from 'node:perf_hooks'
import { serveParent } from './child.ts'

const answer = 'x'.repeat(Number(process.argv[2] ?? 1500))
let spin = 0

const server = createServer((request, response) => {
  const parts: Buffer[] = []
  request.on('data', (part: Buffer) => parts.push(part))
  request.on('end', () => {
    const until = performance.now() + spin / 1000
    if (spin > 0) while (performance.now() < until);
    response.writeHead(200, { 'Content-Type': 'text/xml', 'Content-Length': answer.length })
    response.end(answer)
  })
})

server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as { port: number }
  serveParent({ port }, (message) => {
    if (message.spin !== undefined) spin = message.spin
  })
})
