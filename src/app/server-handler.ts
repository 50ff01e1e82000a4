// What a server answers with, under each of its names: the AWS pipeline, the broker and the pages, with one rate limit for an address.
import type { Settings } from '../config/settings.ts'
import { createAsk } from '../federation/fetch.ts'
import { type AwsParts, createAws } from '../server/aws.ts'
import { askAsBroker, createBroker } from '../server/broker/create-broker.ts'
import { createElsewhere } from '../server/broker/elsewhere.ts'
import { withinLimits } from '../server/call.ts'
import type { Handler } from '../server/exchange.ts'
import { type Limits, limits, ratesOf } from '../server/limits.ts'
import type { Metrics } from '../server/metrics.ts'
import {
  createBrokerCaller,
  createOperationCaller,
  createOperationTrial,
  createWorkloadCaller,
} from '../server/operation-caller.ts'
import type { Page } from '../server/pages/page.ts'
import { createIdentifyCaller } from '../server/workload/callers.ts'
import { createBrokerProofs } from '../service/people/broker/broker-proof.ts'
import { offerOf } from '../wire/services.ts'
import type { Engine } from './engine.ts'
import { fetchRanges } from './federation.ts'
import { answersByHost } from './host-roles.ts'
import type { Listening } from './listening.ts'
import type { BreakGlassParts } from './operator/break-glass.ts'
import { failureOf, type Report } from './ports.ts'

/** What all roles of host names share: one rate limit for an address, one way to report failures. */
interface Shared {
  readonly limits: Limits
  readonly fail: (error: unknown, requestId: string) => void
}

/** The server's handler; and the broker's AssumeRole for an operator who breaks the glass. */
export function handlerOf(
  engine: Engine,
  {
    settings,
    names,
    metrics,
    report,
    pages,
    isDevelopment,
    apiUrl,
  }: Pick<Listening, 'names'> & {
    readonly settings: Settings
    readonly metrics: Metrics
    readonly report: Report
    readonly pages: readonly Page[]
    readonly isDevelopment: boolean
    readonly apiUrl: string | undefined
  },
): { readonly handle: Handler; readonly assume: BreakGlassParts['assume'] } {
  const shared: Shared = {
    limits: limits(ratesOf(settings)),
    fail: (error, requestId) => report(failureOf(requestId, error)),
  }
  const apis = apisOf(engine, settings, metrics, shared)
  const { passes, random } = engine.parts
  const calling = { ...apis, passes, random }
  const operations = {
    ...{ call: createOperationCaller(calling), tries: createOperationTrial(calling) },
    assumeForWorkload: createWorkloadCaller(calling),
    identifyCaller: createIdentifyCaller({ ...apis, within: withinLimits(shared.limits, metrics) }),
  }
  engine.assumeRoles.bind(operations)
  const { people, store, audit } = engine
  const proofs = createBrokerProofs({ people, store })
  const elsewhere = createElsewhere({
    ...{ ...engine.parts, people, audit, ask: createAsk(), fail: shared.fail },
    allow: fetchRanges(settings, isDevelopment),
  })
  const callAsBroker = createBrokerCaller(calling, proofs)
  const broker = createBroker({ proofs, call: callAsBroker, elsewhere })
  const aws = createAws(apis)
  const handle = answersByHost(names, { engine, aws, ...operations, broker, apiUrl, pages, isDevelopment, ...shared })
  return {
    handle,
    assume: async (exchange, wish) => askAsBroker(callAsBroker, exchange, await proofs.forOperator(wish)),
  }
}

function apisOf(engine: Engine, settings: Settings, metrics: Metrics, { limits, fail }: Shared): AwsParts {
  const { clock, parts } = engine
  return {
    services: engine.services,
    offer: offerOf(parts.backends.serves),
    authenticator: engine.authenticator,
    subjects: parts.subjects,
    store: engine.store,
    audit: engine.audit,
    lastUses: engine.lastUses,
    fresh: parts.fresh,
    limits,
    clock,
    bodyLimit: settings['body-limit'],
    ...(settings.regions === undefined ? {} : { regions: new Set(settings.regions) }),
    metrics,
    fail,
  }
}
