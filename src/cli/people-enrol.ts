// hallpass people enrol: a code with which a person sets up their second factor, or the removal of one that is lost.
import { printable } from '../core/printable.ts'
import { callRoute } from './call-route.ts'
import { type Command, storeSettings } from './command.ts'

export const peopleEnrol: Command = {
  name: 'people enrol',
  says: 'Print a code with which a person sets up their second factor, once and within a day. Give it to nobody else.',
  takes: 'NAME',
  options: {
    connector: { kind: 'text', value: 'NAME', says: 'The connector, where several have somebody of that name.' },
    reset: { kind: 'switch', says: 'Remove the second factor instead, and sign the person out.' },
    json: { kind: 'switch', says: 'Print JSON.' },
  },
  settings: storeSettings,
  async run(input, world) {
    const { connector } = input.texts
    const outcome = await callRoute(input, world, 'POST /people/enrol', {
      ...{ person: input.rest[0] ?? '', reset: input.switches.reset === true },
      ...(connector === undefined ? {} : { connector }),
    })
    const who = `${printable(outcome.login)} (${outcome.connector})`
    if (input.switches.json === true) world.out(JSON.stringify(outcome, undefined, 2))
    else if ('code' in outcome) {
      world.err(`for ${who}, until ${outcome.until.replace(/\.\d+Z$/, 'Z')}:`)
      world.out(outcome.code)
    } else world.out(`removed ${outcome.removed} second factor${outcome.removed === 1 ? '' : 's'} of ${who}`)
    return 0
  },
}
