// What everything that answers requests is made of: the engine, the one allowance, the one way to tell of failures.
import type { Handler } from '../server/exchange.ts'
import type { Limits } from '../server/limits.ts'
import type { CallOperation } from '../server/operation-caller.ts'
import type { Page } from '../server/pages/page.ts'
import type { Engine } from './engine.ts'

export interface Serving {
  readonly engine: Pick<Engine, 'parts' | 'store' | 'clock' | 'audit' | 'consoleSessions'>
  readonly aws: Handler
  /** Operations, for pages: as the person in front of them. */
  readonly call: CallOperation
  readonly limits: Limits
  /** Pages beside those that every server has. */
  readonly pages: readonly Page[]
  readonly fail: (error: unknown, requestId: string) => void
  /** Pages may be plain http, on this machine. */
  readonly isDevelopment: boolean
}
