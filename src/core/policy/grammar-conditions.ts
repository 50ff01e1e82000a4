// The checks AWS makes of condition values when a policy is written; a value that fails them "failed legacy parsing".
import { readRange } from './addresses.ts'
import { readOperator } from './conditions.ts'
import type { Json } from './document.ts'
import { readDecimal } from './literals.ts'

const within = (text: string | undefined, low: number, high: number) =>
  text === undefined || (/^-?[0-9]{1,10}$/.test(text) && Number(text) >= low && Number(text) <= high)

/** The time part, after `t`: hours, minutes, seconds with a fraction and an offset. */
function isTime(time: string): boolean {
  const [hours, minutes, tail, ...more] = time.split(':')
  // An offset with minutes (`+10:59`) has the only further colon.
  const seconds = [tail, ...more].filter((part) => part !== undefined).join(':')
  if (hours !== '' && !within(hours, 0, 23)) return false
  if (!within(minutes, 0, 59)) return false
  if (tail === undefined) return true
  const parts = /^([0-9]{1,2})(?:\.([0-9]{1,9}))?(?:z|[+-]([0-9]{2})(?::([0-9]{2}))?)?$/.exec(seconds)
  if (parts === null) return false
  return within(parts[1], 0, 59) && within(parts[3], 0, 23) && within(parts[4], 0, 59)
}

/** Looser than what evaluation understands: AWS stores years of nine digits, and a time without a date. */
function isDate(text: string): boolean {
  const folded = text.toLowerCase()
  if (!folded.includes('t') && !folded.includes('-'))
    return /^[0-9]{1,19}$/.test(folded) && BigInt(folded) <= 9223372036854775807n
  const split = folded.indexOf('t')
  const date = split < 0 ? folded : folded.slice(0, split)
  const [year, month, day, ...more] = (date.startsWith('-') ? date.slice(1) : date).split('-')
  const signed = date.startsWith('-') ? `-${year}` : year
  if (more.length > 0 || !within(signed, -292275054, 292278993)) return false
  return within(month, 1, 12) && within(day, 1, 31) && (split < 0 || isTime(folded.slice(split + 1)))
}

const checks: readonly (readonly [prefix: RegExp, fits: (text: string) => boolean])[] = [
  [/^date/, isDate],
  [/^numeric/, (text) => readDecimal(text) !== undefined],
  [/^(?:not)?ipaddress$/, (text) => readRange(text) !== undefined],
]

/** Whether dates, numbers and addresses in a Condition element (of the right shape) are such. */
export function checkConditionValues(condition: Json | undefined): boolean {
  if (condition?.type !== 'object') return true
  for (const [operator, keys] of condition.members) {
    const fits = checks.find(([prefix]) => prefix.test(readOperator(operator).base))?.[1]
    if (fits === undefined || keys.type !== 'object') continue
    for (const list of keys.members.values()) {
      for (const value of list.type === 'array' ? list.items : [list])
        if ('text' in value && !fits(value.text)) return false
    }
  }
  return true
}
