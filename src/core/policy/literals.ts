// Values that the Numeric, Date and Binary operators compare (IAM User Guide, "IAM JSON policy elements: Condition
// operators"). Every reader answers undefined for text that is not exactly such a value: no blanks, no hexadecimal, no
// exponents, nothing that rounds.

/** A decimal number as digits, so that comparison is exact at any length. */
export interface Decimal {
  readonly negative: boolean
  /** Without leading zeros; empty for 0. */
  readonly whole: string
  /** Without trailing zeros. */
  readonly fraction: string
}

const decimalText = /^([+-]?)([0-9]{1,100})(?:\.([0-9]{1,100}))?$/

export function readDecimal(text: string): Decimal | undefined {
  const parts = decimalText.exec(text)
  if (parts === null) return undefined
  const whole = (parts[2] as string).replace(/^0+/, '')
  const fraction = (parts[3] ?? '').replace(/0+$/, '')
  return { negative: parts[1] === '-' && whole + fraction !== '', whole, fraction }
}

function compareText(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1
}

/** Negative, zero or positive as `a` is below, equal to or above `b`. */
export function compareDecimals(a: Decimal, b: Decimal): number {
  if (a.negative !== b.negative) return a.negative ? -1 : 1
  const size = a.whole.length - b.whole.length || compareText(a.whole, b.whole) || compareText(a.fraction, b.fraction)
  return a.negative ? -size : size
}

const dateText =
  /^([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2})(?:[Tt]([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,9}))?)?(?:([Zz])|([+-])([0-9]{2})(?::?([0-9]{2}))?)?)?)?)?$/
const epochText = /^[0-9]{1,19}$/

/**
 * Milliseconds since 1970 of an ISO 8601 / W3C date or of seconds since 1970. Digits alone are seconds, never a year;
 * a time without an offset is UTC.
 */
export function readDate(text: string): number | undefined {
  if (epochText.test(text)) return Number(text) * 1000
  const parts = dateText.exec(text)
  if (parts === null) return undefined
  const part = (index: number, absent: number) => (parts[index] === undefined ? absent : Number(parts[index]))
  const [year, month, day] = [part(1, 0), part(2, 1), part(3, 1)]
  const [hour, minute, second] = [part(4, 0), part(5, 0), part(6, 0)]
  const [offsetHour, offsetMinute] = [part(10, 0), part(11, 0)]
  if (hour > 23 || minute > 59 || second > 59 || offsetHour > 23 || offsetMinute > 59) return undefined
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  // A day the month does not have would roll over into the next one.
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined
  const offset = (offsetHour * 60 + offsetMinute) * (parts[9] === '-' ? -1 : 1)
  const milliseconds = Number((parts[7] ?? '').padEnd(3, '0').slice(0, 3))
  return date.getTime() + ((hour * 60 + minute - offset) * 60 + second) * 1000 + milliseconds
}

const base64Text = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/** Canonical base64 of the same bytes. */
export function readBase64(text: string): string | undefined {
  return base64Text.test(text) ? Buffer.from(text, 'base64').toString('base64') : undefined
}

/** `true` and `false` in any case. */
export function readBool(text: string): boolean | undefined {
  const folded = text.length > 5 ? '' : text.toLowerCase()
  return folded === 'true' ? true : folded === 'false' ? false : undefined
}
