// Reads the static schemas that AWS's JavaScript clients export (`AssumeRoleRequest$`): tuples described by
// @smithy/types `StaticSchema`. They name every operation, structure and member; simple shapes are bare numbers, and
// bounds, patterns and error lists are not in them.
import { createRequire } from 'node:module'
import type { ExtractedShape, Http } from './merge.ts'

/** A client's schemas in the form of the extract; simple shapes have names of our own (`String`). */
export interface SdkModel {
  readonly operations: ReadonlyMap<string, SdkOperation>
  readonly shapes: ReadonlyMap<string, ExtractedShape>
}

export interface SdkOperation {
  readonly input?: string
  readonly output?: string
  readonly http?: Http
}

const simple: { readonly [code: number]: string } = {
  0: 'String',
  1: 'Integer',
  2: 'Boolean',
  4: 'Timestamp',
  5: 'Timestamp',
  7: 'Timestamp',
  21: 'Blob',
}
const listOf = 64
const mapOf = 128
const sensitive = 8

type Tuple = readonly unknown[]

/** Loads the client of a service and reads its schemas. */
export function readSdk(service: string): SdkModel {
  const client = createRequire(import.meta.url)(`@aws-sdk/client-${service}`) as Record<string, unknown>
  const operations = new Map<string, SdkOperation>()
  const shapes = new Map<string, ExtractedShape>()

  const define = (name: string, shape: () => ExtractedShape) => {
    if (shapes.has(name)) return name
    shapes.set(name, { type: 'structure' })
    shapes.set(name, shape())
    return name
  }

  /** Reads the shape that a reference points to, and returns its name. */
  const read = (reference: unknown): string => {
    if (typeof reference === 'function') return read(reference())
    if (typeof reference === 'number') return readSimple(reference)
    if (!Array.isArray(reference)) throw new TypeError(`not a schema: ${String(reference)}`)
    const tuple = reference as Tuple
    if (tuple.length === 2) {
      const [target, traits] = tuple
      const name = read(target)
      return isSensitive(traits) && typeof target === 'number' ? secret(name) : name
    }
    const [kind, , name] = tuple as [number, string, string]
    switch (kind) {
      case 0: {
        const target = readSimple(tuple[4] as number)
        return isSensitive(tuple[3]) ? secret(target) : target
      }
      case 1:
        return define(name, () => ({ type: 'list', member: read(tuple[4]) }))
      case 2:
        return define(name, () => ({ type: 'map', key: read(tuple[4]), value: read(tuple[5]) }))
      case 3:
      case 4:
      case -3:
        return define(name, () => readStructure(tuple))
      default:
        throw new TypeError(`a schema of kind ${kind} is not known: ${name}`)
    }
  }

  const readSimple = (code: number): string => {
    if (code >= mapOf)
      return define(`MapOf${readSimple(code - mapOf)}`, () => ({
        type: 'map',
        key: readSimple(0),
        value: readSimple(code - mapOf),
      }))
    if (code >= listOf)
      return define(`ListOf${readSimple(code - listOf)}`, () => ({ type: 'list', member: readSimple(code - listOf) }))
    const name = simple[code]
    if (name === undefined) throw new TypeError(`a simple schema ${code} is not known`)
    return define(name, () => ({ type: name.toLowerCase() }))
  }

  const secret = (name: string) => define(`Sensitive${name}`, () => ({ type: name.toLowerCase(), sensitive: true }))

  const readStructure = (tuple: Tuple): ExtractedShape => {
    const [kind, , , traits, names, references, required = 0] = tuple as [
      number,
      string,
      string,
      { awsQueryError?: [string, number]; error?: string; httpError?: number } | 0,
      string[],
      unknown[],
      number?,
    ]
    const error =
      kind === -3 && traits !== 0
        ? {
            code: traits.awsQueryError?.[0],
            httpStatusCode: traits.awsQueryError?.[1],
            senderFault: traits.error === 'client',
          }
        : undefined
    const query = names.flatMap((name, i) => {
      const parameter = queryOf(references[i])
      return parameter === undefined ? [] : [[name, parameter] as const]
    })
    return {
      type: 'structure',
      ...(query.length > 0 && { query: Object.fromEntries(query) }),
      members: Object.fromEntries(names.map((name, i) => [name, read(references[i])])),
      required: names.slice(0, required),
      ...(kind === 4 && { union: true }),
      ...(error && { error: error.code === undefined ? {} : (error as NonNullable<ExtractedShape['error']>) }),
      ...(error?.senderFault === false && { fault: true }),
    }
  }

  for (const value of Object.values(client)) {
    if (!Array.isArray(value) || typeof value[2] !== 'string') continue
    const [kind, , name] = value as [number, string, string]
    if (kind === 9) {
      const input = side(value[4])
      const output = side(value[5])
      const { http } = value[3] === 0 ? {} : (value[3] as { http?: Http })
      operations.set(name, { ...(input && { input }), ...(output && { output }), ...(http && { http }) })
    } else if (kind === -3 && name.endsWith('ServiceException') && value[4].length === 0) {
      // the clients' own base class, not a shape of the service
    } else if ([1, 2, 3, 4, -3].includes(kind)) read(value)
  }
  return { operations, shapes }

  function side(reference: unknown): string | undefined {
    const target = typeof reference === 'function' ? reference() : reference
    if (target === 'unit' || (Array.isArray(target) && target[2] === 'Unit') || target === undefined) return undefined
    const name = read(target)
    return name.startsWith('__') ? undefined : name
  }
}

/** The parameter of the query that a member is. */
const queryOf = (reference: unknown): string | undefined =>
  Array.isArray(reference) && reference.length === 2
    ? (reference[1] as { readonly httpQuery?: string }).httpQuery
    : undefined

const isSensitive = (traits: unknown) =>
  typeof traits === 'number'
    ? (traits & sensitive) !== 0
    : (traits as { sensitive?: unknown } | undefined)?.sensitive === 1
