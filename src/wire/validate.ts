// Checks an input against the bounds of its shape and finds everything that is wrong, for failures.ts to say. Checks are
// compiled at first use.
import type { OperationContract } from './contract.ts'
import type { Refusal } from './errors.ts'
import { type Broken, type Failure, missing, refuse, unlisted, unmatched } from './failures.ts'
import { lazy, memoize } from './lazy.ts'
import { matcherOf } from './pattern.ts'
import {
  type BlobShape,
  type IntegerShape,
  type ListShape,
  lowerCamel,
  type MapShape,
  type Shape,
  type StringShape,
  type StructureShape,
} from './shape.ts'

/**
 * Says what is wrong with a decoded input, or undefined. ValidationError (Query), ValidationException (JSON), or
 * InvalidInputException (Organizations).
 * Members are checked in the order of the contract, and of one member its pattern first, then its length (recorded from DynamoDB,
 * Cognito and Firehose). Lengths are counted in code points, as Smithy's `length` trait says.
 */
export function validate(operation: OperationContract, input: object): Refusal | undefined {
  if (operation.input === undefined) return undefined
  const failures: Failure[] = []
  checkOf(operation.input)(input, '', failures)
  const [first, ...others] = failures
  return first === undefined ? undefined : refuse(operation, [first, ...others])
}

/** DIVERGES: AWS lists every failure; beyond these nothing is gained but a longer answer. */
const maxFailures = 50
/** DIVERGES: AWS echoes a value whole; here a longer one is cut. */
const maxEcho = 1024

type Check = (value: unknown, path: string, failures: Failure[]) => void

const checkOf = memoize(compile)

function compile(shape: Shape): Check {
  switch (shape.kind) {
    case 'structure':
      return compileStructure(shape)
    case 'list':
      return compileList(shape)
    case 'map':
      return compileMap(shape)
    case 'boolean':
    case 'double':
    case 'timestamp':
      return () => {}
    default:
      return compileScalar(shape)
  }
}

function compileStructure(shape: StructureShape): Check {
  const members = lazy(() =>
    shape.members.map(({ name, required, shape: target }) => ({
      name,
      required,
      path: lowerCamel(name),
      check: checkOf(target),
    })),
  )
  return (value, path, failures) => {
    const record = value as Readonly<Record<string, unknown>>
    const prefix = path === '' ? '' : `${path}.`
    let set = 0
    for (const { name, required, path: own, check } of members()) {
      const member = Object.hasOwn(record, name) ? record[name] : undefined
      if (member !== undefined) {
        set++
        if (failures.length < maxFailures) check(member, prefix + own, failures)
      } else if (required && failures.length < maxFailures) {
        failures.push({ path: prefix + own, ...missing })
      }
    }
    if (shape.union && set !== 1) {
      const alone = `Supplied ${shape.name} ${set === 0 ? 'is empty' : 'has more than one datatypes set'}, ${oneDatatype}`
      failures.push({ path, breaks: 'missing', constraint: 'Member must have exactly one member set', alone })
    }
  }
}

/** Odd grammar included, as DynamoDB says it. */
const oneDatatype = 'must contain exactly one of the supported datatypes'

function compileList(shape: ListShape): Check {
  const size = sizes(shape)
  const item = lazy(() => checkOf(shape.item))
  const { kind } = shape.item
  const nested = kind === 'structure' || kind === 'list' || kind === 'map'
  return (value, path, failures) => {
    const items = value as readonly unknown[]
    const wrong = size(items.length)
    if (wrong !== undefined) return void failures.push({ path, ...wrong, ...echo(shape, items) })
    if (!nested) return checkScalars(shape.item, item(), items, 'Member', path, failures, echo(shape, items))
    for (let i = 0; i < items.length && failures.length < maxFailures; i++)
      item()(items[i], `${path}.${i + 1}.member`, failures)
  }
}

function compileMap(shape: MapShape): Check {
  const size = sizes(shape)
  const key = lazy(() => checkOf(shape.key))
  const item = lazy(() => checkOf(shape.value))
  const { kind } = shape.value
  const nested = kind === 'structure' || kind === 'list' || kind === 'map'
  return (value, path, failures) => {
    const entries = Object.entries(value as Readonly<Record<string, unknown>>)
    const wrong = size(entries.length)
    if (wrong !== undefined) return void failures.push({ path, ...wrong })
    const keys = entries.map(([name]) => name)
    checkScalars(shape.key, key(), keys, 'Map keys', path, failures, {})
    if (!nested)
      return checkScalars(shape.value, item(), Object.values(value as object), 'Map value', path, failures, {})
    for (const [name, each] of entries) {
      if (failures.length < maxFailures) item()(each, `${path}.${cut(name)}.member`, failures)
    }
  }
}

/** Scalars of a list or map are reported together, with every constraint they are under. */
function checkScalars(
  shape: Shape,
  check: Check,
  values: readonly unknown[],
  what: 'Member' | 'Map keys' | 'Map value',
  path: string,
  failures: Failure[],
  echoed: { readonly value?: string },
): void {
  const own: Failure[] = []
  for (const value of values) {
    check(value, '', own)
    if (own.length > 0) break
  }
  if (own.length === 0) return
  const constraints = constraintsOf(shape).join(', ')
  failures.push({
    path,
    breaks: 'items',
    constraint: `${what} must satisfy constraint: [${constraints}]`,
    item: own[0]?.constraint ?? '',
    ...echoed,
  })
}

type ScalarShape = StringShape | IntegerShape | BlobShape

function compileScalar(shape: ScalarShape): Check {
  const size = sizes(shape, shape.kind === 'integer' ? 'value' : 'length')
  if (shape.kind === 'integer') {
    return (value, path, failures) => fail(shape, value, path, failures, size(value as number))
  }
  if (shape.kind === 'blob') {
    return (value, path, failures) => fail(shape, value, path, failures, size((value as Uint8Array).length))
  }
  const allowed = shape.values === undefined ? undefined : new Set(shape.values)
  const pattern = shape.pattern
  const matches = pattern === undefined ? undefined : lazy(() => matcherOf(pattern))
  const mismatch = unmatched(pattern ?? '')
  const { max = Number.POSITIVE_INFINITY } = shape
  return (value, path, failures) => {
    const text = value as string
    const tooLong = text.length > 2 * max
    // A pattern never runs on a text that is surely too long: its time is bounded by `max`.
    if (matches !== undefined && !tooLong && !matches()(text)) {
      fail(shape, value, path, failures, mismatch)
    }
    fail(shape, value, path, failures, size(tooLong ? text.length : codePoints(text)))
    if (allowed !== undefined && !allowed.has(text)) fail(shape, value, path, failures, unlisted(shape.values ?? []))
  }
}

function fail(shape: Shape, value: unknown, path: string, failures: Failure[], broken: Broken | undefined): void {
  if (broken !== undefined) failures.push({ path, ...broken, ...echo(shape, value) })
}

const surrogates = /[\ud800-\udfff]/

/** Counted only where it could differ from the number of UTF-16 units. */
const codePoints = (text: string) => (surrogates.test(text) ? [...text].length : text.length)

/** Says which bound a size breaks. */
function sizes(
  { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY }: { readonly min?: number; readonly max?: number },
  noun: 'length' | 'value' = 'length',
): (size: number) => Broken | undefined {
  const [less, more] = noun === 'length' ? (['shorter', 'longer'] as const) : (['smaller', 'larger'] as const)
  const under: Broken = { breaks: less, constraint: `Member must have ${noun} greater than or equal to ${min}` }
  const over: Broken = { breaks: more, constraint: `Member must have ${noun} less than or equal to ${max}` }
  return (size) => (size < min ? under : size > max ? over : undefined)
}

/** Every constraint a scalar is under, as AWS lists them for the members of a list. */
function constraintsOf(shape: Shape): readonly string[] {
  const noun = shape.kind === 'integer' ? 'value' : 'length'
  const { min, max, pattern, values }: Partial<StringShape> = shape as StringShape
  return [
    ...(max === undefined ? [] : [`Member must have ${noun} less than or equal to ${max}`]),
    ...(min === undefined ? [] : [`Member must have ${noun} greater than or equal to ${min}`]),
    ...(pattern === undefined ? [] : [unmatched(pattern).constraint]),
    ...(values === undefined ? [] : [unlisted(values).constraint]),
  ]
}

/** What of a value is shown to its sender. Nothing of structures (they may hold secrets) or of what the contract marks. */
function echo(shape: Shape, value: unknown): { readonly value?: string } {
  if (shape.sensitive) return {}
  switch (shape.kind) {
    case 'string':
      return { value: cut(value as string) }
    case 'integer':
      return { value: String(value) }
    case 'list': {
      const { item } = shape
      const shown = (item.kind === 'string' || item.kind === 'integer') && !item.sensitive
      return shown ? { value: cut(`[${(value as readonly unknown[]).slice(0, maxEcho).join(', ')}]`) } : {}
    }
    default:
      return {}
  }
}

const cut = (text: string) => (text.length <= maxEcho ? text : `${text.slice(0, maxEcho).toWellFormed()}…`)
