// A load generator in a process of its own: keep-alive connections, each of which sends its next request when it has the
// whole answer to the last. The parent sends a list of requests and a duration, and gets back how many were answered with success.
import { connect, type Socket } from 'node:net'
import { performance } from 'node:perf_hooks'

export interface Job {
  readonly port: number
  /** Base64 of whole HTTP requests, sent in turn. */
  readonly requests: readonly string[]
  readonly connections: number
  /** Stop after this time … */
  readonly ms: number
  /** … or after this many answers. */
  readonly most?: number
  /** Requests a second at most, all connections together. Without it: as many as the server answers. */
  readonly perSecond?: number
  /** False where refusals are measured; otherwise the first refusal is printed. */
  readonly expect?: boolean
}

export interface Done {
  readonly answered: number
  readonly refused: number
  readonly ms: number
  /** In ms, sorted; of a job that has a rate: without one, a request waits for the others of the same client. */
  readonly waits: readonly number[]
}

process.on('message', async (job: Job) => process.send?.(await run(job)))
process.on('disconnect', () => process.exit(0))
process.send?.({})

async function run({
  port,
  requests,
  connections,
  ms,
  most = Number.POSITIVE_INFINITY,
  perSecond = Number.POSITIVE_INFINITY,
  expect = true,
}: Job): Promise<Done> {
  const texts = requests.map((text) => Buffer.from(text, 'base64'))
  const started = performance.now()
  let sent = 0
  let answered = 0
  let refused = 0
  const waits: number[] = []
  const over = () => performance.now() - started >= ms || sent >= most
  const drive = () =>
    new Promise<void>((resolve, reject) => {
      const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true })
      let held = Buffer.alloc(0)
      let sentAt = 0
      const next = () => {
        const early = started + (1000 * sent) / perSecond - performance.now()
        if (over()) {
          socket.destroy()
          resolve()
        } else if (early > 0) setTimeout(next, early)
        else {
          sentAt = performance.now()
          socket.write(texts[sent++ % texts.length] as Buffer)
        }
      }
      socket.on('connect', next)
      socket.on('error', reject)
      socket.on('data', (part) => {
        held = held.length === 0 ? part : Buffer.concat([held, part])
        const head = held.indexOf('\r\n\r\n')
        if (head < 0) return
        const text = held.toString('latin1', 0, head)
        const length = /\r\ncontent-length: (\d+)/i.exec(text)?.[1]
        if (length === undefined) return reject(new Error(`an answer without Content-Length: ${text}`))
        if (held.length < head + 4 + Number(length)) return
        if (text.startsWith('HTTP/1.1 200') || text.startsWith('HTTP/1.1 201')) answered++
        else if (refused++ === 0 && expect) process.stderr.write(`refused: ${held.toString('utf8').slice(0, 600)}\n`)
        if (Number.isFinite(perSecond)) waits.push(performance.now() - sentAt)
        held = Buffer.alloc(0)
        next()
      })
    })
  await Promise.all(Array.from({ length: connections }, drive))
  return { answered, refused, ms: performance.now() - started, waits: waits.sort((a, b) => a - b) }
}
