// People of connectors put together: the table, the connectors, sign-ins.
import type { Directory, DirectorySettings } from '../../federation/directory/directory.ts'
import type { People } from '../contracts/people.ts'
import { createAttempts } from './connectors/attempts.ts'
import { type ConnectorsOptions, createConnectors } from './connectors/connectors.ts'
import { createDirectories } from './connectors/directories.ts'
import { createSignIns, type SignInsOptions } from './sign-ins/sign-ins.ts'

export interface PeopleOptions
  extends Pick<ConnectorsOptions, 'refresh'>,
    Omit<SignInsOptions, 'findAgain' | 'checkMs'> {
  readonly openDirectory: (settings: DirectorySettings) => Directory
  readonly checkMinutes: number
  readonly attemptsPerNetwork: number
}

/** With what a server does on a timer and at its end. */
export interface RunningPeople extends People {
  sweepAttempts(now: Date): Promise<number>
  close(): Promise<void>
}

export function createPeople(options: PeopleOptions): RunningPeople {
  const { store, random, table, allowed, refresh } = options
  const attempts = createAttempts({ store, random, perNetwork: options.attemptsPerNetwork })
  const directories = createDirectories(options.openDirectory)
  const connectors = createConnectors({ table, attempts, directories, refresh })
  return {
    table,
    allowed,
    connectors,
    signIns: createSignIns({ ...options, findAgain: connectors.findAgain, checkMs: options.checkMinutes * 60_000 }),
    sweepAttempts: attempts.sweep,
    close: directories.close,
  }
}
