// Statements of PartiQL, read by their signs: names stand in double quotes, texts in single ones. Whose items a statement can reach is
// found by trying: whether its condition can be true of an item of that partition, whatever its other attributes are.
import { closed, keyOf, type Touch, type Value } from './second-reading.ts'
import { tables } from './tables.ts'

type Fields = Readonly<Record<string, unknown>>

const token = /\s*("(?:[^"]|"")*"|'(?:[^']|'')*'|-?\d[\d.eE+-]*|\w+|<<|>>|<=|>=|<>|[^\s\w])/gy

/** What a condition can be of an item. */
interface Can {
  readonly hold: boolean
  readonly fail: boolean
}
type Condition = (attribute: string, type: 'S' | 'N' | 'B', value: string) => Can

class Reader {
  readonly tokens: readonly string[]
  readonly parameters: readonly Value[]
  readonly mentioned = new Map<string, Value>()
  at = 0
  parameter = 0
  constructor(text: string, parameters: readonly Value[]) {
    this.tokens = [...text.matchAll(token)].map(([, one = '']) => one)
    if (this.tokens.join('').replace(/\s/g, '') !== text.replace(/\s/g, '')) throw new Error(`unread signs in ${text}`)
    this.parameters = parameters
  }
  get next() {
    return this.tokens[this.at] ?? ''
  }
  take() {
    return this.tokens[this.at++] ?? ''
  }
  takeIf(text: string) {
    if (this.next !== text) return false
    this.at++
    return true
  }
  /** A path, a value, or a call. */
  operand(): { readonly path?: readonly string[]; readonly value?: Value } {
    const first = this.take()
    if (first.startsWith('"')) {
      const path = [first.slice(1, -1).replaceAll('""', '"')]
      for (;;) {
        if (this.takeIf('.')) path.push(this.take())
        else if (this.takeIf('[')) {
          path.push(this.take())
          this.take()
        } else return { path }
      }
    }
    if (first.startsWith("'")) return this.#seen({ S: first.slice(1, -1).replaceAll("''", "'") })
    if (/^-?\d/.test(first)) return this.#seen({ N: first })
    if (first === '?') return this.#seen(this.parameters[this.parameter++] ?? {})
    if (this.takeIf('(')) {
      while (!this.takeIf(')')) {
        this.operand()
        this.takeIf(',')
      }
    }
    return {}
  }
  #seen(value: Value) {
    this.mentioned.set(JSON.stringify(value), value)
    return { value }
  }
  or(): Condition {
    const all = [this.and()]
    while (this.takeIf('OR')) all.push(this.and())
    return (...of) => {
      const each = all.map((one) => one(...of))
      return { hold: each.some(({ hold }) => hold), fail: each.every(({ fail }) => fail) }
    }
  }
  and(): Condition {
    const all = [this.not()]
    while (this.takeIf('AND')) all.push(this.not())
    return (...of) => {
      const each = all.map((one) => one(...of))
      return { hold: each.every(({ hold }) => hold), fail: each.some(({ fail }) => fail) }
    }
  }
  not(): Condition {
    if (this.takeIf('NOT')) {
      const inner = this.not()
      return (...of) => {
        const { hold, fail } = inner(...of)
        return { hold: fail, fail: hold }
      }
    }
    if (this.takeIf('(')) {
      const inner = this.or()
      if (!this.takeIf(')')) throw new Error(`no end of parentheses before ${this.next}`)
      return inner
    }
    return this.predicate()
  }
  predicate(): Condition {
    const left = this.operand()
    const sign = this.next
    if (sign === '=') {
      this.at++
      const right = this.operand()
      return equals(left.path ?? right.path, left.value ?? right.value)
    }
    if (this.takeIf('IN')) {
      this.take()
      const values: (Value | undefined)[] = []
      for (;;) {
        values.push(this.operand().value)
        if (!this.takeIf(',')) break
      }
      this.take()
      const each = values.map((value) => equals(left.path, value))
      return (...of) => {
        const all = each.map((one) => one(...of))
        return { hold: all.some(({ hold }) => hold), fail: all.every(({ fail }) => fail) }
      }
    }
    if (this.takeIf('BETWEEN')) {
      this.operand()
      this.takeIf('AND')
      this.operand()
    } else if (this.takeIf('IS')) {
      this.takeIf('NOT')
      this.take()
    } else if (/^(?:<>|<=|>=|<|>)$/.test(sign)) {
      this.at++
      this.operand()
    }
    return anything
  }
}

const anything: Condition = () => ({ hold: true, fail: true })

/** Of the whole attribute and a value of its type it is known; anything else may be true or not. */
function equals(path: readonly string[] | undefined, value: Value | undefined): Condition {
  if (path === undefined || value === undefined || path.length > 1) return anything
  return (attribute, type, of) => {
    if (path[0] !== attribute) return { hold: true, fail: true }
    const same = keyOf(value, type) === of
    return { hold: same, fail: !same }
  }
}

const actions: Readonly<Record<string, string>> = {
  SELECT: 'PartiQLSelect',
  EXISTS: 'PartiQLSelect',
  INSERT: 'PartiQLInsert',
  UPDATE: 'PartiQLUpdate',
  DELETE: 'PartiQLDelete',
}
const unquoted = (text: string) => text.slice(1, -1).replaceAll('""', '"').replaceAll("''", "'")

/** Reads one statement as it is sent. */
export function readStatement({ Statement, Parameters = [], ReturnValuesOnConditionCheckFailure }: Fields): Touch {
  const text = String(Statement)
  const reader = new Reader(text, Parameters as readonly Value[])
  const { tokens } = reader
  const verb = tokens[0] ?? ''
  const at = tokens.findIndex((one, where) => one === 'FROM' || one === 'INTO' || (one === 'UPDATE' && where === 0)) + 1
  const table = unquoted(tokens[at] ?? '')
  const index = tokens[at + 1] === '.' ? unquoted(tokens[at + 2] ?? '') : undefined
  const names = new Set<string>()
  const own = new Set([at, ...(index === undefined ? [] : [at + 2])])
  for (const [where, one] of tokens.entries()) {
    if (one.startsWith('"') && !own.has(where) && tokens[where - 1] !== '.') names.add(unquoted(one))
  }
  const action = actions[verb] ?? verb
  const base = { action, table, ...(index === undefined ? {} : { index }) }
  if (verb === 'INSERT')
    return {
      ...base,
      ...inserted(reader, at + 2, table),
      returns: returning(tokens, ReturnValuesOnConditionCheckFailure),
    }
  // Question marks before the condition are others'.
  const from = tokens.indexOf('WHERE')
  reader.parameter = tokens.slice(0, from < 0 ? tokens.length : from).filter((one) => one === '?').length
  reader.at = from + 1
  const condition = from < 0 ? anything : reader.or()
  const schema = Object.hasOwn(tables, table) ? tables[table] : undefined
  const keys = index === undefined ? schema : schema?.indexes[index]
  const mentioned = new Set<string>()
  for (const value of reader.mentioned.values())
    for (const type of ['S', 'N', 'B'] as const) {
      const key = keyOf(value, type)
      if (key !== undefined) mentioned.add(key)
    }
  const reaches = (partition: number, value: string) => {
    const [name, type] = keys?.partition[partition] ?? ['', 'S' as const]
    return condition(name, type, value).hold
  }
  const touch: Touch = {
    ...base,
    keys: keys === undefined ? 'any' : [],
    reaches,
    mentioned,
    attributes: closed(names, /[.[]/),
  }
  if (verb !== 'SELECT' && verb !== 'EXISTS')
    return { ...touch, returns: returning(tokens, ReturnValuesOnConditionCheckFailure) }
  const old = ReturnValuesOnConditionCheckFailure === 'ALL_OLD'
  const everything = old || tokens[tokens.indexOf('SELECT') + 1] === '*'
  const select = everything ? 'ALL_ATTRIBUTES' : 'SPECIFIC_ATTRIBUTES'
  return { ...touch, select, ...(old ? { returns: ['ALL_OLD'] } : {}) }
}

function returning(tokens: readonly string[], onFailure: unknown): readonly string[] {
  const at = tokens.indexOf('RETURNING')
  const words = at < 0 ? 'NONE' : `${tokens[at + 1]}_${tokens[at + 2]}`.replace('MODIFIED', 'UPDATED')
  const asked = new Set([words, ...(onFailure === 'ALL_OLD' ? ['ALL_OLD'] : [])])
  if (asked.size > 1) asked.delete('NONE')
  return [...asked]
}

/** The members of the tuple that is inserted, at its top. */
function inserted(reader: Reader, from: number, table: string) {
  const item = new Map<string, Value>()
  let depth = 0
  for (let at = from; at < reader.tokens.length; at++) {
    const one = reader.tokens[at] ?? ''
    if ('{[<<'.includes(one)) depth++
    else if ('}]>>'.includes(one)) depth--
    else if (one === '?') reader.parameter++
    if (depth !== 1 || !one.startsWith("'") || reader.tokens[at + 1] !== ':') continue
    reader.at = at + 2
    const before = reader.parameter
    item.set(unquoted(one), reader.operand().value ?? {})
    reader.parameter = before
  }
  const schema = Object.hasOwn(tables, table) ? tables[table] : undefined
  const keys = schema?.partition.map(([name, type]) => keyOf(item.get(name), type)) ?? [undefined]
  return {
    keys: keys.includes(undefined) ? ('any' as const) : keys.map((key) => [key as string]),
    attributes: new Set(item.keys()),
  }
}
