// People of connectors, with what the settings say of them.
import type { Settings } from '../config/settings.ts'
import { allowed } from '../service/people/assignments.ts'
import { createPeople, type PeopleOptions, type RunningPeople } from '../service/people/people.ts'
import { createPeopleTable } from '../service/people/table.ts'

export type PeopleSources = Pick<PeopleOptions, 'table' | 'openDirectory' | 'refresh'>

export function openPeople(
  parts: Pick<PeopleOptions, 'store' | 'vault' | 'revocations' | 'audit' | 'random'>,
  settings: Settings,
  sources: Partial<PeopleSources>,
): RunningPeople {
  return createPeople({
    ...{ ...parts, allowed },
    table: createPeopleTable(parts),
    openDirectory: () => {
      throw new TypeError('no directory is made yet')
    },
    refresh: async () => ({ unavailable: 'no provider is asked yet' }),
    ...sources,
    checkMinutes: settings['people-check-minutes'],
    attemptsPerNetwork: settings['people-failures-per-network'],
  })
}
