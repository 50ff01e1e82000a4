// Doctor's check of people: tries every connector, and reports what makes the table weak or useless.
import type { PeopleFinding } from '../app/operator/check-people.ts'
import { callRoute } from './call-route.ts'
import type { CommandInput, World } from './command.ts'
import { bad, type Finding, good, note } from './finding.ts'

/** How many warnings are reported one by one. */
const maxNamed = 10

export async function checkPeopleTable(input: CommandInput, world: World): Promise<readonly Finding[]> {
  try {
    const found = await callRoute(input, world, 'POST /people/check', {})
    const more = found.notes.length - maxNamed
    return [
      ...found.good.map(({ about, says }) => good(about, says)),
      ...found.bad.map(({ about, says, remedy = '' }) => bad(about, says, remedy)),
      ...found.notes.slice(0, maxNamed).map(({ about, says, remedy }: PeopleFinding) => note(about, says, remedy)),
      ...(more > 0 ? [note('people', `${more} more such notes`)] : []),
    ]
  } catch (error) {
    return [bad('people', (error as Error).message, 'see above')]
  }
}
