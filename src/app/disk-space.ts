// Whether a data folder's disk has little room left. What is left then is for those whom somebody vouches for: a full disk
// stops every change and every session (docs/decisions/0007-audit.md).
import { type StatsFs, statfsSync } from 'node:fs'

/** Kept for others than strangers, in bytes; on a small disk a tenth of it. */
export const leastBytes = 256 << 20
const askEveryMs = 1_000

type Disk = Pick<StatsFs, 'bavail' | 'blocks' | 'bsize'>

/** Asks the disk once a second at most. A disk that does not say how large it is counts as one with room. */
export function createScarcity(folder: string, clock: () => Date, ask: (folder: string) => Disk = statfsSync) {
  let askedAt = Number.NEGATIVE_INFINITY
  let scarce = false
  return (): boolean => {
    const now = clock().getTime()
    if (Math.abs(now - askedAt) >= askEveryMs) {
      askedAt = now
      scarce = isScarce(folder, ask)
    }
    return scarce
  }
}

function isScarce(folder: string, ask: (folder: string) => Disk): boolean {
  try {
    const { bavail, blocks, bsize } = ask(folder)
    return blocks > 0 && bavail * bsize < Math.min(leastBytes, (blocks * bsize) / 10)
  } catch {
    return false
  }
}
