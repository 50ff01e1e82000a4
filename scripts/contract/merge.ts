// Combines the clients' schemas (every operation, structure and member) with what only the extract of botocore's models
// has: bounds, patterns, enumerations, error lists, authentication, integer widths.
import { isDeepStrictEqual } from 'node:util'
import type {
  Packed,
  PackedError,
  PackedHttp,
  PackedOperation,
  PackedShape,
  PackedTraits,
} from '../../src/wire/contract.ts'
import type { SnapshotHead } from '../../src/wire/services.ts'
import type { SdkModel, SdkOperation } from './sdk-schema.ts'

export interface ExtractedShape {
  readonly type: string
  readonly members?: { readonly [name: string]: string }
  readonly required?: readonly string[]
  readonly member?: string
  readonly key?: string
  readonly value?: string
  readonly min?: number
  readonly max?: number
  readonly pattern?: string
  readonly enum?: readonly string[]
  readonly sensitive?: boolean
  /** Of timestamps. */
  readonly format?: 'iso8601'
  /** Of an input: the parameters of the query that members are. */
  readonly query?: { readonly [member: string]: string }
  readonly union?: boolean
  /** Present on errors; empty where the model maps no code. */
  readonly error?: { readonly code?: string; readonly httpStatusCode?: number; readonly senderFault?: boolean }
  readonly fault?: boolean
}

/** Method, path (`/profile/{profileId}`: labels are names of members) and status of success. */
export type Http = readonly [method: string, path: string, status: number]

export interface Extract {
  readonly metadata: {
    readonly apiVersion: string
    readonly protocol: 'query' | 'json' | 'rest-json'
    readonly jsonVersion?: '1.0' | '1.1'
    readonly signingName: string
    readonly targetPrefix?: string
    readonly xmlNamespace?: string
  }
  readonly operations: {
    readonly [name: string]: {
      readonly input?: string
      readonly output?: string
      readonly errors: readonly string[]
      readonly auth?: 'none'
      readonly http?: Http
    }
  }
  readonly shapes: { readonly [name: string]: ExtractedShape }
}

const protocols = { query: 'aws-query', json: 'aws-json', 'rest-json': 'rest-json' } as const

/** The part of a service's contract that every request may need. */
export function headOf({ metadata }: Extract): SnapshotHead {
  return {
    signingName: metadata.signingName,
    version: metadata.apiVersion,
    ...(metadata.xmlNamespace !== undefined && { namespace: metadata.xmlNamespace }),
    protocol: protocols[metadata.protocol],
    ...(metadata.targetPrefix !== undefined && { targetPrefix: metadata.targetPrefix }),
    ...(metadata.jsonVersion !== undefined && { jsonVersion: metadata.jsonVersion }),
  }
}

/** The snapshot of a service. Throws when the two sources contradict each other. */
export function merge(extract: Extract, sdk: SdkModel): Packed {
  const shapes = new Map<string, ExtractedShape>(Object.entries(extract.shapes))
  for (const [name, theirs] of sdk.shapes) {
    const ours = shapes.get(name)
    if (ours === undefined) shapes.set(name, theirs)
    else shapes.set(name, mergeShape(name, ours, theirs, shapes, sdk))
  }
  const operations: Record<string, PackedOperation> = {}
  for (const name of [...sdk.operations.keys()].sort()) {
    const theirs = sdk.operations.get(name)
    const ours = extract.operations[name]
    for (const side of ['input', 'output'] as const) {
      if (ours !== undefined && ours[side] !== theirs?.[side])
        throw new Error(`${name} ${side}: ${ours[side]} in botocore, ${theirs?.[side]} in the client`)
    }
    if (ours?.http !== undefined && !isDeepStrictEqual(ours.http, theirs?.http))
      throw new Error(`${name}: ${ours.http} in botocore, ${theirs?.http} in the client`)
    const errors = ours?.errors ?? []
    const sides = [theirs?.input ?? 0, theirs?.output ?? 0] as const
    const unsigned = ours?.auth === 'none' ? 1 : 0
    const http = extract.metadata.protocol === 'rest-json' ? packHttp(name, theirs, shapes) : undefined
    if (http !== undefined) operations[name] = [...sides, errors, unsigned, http]
    else operations[name] = unsigned ? [...sides, errors, unsigned] : [...sides, errors]
  }
  for (const name of Object.keys(extract.operations)) {
    if (!(name in operations)) throw new Error(`${name} is in botocore and not in the client`)
  }
  const errors: Record<string, PackedError> = {}
  for (const [name, shape] of [...shapes].sort(byName)) {
    if (shape.error !== undefined) errors[name] = packError(name, shape)
  }
  return {
    operations,
    errors,
    shapes: Object.fromEntries(reachable(operations, shapes).map((name) => [name, packShape(get(shapes, name))])),
  }
}

function packHttp(
  name: string,
  operation: SdkOperation | undefined,
  shapes: ReadonlyMap<string, ExtractedShape>,
): PackedHttp {
  if (operation?.http === undefined) throw new Error(`${name} has no path`)
  const { query } = operation.input === undefined ? {} : get(shapes, operation.input)
  return query === undefined ? operation.http : [...operation.http, query]
}

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]) => (a < b ? -1 : a > b ? 1 : 0)

function get(shapes: ReadonlyMap<string, ExtractedShape>, name: string): ExtractedShape {
  const shape = shapes.get(name)
  if (shape === undefined) throw new Error(`no shape ${name}`)
  return shape
}

/** Members in the model's order, then those that only the client has. */
function mergeShape(
  name: string,
  ours: ExtractedShape,
  theirs: ExtractedShape,
  shapes: ReadonlyMap<string, ExtractedShape>,
  sdk: SdkModel,
): ExtractedShape {
  if (ours.type !== theirs.type) throw new Error(`${name}: ${ours.type} in botocore, ${theirs.type} in the client`)
  if (ours.type !== 'structure') return ours
  const members: Record<string, string> = { ...ours.members }
  for (const [member, target] of Object.entries(theirs.members ?? {})) {
    const ourTarget = members[member]
    if (ourTarget === undefined) members[member] = target
    else {
      const [a, b] = [get(shapes, ourTarget).type, get(sdk.shapes, target).type]
      const agree = a === b || ((a === 'long' || a === 'double') && b === 'integer')
      if (!agree) throw new Error(`${name}.${member}: ${a} in botocore, ${b} in the client`)
    }
  }
  const required = new Set([...(ours.required ?? []), ...(ours.error ? [] : (theirs.required ?? []))])
  const query = { ...ours.query, ...theirs.query }
  return {
    ...ours,
    ...(Object.keys(query).length > 0 && { query }),
    members,
    required: Object.keys(members).filter((member) => required.has(member)),
    ...(theirs.union && { union: true }),
  }
}

function packError(name: string, shape: ExtractedShape): PackedError {
  const { code = name, httpStatusCode, senderFault } = shape.error ?? {}
  const fault = shape.fault || senderFault === false || (httpStatusCode ?? 400) >= 500 ? 'Receiver' : 'Sender'
  const status = httpStatusCode ?? (fault === 'Receiver' ? 500 : 400)
  return [code, status, fault, 'Message' in (shape.members ?? {}) ? 'Message' : 'message']
}

/** Names of the shapes that inputs and outputs lead to, sorted. */
function reachable(
  operations: { readonly [name: string]: PackedOperation },
  shapes: ReadonlyMap<string, ExtractedShape>,
): readonly string[] {
  const seen = new Set<string>()
  const visit = (name: string | 0 | undefined) => {
    if (name === undefined || name === 0 || seen.has(name)) return
    seen.add(name)
    const shape = get(shapes, name)
    for (const target of [...Object.values(shape.members ?? {}), shape.member, shape.key, shape.value]) visit(target)
  }
  for (const [input, output] of Object.values(operations)) {
    visit(input)
    visit(output)
  }
  return [...seen].sort()
}

function packShape(shape: ExtractedShape): PackedShape {
  const traits: PackedTraits = {
    ...(shape.min !== undefined && { min: shape.min }),
    ...(shape.max !== undefined && { max: shape.max }),
    ...(shape.pattern !== undefined && { pattern: shape.pattern }),
    ...(shape.enum !== undefined && { values: shape.enum }),
    ...(shape.sensitive && { sensitive: true }),
    ...(shape.format !== undefined && { format: shape.format }),
  }
  const more: readonly [] | readonly [PackedTraits] = Object.keys(traits).length === 0 ? [] : [traits]
  switch (shape.type) {
    case 'structure':
      return [shape.union ? 'union' : 'structure', shape.members ?? {}, shape.required ?? [], ...more]
    case 'list':
      return ['list', shape.member ?? '', ...more]
    case 'map':
      return ['map', shape.key ?? '', shape.value ?? '', ...more]
    case 'string':
    case 'integer':
    case 'long':
    case 'double':
    case 'boolean':
    case 'timestamp':
    case 'blob':
      return [shape.type, ...more]
    default:
      throw new Error(`a shape of type ${shape.type} is not known`)
  }
}
