// How ring keys and nodes go from state to state: functions from the store's records and the time to the records to write.
// ring.ts runs them in transactions, which may run twice: nothing here draws, wraps or remembers anything.
import { longestSessionMs } from '../core/identity.ts'
import { newestToken, type TokenVersion } from '../core/token/seal.ts'
import type { Purpose } from './keys.ts'
import { ForeignRing, type NodeRecord, type RingKeyRecord } from './records.ts'

/**
 * How far clocks may differ, and how long a node may go on sealing with a key after another key took over: the feed
 * reports that, and a node that has not heard from the feed stops issuing long before this much time has passed.
 */
const skewMs = 600_000
const forgetNodeAfterMs = 3_600_000

const isOpen = ({ state }: RingKeyRecord) => state !== 'retired'

/** Whether a key may change state now: a pending one does when every live node knows it, a closing one at its time. */
export const isDue = (record: RingKeyRecord, now: Date): boolean =>
  record.state === 'pending' ||
  (record.opensUntil !== undefined && record.opensUntil <= now.getTime() && isOpen(record))

const retired = (record: RingKeyRecord, now: Date): RingKeyRecord => {
  return { ...record, state: 'retired', wrapped: '', retiredAt: now.getTime() }
}

/** A vault key never retires by itself: it alone opens the long-term secrets that it sealed. */
const closing = (record: RingKeyRecord, now: Date): RingKeyRecord => {
  const closed: RingKeyRecord = { ...record, state: 'closing' }
  return record.purpose === 'vault' ? closed : { ...closed, opensUntil: now.getTime() + longestSessionMs + skewMs }
}

const activated = (record: RingKeyRecord, now: Date): RingKeyRecord => {
  return { ...record, state: 'active', activatedAt: now.getTime() }
}

/** The candidates for a first ring whose purpose has no key yet. */
export const missing = (records: readonly RingKeyRecord[], candidates: readonly RingKeyRecord[]) =>
  candidates.filter((candidate) => !records.some(({ purpose }) => purpose === candidate.purpose))

/**
 * The new records of all keys that change state now, in the order in which to write them: the active key of a purpose
 * closes before the next one becomes active.
 * INVARIANT: no key seals before every live node has reported that it opens with it.
 */
export function movedOn(records: readonly RingKeyRecord[], live: readonly NodeRecord[], now: Date) {
  return records
    .filter((record) => isDue(record, now))
    .flatMap((record) => {
      if (record.state !== 'pending') return [retired(record, now)]
      return live.every(({ keys }) => keys.includes(record.id)) ? promoted(records, record, now) : []
    })
}

function promoted(records: readonly RingKeyRecord[], next: RingKeyRecord, now: Date): RingKeyRecord[] {
  const before = records.find(({ purpose, state }) => purpose === next.purpose && state === 'active')
  return [...(before === undefined ? [] : [closing(before, now)]), activated(next, now)]
}

export interface Rotated {
  /** Existing keys to write, before `created`. */
  readonly replaced: readonly RingKeyRecord[]
  readonly created: readonly RingKeyRecord[]
  /** Ids of the keys that will seal, one of each purpose. */
  readonly coming: readonly string[]
}

/** Whether a rotation retires the old keys of a purpose at once. It replaces a vault key, but never retires it. */
export const isDropped = (purpose: Purpose, compromised: boolean): boolean => compromised && purpose !== 'vault'

/**
 * Adds a candidate of each purpose to the ring, unless a pending key is there already. Keys that are dropped retire.
 * @throws ForeignRing: a ring wrapped by two master keys would leave no node able to open all of it
 */
export function rotated(
  records: readonly RingKeyRecord[],
  candidates: readonly RingKeyRecord[],
  compromised: boolean,
  now: Date,
): Rotated {
  const held = records.filter(isOpen)
  const replaced: RingKeyRecord[] = []
  const created: RingKeyRecord[] = []
  const coming: string[] = []
  for (const candidate of candidates) {
    if (held.some(({ master }) => master !== candidate.master)) throw new ForeignRing()
    const same = held.filter(({ purpose }) => purpose === candidate.purpose)
    const dropped = isDropped(candidate.purpose, compromised)
    if (dropped) replaced.push(...same.map((record) => retired(record, now)))
    const waiting = dropped ? undefined : same.find(({ state }) => state === 'pending')
    if (waiting === undefined) created.push(candidate)
    coming.push((waiting ?? candidate).id)
  }
  return { replaced, created, coming }
}

/** Nodes that reported lately enough that a rotation waits for them. */
export const alive = (members: readonly NodeRecord[], now: Date, deadAfterMs: number): readonly NodeRecord[] =>
  members.filter(({ seenAt }) => seenAt > now.getTime() - deadAfterMs)

/** Nodes that have not reported for so long that their records are deleted. */
export const forgotten = (members: readonly NodeRecord[], now: Date): readonly NodeRecord[] =>
  members.filter(({ seenAt }) => seenAt <= now.getTime() - forgetNodeAfterMs)

/**
 * INVARIANT: nothing is sealed in a format that a live node has not reported that it opens. Every beat computes it anew:
 * once a node of the previous release starts, the others seal in the previous format again.
 */
export const agreedVersion = (live: readonly NodeRecord[]): TokenVersion =>
  live.every(({ tokens = 1 }) => tokens >= newestToken) ? newestToken : 1
