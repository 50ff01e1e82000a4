// The two spellings of a request's time: ISO 8601 basic format (X-Amz-Date) and, from the Date header alone, the
// IMF-fixdate of RFC 9110 5.6.7.

const two = (n: number) => (n < 10 ? `0${n}` : `${n}`)

/** Milliseconds since 1970 as `YYYYMMDDTHHMMSSZ`, fractions cut off. Years 1000 to 9999. */
export function formatAmzDate(ms: number): string {
  const d = new Date(ms)
  const day = `${d.getUTCFullYear()}${two(d.getUTCMonth() + 1)}${two(d.getUTCDate())}`
  return `${day}T${two(d.getUTCHours())}${two(d.getUTCMinutes())}${two(d.getUTCSeconds())}Z`
}

function digits(text: string, from: number, to: number): number {
  let n = 0
  for (let i = from; i < to; i++) {
    const d = text.charCodeAt(i) - 48
    if (d < 0 || d > 9) return Number.NaN
    n = n * 10 + d
  }
  return n
}

/** Milliseconds of `YYYYMMDDTHHMMSSZ`, or undefined for another form or a day or time that does not exist. */
export function parseAmzDate(text: string): number | undefined {
  if (text.length !== 16 || text[8] !== 'T' || text[15] !== 'Z') return undefined
  const year = digits(text, 0, 4)
  const month = digits(text, 4, 6)
  const day = digits(text, 6, 8)
  const hour = digits(text, 9, 11)
  const minute = digits(text, 11, 13)
  const second = digits(text, 13, 15)
  // Comparisons with NaN are false: what is no number is no time.
  if (!(year >= 1000 && hour <= 23 && minute <= 59 && second <= 59)) return undefined
  const ms = Date.UTC(year, month - 1, day, hour, minute, second)
  // Date.UTC rolls 30 February over to March: only a date that comes back the same is one.
  const read = new Date(ms)
  return read.getUTCMonth() === month - 1 && read.getUTCDate() === day ? ms : undefined
}

/** Milliseconds of an IMF-fixdate (`Sun, 30 Aug 2015 12:36:00 GMT`), or undefined. The obsolete forms are not read. */
export function parseHttpDate(text: string): number | undefined {
  if (text.length !== 29 || !text.endsWith(' GMT')) return undefined
  const ms = Date.parse(text)
  if (Number.isNaN(ms) || new Date(ms).toUTCString() !== text) return undefined
  return ms
}
