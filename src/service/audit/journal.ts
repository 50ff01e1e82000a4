// Where entries go. That of a change is appended in the change's own transaction (transact in server/perform.ts). `write`
// serves all others: answered calls without a transaction, refusals of callers that an account vouches for, notes of gaps.
// Refusals of strangers go to a journal of their own, which they cannot make grow beyond its bounds. Refusals of an account's
// callers, and what strangers do in the account, are bounded by account.
import { randomUUID } from 'node:crypto'
import { longestSessionMs } from '../../core/identity.ts'
import { type Store, Unavailable } from '../../store/store.ts'
import type { Refusal } from '../../wire/errors.ts'
import { usualRegion } from '../access/region.ts'
import type { Call } from '../operation.ts'
import { type AccountBounds, createAccountShares, gapEntry } from './account-bounds.ts'
import { entryText } from './entry.ts'
import { createIdentityTexts } from './identity-record.ts'
import { type AuditedCall, type CallOutcome, recipientOf } from './record.ts'
import { createRefusals, type RefusalBounds, type RefusalStream, refusalsKeptMs } from './refusals.ts'
import { type CallMaker, callerOf, voucherOfCall } from './strangers.ts'

/** Entries of answered calls, and of refusals of callers that an account vouches for. */
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
export type RefusedCall = Omit<CallOutcome, 'output' | 'refused'> & { readonly refused: Refusal }

export interface Audit {
  /** Makes the entry of a call that was answered; writes nothing. */
  successEntry(outcome: CallOutcome & { readonly output: object }): string
  /**
   * Whether there is room for the record of what a caller is about to do. Always for the voucher `account`, and for `trust`,
   * since a trust policy has let that one in. When it is false for `nobody`, the call is refused: no answered call goes
   * unrecorded.
   */
  hasRoomFor(maker: CallMaker): boolean
  /**
   * Whether the queue is less than half full. Asked before a request is passed on, whose record is written when it cannot be taken back:
   * the other half is more than all that are under way.
   */
  hasQueueRoom(): boolean
  /** Counts the bytes of a written entry against the account's share for strangers. Only the voucher `nobody` counts. */
  countStrangerEntry(maker: CallMaker, entry: string): void
  /**
   * Writes the refusal of a call. Voucher `account`: on disk when it resolves, in as much detail as the account's share
   * allows. `trust` and `nobody`: as `noteUnproven`, since a refusal says that no trust policy let the caller in. What was passed on
   * to a backend is written whole, whoever sent it. Rejects Unavailable like `write`.
   */
  recordRefusal(outcome: RefusedCall): Promise<void>
  /**
   * Appends entries to the journal: on disk when it resolves. Rejects Unavailable when too much waits already or the
   * store cannot take it; then nothing of it may be taken for written, and the caller is refused. Never drops.
   */
  write(entries: readonly string[]): Promise<void>
  /** When an entry of this moment expires: for Transaction.append. */
  expiryOf(now: Date): Date
  /**
   * Notes the refusal of a request before it was known who sent it, if the bounds of that stream allow; never waits for the
   * disk.
   */
  noteUnproven(request: Unproven, refused: Refusal): void
  /** The same of a refused sign-in, which is no operation: its entry is made elsewhere. */
  noteRefusedSignIn(address: string, entry: () => string): void
  /** Writes how many refusals of each account were only counted. Called by a timer. */
  writeGaps(): Promise<void>
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
  const expiryOf = (now: Date) => new Date(now.getTime() + retentionMs)
  const refusalExpiryOf = (now: Date) => new Date(now.getTime() + Math.min(retentionMs, refusalsKeptMs))
  const refusals: RefusalStream = createRefusals({
    ...{ store, clock, scarce },
    expiryOf: refusalExpiryOf,
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
      await store.append(AUDIT_JOURNAL, expiryOf(clock()), entries)
    } finally {
      pending -= entries.length
      characters -= size
      if (pending === 0) drained?.()
    }
  }

  function countStrangerEntry(maker: CallMaker, entry: string): void {
    if (voucherOfCall(maker) !== 'nobody') return
    const { from, now } = maker.call
    shares.countStrangerEntry(recipientOf(maker) ?? '', from.address, Buffer.byteLength(entry), now)
  }

  async function writeGaps(): Promise<void> {
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
    expiryOf: expiryOf,
    successEntry: (outcome) => entryText(outcome, texts, ids),
    hasRoomFor(maker) {
      if (voucherOfCall(maker) !== 'nobody') return true
      return shares.hasRoomFor(recipientOf(maker) ?? '', maker.call.from.address, maker.call.now)
    },
    hasQueueRoom: () => 2 * pending < maxPending && 2 * characters < maxPendingCharacters,
    countStrangerEntry,
    async recordRefusal(outcome) {
      const { now, from } = outcome.call
      const { operation, input, target } = outcome
      if (target !== undefined && operation?.audit.passedOn?.(input, target) === true) {
        const text = entryText(outcome, texts, ids)
        await write([text])
        countStrangerEntry(outcome, text)
        return
      }
      if (voucherOfCall(outcome) !== 'account') return refusals.note(from.address, () => entryText(outcome, texts, ids))
      const account = recipientOf(outcome) ?? ''
      const caller = callerOf(outcome)
      const kept = shares.next(account, caller, now)
      if (kept === 'counted') return
      const text = entryText(kept === 'short' ? { ...outcome, short: true } : outcome, texts, ids)
      shares.refusalTook(account, caller, kept, Buffer.byteLength(text), now)
      await write([text])
    },
    noteUnproven(request, refused) {
      // The bounds come first: what is left out costs next to nothing.
      refusals.note(request.exchange.from.address, () => {
        return entryText({ call: callOf(request), decided: [], refused }, texts, ids)
      })
    },
    noteRefusedSignIn: (address, entry) => refusals.note(address, entry),
    writeGaps: writeGaps,
    state: () => ({ pending, leftOut: refusals.leftOut() + shares.leftOut() }),
    async close() {
      await writeGaps().catch(() => undefined)
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
