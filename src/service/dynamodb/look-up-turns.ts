// Whose turn it is to ask a backend for a table that nobody knew of. Any name may be asked for, so that each who asks has a share of the
// look-ups under way, and of the places to wait: one who makes up names waits for the answers to them, and others do not.

export interface LookUpTurns {
  /** The work's outcome, once it had its turn; undefined where too much of this asker's waits. The work never rejects. */
  take<T>(asker: string, work: () => Promise<T>): Promise<T> | undefined
}

/** Look-ups that may be under way together, and those of them for one asker. */
const mostUnderWay = 16
const mostOfOne = 4
/** What of one asker may wait: as many tables as a transaction can name. */
const mostWaiting = 100

interface Share {
  underWay: number
  waiting: number
}

interface Waiting {
  readonly share: Share
  readonly begin: () => void
}

export function createLookUpTurns(): LookUpTurns {
  const shares = new Map<string, Share>()
  // In the order of their coming.
  const queue = new Set<Waiting>()
  let underWay = 0

  const isFree = (share: Share) => underWay < mostUnderWay && share.underWay < mostOfOne

  function beginNext(): void {
    for (const waiting of queue) {
      if (underWay >= mostUnderWay) return
      if (!isFree(waiting.share)) continue
      queue.delete(waiting)
      waiting.share.waiting--
      waiting.begin()
    }
  }

  async function begun<T>(asker: string, share: Share, work: () => Promise<T>): Promise<T> {
    underWay++
    share.underWay++
    const outcome = await work()
    underWay--
    share.underWay--
    beginNext()
    if (share.underWay === 0 && share.waiting === 0) shares.delete(asker)
    return outcome
  }

  return {
    take(asker, work) {
      const share = shares.get(asker) ?? { underWay: 0, waiting: 0 }
      shares.set(asker, share)
      if (isFree(share)) return begun(asker, share, work)
      if (share.waiting >= mostWaiting) return undefined
      share.waiting++
      return new Promise((resolve) => {
        queue.add({ share, begin: () => resolve(begun(asker, share, work)) })
      })
    },
  }
}
