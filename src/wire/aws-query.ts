// Decodes an AWS Query request into an operation's input (Smithy 2.0 AWS Query protocol): members by dotted keys, lists
// `X.member.N`, an empty list `X=`, maps `X.entry.N.key` and `X.entry.N.value`. The reader of a shape is compiled at first use.
import { base64Bytes } from '../core/base64.ts'
import type { OperationContract } from './contract.ts'
import type { Decoded } from './decoded.ts'
import { malformedInput, validationError } from './errors.ts'
import type { Form } from './form.ts'
import { lazy, memoize } from './lazy.ts'
import type { Shape, StructureShape } from './shape.ts'
import { isMisspelled, spellings, type Trouble } from './spelling.ts'

/** A value, or what is below a key, by the next part of the key. */
type Node = string | Map<string, Node>

/** Reads a node; undefined (which is never a value) when it is malformed: the message is then in `trouble`. */
type Read = (node: Node, trouble: Trouble) => unknown

interface Field {
  readonly name: string
  readonly scalar: boolean
  readonly read: Read
}

/** No shape of these services nests deeper than 14 parts; a recursive one could be made to. */
const maxParts = 32

/**
 * The input of `operation` from a form. Unknown members are ignored, as AWS ignores them, except names that differ from a
 * known one in case alone: ValidationError. What does not fit the shape is MalformedInput: with no message for a bad scalar
 * (recorded), else the parser's sentence.
 */
export function decodeQuery(operation: OperationContract, form: Form): Decoded {
  const input: Record<string, unknown> = {}
  if (operation.input === undefined) return { input }
  const { fields, meantBy } = fieldsOf(operation.input)
  const trouble: Trouble = { message: '' }
  let trees: Map<string, Map<string, Node>> | undefined
  for (const [key, text] of form) {
    const whole = fields.get(key)
    if (whole !== undefined) {
      const value = trees?.has(key) ? mixed(trouble) : whole.read(text, trouble)
      if (value === undefined) return refused(trouble)
      input[key] = value
      continue
    }
    const dot = key.indexOf('.')
    const name = dot < 0 ? key : key.slice(0, dot)
    const field = dot < 0 ? undefined : fields.get(name)
    if (field === undefined) {
      if (isMisspelled(name, meantBy, trouble)) return refused(trouble)
      continue
    }
    if (field.scalar || name in input) return refused({ message: startNotExpected })
    trees ??= new Map()
    let tree = trees.get(name)
    if (tree === undefined) {
      tree = new Map()
      trees.set(name, tree)
    }
    if (!plant(tree, key, dot + 1, text)) return refused({ message: startNotExpected })
  }
  if (trees !== undefined) {
    for (const [name, tree] of trees) {
      const value = fields.get(name)?.read(tree, trouble)
      if (value === undefined) return refused(trouble)
      input[name] = value
    }
  }
  return { input }
}

const startNotExpected = 'Start of structure or map found where not expected'
const unexpectedElement = 'Unexpected list element termination'

const refused = ({ message, misspelled }: Trouble): Decoded => ({
  refused: misspelled ? validationError('aws-query', message) : malformedInput('aws-query', message),
})

function mixed(trouble: Trouble): undefined {
  trouble.message = startNotExpected
}

/** Adds a value to the tree under the key's parts from `start` on; false when it does not fit or is too deep. */
function plant(tree: Map<string, Node>, key: string, start: number, text: string): boolean {
  let at = tree
  let from = start
  for (let parts = 1; parts < maxParts; parts++) {
    const dot = key.indexOf('.', from)
    const part = dot < 0 ? key.slice(from) : key.slice(from, dot)
    const node = at.get(part)
    if (dot < 0) {
      if (node !== undefined) return false
      at.set(part, text)
      return true
    }
    if (typeof node === 'string') return false
    if (node !== undefined) at = node
    else {
      const next = new Map<string, Node>()
      at.set(part, next)
      at = next
    }
    from = dot + 1
  }
  return false
}

const fieldsOf = memoize((shape: StructureShape) => {
  const fields: ReadonlyMap<string, Field> = new Map(
    shape.members.map((member) => [member.name, compileField(member.name, member.shape)]),
  )
  return { fields, meantBy: spellings(fields.keys()) }
})

function compileField(name: string, shape: Shape): Field {
  const scalar = shape.kind !== 'structure' && shape.kind !== 'list' && shape.kind !== 'map'
  return { name, scalar, read: compile(shape) }
}

function compile(shape: Shape): Read {
  switch (shape.kind) {
    case 'string':
      return (node, trouble) => (typeof node === 'string' ? node : mixed(trouble))
    case 'integer':
      return scalar(shape.bits === 32 ? readInteger : readLong)
    case 'double':
      return scalar(readDouble)
    case 'boolean':
      return scalar(readBoolean)
    case 'timestamp':
      return scalar(readTimestamp)
    case 'blob':
      return scalar(readBlob)
    case 'list': {
      const item = lazy(() => compile(shape.item))
      return (node, trouble) => {
        const nodes = numbered(node, 'member')
        return nodes === undefined ? unexpected(trouble) : readAll(nodes, item(), trouble)
      }
    }
    case 'map': {
      const value = lazy(() => compile(shape.value))
      return (node, trouble) => {
        const nodes = numbered(node, 'entry')
        return nodes === undefined ? unexpected(trouble) : readEntries(nodes, value(), trouble)
      }
    }
    case 'structure':
      return (node, trouble) => readStructure(shape, node, trouble)
  }
}

const unexpected = (trouble: Trouble): undefined => {
  trouble.message = unexpectedElement
}

/** A scalar whose text is malformed has no message: recorded from IAM for an integer. */
const scalar =
  (read: (text: string) => unknown): Read =>
  (node, trouble) =>
    typeof node === 'string' ? read(node) : mixed(trouble)

function readStructure(shape: StructureShape, node: Node, trouble: Trouble): unknown {
  if (typeof node === 'string') return node === '' ? {} : mixed(trouble)
  const { fields, meantBy } = fieldsOf(shape)
  const value: Record<string, unknown> = {}
  for (const [name, below] of node) {
    const field = fields.get(name)
    if (field === undefined) {
      if (isMisspelled(name, meantBy, trouble)) return undefined
      continue
    }
    const member = field.read(below, trouble)
    if (member === undefined) return undefined
    value[name] = member
  }
  return value
}

function readAll(nodes: readonly Node[], item: Read, trouble: Trouble): unknown {
  const values: unknown[] = []
  for (const node of nodes) {
    const value = item(node, trouble)
    if (value === undefined) return undefined
    values.push(value)
  }
  return values
}

/** Maps are plain objects, as the SDK types them; defined, not assigned, so that a key `__proto__` is only a key. */
function readEntries(nodes: readonly Node[], read: Read, trouble: Trouble): unknown {
  const entries: [string, unknown][] = []
  const seen = new Set<string>()
  for (const node of nodes) {
    const key = typeof node === 'string' ? undefined : node.get('key')
    const below = typeof node === 'string' ? undefined : node.get('value')
    if (typeof key !== 'string' || below === undefined || seen.has(key)) return unexpected(trouble)
    seen.add(key)
    const value = read(below, trouble)
    if (value === undefined) return undefined
    entries.push([key, value])
  }
  return Object.fromEntries(entries)
}

/**
 * The nodes under `member.N` or `entry.N`, in order of number; gaps between numbers are closed. undefined: not of that form.
 */
function numbered(node: Node, tag: 'member' | 'entry'): readonly Node[] | undefined {
  if (node === '') return []
  if (typeof node === 'string' || node.size !== 1) return undefined
  const items = node.get(tag)
  if (items === undefined || typeof items === 'string') return undefined
  const inOrder: Node[] = []
  for (const [text, item] of items) {
    if (text !== String(inOrder.length + 1)) return sortedByNumber(items)
    inOrder.push(item)
  }
  return inOrder
}

/** The rare list whose numbers are not 1, 2, 3, …, as ordinary clients number them. */
function sortedByNumber(items: ReadonlyMap<string, Node>): readonly Node[] | undefined {
  const numbers = [...items.keys()]
  if (!numbers.every((text) => /^[1-9][0-9]{0,8}$/.test(text))) return undefined
  return numbers.sort((a, b) => Number(a) - Number(b)).map((text) => items.get(text) ?? '')
}

export function readInteger(text: string): number | undefined {
  if (!/^-?[0-9]{1,10}$/.test(text)) return undefined
  const n = Number(text)
  return n === (n | 0) ? n | 0 : undefined
}

function readLong(text: string): number | undefined {
  if (!/^-?[0-9]{1,19}$/.test(text)) return undefined
  const n = Number(text)
  return Number.isSafeInteger(n) ? n + 0 : undefined
}

function readDouble(text: string): number | undefined {
  if (!/^-?[0-9]{1,400}(\.[0-9]{1,400})?([eE][+-]?[0-9]{1,3})?$/.test(text)) return undefined
  const n = Number(text)
  return Number.isFinite(n) ? n + 0 : undefined
}

export const readBoolean = (text: string): boolean | undefined =>
  text === 'true' ? true : text === 'false' ? false : undefined

/** ISO 8601 with a zone, as the protocol writes it (RFC 3339 date-time). */
export function readTimestamp(text: string): Date | undefined {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/.test(text)) return undefined
  const time = new Date(text)
  return Number.isNaN(time.getTime()) ? undefined : time
}

/** RFC 4648 base64, padded or not; nothing else. */
export function readBlob(text: string): Uint8Array | undefined {
  const bytes = base64Bytes(text.includes('=') ? text : text.padEnd(Math.ceil(text.length / 4) * 4, '='))
  return bytes && new Uint8Array(bytes)
}
