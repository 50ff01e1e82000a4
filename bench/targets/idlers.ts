// Clients that each made one request and then keep their connection: told how many and which request, it says how many are open.
import { connect, type Socket } from 'node:net'

export interface Idlers {
  readonly port: number
  /** Base64 of a whole HTTP request that is answered with status 200. */
  readonly request: string
  readonly connections: number
}

/** One address has 2,500 connections at most. */
const each = 2_500
/** That are being opened at one time. */
const atOnce = 50
const open: Socket[] = []

process.on('message', async (asked: Idlers) => process.send?.({ open: await openAll(asked) }))
process.on('disconnect', () => process.exit(0))
process.send?.({})

async function openAll({ port, request, connections }: Idlers): Promise<number> {
  const text = Buffer.from(request, 'base64')
  let next = 0
  const worker = async () => {
    while (next < connections) {
      const address = `127.0.0.${10 + Math.floor(next++ / each)}`
      open.push(await answered(port, address, text))
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  return open.filter((socket) => socket.readyState === 'open').length
}

const answered = (port: number, localAddress: string, text: Buffer): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', localAddress, noDelay: true })
    socket.once('connect', () => socket.write(text))
    socket.once('error', reject)
    socket.once('data', (answer: Buffer) => {
      if (!answer.toString('latin1', 0, 12).endsWith('200')) reject(new Error(answer.toString()))
      socket.on('data', () => {})
      resolve(socket)
    })
  })
