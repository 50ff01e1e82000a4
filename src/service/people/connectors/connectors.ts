// Connectors as the rest sees them: by name, whatever their kind. Who is asked is read from the table each time.
import type { Secret } from '../../../core/secret.ts'
import type { PersonOutcome } from '../../../federation/person.ts'
import type { PeopleConnectors } from '../../contracts/people.ts'
import type { Connector, DirectoryConnector, OidcConnector, PeopleTable } from '../../contracts/people-table.ts'
import type { SignIn } from '../../contracts/sign-ins.ts'
import { connectorNamed } from '../table/named.ts'
import type { Attempt, AttemptEnd, Attempts } from './attempts.ts'
import type { Directories } from './directories.ts'

export interface ConnectorsOptions {
  readonly table: () => Promise<PeopleTable>
  readonly attempts: Attempts
  readonly directories: Directories
  /** Asks an OpenID Connect provider again, by a refresh token. */
  readonly refresh: (connector: OidcConnector, renewal: Secret, personId: string, now: Date) => Promise<PersonOutcome>
}

const gone = (name: string): PersonOutcome => ({ rejected: 'no-connector', detail: `there is no connector ${name}` })
const noDirectory = (name: string): PersonOutcome => ({
  rejected: 'no-connector',
  detail: `there is no directory ${name}`,
})

const tooMany: PersonOutcome = { rejected: 'attempts', detail: 'too many attempts failed: the directory was not asked' }

/** One attempt while the directory finds out whose it is. A store that fails in between lets nobody in. */
function createTrial(attempts: Attempts, first: Attempt) {
  let attempt = first
  let failure: { readonly error: unknown } | undefined
  return {
    async admits(personId: string): Promise<boolean> {
      try {
        const counted = await attempts.reservePerson(attempt, personId)
        attempt = counted ?? attempt
        return counted !== undefined
      } catch (error) {
        failure = { error }
        return false
      }
    },
    async settle(end: AttemptEnd): Promise<void> {
      if (failure !== undefined) throw failure.error
      await attempts.settle(attempt, end)
    },
  }
}

/**
 * INVARIANT: what a directory may have counted is counted here. Some answer a wrong password later than anybody waits, and so would let
 * anybody guess, or lock people out, without an end.
 */
function endOf(outcome: PersonOutcome): AttemptEnd {
  if ('person' in outcome) return 'proven'
  return 'unavailable' in outcome && outcome.tried !== true ? 'unknown' : 'failed'
}

/** The person of the sign-in, of whom nobody can be asked: it lasts its length. */
const unasked = ({ connector, personId, login, groups, attributes }: SignIn): PersonOutcome => ({
  person: { ...{ connector, id: personId, login, groups, attributes }, multiFactor: false },
})

export function createConnectors({ table, attempts, directories, refresh }: ConnectorsOptions): PeopleConnectors {
  async function named(name: string): Promise<{ connector: Connector | undefined; version: number }> {
    const { connectors, version } = await table()
    directories.keepOnly(new Set(connectors.filter(({ kind }) => kind === 'directory').map((one) => one.name)))
    return { connector: connectorNamed({ connectors }, name), version }
  }

  async function directoryNamed(name: string): Promise<{ connector: DirectoryConnector; version: number } | undefined> {
    const { connector, version } = await named(name)
    return connector?.kind === 'directory' ? { connector, version } : undefined
  }

  return {
    async logIn(name, login, password, address, now) {
      const found = await directoryNamed(name)
      if (found === undefined) return noDirectory(name)
      const { connector, version } = found
      const attempt = await attempts.reserve(connector, login, address, now)
      if (attempt === undefined) return tooMany
      const trial = createTrial(attempts, attempt)
      const outcome = await directories.use(connector, version, (directory) =>
        directory.logIn(login, password, now, trial.admits),
      )
      await trial.settle(endOf(outcome))
      return outcome
    },

    async findAgain(signIn, now) {
      const { connector, version } = await named(signIn.connector)
      switch (connector?.kind) {
        case undefined:
          return gone(signIn.connector)
        case 'directory':
          return directories.use(connector, version, (directory) => directory.findAgain(signIn.personId, now))
        case 'oidc':
          return signIn.renewal === undefined
            ? unasked(signIn)
            : refresh(connector, signIn.renewal, signIn.personId, now)
        case 'saml':
          return unasked(signIn)
      }
    },

    async look(name, login, now) {
      const found = await directoryNamed(name)
      if (found === undefined) return noDirectory(name)
      return directories.use(found.connector, found.version, (directory) => directory.look(login, now))
    },

    async check(name, now) {
      const found = await directoryNamed(name)
      if (found === undefined) return []
      return directories.use(found.connector, found.version, (directory) => directory.check(now))
    },
  }
}
