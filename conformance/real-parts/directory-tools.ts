// The directory connector in tests with real directories.
import { after } from 'node:test'
import { Secret } from '../../src/core/secret.ts'
import { createDirectory } from '../../src/federation/directory/connector.ts'
import type { Directory, DirectorySettings } from '../../src/federation/directory/directory.ts'
import type { PersonOutcome } from '../../src/federation/person.ts'

/** One that is closed after the suite that calls this, which is no hook. */
export function connectorFor(settings: DirectorySettings): Directory {
  const directory = createDirectory(settings, { clock: () => new Date() })
  after(() => directory.close())
  return directory
}

/** The login and the groups of a person, or why there is none. */
export function summary(outcome: PersonOutcome): string {
  if ('rejected' in outcome) return outcome.rejected
  if ('unavailable' in outcome) return `unavailable: ${outcome.unavailable}`
  const { login, groups } = outcome.person
  return `${login}: ${groups
    .map(({ name }) => name)
    .sort()
    .join(' ')}`
}

export const signIn = async (directory: Directory, login: string, password: string): Promise<string> =>
  summary(await directory.logIn(login, new Secret(password), new Date()))
