// AssumeRole for services that get their callers credentials of roles: the server's own pipeline, which is made after the services are.
import type { Exchange } from '../server/exchange.ts'
import type { CallForWorkload, CallOperation } from '../server/operation-caller.ts'
import type { Call } from '../service/operation.ts'
import type { AssumeRoles } from '../service/parts.ts'

interface Callers {
  readonly call: CallOperation
  readonly assumeForWorkload: CallForWorkload
}

export interface BoundAssumeRoles extends AssumeRoles {
  bind(callers: Callers): void
}

/** Of an engine that serves nothing, nobody assumes roles: no request reaches a service. */
export function createAssumeRoles(): BoundAssumeRoles {
  let bound: Callers | undefined
  const callers = (): Callers => {
    if (bound === undefined) throw new TypeError('no server is there to assume roles')
    return bound
  }
  return {
    bind(callers) {
      bound = callers
    },
    forWorkload: (call, identity, input) =>
      callers().assumeForWorkload(exchangeOf(call), { identity, region: call.from.region }, input),
    asSession: (call, by, input) => callers().call(exchangeOf(call), by, 'sts', 'AssumeRole', input),
  }
}

/** The request that a call is part of, without what it carried: that is the service's, and nothing for STS. */
const exchangeOf = (call: Call): Exchange => ({
  ...{ requestId: call.requestId, receivedAt: call.now, from: call.from },
  message: { method: 'POST', target: '/', headers: new Map() },
  body: { bytes: unsent, stream: unsent },
  get signal() {
    return call.signal
  },
})

const unsent = (): never => {
  throw new TypeError('a request within the server has no body')
}
