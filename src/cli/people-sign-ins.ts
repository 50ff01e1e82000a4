// hallpass people list, hallpass people end: who is signed in through a connector, and signing them out.
import { printable } from '../core/printable.ts'
import { table } from '../core/table.ts'
import { callRoute } from './call-route.ts'
import { type Command, type Option, storeSettings } from './command.ts'

const toSeconds = (time: string) => time.replace(/\.\d+Z$/, 'Z')

const json: Option = { kind: 'switch', says: 'Print JSON.' }

export const peopleList: Command = {
  name: 'people list',
  says: 'List the people who are signed in through a connector, and what they were given.',
  options: { json },
  settings: storeSettings,
  async run(input, world) {
    const { signIns } = await callRoute(input, world, 'POST /people', {})
    if (input.switches.json === true) {
      world.out(JSON.stringify({ signIns }, undefined, 2))
      return 0
    }
    const rows = signIns.map(({ connector, login, personId, client, endsAt, confirmedAt, held, given }) => [
      ...[connector, login, personId, client, toSeconds(endsAt), toSeconds(confirmedAt)],
      held === undefined ? '-' : toSeconds(held.since),
      given.length === 0 ? 'nothing' : given.join(' '),
    ])
    // People choose their logins at some providers.
    const head = ['CONNECTOR', 'LOGIN', 'PERSON', 'CLIENT', 'ENDS', 'CONFIRMED', 'HELD', 'GIVEN']
    for (const line of table([head, ...rows.map((row) => row.map(printable))])) world.out(line)
    return 0
  },
}

export const peopleEnd: Command = {
  name: 'people end',
  says: 'Sign a person out: end their sign-ins, and revoke everything they were given here. They may sign in again.',
  takes: 'NAME',
  options: {
    connector: { kind: 'text', value: 'NAME', says: 'The connector, where several have somebody of that name.' },
    json,
  },
  settings: storeSettings,
  async run(input, world) {
    const { connector } = input.texts
    const outcome = await callRoute(input, world, 'POST /people/end', {
      person: input.rest[0] ?? '',
      ...(connector === undefined ? {} : { connector }),
    })
    if (input.switches.json === true) world.out(JSON.stringify(outcome, undefined, 2))
    else
      world.out(
        `ended ${outcome.ended} sign-in${outcome.ended === 1 ? '' : 's'} of ${printable(outcome.personId)} (${outcome.connector})`,
      )
    return 0
  },
}
