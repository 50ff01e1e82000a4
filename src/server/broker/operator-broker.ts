// The broker for an operator, on the day when no connector can say who somebody is: `hallpass console --break-glass`.
import type { AllowedRole, PeopleTable, SignIn } from '../../service/contracts/people.ts'
import type { EntitledParts } from '../../service/people/entitled.ts'
import type { Broker } from './broker.ts'

export type OperatorBroker = Pick<Broker, 'assumeRole' | 'consoleLink'>

/**
 * INVARIANT: no page has it: it takes the operator's word for whom a role is for, where the broker of pages takes the store's and the
 * table's. `over` makes a broker over whatever says what is whose.
 */
export function createOperatorBroker(
  over: (people: EntitledParts['people']) => Broker,
  people: { table(): Promise<PeopleTable> },
): OperatorBroker {
  const onWord = (signIn: SignIn, role: AllowedRole): EntitledParts['people'] => ({
    table: () => people.table(),
    allowed: () => ({ roles: [role], entitlements: [], problems: [] }),
    signIns: { byId: async (id) => (id === signIn.id ? signIn : undefined) },
  })
  return {
    assumeRole: (exchange, signIn, role, seconds, now) =>
      over(onWord(signIn, role)).assumeRole(exchange, signIn, role, seconds, now),
    consoleLink: (...asked) => over({ ...onNobody, table: () => people.table() }).consoleLink(...asked),
  }
}

const onNobody: Pick<EntitledParts['people'], 'allowed' | 'signIns'> = {
  allowed: () => ({ roles: [], entitlements: [], problems: [] }),
  signIns: { byId: async () => undefined },
}
