// The wire contract of each service: its operations, shapes and errors, read lazily from the checked-in snapshots in
// contract/ (made by `npm run contract`; docs/decisions/0002-wire-contract.md).
import type { OperationName } from './operations.ts'
import { type Protocol, type Sdk, type ServiceName, type SnapshotHead, serviceNames, services } from './services.ts'
import type { Member, Shape, StringShape, StructureShape } from './shape.ts'

export type { Protocol } from './services.ts'

export interface OperationContract {
  readonly service: ServiceName
  readonly protocol: Protocol
  readonly name: string
  /** Absent where the operation takes nothing. */
  readonly input?: StructureShape
  /** Absent where the operation answers nothing: then an awsQuery response has no `…Result` element. */
  readonly output?: StructureShape
  /** Shape names of the modelled errors this operation may return. */
  readonly errors: readonly string[]
  /** `none`: the operation is called without a signature. */
  readonly auth: 'signed' | 'none'
  /** Present where the protocol is restJson1. */
  readonly http?: HttpBinding
}

/** Where the parts of a request stand (Smithy 2.0, HTTP binding traits); a member that is named nowhere here stands in the body. */
export interface HttpBinding {
  readonly method: string
  /** The segments of the path: a text as it is, or the member that stands there. */
  readonly path: readonly (string | { readonly label: string })[]
  /** Of a successful answer. */
  readonly status: number
  /** The members that are parameters of the query, by the parameter's name. */
  readonly query: ReadonlyMap<string, string>
}

export interface ErrorContract {
  /** Shape name, for example `NoSuchEntityException`. */
  readonly name: string
  /** What is on the wire: `NoSuchEntity`. */
  readonly code: string
  readonly status: number
  readonly fault: 'Sender' | 'Receiver'
  /** How a JSON body spells the message's member. */
  readonly messageMember: 'message' | 'Message'
}

export interface ServiceContract extends SnapshotHead {
  readonly service: ServiceName
  /** Every operation, in the order of the model. */
  readonly operationNames: readonly string[]
  /** The operation, its shapes resolved at first use; undefined when there is none of that name. */
  operation(name: string): OperationContract | undefined
  /** A modelled error by shape name (`NoSuchEntityException`) or wire code (`NoSuchEntity`). */
  error(nameOrCode: string): ErrorContract | undefined
  readonly errorNames: readonly string[]
}

const contracts = new Map<ServiceName, ServiceContract>()

/** The contract of a service, read at first use (about a millisecond for IAM) and kept. */
export function contractOf(service: ServiceName): ServiceContract {
  let contract = contracts.get(service)
  if (contract === undefined) {
    const { head, packed } = services[service].snapshot
    contract = unpack(service, head, JSON.parse(packed) as Packed)
    contracts.set(service, contract)
  }
  return contract
}

/** One operation of a service; the name is checked by the compiler. */
export function operationOf<S extends ServiceName>(service: S, name: OperationName<Sdk[S]>): OperationContract {
  const operation = contractOf(service).operation(name)
  if (operation === undefined) throw new TypeError(`no operation ${name} in ${service}`)
  return operation
}

/** The operation that `Action` and `Version` of a Query request name, among the Query services. */
export function findByAction(action: string, version: string): OperationContract | undefined {
  const service = versions.get(version)
  return service === undefined ? undefined : contractOf(service).operation(action)
}

/** The operation that X-Amz-Target names (`AWSCognitoIdentityService.GetId`), among the JSON services. */
export function findByTarget(target: string): OperationContract | undefined {
  const service = serviceOfTarget(target)
  return service === undefined ? undefined : contractOf(service).operation(target.slice(target.lastIndexOf('.') + 1))
}

/** The service whose prefix X-Amz-Target has, whether or not it has the operation. */
export const serviceOfTarget = (target: string): ServiceName | undefined =>
  targets.get(target.slice(0, Math.max(0, target.lastIndexOf('.'))))

const heads = serviceNames.map((name) => [services[name].snapshot.head, name] as const)

const versions: ReadonlyMap<string, ServiceName> = new Map(
  heads.flatMap(([{ protocol, version }, name]) => (protocol === 'aws-query' ? [[version, name] as const] : [])),
)

const targets: ReadonlyMap<string, ServiceName> = new Map(
  heads.flatMap(([{ targetPrefix }, name]) => (targetPrefix === undefined ? [] : [[targetPrefix, name] as const])),
)

/** A snapshot as it is stored: names and numbers, one shape a line. scripts/contract/generate.ts writes it. */
export interface Packed {
  /** Input and output shape names (0 for none), error shape names, and 1 where no signature is needed. */
  readonly operations: { readonly [name: string]: PackedOperation }
  /** Wire code, status, fault, spelling of the message member. */
  readonly errors: { readonly [name: string]: PackedError }
  readonly shapes: { readonly [name: string]: PackedShape }
}
export type PackedOperation = readonly [
  input: string | 0,
  output: string | 0,
  errors: readonly string[],
  unsigned?: 0 | 1,
  http?: PackedHttp,
]
/** Method, path with members in braces, status of success, and the parameter of the query for each member that is one. */
export type PackedHttp = readonly [
  method: string,
  path: string,
  status: number,
  query?: { readonly [member: string]: string },
]
export type PackedError = readonly [
  code: string,
  status: number,
  fault: 'Sender' | 'Receiver',
  message: 'message' | 'Message',
]
export interface PackedTraits {
  readonly min?: number
  readonly max?: number
  readonly pattern?: string
  readonly values?: readonly string[]
  readonly sensitive?: true
  readonly format?: 'iso8601'
}
export type PackedShape =
  | readonly [
      kind: 'structure' | 'union',
      members: { readonly [name: string]: string },
      required: readonly string[],
      traits?: PackedTraits,
    ]
  | readonly [kind: 'list', item: string, traits?: PackedTraits]
  | readonly [kind: 'map', key: string, value: string, traits?: PackedTraits]
  | readonly [kind: 'string' | 'integer' | 'long' | 'double' | 'boolean' | 'timestamp' | 'blob', traits?: PackedTraits]

function unpack(service: ServiceName, head: SnapshotHead, packed: Packed): ServiceContract {
  const shapes = new Map<string, Shape>()
  const shape = (name: string): Shape => {
    let unpacked = shapes.get(name)
    if (unpacked === undefined) {
      unpacked = unpackShape(name, own(packed.shapes, name), shape)
      shapes.set(name, unpacked)
    }
    return unpacked
  }
  const structure = (name: string) => shape(name) as StructureShape
  const operations = new Map<string, OperationContract>()
  const errors = new Map<string, ErrorContract>()
  for (const [name, [code, status, fault, messageMember]] of Object.entries(packed.errors)) {
    const error: ErrorContract = { name, code, status, fault, messageMember }
    errors.set(name, error)
    errors.set(code, error)
  }
  return {
    service,
    ...head,
    operationNames: Object.keys(packed.operations),
    errorNames: Object.keys(packed.errors),
    error: (nameOrCode) => errors.get(nameOrCode),
    operation(name) {
      const unpacked = operations.get(name)
      if (unpacked !== undefined || !Object.hasOwn(packed.operations, name)) return unpacked
      const [input, output, errorNames, unsigned, http] = own(packed.operations, name)
      const operation: OperationContract = {
        service,
        protocol: head.protocol,
        name,
        ...(input === 0 ? {} : { input: structure(input) }),
        ...(output === 0 ? {} : { output: structure(output) }),
        errors: errorNames,
        auth: unsigned === 1 ? 'none' : 'signed',
        ...(http === undefined ? {} : { http: unpackHttp(http) }),
      }
      operations.set(name, operation)
      return operation
    },
  }
}

const unpackHttp = ([method, path, status, query = {}]: PackedHttp): HttpBinding => ({
  method,
  path: path
    .slice(1)
    .split('/')
    .map((segment) => (segment.startsWith('{') ? { label: segment.slice(1, -1) } : segment)),
  status,
  query: new Map(Object.entries(query).map(([member, parameter]) => [parameter, member])),
})

function own<T>(table: { readonly [name: string]: T }, name: string): T {
  const entry = Object.hasOwn(table, name) ? table[name] : undefined
  if (entry === undefined) throw new TypeError(`the contract has no ${name}`)
  return entry
}

function unpackShape(name: string, packed: PackedShape, resolve: (name: string) => Shape): Shape {
  switch (packed[0]) {
    case 'structure':
    case 'union': {
      const [kind, members, required, traits] = packed
      const list = Object.entries(members).map(([member, target]) =>
        lazily({ name: member, required: required.includes(member) }, 'shape', () => resolve(target)),
      )
      return {
        kind: 'structure',
        name,
        members: list as readonly Member[],
        ...traits,
        ...(kind === 'union' && { union: true }),
      }
    }
    case 'list': {
      const [, item, traits] = packed
      return lazily({ kind: 'list', name, ...traits } as const, 'item', () => resolve(item))
    }
    case 'map': {
      const [, key, value, traits] = packed
      return lazily({ kind: 'map', name, key: resolve(key) as StringShape, ...traits } as const, 'value', () =>
        resolve(value),
      )
    }
    case 'integer':
    case 'long':
      return { kind: 'integer', name, bits: packed[0] === 'long' ? 64 : 32, ...packed[1] }
    default:
      return { kind: packed[0], name, ...packed[1] }
  }
}

/** Adds a property that is computed at its first reading: shapes may contain themselves. */
function lazily<T extends object, K extends string, V>(
  target: T,
  key: K,
  compute: () => V,
): T & { readonly [P in K]: V } {
  let value: V | undefined
  Object.defineProperty(target, key, { enumerable: true, get: () => (value ??= compute()) })
  return target as T & { readonly [P in K]: V }
}
