// The directory connector: whether a password is somebody's, and which groups they are in (RFC 4511, RFC 4513).
import type { Secret } from '../../core/secret.ts'
import type { PersonOutcome } from '../person.ts'
import { bindOutcome } from './bind-outcome.ts'
import { checkServers } from './check.ts'
import type { Connection } from './connection.ts'
import { atMost, type Deadline, deadlineIn } from './deadline.ts'
import type { Admits, Directory, DirectorySettings } from './directory.ts'
import { escapeDnValue, normalDn, sameDn } from './dn.ts'
import { isFailure } from './failures.ts'
import { inputProblem, loginProblem } from './input.ts'
import { type FoundEntry, findByDn, findById, findByLogin, personOf, readAgain } from './person-entry.ts'
import type { Asking } from './reading.ts'
import { createServers } from './servers.ts'
import { answerMsOf, createService, openConnection } from './service.ts'

export interface DirectoryOptions {
  /** When an attempt ended, and how long a connection rested. */
  readonly clock: () => Date
}

/** Questions that run at once; beyond them a directory that hangs answers nobody, and at once. */
const mostRunning = 64

/** Whether a server was sent the person's password and has not answered. */
interface Trial {
  isOpen: boolean
}

const tooMany: PersonOutcome = { rejected: 'attempts', detail: 'too many attempts failed for the person' }

export function createDirectory(settings: DirectorySettings, { clock }: DirectoryOptions): Directory {
  const { deadlineMs, bind, people } = settings
  const servers = createServers(settings.servers, clock)
  const service = createService(settings, clock)
  let running = 0
  let isClosed = false

  const answerIn = (deadline: Deadline) => () => atMost(deadline, answerMsOf(settings))

  /** One question to the first server that answers, within the deadline. */
  async function ask(
    work: (server: string, deadline: Deadline, trial: Trial) => Promise<PersonOutcome>,
  ): Promise<PersonOutcome> {
    if (isClosed) return { unavailable: 'the connector is closed' }
    if (running >= mostRunning) return { unavailable: `${mostRunning} questions are waiting for the directory` }
    running++
    const deadline = deadlineIn(deadlineMs)
    const trial: Trial = { isOpen: false }
    try {
      return await servers.first((server) => work(server, deadline, trial), deadline)
    } catch (error) {
      if (isFailure(error)) return { unavailable: error.message, ...(trial.isOpen ? { tried: true } : {}) }
      throw error
    } finally {
      running--
    }
  }

  /** With the connector's own bind. */
  const asService = (server: string, deadline: Deadline, work: (asking: Asking) => Promise<PersonOutcome>) =>
    service.use(server, deadline, (connection) => work({ connection, answer: answerIn(deadline) }))

  async function withConnection(
    server: string,
    deadline: Deadline,
    work: (connection: Connection) => Promise<PersonOutcome>,
  ): Promise<PersonOutcome> {
    const connection = await openConnection(settings, server, deadline)
    try {
      return await work(connection)
    } finally {
      connection.close()
    }
  }

  async function bindAs(connection: Connection, name: string, password: Secret, deadline: Deadline, trial: Trial) {
    const wasOpen = trial.isOpen
    trial.isOpen = true
    const answer = await connection.bind(name, password, answerIn(deadline)())
    trial.isOpen = wasOpen
    return bindOutcome(connection.server, answer)
  }

  /** Finds the person, then binds as them, then reads them again. */
  const searchThenBind = (login: string, password: Secret, now: Date, admits: Admits) =>
    ask((server, deadline, trial) =>
      asService(server, deadline, async (asking) => {
        const found = await findByLogin(login, settings, asking)
        if ('rejected' in found) return found
        if (!(await admits(found.id))) return tooMany
        return withConnection(server, deadline, async (own) => {
          const outcome = await bindAs(own, found.entry.dn, password, deadline, trial)
          return 'bound' in outcome ? letIn(found, asking, now) : outcome
        })
      }),
    )

  /** INVARIANT: whom the bind let in is whose entry is read: the same id, before and after. */
  async function letIn(found: FoundEntry, asking: Asking, now: Date): Promise<PersonOutcome> {
    const again = await readAgain(found, settings, asking)
    return 'rejected' in again ? again : personOf(again, settings, asking, now)
  }

  /**
   * Binds by a name made of the login. The person is found by the connector's bind, before it, so that whose password is tried is
   * known; without one by their own, after it.
   */
  const directBind = (template: string, login: string, password: Secret, now: Date, admits: Admits) =>
    ask(async (server, deadline, trial) => {
      const { name, isDn } = bindName(template, login)
      if (!isDn && otherForms.test(login)) return { rejected: 'unknown', detail: 'a name of another form than a login' }
      const find = (asking: Asking) =>
        isDn ? findByDn(name, login, settings, asking) : findByLogin(login, settings, asking)
      /** A name that is no DN may be another person's than the login's: the entry that was found proves itself. */
      const proves = async (own: Connection, { entry }: FoundEntry) =>
        sameDn(name, entry.dn) ? ({ bound: true } as const) : bindAs(own, entry.dn, password, deadline, trial)

      if (bind !== undefined)
        return asService(server, deadline, async (asking) => {
          const found = await find(asking)
          if ('rejected' in found) return found
          if (!(await admits(found.id))) return tooMany
          return withConnection(server, deadline, async (own) => {
            const outcome = await bindAs(own, name, password, deadline, trial)
            if (!('bound' in outcome)) return outcome
            const proof = await proves(own, found)
            return 'bound' in proof ? letIn(found, asking, now) : proof
          })
        })
      return withConnection(server, deadline, async (own) => {
        const outcome = await bindAs(own, name, password, deadline, trial)
        if (!('bound' in outcome)) return outcome
        const asking: Asking = { connection: own, answer: answerIn(deadline) }
        const found = await find(asking)
        if ('rejected' in found) return found
        const proof = await proves(own, found)
        return 'bound' in proof ? letIn(found, asking, now) : proof
      })
    })

  return {
    async logIn(login, password, now, admits = async () => true) {
      const problem = inputProblem(login, password)
      if (problem !== undefined) return { rejected: 'input', detail: problem }
      if (people.directBind !== undefined) return directBind(people.directBind, login, password, now, admits)
      if (bind === undefined) return { unavailable: 'neither a bind of its own nor a direct bind is configured' }
      return searchThenBind(login, password, now, admits)
    },
    async findAgain(id, now) {
      if (bind === undefined) return { unavailable: 'without a bind of its own nobody can be found again' }
      return ask((server, deadline) =>
        asService(server, deadline, async (asking) => {
          const found = await findById(id, settings, asking)
          return 'rejected' in found ? found : personOf(found, settings, asking, now)
        }),
      )
    },
    async look(login, now) {
      const problem = loginProblem(login)
      if (problem !== undefined) return { rejected: 'input', detail: problem }
      if (bind === undefined) return { unavailable: 'without a bind of its own nobody can be looked up' }
      return ask((server, deadline) =>
        asService(server, deadline, async (asking) => {
          const found = await findByLogin(login, settings, asking)
          return 'rejected' in found ? found : personOf(found, settings, asking, now)
        }),
      )
    },
    check: () => checkServers(settings),
    async close() {
      isClosed = true
      service.close()
    },
  }
}

/**
 * What no login of Active Directory has, and its other names do: DNs, canonical names, identifiers.
 * INVARIANT: a bind's name has one spelling for each login, since attempts are counted by it: a DN has as many as it has letters to
 * escape.
 */
const otherForms = /[=,;/<>"]/

/** The name that a person binds by: in a DN the login is one value of it, whatever characters it has. */
function bindName(template: string, login: string): { readonly name: string; readonly isDn: boolean } {
  const isDn = normalDn(template.replaceAll('{login}', 'x')) !== undefined
  return { name: template.replaceAll('{login}', () => (isDn ? escapeDnValue(login) : login)), isDn }
}
