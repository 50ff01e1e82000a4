// The agent's listeners: one for each row of its file, with bounds for programs that ask for little and are many.
import type { ListenerEntry } from '../config/agent-file.ts'
import { readRange } from '../core/policy/addresses.ts'
import type { Bounds } from '../server/bounds.ts'
import type { Exchange, Handler } from '../server/exchange.ts'
import { type Listener, listen } from '../server/node.ts'
import { noProxies } from '../server/proxies.ts'
import { type Caller, callersOf } from './callers.ts'
import { knownAddresses } from './known-addresses.ts'

/**
 * A request is a line and a token, and its body is nothing. Service accounts' tokens have a few kilobytes.
 * All programs of a machine share its address, so one address may have as many connections as there are.
 */
export const agentBounds: Partial<Bounds> = {
  headerBytes: 16_384,
  headers: 64,
  bodyBytes: 1024,
  heldBytes: 1_048_576,
  headersMs: 5000,
  bodyMs: 5000,
  requestMs: 10_000,
  answerMs: 10_000,
  idleMs: 15_000,
  connections: 2048,
  connectionsOfOne: 2048,
  pipelined: 8,
}

export interface ListenerParts {
  readonly clock: () => Date
  readonly random: (bytes: number) => Buffer
  readonly report: (says: string) => void
  /** This machine's addresses; the system's by default. */
  readonly ownAddresses?: () => readonly string[]
}

/** What it serves, for a request that may be looked at. */
export type HandlerOf = (callerOf: (exchange: Exchange) => Caller) => Handler

/** Opens a listener. Rejects with the system's error. */
export function openListener(entry: ListenerEntry, handlerOf: HandlerOf, parts: ListenerParts): Promise<Listener> {
  const { clock, random, report, ownAddresses } = parts
  const callerOf = callersOf({
    host: entry.listen.host,
    names: [...knownAddresses[entry.serves], ...entry.names],
    allow: entry.allow.flatMap((text) => readRange(text) ?? []),
    clock,
    ...(ownAddresses === undefined ? {} : { ownAddresses }),
  })
  return listen({
    on: entry.listen,
    handler: handlerOf(callerOf),
    proxies: noProxies,
    bounds: agentBounds,
    ...{ clock, random },
    report: (event) => {
      if (event.kind === 'failed') report(`a request could not be answered: ${event.error}`)
    },
  })
}
