// Whether the data folder's disk has little room left. The rest is then reserved for callers for whom somebody vouches: a
// full disk would stop every change and every session (docs/decisions/0007-audit.md).
import { type StatsFs, statfsSync } from 'node:fs'

/** What strangers may not fill, in bytes; on a small disk a tenth of the disk. */
export const leastBytes = 256 << 20
const readEveryMs = 1_000

type Disk = Pick<StatsFs, 'bavail' | 'blocks' | 'bsize'>

/** Reads the free space at most once a second. A disk that does not report its size counts as one with room. */
export function createScarcity(folder: string, clock: () => Date, readDisk: (folder: string) => Disk = statfsSync) {
  let readAt = Number.NEGATIVE_INFINITY
  let scarce = false
  return (): boolean => {
    const now = clock().getTime()
    if (Math.abs(now - readAt) >= readEveryMs) {
      readAt = now
      scarce = isScarce(folder, readDisk)
    }
    return scarce
  }
}

function isScarce(folder: string, readDisk: (folder: string) => Disk): boolean {
  try {
    const { bavail, blocks, bsize } = readDisk(folder)
    return blocks > 0 && bavail * bsize < Math.min(leastBytes, (blocks * bsize) / 10)
  } catch {
    return false
  }
}
