// The oracle's half for single elements: wildcards, variables and condition operators, read with JavaScript's own
// number, date and address parsers where the engine has its own.
import type { AccessRequest } from '../../src/core/policy/model.ts'

/** null: cannot be evaluated from the policy's side. */
export type Truth = boolean | null

export const list = <T>(value: T | T[]): T[] => (Array.isArray(value) ? value : [value])
export const low = (text: string) => text.toLowerCase()
export const and = (all: Truth[]): Truth => (all.includes(false) ? false : all.includes(null) ? null : true)
export const or = (all: Truth[]): Truth => (all.includes(true) ? true : all.includes(null) ? null : false)
export const flip = (truth: Truth): Truth => (truth === null ? null : !truth)

/** Characters of a pattern: a wildcard is { wild }, anything else itself. */
export type Sign = string | { wild: string }
export const signs = (text: string, wild: boolean): Sign[] =>
  [...Array(text.length).keys()].map((i) =>
    wild && '*?'.includes(text.charAt(i)) ? { wild: text.charAt(i) } : text.charAt(i),
  )

export function glob(pattern: Sign[], text: string): boolean {
  let states = new Set([0])
  const close = () => {
    for (const at of states) if ((pattern[at] as { wild?: string } | undefined)?.wild === '*') states.add(at + 1)
  }
  close()
  for (let i = 0; i < text.length; i++) {
    const next = new Set<number>()
    for (const at of states) {
      const sign = pattern[at]
      if (typeof sign === 'object') next.add(sign.wild === '*' ? at : at + 1)
      else if (sign === text.charAt(i)) next.add(at + 1)
    }
    states = next
    close()
  }
  return states.has(pattern.length)
}

/** Whether AWS would have given the key, and Hallpass did not. */
const unknown = (key: string, { unfilled }: AccessRequest) =>
  unfilled?.has(key) === true || unfilled?.has(key.replace(/\/.*/s, '/')) === true

/** undefined: a variable has no value; null: it is not well-formed. */
export function fill(
  text: string,
  request: AccessRequest,
  wild: boolean,
  variables: boolean,
): Sign[] | undefined | null {
  if (!variables) return signs(text, wild)
  const found = /\$\{([^}']*(?:'[^']*'[^}]*)?)(\})?/s.exec(text)
  if (found === null) return signs(text, wild)
  if (found[2] === undefined) return null
  const inside = found[1] as string
  let value: string | undefined = { '*': '*', '?': '?', $: '$' }[inside]
  if (value === undefined) {
    const parts = /^([^,\s'"{}$*?](?:[^,'"{}$*?]*[^,\s'"{}$*?])?)(?:,\s*'([^']*)'\s*)?$/.exec(inside)
    if (parts === null) return null
    const held = request.keys.get(low(parts[1] as string))
    if ((held === undefined || held.length === 0) && held !== '' && unknown(low(parts[1] as string), request))
      return null
    if (typeof held === 'object' && held.length > 0) value = undefined
    else value = typeof held === 'string' ? held : parts[2]
  }
  const rest = fill(text.slice(found.index + found[0].length), request, wild, variables)
  if (rest === null) return null
  if (value === undefined || rest === undefined) return undefined
  return [...signs(text.slice(0, found.index), wild), ...signs(value, false), ...rest]
}

/** Six parts at the first five colons. */
export function six<T extends Sign>(all: T[]): T[][] {
  const parts: T[][] = [[]]
  for (const sign of all) sign === ':' && parts.length < 6 ? parts.push([]) : parts.at(-1)?.push(sign)
  return parts
}
export const arnParts = (text: string) => {
  const parts = six([...Array(text.length).keys()].map((i) => text.charAt(i))).map((part) => part.join(''))
  return parts.length === 6 && parts[0] === 'arn' ? parts : undefined
}
export const arnLike = (pattern: Sign[][], parts: string[]) =>
  parts.every((part, i) => glob(pattern[i] as Sign[], part))

const number = (text: string) => (/^[+-]?\d{1,100}(\.\d{1,100})?$/.test(text) ? scale(text) : undefined)
const scale = (text: string) => {
  const [whole, fraction = ''] = text.replace('+', '').split('.') as [string, string?]
  return BigInt(whole + fraction.padEnd(100, '0'))
}
function date(text: string): number | undefined {
  if (/^\d{1,19}$/.test(text)) return Number(text) * 1000
  const t = /^(\d{4})(-\d\d)?(-\d\d)?(?:t(\d{1,2}):(\d\d)(?::(\d\d)(\.\d{1,9})?)?(z|[+-]\d\d(?::?\d\d)?)?)?$/i.exec(
    text,
  )
  if (!t || (t[3] && !t[2]) || (t[4] && !t[3])) return undefined
  const [month, day, hour, minute, second] = [t[2] ?? '-01', t[3] ?? '-01', t[4] ?? '0', t[5] ?? '00', t[6] ?? '00']
  const days = new Date(Date.UTC(2000, Number(month.slice(1)), 0)).getUTCDate()
  const leap = Number(t[1]) % 4 === 0 && (Number(t[1]) % 100 !== 0 || Number(t[1]) % 400 === 0)
  const last = month === '-02' && !leap ? 28 : days
  if (
    Number(month.slice(1)) < 1 ||
    Number(month.slice(1)) > 12 ||
    Number(day.slice(1)) < 1 ||
    Number(day.slice(1)) > last
  )
    return undefined
  const zone = /^([+-])(\d\d):?(\d\d)?$/.exec(t[8] ?? '') ?? ['', '+', '0', '0']
  if (
    Number(hour) > 23 ||
    Number(minute) > 59 ||
    Number(second) > 59 ||
    Number(zone[2]) > 23 ||
    Number(zone[3] ?? 0) > 59
  )
    return undefined
  const at = Date.parse(
    `${t[1]}${month}${day}T${hour.padStart(2, '0')}:${minute}:${second}${(t[7] ?? '').slice(0, 4)}Z`,
  )
  return at - Number(`${zone[1]}1`) * (Number(zone[2]) * 60 + Number(zone[3] ?? 0)) * 60_000
}
function address(text: string): { bits: number; value: bigint } | undefined {
  const octets = text.split('.')
  if (octets.length === 4 && octets.every((o) => /^(0|[1-9]\d{0,2})$/.test(o) && Number(o) < 256))
    return { bits: 32, value: octets.reduce((sum, o) => sum * 256n + BigInt(o), 0n) }
  if (!text.includes(':') || !URL.canParse(`http://[${text}]`) || text.includes('%')) return undefined
  const [head = '', tail] = new URL(`http://[${text}]`).hostname.slice(1, -1).split('::')
  const groups = (part = '') => (part === '' ? [] : part.split(':'))
  const all = [
    ...groups(head),
    ...Array(tail === undefined ? 0 : 8 - groups(head).length - groups(tail).length).fill('0'),
    ...groups(tail),
  ]
  const value = all.reduce((sum, group) => sum * 65536n + BigInt(`0x${group}`), 0n)
  return value >> 32n === 0xffffn ? { bits: 32, value: value & 0xffffffffn } : { bits: 128, value }
}
function inRange(text: string): ((value: string) => Truth | undefined) | null {
  const [net = '', length, more] = text.split('/')
  const base = address(net)
  if (base === undefined || more !== undefined || (length !== undefined && !/^(0|[1-9]\d{0,2})$/.test(length)))
    return null
  const bits = length === undefined ? base.bits : Number(length) - (net.includes(':') && base.bits === 32 ? 96 : 0)
  if (bits < 0 || bits > base.bits) return null
  return (value) => {
    const it = address(value)
    return (
      it && it.bits === base.bits && it.value >> BigInt(base.bits - bits) === base.value >> BigInt(base.bits - bits)
    )
  }
}

/** What compares one value of the policy with one of the request; null when the policy's is no such literal. */
type Compare = (sign: Sign[]) => ((value: string) => boolean | undefined | null) | null
const str = (pattern: Sign[]) => pattern.map((sign) => (typeof sign === 'object' ? sign.wild : sign)).join('')
const parsed =
  <T>(read: (text: string) => T | undefined, holds: (value: T, literal: T) => boolean): Compare =>
  (pattern) => {
    const literal = read(str(pattern))
    return literal === undefined
      ? null
      : (text) => {
          const value = read(text)
          return value === undefined ? undefined : holds(value, literal)
        }
  }
const orders: Record<string, (a: number | bigint, b: number | bigint) => boolean> = {
  equals: (a, b) => a === b,
  lessthan: (a, b) => a < b,
  lessthanequals: (a, b) => a <= b,
  greaterthan: (a, b) => a > b,
  greaterthanequals: (a, b) => a >= b,
}
const boolean = (text: string) => ({ true: true, false: false })[low(text)]
const bytes = (text: string) =>
  text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text) ? Buffer.from(text, 'base64').toString('hex') : undefined
const rows: Record<string, { wild?: true; vars?: true; compare: Compare }> = {
  string: { vars: true, compare: (p) => (text) => text === str(p) },
  stringignorecase: { vars: true, compare: (p) => (text) => low(text) === low(str(p)) },
  stringlike: { vars: true, wild: true, compare: (p) => (text) => glob(p, text) },
  arn: {
    vars: true,
    wild: true,
    compare: (p) =>
      six(p).length < 6 || str(six(p)[0] as Sign[]) !== 'arn'
        ? null
        : (text) => {
            const parts = arnParts(text)
            return parts && arnLike(six(p), parts)
          },
  },
  bool: { vars: true, compare: parsed(boolean, (a, b) => a === b) },
  binary: { compare: parsed(bytes, (a, b) => a === b) },
  ip: {
    compare: (p) => {
      const range = inRange(str(p))
      return range && ((text) => range(text))
    },
  },
}
function operator(name: string): { row: { wild?: true; vars?: true; compare: Compare }; negated: boolean } | undefined {
  const order = /^(numeric|date)(not)?(equals|(?:less|greater)than(?:equals)?)$/.exec(name)
  if (order && !(order[2] && order[3] !== 'equals')) {
    const holds = orders[order[3] as string] as (typeof orders)[string]
    return {
      row: { compare: order[1] === 'date' ? parsed(date, holds) : parsed(number, holds) },
      negated: order[2] === 'not',
    }
  }
  const other =
    /^(?:(string)(not)?(like|equalsignorecase|equals)|(arn)(not)?(?:like|equals)|(bool)|(binary)equals|(not)?(ip)address)$/.exec(
      name,
    )
  if (!other) return undefined
  const kind = other[4] ?? other[6] ?? other[7] ?? other[9] ?? `string${(other[3] as string).replace('equals', '')}`
  return { row: rows[kind] as (typeof rows)[string], negated: Boolean(other[2] ?? other[5] ?? other[8]) }
}

export function condition(
  written: string,
  key: string,
  values: string[],
  request: AccessRequest,
  variables: boolean,
): Truth {
  const [, set, base, ifExists] = /^(forallvalues:|foranyvalue:)?(.*?)(ifexists)?$/s.exec(
    low(written),
  ) as unknown as string[]
  const held = request.keys.get(low(key))
  const present = held === undefined ? [] : typeof held === 'string' ? [held] : held
  const absent = present.length === 0
  // The guide: "if the key value resolves to a null dataset, such as an empty string".
  const none = absent || (set !== undefined && present.join('') === '')
  if (values.length === 0) return null
  if (absent && unknown(low(key), request)) return null
  if (base === 'null')
    return set || ifExists ? null : or(values.map((v) => (boolean(v) === undefined ? null : boolean(v) === absent)))
  const found = operator(base as string)
  if (found === undefined) return null
  const { row, negated } = found
  const tests = values.map((value) => {
    const pattern = fill(value, request, row.wild === true, variables && row.vars === true)
    if (pattern === undefined) return () => false
    const test = pattern && row.compare(pattern)
    // A literal that only the request's values made bad is the request's side.
    const templated = variables && row.vars === true && /\$\{(?![*?$]\})/.test(value)
    return test ?? (pattern && templated ? () => false : null)
  })
  const unlessFlawed = (truth: Truth): Truth => (tests.includes(null) ? null : truth)
  if (none) return unlessFlawed(set === 'forallvalues:' || (absent && ifExists) ? true : set ? false : negated)
  if (typeof held !== 'string' && !set) return unlessFlawed(false)
  const one = (text: string): Truth => {
    if (
      row !== rows.arn
        ? tests.some((test) => test?.(text) === undefined && test !== null)
        : arnParts(text) === undefined
    )
      return unlessFlawed(false)
    const any = or(tests.map((test) => (test === null ? null : (test(text) ?? false))))
    return negated ? flip(any) : any
  }
  if (set === 'forallvalues:') return and(present.map(one))
  return or(present.map(one))
}
