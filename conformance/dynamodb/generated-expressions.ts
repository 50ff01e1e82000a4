// Expressions in random spellings, with the placeholders that they use.
export type Random = () => number

export const pick = <T>(random: Random, from: readonly T[]): T => from[Math.floor(random() * from.length)] as T
export const chance = (random: Random, of: number): boolean => random() < of
export const times = <T>(random: Random, low: number, high: number, make: () => T): T[] =>
  Array.from({ length: low + Math.floor(random() * (high - low + 1)) }, make)

/** Names that need no placeholder, and names that would be other things without one. */
const bare = ['UserId', 'Title', 'n', 'b', 'Grade', 'Secret', 'Wins', '_x', 'e_2_e', 'contains', 'SET2']
const odd = [
  'name',
  'a.b',
  'Secret.x',
  'x OR y = :v --',
  '#a',
  ':v',
  'größe 🙂',
  '__proto__',
  'constructor',
  "it's",
  '"q"',
  'AND',
  '[0]',
]

/** Spellings of one number of DynamoDB's, and the number. */
export const numbers = ['10', '10.0', '1e1', '+10', '010', '0.1e2', '11', '-3', '0', '-0.0', '2.50']
export const texts = ['u1', 'u2', '10', 'ü', "it's", '" OR 1=1', '<x>', ' u1']
export const blobs = ['AQ==', '+/8=', 'AA==']

export type Value = Readonly<Record<string, unknown>>

export const scalar = (random: Random): Value =>
  pick(random, [
    () => ({ S: pick(random, texts) }),
    () => ({ N: pick(random, numbers) }),
    () => ({ B: pick(random, blobs) }),
  ])()

export function anyValue(random: Random, depth = 0): Value {
  if (depth > 2 || chance(random, 0.7)) return scalar(random)
  return pick(random, [
    () => ({ M: { [pick(random, [...bare, ...odd])]: anyValue(random, depth + 1) } }),
    () => ({ L: times(random, 0, 2, () => anyValue(random, depth + 1)) }),
    () => ({ SS: ['Secret', 'x'] }),
    () => ({ NULL: true }),
    () => ({ BOOL: chance(random, 0.5) }),
  ])()
}

export const anyName = (random: Random): string => pick(random, chance(random, 0.75) ? bare : odd)

/** What the expressions of one request share. */
export class Placeholders {
  readonly names: Record<string, string> = {}
  readonly values: Record<string, Value> = {}
  readonly #random: Random
  constructor(random: Random) {
    this.#random = random
  }
  /** A name as it may stand in an expression. */
  name(name: string): string {
    if (bare.includes(name) && chance(this.#random, 0.6)) return name
    // Placeholders that look like other attributes.
    const placeholder = `#${pick(this.#random, ['k', 'UserId', 'Secret', '1', '_', 'n'])}`
    if (Object.hasOwn(this.names, placeholder) && this.names[placeholder] !== name) {
      const more = `#p${Object.keys(this.names).length}`
      this.names[more] = name
      return more
    }
    this.names[placeholder] = name
    return placeholder
  }
  value(value: Value): string {
    const placeholder = `:${pick(this.#random, ['v', 'UserId', '0', 'and'])}${Object.keys(this.values).length}`
    this.values[placeholder] = value
    return placeholder
  }
  /** The members of the input. */
  members(): object {
    return {
      ...(Object.keys(this.names).length === 0 ? {} : { ExpressionAttributeNames: this.names }),
      ...(Object.keys(this.values).length === 0 ? {} : { ExpressionAttributeValues: this.values }),
    }
  }
}

const blank = (random: Random) => pick(random, [' ', ' ', '  ', '\n', '\t '])
/** Keywords have no case. */
export const word = (random: Random, text: string) =>
  `${blank(random)}${pick(random, [text, text.toLowerCase(), text[0] + text.slice(1).toLowerCase()])}${blank(random)}`

export function path(random: Random, given: Placeholders): string {
  const steps = chance(random, 0.7)
    ? []
    : times(random, 1, 2, () =>
        chance(random, 0.5) ? `.${given.name(anyName(random))}` : `[${Math.floor(random() * 4)}]`,
      )
  return given.name(anyName(random)) + steps.join(pick(random, ['', ' ']))
}

function operand(random: Random, given: Placeholders): string {
  const at = random()
  if (at < 0.45) return path(random, given)
  if (at < 0.9) return given.value(scalar(random))
  return `size(${path(random, given)})`
}

export function condition(random: Random, given: Placeholders, depth = 0): string {
  const at = random()
  const inner = () => condition(random, given, depth + 1)
  if (depth < 3 && at < 0.3) return `${inner()}${word(random, pick(random, ['AND', 'OR']))}${inner()}`
  if (depth < 3 && at < 0.38) return `${word(random, 'NOT').trimStart()}${leaf(random, given)}`
  if (depth < 3 && at < 0.46)
    return `(${condition(random, given, depth + 1)}${word(random, 'OR')}${leaf(random, given)})`
  return leaf(random, given)
}

function leaf(random: Random, given: Placeholders): string {
  const one = () => operand(random, given)
  return pick(random, [
    () => `${one()}${pick(random, ['=', ' = ', '<>', ' < ', '<=', '>', ' >='])}${one()}`,
    () => `${path(random, given)}${word(random, 'BETWEEN')}${one()}${word(random, 'AND')}${one()}`,
    () => `${one()}${word(random, 'IN')}(${times(random, 1, 3, one).join(pick(random, [',', ' , ']))})`,
    () => `attribute_exists(${path(random, given)})`,
    () => `attribute_not_exists( ${path(random, given)} )`,
    () => `begins_with(${path(random, given)}, ${given.value({ S: 'u' })})`,
    () => `contains (${path(random, given)},${one()})`,
  ])()
}

export const projection = (random: Random, given: Placeholders): string =>
  times(random, 1, 4, () => path(random, given)).join(pick(random, [',', ', ', ' , ']))

export function update(random: Random, given: Placeholders): string {
  const to = () => path(random, given)
  const value = () => given.value(scalar(random))
  const assigned = () =>
    pick(random, [
      value,
      to,
      () => `${to()} + ${value()}`,
      () => `${value()} - ${to()}`,
      () => `if_not_exists(${to()}, ${value()})`,
      () => `list_append(${to()},${value()})`,
    ])()
  const clauses = [
    () => `SET ${times(random, 1, 3, () => `${to()}${pick(random, ['=', ' = '])}${assigned()}`).join(', ')}`,
    () => `remove ${times(random, 1, 2, to).join(',')}`,
    () => `Add ${to()} ${value()}`,
    () => `DELETE ${to()}\n${value()}`,
  ]
  const chosen = clauses.filter(() => chance(random, 0.4))
  return (chosen.length === 0 ? clauses.slice(0, 1) : chosen).map((make) => make()).join(blank(random))
}
