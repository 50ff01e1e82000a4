// Times as AWS writes them: ISO 8601 in UTC and whole seconds (RFC 3339, `2024-01-02T03:04:05Z`).

/** A prime: an hour from now must not fall into the slot of now. */
const slots = 61
const seconds = new Float64Array(slots).fill(Number.NaN)
const texts = new Array<string>(slots).fill('')

/**
 * The time cut to whole seconds: a credential must not seem to live longer than it does. The texts of a few recent
 * seconds are kept, for every request of a second writes the same ones. Throws RangeError for an invalid date.
 */
export function isoSeconds(time: Date): string {
  const second = Math.floor(time.getTime() / 1000)
  const slot = Math.abs(second % slots)
  if (seconds[slot] !== second) {
    texts[slot] = `${new Date(second * 1000).toISOString().slice(0, -5)}Z`
    seconds[slot] = second
  }
  return texts[slot] as string
}
