// How ring keys and nodes go from state to state: functions from what the store has, and the time, to what is to be written
// there. ring.ts runs them in transactions, which may run twice: nothing here is drawn, wrapped or remembered.
import { longestSessionMs } from '../core/identity.ts'
import { newestToken, type TokenVersion } from '../core/token/seal.ts'
import type { Purpose } from './keys.ts'
import { ForeignRing, type NodeRecord, type RingKeyRecord } from './records.ts'

/**
 * How far clocks may differ, and how long a node may go on sealing with a key after another took over: it hears of that
 * through the feed, and stops issuing when it has not heard the feed for far less than this.
 */
const skewMs = 600_000
const forgetNodeAfterMs = 3_600_000

const isOpen = ({ state }: RingKeyRecord) => state !== 'retired'

/** Whether a key waits to be moved on: a pending one for the nodes, a closing one for its time. */
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

/** Of these candidates for a first ring, those whose purpose has no key yet. */
export const missing = (records: readonly RingKeyRecord[], candidates: readonly RingKeyRecord[]) =>
  candidates.filter((candidate) => !records.some(({ purpose }) => purpose === candidate.purpose))

/**
 * The records as they are to be once everything that is due has moved on, in the order of writing: the active key of a
 * purpose makes room before the next takes its place.
 * INVARIANT: no key seals before every live node has said that it opens with it.
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
  /** To be replaced first. */
  readonly replaced: readonly RingKeyRecord[]
  readonly created: readonly RingKeyRecord[]
  /** Ids of the keys to come, one of each purpose. */
  readonly coming: readonly string[]
}

/** Whether a rotation drops the old keys of a purpose at once. A vault key is replaced but never dropped. */
export const isDropped = (purpose: Purpose, compromised: boolean): boolean => compromised && purpose !== 'vault'

/**
 * Puts a candidate of each purpose in the ring, unless one waits there already. Keys that are dropped retire.
 * @throws ForeignRing: keys under two masters at once would leave no node able to open all of them
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

/** Nodes that were heard of lately enough to be waited for. */
export const alive = (members: readonly NodeRecord[], now: Date, deadAfterMs: number): readonly NodeRecord[] =>
  members.filter(({ seenAt }) => seenAt > now.getTime() - deadAfterMs)

/** Nodes that were not heard of for so long that their records go. */
export const forgotten = (members: readonly NodeRecord[], now: Date): readonly NodeRecord[] =>
  members.filter(({ seenAt }) => seenAt <= now.getTime() - forgetNodeAfterMs)

/**
 * INVARIANT: nothing is sealed in a format that a live node has not said it opens. Asked at every beat: beside a node of
 * the release before that starts later, the format before is sealed again.
 */
export const agreedVersion = (live: readonly NodeRecord[]): TokenVersion =>
  live.every(({ tokens = 1 }) => tokens >= newestToken) ? newestToken : 1
