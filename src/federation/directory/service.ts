// The connector's own bind, by which it searches: a few connections to each server are kept between searches. Active Directory closes
// those that are idle for a quarter of an hour, and what stands between may forget them sooner without a word.
import { type Connection, createConnection } from './connection.ts'
import { atMost, type Deadline } from './deadline.ts'
import type { DirectorySettings } from './directory.ts'
import { NoAnswer, Refused, success } from './failures.ts'
import { isSafe, openSocket } from './socket.ts'

/** Kept connections of one server. */
const mostKept = 4
/** One that rested for longer is closed, not used. */
const restedMs = 60_000
/** One that is older is closed: the directory looks at the connector's own account again. */
const oldMs = 10 * 60_000

interface Kept {
  readonly connection: Connection
  readonly openedAt: number
  readonly usedAt: number
}

export interface Service {
  /** Runs `work` with a connection that is bound as the connector. */
  use<Result>(server: string, deadline: Deadline, work: (connection: Connection) => Promise<Result>): Promise<Result>
  close(): void
}

/** ms that one answer may take: so that the next server can still be asked. */
export const answerMsOf = ({ deadlineMs, servers }: DirectorySettings) => deadlineMs / (servers.length + 1)

/** A connection that nobody is bound on. */
export async function openConnection(
  settings: DirectorySettings,
  server: string,
  deadline: Deadline,
): Promise<Connection> {
  const socket = await openSocket(server, settings, atMost(deadline, answerMsOf(settings)))
  return createConnection(socket, server, { isSafe: () => isSafe(socket, settings) })
}

export function createService(settings: DirectorySettings, clock: () => Date): Service {
  const kept = new Map<string, Kept[]>()
  let isClosed = false

  async function open(server: string, deadline: Deadline): Promise<Connection> {
    if (settings.bind === undefined) throw new TypeError('the connector has no bind of its own')
    const connection = await openConnection(settings, server, deadline)
    try {
      const { name, password } = settings.bind
      const { code, message } = await connection.bind(name, password, atMost(deadline, answerMsOf(settings)))
      if (code === success) return connection
      // The server rests then, so that a password that no longer holds does not lock the connector's account.
      throw new NoAnswer(`${server}: the connector's own bind: ${new Refused(code, message).message}`)
    } catch (error) {
      connection.close()
      throw error
    }
  }

  function take(server: string): Kept | undefined {
    const now = clock().getTime()
    const list = kept.get(server) ?? []
    for (let one = list.pop(); one !== undefined; one = list.pop()) {
      if (one.connection.isOpen && Math.abs(now - one.usedAt) < restedMs && Math.abs(now - one.openedAt) < oldMs)
        return one
      one.connection.close()
    }
    return undefined
  }

  function keep(connection: Connection, openedAt: number) {
    const list = kept.get(connection.server) ?? []
    if (!connection.isOpen || isClosed || list.length >= mostKept) return connection.close()
    kept.set(connection.server, [...list, { connection, openedAt, usedAt: clock().getTime() }])
  }

  async function run<Result>(
    connection: Connection,
    openedAt: number,
    work: (connection: Connection) => Promise<Result>,
  ): Promise<Result> {
    try {
      return await work(connection)
    } finally {
      keep(connection, openedAt)
    }
  }

  return {
    async use(server, deadline, work) {
      const before = take(server)
      if (before !== undefined) {
        try {
          return await run(before.connection, before.openedAt, work)
        } catch (error) {
          // It may have died while it rested, which says nothing of the server.
          if (!(error instanceof NoAnswer) || before.connection.isOpen) throw error
        }
      }
      return run(await open(server, deadline), clock().getTime(), work)
    },
    close() {
      isClosed = true
      for (const list of kept.values()) for (const { connection } of list) connection.close()
      kept.clear()
    },
  }
}
