// Decodes and encodes awsJson 1.0 and 1.1 bodies (Smithy 2.0 AWS JSON protocols): members as they are spelled, timestamps as
// epoch seconds, blobs base64. The codec of a shape is compiled at first use. The encoder also writes the JSON form of
// Query answers (`Accept: application/json`).
import { readBlob, readTimestamp as readDateTime } from './aws-query.ts'
import { array, object, writeDouble } from './aws-xml.ts'
import type { OperationContract } from './contract.ts'
import type { Decoded } from './decoded.ts'
import { accessDenied, malformedInput, type Refusal, validationError } from './errors.ts'
import { said } from './front-door.ts'
import { type Json, readJson } from './json-text.ts'
import { lazy, memoize } from './lazy.ts'
import { forwardedOf } from './services.ts'
import type { Shape, StructureShape } from './shape.ts'
import { isMisspelled, spellings, type Trouble } from './spelling.ts'

/** undefined, which is never a value, when the JSON does not fit; the sentence is then in `trouble`. */
type Read = (json: Json, trouble: Trouble) => unknown
type Write = (value: unknown) => string

/**
 * The input of `operation` from a body; an empty body is an empty object. Unknown members and null members are ignored,
 * except names that differ from a known one in case alone: ValidationException. Text that is not a strict JSON object, or a
 * value of another type than the shape's, is SerializationException.
 * INVARIANT: of a service whose requests are passed on, every unknown member is refused, whatever its value: AccessDeniedException.
 * What it means to the backend was not decided.
 */
export function decodeJson(operation: OperationContract, body: Uint8Array): Decoded {
  if (body.length === 0) return { input: {} }
  const forwarded = forwardedOf(operation.service)
  const read = readJson(body, forwarded)
  if ('wrong' in read) return refused('', read.wrong)
  if (!(read.value instanceof Map)) return refused('', 'the body is not a JSON object')
  const trouble: Trouble = { message: '' }
  const input = reader(operation, forwarded !== undefined)(read.value, trouble)
  if (input !== undefined) return { input: input as Readonly<Record<string, unknown>> }
  if (trouble.unknown !== undefined) return { refused: unknownMember(operation, trouble.unknown) }
  return trouble.misspelled ? { refused: validationError('aws-json', trouble.message) } : refused(trouble.message)
}

/** The same input written anew, as a backend gets it: one spelling of bytes and numbers, no null, nothing unknown. */
export const encodeInput = (operation: OperationContract, input: object): string =>
  operation.input === undefined ? '{}' : writerOf(operation.input)(input)

const reader = ({ input = nothing }: OperationContract, isStrict: boolean) =>
  isStrict ? strictReaderOf(input) : readerOf(input)

const nothing: StructureShape = { kind: 'structure', name: 'Unit', members: [] }

/** The cause is one of those that `hallpass why` explains. */
const unknownMember = ({ name }: OperationContract, member: string): Refusal =>
  accessDenied('aws-json', `Hallpass does not know the member ${said(member)} of ${name}`, 'unknown-member')

/** The body of a successful answer. Throws TypeError where `output` is not of the operation's shape. */
export const encodeJson = (operation: OperationContract, output: object): string =>
  operation.output === undefined ? '{}' : writerOf(operation.output)(output)

const refused = (message: string, detail?: string): Decoded => ({
  refused: malformedInput('aws-json', message, detail),
})

const readerOf: (shape: StructureShape) => Read = memoize((shape) => compileStructureReader(shape, readerOf))
const strictReaderOf: (shape: StructureShape) => Read = memoize((shape) =>
  compileStructureReader(shape, strictReaderOf),
)

/** `readers`: how the structures in it are read. */
function compileStructureReader(shape: StructureShape, readers: (shape: StructureShape) => Read): Read {
  const fields = new Map(
    shape.members.map((member) => {
      const read = lazy(() => compileReader(member.shape, readers))
      return [member.name, read]
    }),
  )
  const isStrict = readers === strictReaderOf
  const meantBy = spellings(fields.keys())
  return (json, trouble) => {
    if (!(json instanceof Map)) return unfit(json, 'structure or map', trouble)
    const value: Record<string, unknown> = {}
    for (const [name, each] of json as ReadonlyMap<string, Json>) {
      const field = fields.get(name)
      if (field === undefined) {
        if (isStrict) return unknown(name, trouble)
        if (isMisspelled(name, meantBy, trouble)) return undefined
        continue
      }
      if (each === null) continue
      const member = field()(each, trouble)
      if (member === undefined) return within(name, trouble)
      value[name] = member
    }
    return value
  }
}

function unknown(name: string, trouble: Trouble): undefined {
  trouble.unknown = name
}

/** Names of members alone: keys of maps are what the caller stores. */
function within(name: string, trouble: Trouble): undefined {
  if (trouble.unknown !== undefined) trouble.unknown = `${name}.${trouble.unknown}`
}

function compileReader(shape: Shape, readers: (shape: StructureShape) => Read): Read {
  switch (shape.kind) {
    case 'string':
      return (json, trouble) => (typeof json === 'string' ? json : unfit(json, 'String', trouble))
    case 'boolean':
      return (json, trouble) => (typeof json === 'boolean' ? json : unfit(json, 'Boolean', trouble))
    case 'integer': {
      const fits = shape.bits === 32 ? (n: number) => n === (n | 0) : Number.isSafeInteger
      const name = shape.bits === 32 ? 'Integer' : 'Long'
      return (json, trouble) => (typeof json === 'number' && fits(json) ? json + 0 : unfit(json, name, trouble))
    }
    case 'double':
      // A number beyond the range of a double was read as an infinity.
      return (json, trouble) => (Number.isFinite(json) ? (json as number) + 0 : unfit(json, 'Double', trouble))
    case 'timestamp':
      if (shape.format === 'iso8601')
        return (json, trouble) =>
          (typeof json === 'string' ? readDateTime(json) : undefined) ?? unfit(json, 'Timestamp', trouble)
      return (json, trouble) =>
        (typeof json === 'number' ? readTimestamp(json) : undefined) ?? unfit(json, 'Timestamp', trouble)
    case 'blob':
      return (json, trouble) => (typeof json === 'string' ? readBlob(json) : undefined) ?? unfit(json, 'Blob', trouble)
    case 'list': {
      const item = lazy(() => compileReader(shape.item, readers))
      return (json, trouble) => (Array.isArray(json) ? readAll(json, item(), trouble) : unfit(json, 'list', trouble))
    }
    case 'map': {
      const value = lazy(() => compileReader(shape.value, readers))
      return (json, trouble) =>
        json instanceof Map ? readEntries(json, value(), trouble) : unfit(json, 'structure or map', trouble)
    }
    case 'structure':
      return readers(shape)
  }
}

function readAll(items: readonly Json[], read: Read, trouble: Trouble): unknown {
  const values: unknown[] = []
  for (const item of items) {
    const value = read(item, trouble)
    if (value === undefined) return undefined
    values.push(value)
  }
  return values
}

/** Built by definition, not assignment: a key `__proto__` is only a key. */
function readEntries(entries: ReadonlyMap<string, Json>, read: Read, trouble: Trouble): unknown {
  const values: [string, unknown][] = []
  for (const [key, json] of entries) {
    const value = read(json, trouble)
    if (value === undefined) return undefined
    values.push([key, value])
  }
  return Object.fromEntries(values)
}

function readTimestamp(seconds: number): Date | undefined {
  const time = new Date(Math.round(seconds * 1000))
  return Number.isNaN(time.getTime()) ? undefined : time
}

/** AWS's sentence for a JSON value of the wrong type. */
function unfit(json: Json, wanted: string, trouble: Trouble): undefined {
  if (Array.isArray(json)) trouble.message = 'Start of list found where not expected'
  else if (json instanceof Map) trouble.message = 'Start of structure or map found where not expected.'
  else trouble.message = `${kindOf(json)} cannot be converted to ${wanted}`
}

function kindOf(json: Json): string {
  if (json === null) return 'NULL_VALUE'
  if (typeof json === 'boolean') return json ? 'TRUE_VALUE' : 'FALSE_VALUE'
  if (typeof json === 'string') return 'STRING_VALUE'
  return Number.isInteger(json) ? 'NUMBER_VALUE' : 'DECIMAL_VALUE'
}

const writerOf = memoize(compileStructureWriter)

function compileStructureWriter(shape: StructureShape): Write {
  const members = lazy(() =>
    shape.members.map(({ name, shape: target }) => ({
      name,
      open: `${JSON.stringify(name)}:`,
      write: compileWriter(target),
    })),
  )
  return (value) => {
    const record = object(value)
    let text = ''
    for (const { name, open, write } of members()) {
      const member = record[name]
      if (member !== undefined && member !== null) text += `${text === '' ? '' : ','}${open}${write(member)}`
    }
    return `{${text}}`
  }
}

function compileWriter(shape: Shape): Write {
  switch (shape.kind) {
    case 'string':
      return (value) => (typeof value === 'string' ? JSON.stringify(value) : wrong('string'))
    case 'boolean':
      return (value) => (typeof value === 'boolean' ? String(value) : wrong('boolean'))
    case 'integer':
      return (value) => (Number.isSafeInteger(value) ? String(value) : wrong('integer'))
    case 'double':
      return writeDouble
    case 'timestamp':
      return shape.format === 'iso8601' ? (value) => `"${dateOf(value).toISOString()}"` : writeTimestamp
    case 'blob':
      return (value) => (value instanceof Uint8Array ? `"${base64Of(value)}"` : wrong('blob'))
    case 'list': {
      const item = lazy(() => compileWriter(shape.item))
      return (value) => `[${array(value).map(item()).join(',')}]`
    }
    case 'map': {
      const item = lazy(() => compileWriter(shape.value))
      return (value) => {
        const entries = Object.entries(object(value))
        return `{${entries.map(([key, each]) => `${JSON.stringify(key)}:${item()(each)}`).join(',')}}`
      }
    }
    case 'structure':
      return (value) => writerOf(shape)(value)
  }
}

const base64Of = ({ buffer, byteOffset, byteLength }: Uint8Array) =>
  Buffer.from(buffer, byteOffset, byteLength).toString('base64')

/** Epoch seconds, with a fraction where the time has one. */
const writeTimestamp = (value: unknown): string => String(dateOf(value).getTime() / 1000)

const dateOf = (value: unknown): Date =>
  value instanceof Date && Number.isFinite(value.getTime()) ? value : wrong('timestamp')

function wrong(wanted: string): never {
  throw new TypeError(`there is something else where its shape says ${wanted}`)
}
