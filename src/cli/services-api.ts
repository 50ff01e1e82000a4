// hallpass services api: a declared service has an API of its own, and may ask who signed requests to it.
import { Failure } from '../app/failure.ts'
import { callRoute } from './call-route.ts'
import { type Command, storeSettings } from './command.ts'

export const servicesApi: Command = {
  name: 'services api',
  says: 'Let a service ask who signed requests to its own API, so that it can authorize them by IAM (docs/library.md). It is told the policies of its callers.',
  takes: 'NAME',
  options: {
    'signing-name': {
      kind: 'text',
      value: 'TEXT',
      says: 'What its clients sign for, its actions and its ARNs begin with: notes. No other service has it, and none of AWS’s.',
    },
    host: {
      kind: 'text',
      value: 'NAME',
      many: true,
      says: 'A host name that it answers under: requests that were sent to others are nobody’s. Without any: every name.',
    },
    json: { kind: 'switch', says: 'Print JSON.' },
  },
  settings: storeSettings,
  async run(input, world) {
    const { 'signing-name': signingName } = input.texts
    if (signingName === undefined) throw new Failure('say what its clients sign for: --signing-name', 2)
    const wish = { name: input.rest[0] ?? '', signingName, hosts: input.lists.host ?? [] }
    const row = await callRoute(input, world, 'POST /services/api', wish)
    world.out(
      input.switches.json === true ? JSON.stringify(row, undefined, 2) : `${row.name} is signed for as ${signingName}`,
    )
    return 0
  },
}
