// The bounded stream of refusals of callers that proved nothing. Anyone can cause these, so no number of them may fill
// the disk, fill the memory or hold up the service: a sample is kept, and how many were left out.
import { addressNetwork } from '../../core/address-network.ts'
import type { Store } from '../../store/store.ts'

/** Entries of refused callers that proved nothing. */
export const REFUSALS_JOURNAL = 'refusals'

export interface RefusalBounds {
  /** Entries in one second. 50 by default. */
  readonly perSecond: number
  /** Of these, entries from one address (IPv6: one /64), so that a flood from one does not hide the others. 10 by default. */
  readonly perAddress: number
  /** Bytes in one day (UTC). 64 MiB by default. Counted from 0 when the process starts. */
  readonly bytesPerDay: number
}

export interface RefusalStream {
  /** Notes one, if the bounds allow; `entry` is asked for its text only then. Never waits for the disk. */
  note(address: string, entry: () => string): void
  /** How many were left out since the start. */
  leftOut(): number
  close(): Promise<void>
}

/** How long they are kept at most, in ms: with the bytes of a day this bounds how much of the disk they take. */
export const refusalsKeptMs = 7 * 86_400_000

const defaults: RefusalBounds = { perSecond: 50, perAddress: 10, bytesPerDay: 64 * 1024 * 1024 }

const dayMs = 86_400_000

export function createRefusals(parts: {
  readonly store: Store
  readonly clock: () => Date
  readonly expiryOf: (now: Date) => Date
  readonly bounds: Partial<RefusalBounds> | undefined
  /** Whether the disk is nearly full: then none are kept. */
  readonly scarce: () => boolean
}): RefusalStream {
  const { store, clock, expiryOf: until, scarce } = parts
  const { perSecond, perAddress, bytesPerDay } = { ...defaults, ...parts.bounds }
  const addresses = new Map<string, number>()
  let second = 0
  let inSecond = 0
  let day = 0
  let inDay = 0
  let total = 0
  /** What was left out since the last note about it. */
  let gap: { count: number; since: Date } | undefined
  let waiting: string[] = []
  let writing: Promise<void> | undefined

  /** Whether the bounds have room for one more from this address now. */
  function hasRoomFor(address: string, now: number): boolean {
    const currentSecond = Math.floor(now / 1000)
    if (currentSecond !== second) {
      second = currentSecond
      inSecond = 0
      addresses.clear()
    }
    const currentDay = Math.floor(now / dayMs)
    if (currentDay !== day) {
      day = currentDay
      inDay = 0
    }
    // While the disk is slow no more than one second's entries wait.
    if (inSecond >= perSecond || inDay >= bytesPerDay || waiting.length >= perSecond) return false
    const network = addressNetwork(address)
    const before = addresses.get(network) ?? 0
    if (before >= perAddress || scarce()) return false
    addresses.set(network, before + 1)
    inSecond += 1
    return true
  }

  function leaveOut(count: number, now: Date): void {
    total += count
    if (gap === undefined) gap = { count, since: now }
    else gap.count += count
  }

  async function drain(): Promise<void> {
    while (waiting.length > 0) {
      const entries = waiting
      waiting = []
      const now = clock()
      const notedGap = gap
      gap = undefined
      const note = notedGap === undefined ? [] : [gapText(notedGap, now)]
      try {
        await store.append(REFUSALS_JOURNAL, until(now), [...note, ...entries])
      } catch {
        // The caller is refused either way, so this is not an error: the entries count as left out.
        total -= notedGap?.count ?? 0
        leaveOut((notedGap?.count ?? 0) + entries.length, notedGap?.since ?? now)
      }
    }
    writing = undefined
  }

  return {
    note(address, entry) {
      const now = clock()
      if (!hasRoomFor(address, now.getTime())) return leaveOut(1, now)
      const text = entry()
      const size = Buffer.byteLength(text)
      if (inDay + size > bytesPerDay) return leaveOut(1, now)
      inDay += size
      waiting.push(text)
      writing ??= drain()
    },
    leftOut: () => total,
    async close() {
      await writing
    },
  }
}

/** A note of what was left out, in the form of an entry without a request. */
const gapText = ({ count, since }: { count: number; since: Date }, now: Date) =>
  JSON.stringify({ id: '', leftOut: { count, since: since.toISOString(), until: now.toISOString() }, records: [] })
