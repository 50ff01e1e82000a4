// How many of something each of many has at once, so that none of them has it all.

export interface Shares {
  /** One more of `of`'s; false, and nothing, when it has as many as one may, or as are said here. */
  take(of: string, mostNow?: number): boolean
  /** Gives back what was taken. */
  leave(of: string): void
}

export function createShares(most: number): Shares {
  const counts = new Map<string, number>()
  return {
    take(of, mostNow = most) {
      const before = counts.get(of) ?? 0
      if (before >= mostNow) return false
      counts.set(of, before + 1)
      return true
    },
    leave(of) {
      const left = (counts.get(of) ?? 1) - 1
      if (left > 0) counts.set(of, left)
      else counts.delete(of)
    },
  }
}
