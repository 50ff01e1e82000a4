// hallpass why: explains the answer to a request, and what would have to change for another answer.
import { Failure } from '../app/failure.ts'
import { callRoute } from './call-route.ts'
import { type Command, storeSettings } from './command.ts'

export const why: Command = {
  name: 'why',
  says: 'Explain the answer to a request: every policy and its decision. For the operator: it shows all accounts.',
  takes: '[REQUEST-ID]',
  options: {
    last: { kind: 'switch', says: 'Explain the latest refused request of the last day.' },
    json: { kind: 'switch', says: 'Print JSON, with the whole audit entry.' },
  },
  settings: storeSettings,
  async run(input, world) {
    const [id] = input.rest
    const last = input.switches.last === true
    if ((id === undefined) !== last) {
      throw new Failure('expected `hallpass why REQUEST-ID` or `hallpass why --last`; see `hallpass help why`', 2)
    }
    const { text, json } = await callRoute(input, world, 'POST /why', id === undefined ? { last } : { id })
    if (text === undefined || json === undefined) {
      throw new Failure(
        id === undefined
          ? 'no request was refused in the last day'
          : `the audit has no request ${id}: nobody made it here, it is older than the audit keeps, it exceeded a rate limit, it named no operation that hallpass offers, or it was one of too many refusals of strangers`,
      )
    }
    world.out((input.switches.json === true ? json : text).trimEnd())
    return 0
  },
}
