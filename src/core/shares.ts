// Limits how many of something each owner has at once, so that no owner has them all.

export interface Shares {
  /**
   * Takes one more for the owner `of`; false, and takes nothing, when it already has the general limit or the one given
   * here.
   */
  take(of: string, mostNow?: number): boolean
  /** Gives one back. */
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
