// Statements of PartiQL in random spellings, with conditions in which partition keys are compared in every way.
import { anyName, chance, pick, type Random, scalar, times, type Value, word } from './generated-expressions.ts'
import { type TableOf, tables } from './tables.ts'

type Kind = 'select' | 'insert' | 'update' | 'delete' | 'exists'

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`
const plain = /^[A-Za-z_][A-Za-z0-9_]*$/
/** Words of the language that a name without quotes may not be; those of the names that are made here. */
const reserved = new Set(['name', 'AND', 'constructor', 'n', 'b', 'SET2', 'contains', 'size'])
const spelled = (random: Random, name: string) =>
  plain.test(name) && !reserved.has(name) && chance(random, 0.5) ? name : quoted(name)

interface Making {
  readonly random: Random
  readonly parameters: Value[]
}

function value({ random, parameters }: Making, given: Value = scalar(random)): string {
  if (given.B !== undefined || chance(random, 0.3)) {
    parameters.push(given)
    return '?'
  }
  if (typeof given.S === 'string') return `'${given.S.replaceAll("'", "''")}'`
  // A plus is no part of a number here, nor is a leading zero's meaning agreed upon.
  return String(given.N).replace(/^\+/, '')
}

function path(random: Random): string {
  const steps = chance(random, 0.8) ? '' : pick(random, ['.x', '[0]', '."Secret"', '.a[1]."b c"'])
  return spelled(random, anyName(random)) + steps
}

/** A comparison of a key attribute, right or wrong. */
function onKey(making: Making, table: TableOf): string {
  const { random } = making
  const [name, type] = pick(random, table.partition)
  const values = {
    S: [{ S: 'u1' }, { S: 'u2' }, { S: "it's" }],
    N: [{ N: '10' }, { N: '1e1' }, { N: '11' }],
    B: [{ B: 'AQ==' }, { B: '+/8=' }],
  }[type]
  const own = () => value(making, pick<Value>(random, values))
  const attribute = spelled(random, name)
  return pick(random, [
    () => `${attribute}${pick(random, ['=', ' = '])}${own()}`,
    () => `${attribute} = ${own()}`,
    () => `${attribute}${word(random, 'IN')}[${times(random, 1, 3, own).join(', ')}]`,
    () => `${attribute} in (${own()})`,
    () => `${own()} = ${attribute}`,
    () => `${attribute} ${pick(random, ['<>', '>', '<=', '!='])} ${own()}`,
    () => `${attribute}.x = ${own()}`,
    () => `${attribute} = ${spelled(random, anyName(random))}`,
    () => `${attribute}${word(random, 'BETWEEN')}${own()} AND ${own()}`,
  ])()
}

function leaf(making: Making): string {
  const { random } = making
  const one = () => (chance(random, 0.5) ? path(random) : value(making))
  return pick(random, [
    () => `${path(random)}${pick(random, ['=', ' <> ', '<', ' >= '])}${one()}`,
    () => `${path(random)}${word(random, 'IN')}[${value(making)},${value(making)}]`,
    () => `${path(random)}${word(random, 'BETWEEN')}${value(making)} and ${one()}`,
    () =>
      `${path(random)}${word(random, 'IS')}${chance(random, 0.5) ? 'NOT ' : ''}${pick(random, ['MISSING', 'NULL', 'missing'])}`,
    () => `begins_with(${path(random)}, 'u')`,
    () => `CONTAINS(${path(random)},${value(making)})`,
    () => `size(${path(random)}) > 1`,
  ])()
}

function where(making: Making, table: TableOf, depth = 0): string {
  const { random } = making
  const at = random()
  const inner = () => where(making, table, depth + 1)
  if (depth < 3 && at < 0.35) return `${inner()}${word(random, pick(random, ['AND', 'AND', 'OR']))}${inner()}`
  if (depth < 3 && at < 0.42) return `${word(random, 'NOT').trimStart()}(${inner()})`
  if (depth < 3 && at < 0.55) return `(${inner()})`
  return chance(random, 0.55) ? onKey(making, table) : leaf(making)
}

/** A tuple whose members at its top are attributes. */
function tuple(making: Making, table: TableOf): string {
  const { random } = making
  const names = new Set(times(random, 0, 3, () => anyName(random)))
  for (const [name] of table.partition) if (chance(random, 0.9)) names.add(name)
  const members = [...names].map((name) => {
    const key = table.partition.find(([partition]) => partition === name)
    const own: Value | undefined = key && ({ S: { S: 'u1' }, N: { N: '1e1' }, B: { B: 'AQ==' } } as const)[key[1]]
    const inner = chance(random, 0.8)
      ? value(making, own ?? scalar(random))
      : `{'Secret': ${value(making)}, 'UserId': 'u2'}`
    return `'${name.replaceAll("'", "''")}'${pick(random, [':', ' : '])}${inner}`
  })
  return `{${members.join(', ')}}`
}

function changes(making: Making): string {
  const { random } = making
  const assigned = () =>
    pick(random, [
      () => value(making),
      () => path(random),
      () => `${path(random)} + 1`,
      () => `list_append(${path(random)}, [1])`,
    ])()
  return times(random, 1, 3, () =>
    chance(random, 0.7)
      ? `SET ${times(random, 1, 2, () => `${path(random)} = ${assigned()}`).join(', ')}`
      : `remove ${path(random)}`,
  ).join(' ')
}

/** `named`: how a table is called. */
export function statement(
  random: Random,
  named: (name: string) => string,
  tableOf: (random: Random) => string,
  kinds: readonly Kind[] = ['select', 'select', 'insert', 'update', 'delete'],
): Record<string, unknown> {
  const making: Making = { random, parameters: [] }
  const name = tableOf(random)
  const table = tables[name] ?? (tables.Games as TableOf)
  const given = named(name)
  const spelt = plain.test(given) && chance(random, 0.5) ? given : quoted(given)
  const kind = pick(random, kinds)
  const select = (inTransaction: boolean) => {
    const index =
      !inTransaction && chance(random, 0.2) ? pick(random, [...Object.keys(table.indexes), 'NoIndex']) : undefined
    const keys = index === undefined ? table : { ...table, ...table.indexes[index] }
    const list = chance(random, 0.4) ? '*' : times(random, 1, 3, () => path(random)).join(', ')
    const condition = inTransaction || chance(random, 0.85) ? `${word(random, 'WHERE')}${where(making, keys)}` : ''
    const order = !inTransaction && chance(random, 0.1) ? ` ORDER BY ${spelled(random, anyName(random))} DESC` : ''
    return `${pick(random, ['SELECT', 'select'])} ${list}${word(random, 'FROM')}${spelt}${index === undefined ? '' : `.${quoted(index)}`}${condition}${order}`
  }
  const made = {
    select: () => select(false),
    exists: () => `EXISTS(${select(true)})`,
    insert: () => `INSERT INTO ${spelt} VALUE ${tuple(making, table)}`,
    update: () =>
      `UPDATE ${spelt} ${changes(making)}${word(random, 'WHERE')}${where(making, table)}${pick(random, ['', '', ' RETURNING ALL OLD *', ' returning modified new *'])}`,
    delete: () => `DELETE FROM ${spelt} WHERE ${where(making, table)}${pick(random, ['', '', ' RETURNING ALL OLD *'])}`,
  }
  const Statement = made[kind]()
  return { Statement, ...(making.parameters.length === 0 ? {} : { Parameters: making.parameters }) }
}
