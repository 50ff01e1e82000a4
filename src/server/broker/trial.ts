// What AWS's own decision would be if the broker user called an operation for a person: the operation's steps up to the decision, and
// nothing is done. For the operator (`hallpass people explain`, `hallpass doctor`): no person has sent a request.
import { uuid7 } from '../../core/ids.ts'
import { refusalReason } from '../../core/policy/reason.ts'
import { usualRegion } from '../../service/access/region.ts'
import type { Subject } from '../../service/contracts/subject.ts'
import type { Parts } from '../../service/parts.ts'
import { contractOf, operationOf } from '../../wire/contract.ts'
import type { Input, Sdk } from '../../wire/operations.ts'
import type { Services } from '../aws.ts'
import type { Exchange } from '../exchange.ts'
import { asRefusal, callerRequest } from '../perform.ts'
import { permit } from '../permit.ts'
import type { CallerRequest } from '../request.ts'

export type BrokerOperation = 'AssumeRole' | 'GetFederationToken'

/** Undefined: it is allowed. Otherwise the reason that the policies give. */
export type BrokerTrial = <K extends BrokerOperation>(
  broker: Subject & { readonly kind: 'user' },
  operation: K,
  input: Input<Sdk['sts'], K>,
  now: Date,
) => Promise<{ readonly refused: string } | undefined>

export function createBrokerTrial(
  { subjects, random }: Pick<Parts, 'subjects' | 'random'>,
  services: Pick<Services, 'sts'>,
): BrokerTrial {
  // A trial is no request: it is counted nowhere, and takes from no limit.
  const parts = { subjects, metrics: { decided: () => undefined }, within: () => true }

  return async (broker, name, input, now) => {
    const operation = services.sts[name]
    if (operation === undefined || 'unsupported' in operation) throw new TypeError(`${name} is not offered`)
    const contract = operationOf('sts', name)
    const request = {
      ...{ exchange: noExchange(now, random), contract, service: contractOf('sts'), operation },
      ...{ json: false, now, bodyBytes: 0 },
    }
    // As a broker proof's (service/people/broker/broker-proof.ts), of no sign-in: nothing is issued.
    const onBehalf = { signIn: '', by: '' }
    const identity = { kind: 'user', account: broker.account.id, principal: broker.id, onBehalf } as const
    const presented = { keyId: '', region: usualRegion }
    const tried = callerRequest(parts, request, { identity, subject: broker, presented, verified: undefined })
    try {
      await permit(parts, tried, () => ({ input: { ...input } }))
      return undefined
    } catch (error) {
      const { fault, message } = asRefusal(error, contract.protocol)
      if (fault === 'Receiver') throw error
      return { refused: deniedBy(tried) ?? message }
    }
  }
}

/** The action that was denied, and the kind of policy that did. */
function deniedBy({ decided }: CallerRequest): string | undefined {
  const denied = decided.find(({ decision }) => !decision.allow)
  return denied && `${denied.request.action} is refused${refusalReason(denied.decision, denied.request)}`
}

/** A request that came from nowhere: conditions on the person's address do not hold. */
function noExchange(now: Date, random: Parts['random']): Exchange {
  const nothingSent = () => {
    throw new TypeError('a trial has no body')
  }
  return {
    requestId: uuid7(now.getTime(), random(10)),
    message: { method: 'POST', target: '/', headers: new Map() },
    body: { bytes: nothingSent, stream: nothingSent },
    from: { address: '', tls: true, userAgent: 'hallpass', host: '' },
    signal: new AbortController().signal,
    receivedAt: now,
  }
}
