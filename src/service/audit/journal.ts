// Where records go. What was done stands in the journal before it is answered: a change's entry in the change's own
// transaction (the pipeline appends it there), an issuance's by `write`, on disk when it resolves. Refusals of callers
// that proved nothing go to a journal of their own, which they cannot make grow beyond its bounds.
import { randomUUID } from 'node:crypto'
import { longestSessionMs } from '../../core/identity.ts'
import { type Store, Unavailable } from '../../store/store.ts'
import type { OperationContract } from '../../wire/contract.ts'
import type { Refusal } from '../../wire/errors.ts'
import { usualRegion } from '../access/region.ts'
import type { Call } from '../operation.ts'
import { entryText } from './entry.ts'
import { createIdentityTexts } from './identity-record.ts'
import type { AuditedCall, Happened } from './record.ts'
import { createRefusals, type RefusalBounds, type RefusalStream } from './refusals.ts'

/** Entries of calls by someone, and of changes. */
export const AUDIT_JOURNAL = 'audit'

export interface AuditOptions {
  readonly store: Store
  readonly clock: () => Date
  /** How long entries are kept, in ms. Longer than the longest session (36 h), or the session index is not whole. */
  readonly retentionMs: number
  /** How many entries may wait for the disk at once; one more is refused. */
  readonly maxPending: number
  /** How many characters may wait. 64 Mi unless told. */
  readonly maxPendingCharacters?: number
  readonly refusals?: Partial<RefusalBounds>
  /** Makes an event's id. Random UUIDs unless told. */
  readonly newId?: () => string
}

/** What is known of a request that was refused before anyone was known to have sent it. */
export interface Unproven {
  readonly exchange: { readonly requestId: string; readonly from: Omit<Call['from'], 'region'> }
  readonly contract: Pick<OperationContract, 'service' | 'name' | 'input'>
  readonly now: Date
}

/** A call that was refused, with what had been found out by then. */
export type RefusedCall = Omit<Happened, 'output' | 'refused'> & { readonly refused: Refusal }

export interface Audit {
  /** The entry of a call that was answered. */
  success(happened: Happened & { readonly output: object }): string
  /** The entry of a call that was refused. */
  refusal(happened: RefusedCall): string
  /**
   * Appends entries to the journal: on disk when it resolves. Rejects Unavailable when too much waits already or the
   * store cannot take it; then nothing of it may be taken for written, and the caller is refused. Never drops.
   */
  write(entries: readonly string[]): Promise<void>
  /** Until when an entry of this moment is kept: for Transaction.append. */
  until(now: Date): Date
  /**
   * Notes the refusal of a caller that proved nothing, if the bounds of that stream allow; never waits for the disk.
   * `more` is what was known of the call, for an operation that takes a proof other than a signature.
   */
  refused(request: Unproven, refused: Refusal, more?: Omit<RefusedCall, 'refused'>): void
  /** How much waits, and what the bounded stream left out: for metrics. */
  state(): { readonly pending: number; readonly leftOut: number }
  /** Waits for what is under way. */
  close(): Promise<void>
}

const nobody = { requester: { kind: 'anonymous' }, type: 'Anonymous', userId: 'anonymous' } as const

/** @throws TypeError for a retention that would lose sessions that still live. */
export function createAudit(options: AuditOptions): Audit {
  const { store, clock, retentionMs, maxPending } = options
  const { maxPendingCharacters = 64 * 1024 * 1024, newId = randomUUID } = options
  if (!(retentionMs >= longestSessionMs)) throw new TypeError('audit entries are kept for 36 hours at least')
  const texts = createIdentityTexts(10_000)
  const ids = { next: newId }
  const until = (now: Date) => new Date(now.getTime() + retentionMs)
  const refusals: RefusalStream = createRefusals({ store, clock, until, bounds: options.refusals })
  /** Wakes who waits for what is under way. */
  let drained: (() => void) | undefined
  let pending = 0
  let characters = 0

  async function write(entries: readonly string[]): Promise<void> {
    const size = entries.reduce((sum, entry) => sum + entry.length, 0)
    if (pending + entries.length > maxPending || characters + size > maxPendingCharacters) {
      throw new Unavailable('the audit queue is full')
    }
    pending += entries.length
    characters += size
    try {
      await store.append(AUDIT_JOURNAL, until(clock()), entries)
    } finally {
      pending -= entries.length
      characters -= size
      if (pending === 0) drained?.()
    }
  }

  return {
    write,
    until,
    success: (happened) => entryText(happened, texts, ids),
    refusal: (happened) => entryText(happened, texts, ids),
    refused(request, refused, more) {
      // The bounds come first: what is left out costs next to nothing.
      refusals.note(request.exchange.from.address, () => {
        const happened = more ?? { call: callOf(request), contract: request.contract, decided: [] }
        return entryText({ ...happened, refused }, texts, ids)
      })
    },
    state: () => ({ pending, leftOut: refusals.leftOut() }),
    async close() {
      if (pending > 0) {
        await new Promise<void>((resolve) => {
          drained = resolve
        })
      }
      await refusals.close()
    },
  }
}

function callOf({ exchange, contract, now }: Unproven): AuditedCall {
  const { requestId, from } = exchange
  return {
    requestId,
    now,
    service: contract.service,
    operation: contract.name,
    identity: { kind: 'anonymous' },
    name: nobody,
    keys: new Map(),
    from: { ...from, region: usualRegion },
  }
}
