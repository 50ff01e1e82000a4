// hallpass roles: what the signed-in person may have.
import { printable } from '../core/printable.ts'
import type { Command } from './command.ts'
import { askForOffers, offerLines } from './offers.ts'
import { chosenSignIn, urlOption } from './signed-in.ts'

export const roles: Command = {
  name: 'roles',
  says: 'List the roles and accounts that you may use, once signed in.',
  options: { url: urlOption, json: { kind: 'switch', says: 'Print JSON.' } },
  settings: [],
  async run(input, world) {
    const signIn = chosenSignIn(input, world)
    const answer = await askForOffers(signIn, world)
    if (input.switches.json === true) {
      world.out(JSON.stringify(answer, undefined, 2))
      return 0
    }
    const offers = [...answer.roles, ...answer.entitlements]
    for (const line of offerLines(offers)) world.out(line)
    const none = offers.length === 0 ? ' No group of yours gives a role here.' : ''
    world.err(
      `Signed in at ${signIn.url} as ${printable(answer.login)} (${answer.connector}) until ${answer.signInEndsAt ?? signIn.endsAt}.${none}`,
    )
    return 0
  },
}
