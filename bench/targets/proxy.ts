// What the gateway is compared with: a bare proxy on node:http that streams the request to the backend and the answer back, with kept
// connections on both sides. It reads nothing, decides nothing and records nothing.
import { Agent, createServer, request as requestOf } from 'node:http'
import { serveParent } from './child.ts'

const port = Number(process.argv[2])
const agent = new Agent({ keepAlive: true, maxSockets: 64, maxFreeSockets: 64 })

const server = createServer((request, response) => {
  const { method, url, headers } = request
  const onwards = requestOf({ host: '127.0.0.1', port, method, path: url, headers, agent }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(response)
  })
  onwards.on('error', () => response.destroy())
  request.pipe(onwards)
})
server.listen(0, '127.0.0.1', () => serveParent({ port: (server.address() as { port: number }).port }))
