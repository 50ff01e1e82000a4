// Where records go. What was done stands in the journal before it is answered: a change's entry in the change's own
// transaction (the pipeline appends it there), an issuance's by `write`, on disk when it resolves. Refusals of callers
// that proved nothing go to a journal of their own, which they cannot make grow beyond its bounds; those of an account's
// own callers, and all that its guests do, are bounded by account.
import { randomUUID } from 'node:crypto'
import { longestSessionMs } from '../../core/identity.ts'
import { type Store, Unavailable } from '../../store/store.ts'
import type { Refusal } from '../../wire/errors.ts'
import { usualRegion } from '../access/region.ts'
import type { Call } from '../operation.ts'
import { type AccountBounds, createAccountShares, gapEntry } from './account-bounds.ts'
import { entryText } from './entry.ts'
import { createIdentityTexts } from './identity-record.ts'
import { type AuditedCall, type Happened, recipientOf } from './record.ts'
import { createRefusals, type RefusalBounds, type RefusalStream, refusalsKeptMs } from './refusals.ts'
import { callerOf, type Made, voucherOfCall } from './strangers.ts'

/** Entries of calls by someone, and of changes. */
export const AUDIT_JOURNAL = 'audit'

export interface AuditOptions {
  readonly store: Store
  readonly clock: () => Date
  /** How long entries are kept, in ms. Longer than the longest session (36 h), or the session index is not whole. */
  readonly retentionMs: number
  /** How many entries may wait for the disk at once; one more is refused. */
  readonly maxPending: number
  /** How many characters may wait. 64 Mi by default. */
  readonly maxPendingCharacters?: number
  readonly refusals?: Partial<RefusalBounds> | undefined
  readonly accounts?: Partial<AccountBounds> | undefined
  /** Whether the disk has so little room left that strangers may have none of it. Never, by default. */
  readonly scarce?: (() => boolean) | undefined
  /** Makes an event's id. Random UUIDs by default. */
  readonly newId?: () => string
}

/** What is known of a request that was refused before anyone was known to have sent it. */
export interface Unproven {
  readonly exchange: { readonly requestId: string; readonly from: Omit<Call['from'], 'region'> }
  readonly contract: { readonly service: string; readonly name: string }
  readonly now: Date
}

/** A call that was refused, with what was known by then. */
export type RefusedCall = Omit<Happened, 'output' | 'refused'> & { readonly refused: Refusal }

export interface Audit {
  /** The entry of a call that was answered. */
  success(happened: Happened & { readonly output: object }): string
  /**
   * Whether there is room for the record of what a caller is about to do. For known callers always; when it is false, a
   * stranger is to be refused: what was done is never left out.
   */
  admits(made: Made): boolean
  /** Counts an entry that was written for what a stranger did. */
  took(made: Made, entry: string): void
  /**
   * Writes the refusal of a call: of a known caller, on disk when it resolves, in as much detail as its account's share
   * allows; of a stranger, as `noteUnproven`. Rejects Unavailable like `write`.
   */
  recordRefusal(happened: RefusedCall): Promise<void>
  /**
   * Appends entries to the journal: on disk when it resolves. Rejects Unavailable when too much waits already or the
   * store cannot take it; then nothing of it may be taken for written, and the caller is refused. Never drops.
   */
  write(entries: readonly string[]): Promise<void>
  /** Until when an entry of this moment is kept: for Transaction.append. */
  until(now: Date): Date
  /**
   * Notes the refusal of a request before it was known who sent it, if the bounds of that stream allow; never waits for the
   * disk.
   */
  noteUnproven(request: Unproven, refused: Refusal): void
  /** The same of a refusal of what is no operation: its entry is made elsewhere. */
  noteUnprovenEntry(address: string, entry: () => string): void
  /** Writes how many refusals of each account were only counted. By a timer. */
  tend(): Promise<void>
  /** How much waits, and what was left out: for metrics. */
  state(): { readonly pending: number; readonly leftOut: number }
  /** Waits for what is under way. */
  close(): Promise<void>
}

const nobody = { requester: { kind: 'anonymous' }, type: 'Anonymous', userId: 'anonymous' } as const

/** @throws TypeError for a retention that would lose sessions that still live. */
export function createAudit(options: AuditOptions): Audit {
  const { store, clock, retentionMs, maxPending, scarce = () => false } = options
  const { maxPendingCharacters = 64 * 1024 * 1024, newId = randomUUID } = options
  if (!(retentionMs >= longestSessionMs)) throw new TypeError('audit entries are kept for 36 hours at least')
  const texts = createIdentityTexts(10_000)
  const ids = { next: newId }
  const until = (now: Date) => new Date(now.getTime() + retentionMs)
  const untilOfRefusals = (now: Date) => new Date(now.getTime() + Math.min(retentionMs, refusalsKeptMs))
  const refusals: RefusalStream = createRefusals({
    ...{ store, clock, scarce },
    until: untilOfRefusals,
    bounds: options.refusals,
  })
  const shares = createAccountShares(options.accounts ?? {}, scarce)
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

  async function tend(): Promise<void> {
    const { gaps, back } = shares.counted()
    if (gaps.length === 0) return
    const now = clock()
    try {
      await write(gaps.map((gap) => gapEntry(gap, now, newId())))
    } catch (error) {
      back()
      throw error
    }
  }

  return {
    write,
    until,
    success: (happened) => entryText(happened, texts, ids),
    admits(made) {
      if (voucherOfCall(made) !== 'nobody') return true
      return shares.admits(recipientOf(made) ?? '', made.call.from.address, made.call.now)
    },
    took(made, entry) {
      if (voucherOfCall(made) !== 'nobody') return
      const { from, now } = made.call
      shares.strangerTook(recipientOf(made) ?? '', from.address, Buffer.byteLength(entry), now)
    },
    async recordRefusal(happened) {
      const { now, from } = happened.call
      if (voucherOfCall(happened) !== 'account')
        return refusals.note(from.address, () => entryText(happened, texts, ids))
      const account = recipientOf(happened) ?? ''
      const caller = callerOf(happened)
      const kept = shares.next(account, caller, now)
      if (kept === 'counted') return
      const text = entryText(kept === 'short' ? { ...happened, short: true } : happened, texts, ids)
      shares.refusalTook(account, caller, kept, Buffer.byteLength(text), now)
      await write([text])
    },
    noteUnproven(request, refused) {
      // The bounds come first: what is left out costs next to nothing.
      refusals.note(request.exchange.from.address, () => {
        return entryText({ call: callOf(request), decided: [], refused }, texts, ids)
      })
    },
    noteUnprovenEntry: (address, entry) => refusals.note(address, entry),
    tend,
    state: () => ({ pending, leftOut: refusals.leftOut() + shares.leftOut() }),
    async close() {
      await tend().catch(() => undefined)
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
