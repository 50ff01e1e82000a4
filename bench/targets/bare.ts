// The measure everything is read against: a bare node:http server that reads the same body, writes as long an answer,
// and in between spins for the microseconds its parent asks for.
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
