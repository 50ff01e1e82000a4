// The operator's check of each server: it answers, over TLS where it must, binds the connector, and has the bases.
import { atMost, type Deadline, deadlineIn } from './deadline.ts'
import type { DirectorySettings, ServerCheck } from './directory.ts'
import { isFailure, Refused, success } from './failures.ts'
import { readEntry } from './reading.ts'
import { answerMsOf, openConnection } from './service.ts'

export const checkServers = (settings: DirectorySettings): Promise<readonly ServerCheck[]> =>
  Promise.all(
    settings.servers.map(async (server) => {
      try {
        return { server, problem: await problemOf(server, settings, deadlineIn(settings.deadlineMs)) }
      } catch (error) {
        if (isFailure(error)) return { server, problem: error.message }
        throw error
      }
    }),
  )

async function problemOf(server: string, settings: DirectorySettings, deadline: Deadline): Promise<string | undefined> {
  const connection = await openConnection(settings, server, deadline)
  const answer = () => atMost(deadline, answerMsOf(settings))
  try {
    // People who bind themselves are all that is left to try: nothing here has a password of theirs.
    if (settings.bind === undefined) return undefined
    const { name, password } = settings.bind
    const { code, message } = await connection.bind(name, password, answer())
    if (code !== success) return `the connector's own bind: ${new Refused(code, message).message}`
    for (const base of [settings.people.base, settings.groups.base]) {
      const entry = await readEntry(base, ['objectClass'], { connection, answer })
      if (entry === undefined) return `${base} is not there, or may not be read`
    }
    return undefined
  } finally {
    connection.close()
  }
}
