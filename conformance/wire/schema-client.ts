// A client of a service that AWS publishes no current JavaScript client of: AWS's own restJson1 implementation, over schemas that are
// made from the contract as AWS's generator makes them from the model. The client of EKS carries it.
import { createRequire } from 'node:module'
import { contractOf, type OperationContract } from '../../src/wire/contract.ts'
import type { ServiceName } from '../../src/wire/services.ts'
import type { Shape, StructureShape } from '../../src/wire/shape.ts'

/** Modules that come with the client. */
const ofClient = createRequire(createRequire(import.meta.url).resolve('@aws-sdk/client-eks'))
const { TypeRegistry } = ofClient('@smithy/core/schema') as typeof import('@smithy/core/schema')
const { makeBuilder } = ofClient('@smithy/core/client') as { makeBuilder: (...of: unknown[]) => CommandBuilder }
const { getEndpointPlugin } = ofClient('@smithy/core/endpoints') as { getEndpointPlugin: unknown }
/** How AWS's handlers write a query. */
export const { buildQueryString } = ofClient('@smithy/core/protocols') as {
  buildQueryString(query: Readonly<Record<string, string | string[]>>): string
}

type CommandBuilder = (endpoint: object, plugins: () => readonly [], operation: string, schema: unknown) => unknown

/** What the client's module would hold, as far as it is called here, and the settings that make EKS's client speak it. */
export function moduleOf(service: ServiceName): {
  readonly module: Readonly<Record<string, unknown>>
  readonly settings: object
} {
  const contract = contractOf(service)
  const namespace = `com.amazonaws.${service}`
  const registry = new TypeRegistry(namespace)
  const module: Record<string, unknown> = {}
  for (const name of contract.errorNames) {
    const { [name]: Class } = { [name]: class extends Error {} }
    const { status = 400, fault } = contract.error(name) ?? {}
    const traits = { error: fault === 'Sender' ? 'client' : 'server', httpError: status } as const
    registry.registerError([-3, namespace, name, traits, ['message'], [0]], Class)
    module[name] = Class
  }
  const endpoint = {
    Region: { type: 'builtInParams', name: 'region' },
    Endpoint: { type: 'builtInParams', name: 'endpoint' },
  }
  const command = makeBuilder(endpoint, service, 'Client', getEndpointPlugin)
  for (const name of contract.operationNames) {
    const operation = contract.operation(name)
    if (operation === undefined) continue
    module[`${name}Command`] = command({}, () => [], name, schemaOf(namespace, operation))
  }
  const protocolSettings = { defaultNamespace: namespace, errorTypeRegistries: [registry], version: contract.version }
  return { module, settings: { protocolSettings } }
}

function schemaOf(namespace: string, { name, http, input, output }: OperationContract): unknown {
  const shapes = new Map<Shape, unknown>()
  const parameters = new Map([...(http?.query ?? [])].map(([parameter, member]) => [member, parameter]))
  const labels = new Set(http?.path.flatMap((part) => (typeof part === 'string' ? [] : [part.label])))
  const structure = (shape: StructureShape, bound: boolean) => {
    const schema: unknown[] = [shape.union ? 4 : 3, namespace, shape.name, 0]
    shapes.set(shape, schema)
    const members = shape.members.map((member) => {
      const target = of(member.shape)
      if (!bound) return target
      if (labels.has(member.name)) return [target, 1]
      const httpQuery = parameters.get(member.name)
      return httpQuery === undefined ? target : [target, { httpQuery }]
    })
    schema.push(
      shape.members.map((member) => member.name),
      members,
    )
    return schema
  }
  const of = (shape: Shape): unknown => {
    switch (shape.kind) {
      case 'string':
        return 0
      case 'integer':
      case 'double':
        return 1
      case 'boolean':
        return 2
      case 'timestamp':
        return shape.format === 'iso8601' ? 5 : 4
      case 'blob':
        return 21
      case 'list':
        return [1, namespace, shape.name, 0, () => of(shape.item)]
      case 'map':
        return [2, namespace, shape.name, 0, 0, () => of(shape.value)]
      case 'structure': {
        const made = shapes.get(shape)
        return () => made ?? structure(shape, false)
      }
    }
  }
  const path = http?.path.map((part) => (typeof part === 'string' ? part : `{${part.label}}`)).join('/')
  const unit = [3, namespace, 'Unit', 0, [], []]
  return [
    9,
    namespace,
    name,
    { http: [http?.method, `/${path}`, http?.status] },
    () => (input === undefined ? unit : structure(input, true)),
    () => (output === undefined ? unit : structure(output, false)),
  ]
}
