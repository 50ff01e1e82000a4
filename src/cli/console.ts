// hallpass console: opens the console, signed in with one of the person's roles.

import { Failure } from '../app/failure.ts'
import { brokerPaths, type ConsoleAnswer, type ConsoleRequest } from '../wire/broker-api.ts'
import { linkByBreakGlass } from './break-glass.ts'
import { type Command, dataSettings } from './command.ts'
import { askForOffers, chosenOffer, offerOptions } from './offers.ts'
import { askAsPerson, chosenSignIn, urlOption } from './signed-in.ts'

export const consoleCommand: Command = {
  name: 'console',
  says: 'Open the console in a browser, signed in with one of your roles.',
  options: {
    ...offerOptions,
    destination: { kind: 'text', value: 'PATH', says: "A page of the console; of AWS's own, its URL." },
    'no-browser': {
      kind: 'switch',
      says: 'Print the link on standard output instead. It signs in whoever opens it first.',
    },
    'break-glass': {
      kind: 'switch',
      says: 'For operators, when no directory answers: ask the server of the data folder for --role ARN. It is recorded.',
    },
    as: {
      kind: 'text',
      value: 'NAME',
      says: 'With --break-glass: for whom. Without it, the name of the system’s user.',
    },
    url: urlOption,
  },
  settings: dataSettings,
  async run(input, world) {
    if (input.switches['break-glass'] === true) {
      // Servers have no browser, and the link is for one alone.
      world.out(await linkByBreakGlass(input, world))
      return 0
    }
    if (input.switches['no-browser'] !== true && world.openPage === undefined)
      throw new Failure('there is no browser on this machine: --no-browser prints the link', 2)
    const signIn = chosenSignIn(input, world)
    const { arn: role } = await chosenOffer(await askForOffers(signIn, world), input, world)
    if (role === undefined) throw new Failure('a console needs a role: give --role', 2)
    const { destination } = input.texts
    const request: ConsoleRequest = { role, ...(destination === undefined ? {} : { destination }) }
    const { url } = await askAsPerson<ConsoleAnswer>(signIn, world, brokerPaths.console, request)
    if (!isPage(url)) throw new Failure(`${signIn.url} answered with a link that is no page`)
    if (input.switches['no-browser'] === true) world.out(url)
    else {
      world.openPage?.(url)
      world.err(`The console of ${role} opens in your browser.`)
    }
    return 0
  },
}

/** INVARIANT: the system opens pages alone: other schemes run programs. */
const isPage = (url: string) => URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)
