// What every handler of requests is built from: the engine, the one set of rate limits, the one way to report failures.
import type { Broker } from '../server/broker/broker.ts'
import type { Handler } from '../server/exchange.ts'
import type { Limits } from '../server/limits.ts'
import type { CallForWorkload, CallOperation, TryOperation } from '../server/operation-caller.ts'
import type { Page } from '../server/pages/page.ts'
import type { IdentifyCaller } from '../server/workload/callers.ts'
import type { Engine } from './engine.ts'

export interface Serving {
  readonly engine: Pick<Engine, 'parts' | 'store' | 'clock' | 'audit' | 'consoleSessions' | 'people' | 'workloadProofs'>
  readonly aws: Handler
  /** Calls an operation for a page, as the person who uses the page. */
  readonly call: CallOperation
  /** Their decisions alone. */
  readonly tries: TryOperation
  /** Assumes roles for workloads that were proven. */
  readonly assumeForWorkload: CallForWorkload
  /** Tells declared services who signed requests to them. */
  readonly identifyCaller: IdentifyCaller
  /** Gets credentials for people of connectors. */
  readonly broker: Broker
  /** Where clients reach the APIs; undefined: nobody said. */
  readonly apiUrl: string | undefined
  readonly limits: Limits
  /** Pages in addition to those of every server. */
  readonly pages: readonly Page[]
  readonly fail: (error: unknown, requestId: string) => void
  /** Whether pages may use plain http, on this machine. */
  readonly isDevelopment: boolean
}
