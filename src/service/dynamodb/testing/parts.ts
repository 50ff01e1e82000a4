// What operations are made with where nothing is sent, stored or looked up: their plans are read, for docs/gateway.md and in tests.
import type { ForwardParts } from '../forward.ts'
import type { MadeParts } from '../made-tables.ts'
import type { TableSchema } from '../schemas.ts'

const unused = (): never => {
  throw new TypeError('nothing is looked up')
}

/** `schema`: of every table. */
export const planningParts = (schema: TableSchema | 'unknown'): ForwardParts & MadeParts => ({
  backends: {
    find: () => ({ name: 'backend', send: () => Promise.reject(new TypeError('nothing is sent')) }),
    serves: () => true,
  },
  schemas: { of: () => schema, doubt: () => undefined, forget: () => {} },
  vault: { seal: (_account, _record, _field, plain) => plain, open: (_account, _record, _field, sealed) => sealed },
  policies: { of: () => undefined, inForce: () => ({ compiled: undefined, stamp: '', isThere: false }) },
  store: {} as never,
  subjects: { byId: unused, roleByName: unused, sessionPolicyByArn: unused, sessionPolicyById: unused },
  fresh: () => true,
})
