// What the agent's tests share: credentials that a test decides about, a listener of one kind on a clock of its own, and a client.
import { randomBytes } from 'node:crypto'
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { after } from 'node:test'
import { type SourceCredentials, SourceRefused } from '../../client/credential-source.ts'
import type { ListenerEntry } from '../../config/agent-file.ts'
import type { Listener } from '../../server/node.ts'
import { type HandlerOf, openListener } from '../listeners.ts'

export const start = Date.parse('2026-03-01T12:00:00Z')
const minute = 60_000

export const roleArn = 'arn:aws:iam::111122223333:role/ops/web'

export const setOf = (name: string, expiration: Date): SourceCredentials => ({
  ...{ accessKeyId: `ASIA${name}`, secretAccessKey: `secret of ${name}`, sessionToken: `token of ${name}`, expiration },
  ...{ accountId: '111122223333', roleArn },
})

/** Credentials of an hour, or what a test puts in their place. */
export function credentialsFor(name: string) {
  const state = {
    set: setOf(name, new Date(start + 60 * minute)) as SourceCredentials,
    fails: undefined as Error | undefined,
    asked: 0,
  }
  return {
    state,
    refuse: () => {
      state.fails = new SourceRefused('AccessDenied', `${name}: the role does not trust this machine`)
    },
    async current() {
      state.asked++
      if (state.fails !== undefined) throw state.fails
      return state.set
    },
  }
}

/** A clock that a test moves, in minutes. */
export function testClock() {
  let now = start
  return {
    clock: () => new Date(now),
    pass: (minutes: number) => {
      now += minutes * minute
    },
  }
}

const open: Listener[] = []
after(() => Promise.all(open.map((listener) => listener.close(0))))

const common = { listen: { host: '127.0.0.1', port: 0 }, allow: [], names: [], hopLimit: 1 }

export const entryOf = (serves: ListenerEntry['serves'], more: Partial<ListenerEntry> = {}) =>
  ({ ...common, serves, role: 'web', allowsV1: false, workloads: [], cluster: 'prod', ...more }) as ListenerEntry

/** Opens one; the answer is its port. */
export async function opened(entry: ListenerEntry, handlerOf: HandlerOf, clock: () => Date): Promise<number> {
  const parts = { clock, random: randomBytes, report: () => {}, ownAddresses: () => [] }
  const listener = await openListener(entry, handlerOf, parts)
  open.push(listener)
  return listener.port
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** One request, with the listener's own address as its Host unless another is given. */
export function ask(port: number, method: string, path: string, headers: Readonly<Record<string, string>> = {}) {
  return new Promise<Answer>((resolve, reject) => {
    const sent = httpRequest({ port, host: '127.0.0.1', method, path, headers, agent: false }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }))
    })
    sent.on('error', reject)
    sent.end()
  })
}
