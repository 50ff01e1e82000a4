// How many bytes of the journal each of many may still take: a share that comes back evenly over a day.

const dayMs = 86_400_000

export interface DailyShares {
  /** Whether anything is left of one's share. */
  has(of: string, now: Date): boolean
  /** Takes from it, more than there is if need be: what is written is never cut short, and then has to come back first. */
  take(of: string, bytes: number, now: Date): void
}

interface Share {
  left: number
  /** Milliseconds since 1970 of the last look. */
  at: number
}

/**
 * Shares of `perDay` bytes, full at first. With `most`, about so many are remembered, the last used ones: for names that
 * anybody can make; accounts are there or not.
 */
export function createDailyShares(perDay: number, most = Number.POSITIVE_INFINITY): DailyShares {
  let young = new Map<string, Share>()
  let old = new Map<string, Share>()

  function shareOf(of: string, now: number): Share {
    let share = young.get(of)
    if (share === undefined) {
      share = old.get(of) ?? { left: perDay, at: now }
      if (young.size >= most / 2) {
        old = young
        young = new Map()
      }
      young.set(of, share)
    }
    // A clock that was set back neither fills nor drains a share.
    if (now > share.at) {
      share.left = Math.min(perDay, share.left + ((now - share.at) * perDay) / dayMs)
      share.at = now
    }
    return share
  }

  return {
    has: (of, now) => shareOf(of, now.getTime()).left > 0,
    take(of, bytes, now) {
      shareOf(of, now.getTime()).left -= bytes
    },
  }
}
