// People of connectors, with what the settings say of them.
import { setTimeout } from 'node:timers/promises'
import type { Settings } from '../config/settings.ts'
import { createDirectory } from '../federation/directory/connector.ts'
import type { Parts } from '../service/parts.ts'
import { createPeople, type PeopleOptions, type RunningPeople } from '../service/people/people.ts'
import { allowed } from '../service/people/table/assignments.ts'
import { createPeopleTable } from '../service/people/table/table.ts'

export type PeopleSources = Pick<PeopleOptions, 'table' | 'openDirectory' | 'refresh'>

type PeopleParts = Pick<PeopleOptions, 'store' | 'vault' | 'revocations' | 'audit' | 'random'> &
  Pick<Parts, 'codeFlows'> & { readonly clock: () => Date }

export function openPeople(
  { codeFlows, clock, ...parts }: PeopleParts,
  settings: Settings,
  sources: Partial<PeopleSources>,
): RunningPeople {
  return createPeople({
    ...{ ...parts, allowed },
    table: createPeopleTable(parts),
    openDirectory: (directory) => createDirectory(directory, { clock }),
    refresh: (connector, renewal, personId, now) => codeFlows.of(connector).renew(renewal, personId, now),
    wait: (ms) => setTimeout(ms),
    ...sources,
    checkMinutes: settings['people-check-minutes'],
    attemptsPerNetwork: settings['people-failures-per-network'],
  })
}
