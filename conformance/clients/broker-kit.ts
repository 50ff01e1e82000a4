// The broker of a server in this process, called as its pages call it.
import { createAsk } from '../../src/federation/fetch.ts'
import { createBroker } from '../../src/server/broker/create-broker.ts'
import { createElsewhere } from '../../src/server/broker/elsewhere.ts'
import type { Exchange } from '../../src/server/exchange.ts'
import { limits, ratesOf } from '../../src/server/limits.ts'
import { createMetrics } from '../../src/server/metrics.ts'
import { createBrokerCaller } from '../../src/server/operation-caller.ts'
import { createBrokerProofs } from '../../src/service/people/broker/broker-proof.ts'
import type { TestServer } from './server.ts'

const rates = { 'rate-per-address': 100, 'rate-per-key': 100, 'rate-per-pool': 100, 'rate-per-provider': 100 }

/** Proofs of a server, what takes them, and its broker. */
export function brokering(
  { engine, reported }: Pick<TestServer, 'engine' | 'reported'>,
  reach: readonly string[] = ['127.0.0.0/8', '::1/128'],
) {
  const { parts, services, store, audit, clock, people } = engine
  const { subjects, passes, random, fresh } = parts
  const fail = (error: unknown) => void (reported as string[]).push(String(error))
  const calling = {
    ...{ services, subjects, store, fresh, clock, passes, random, audit, fail, limits: limits(ratesOf(rates)) },
    metrics: createMetrics({ operations: {}, process: false }),
  }
  const proofs = createBrokerProofs({ people, store })
  const call = createBrokerCaller(calling, proofs)
  const elsewhere = createElsewhere({
    ...{ ...parts, people, audit, ask: createAsk(), allow: reach, fail },
  })
  return { proofs, call, broker: createBroker({ proofs, call, elsewhere }) }
}

export const pageExchange = ({ now }: TestServer, requestId = 'of the page') =>
  ({
    requestId,
    message: { method: 'POST', target: '/signin/roles', headers: new Map() },
    from: { address: '192.0.2.7', tls: true, userAgent: 'a browser', host: 'sso.example' },
    body: {},
    receivedAt: now(),
    signal: new AbortController().signal,
  }) as unknown as Exchange
