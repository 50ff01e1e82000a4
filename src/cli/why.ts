// hallpass why: what became of a request, and what would have to change for another answer.

import { Failure } from '../app/failure.ts'
import { ask } from './ask.ts'
import { type Command, storeSettings } from './command.ts'

export const why: Command = {
  name: 'why',
  says: 'Explain a request: every policy that was asked and what it answered. For the operator: it shows all accounts.',
  takes: '[REQUEST-ID]',
  options: {
    last: { kind: 'switch', says: 'The newest request that was refused, in the last day.' },
    json: { kind: 'switch', says: 'As JSON, with the whole audit entry.' },
  },
  settings: storeSettings,
  async run(given, world) {
    const [id] = given.rest
    const last = given.switches.last === true
    if ((id === undefined) !== last) {
      throw new Failure('expected `hallpass why REQUEST-ID` or `hallpass why --last`; see `hallpass help why`', 2)
    }
    const { text, json } = await ask(given, world, 'POST /why', id === undefined ? { last } : { id })
    if (text === undefined || json === undefined) {
      throw new Failure(
        id === undefined
          ? 'no request was refused in the last day'
          : `nothing is known of a request ${id}: it was never made here, is older than the audit is kept, was over a rate limit, was for no operation that is offered, or was one of too many refusals of strangers`,
      )
    }
    world.out((given.switches.json === true ? json : text).trimEnd())
    return 0
  },
}
