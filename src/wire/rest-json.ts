// Which operation of a restJson1 service a request is for, and its input (Smithy 2.0, AWS restJson1 protocol and HTTP binding
// traits): a member stands in the path, in the query, or in the body. Bodies are read and written by aws-json.ts.
import { splitTarget } from '../core/http.ts'
import { decode, readQuery } from '../core/sigv4/encoding.ts'
import { decodeJson } from './aws-json.ts'
import { readBoolean, readInteger } from './aws-query.ts'
import { contractOf, type HttpBinding, type OperationContract } from './contract.ts'
import type { Decoded } from './decoded.ts'
import { malformedInput, type Refusal, validationError } from './errors.ts'
import { said } from './front-door.ts'
import { memoize } from './lazy.ts'
import { type ServiceName, serviceNames, services } from './services.ts'
import type { Member, Shape } from './shape.ts'
import { spellings } from './spelling.ts'

/** The restJson1 service that signs as `signingName`: these requests name their service nowhere else. */
export const restServiceOf = (signingName: string): ServiceName | undefined => signers.get(signingName)

const signers: ReadonlyMap<string, ServiceName> = new Map(
  serviceNames
    .filter((name) => services[name].snapshot.head.protocol === 'rest-json')
    .map((name) => [services[name].snapshot.head.signingName, name]),
)

/**
 * The operation of a service that a method and a path, as sent, are for.
 * INVARIANT: a path has one reading: no part of it is empty, `.` or `..`, which a signature covers in another spelling, and a part
 * that is the path's own is spelled as it is.
 */
export function findByPath(service: ServiceName, method: string, path: string): OperationContract | undefined {
  const segments = path.slice(1).split('/')
  if (!path.startsWith('/') || segments.some((segment) => segment === '' || segment === '.' || segment === '..'))
    return undefined
  return routesOf(contractOf(service))
    .get(routeKey(method, segments.length))
    ?.find(({ http }) => http.path.every((part, i) => typeof part !== 'string' || part === segments[i]))?.operation
}

interface Route {
  readonly operation: OperationContract
  readonly http: HttpBinding
}

const routeKey = (method: string, length: number) => `${method} ${length}`

const routesOf = memoize((contract: ReturnType<typeof contractOf>): ReadonlyMap<string, readonly Route[]> => {
  const routes = new Map<string, Route[]>()
  for (const name of contract.operationNames) {
    const operation = contract.operation(name)
    if (operation?.http === undefined) continue
    const key = routeKey(operation.http.method, operation.http.path.length)
    routes.set(key, [...(routes.get(key) ?? []), { operation, http: operation.http }])
  }
  return routes
})

/**
 * The input of an operation that `findByPath` found. Unknown parameters and members of the body are ignored, except names that differ
 * from a known one in case alone, and members in another place than theirs: ValidationException. What is not well-formed, or stands
 * twice and is no list, is SerializationException.
 */
export function decodeRest(operation: OperationContract, target: string, body: Uint8Array): Decoded {
  const { http } = operation
  if (http === undefined) throw new TypeError(`${operation.name} has no path`)
  const { path, query } = splitTarget(target)
  const fromPath = readPath(http, path)
  if ('refused' in fromPath) return fromPath
  const fromQuery = readParameters(operation, http, query)
  if ('refused' in fromQuery) return fromQuery
  const fromBody = decodeJson(operation, body)
  if ('refused' in fromBody) return fromBody
  const elsewhere = new Set([...Object.keys(fromPath.input), ...http.query.values()])
  const misplaced = Object.keys(fromBody.input).find((name) => elsewhere.has(name))
  if (misplaced !== undefined) return { refused: notThere(misplaced, 'body') }
  return { input: { ...fromBody.input, ...fromQuery.input, ...fromPath.input } }
}

function readPath(http: HttpBinding, path: string): Decoded {
  const segments = path.slice(1).split('/')
  const input: Record<string, unknown> = {}
  for (const [i, part] of http.path.entries()) {
    if (typeof part === 'string') continue
    const text = textOf(segments[i] ?? '')
    if (text === undefined) return malformed(`the path is not well-formed at ${part.label}`)
    input[part.label] = text
  }
  return { input }
}

function readParameters(operation: OperationContract, http: HttpBinding, query: string): Decoded {
  const parameters = readQuery(query)
  if (parameters === undefined) return malformed('the query is not well-formed')
  const members = new Map((operation.input?.members ?? []).map((member) => [member.name, member]))
  const meantBy = spellings([...http.query.keys(), ...members.keys()])
  const texts = new Map<Member, string[]>()
  for (const parameter of parameters) {
    const name = textOf(parameter.name)
    const text = textOf(parameter.value)
    if (name === undefined || text === undefined) return malformed('the query is not well-formed')
    const member = members.get(http.query.get(name) ?? '')
    if (member !== undefined) texts.set(member, [...(texts.get(member) ?? []), text])
    else if (meantBy(name) !== undefined) return { refused: notThere(name, 'query') }
  }
  const input: Record<string, unknown> = {}
  for (const [{ name, shape }, given] of texts) {
    const value = readTexts(shape, given)
    if (value === undefined) return malformed(`the parameter ${name} is not well-formed`)
    input[name] = value
  }
  return { input }
}

/** The value of a parameter, from the texts that were sent for it. */
function readTexts(shape: Shape, texts: readonly string[]): unknown {
  if (shape.kind === 'list') {
    const items = texts.map((text) => readTexts(shape.item, [text]))
    return items.includes(undefined) ? undefined : items
  }
  const [text, ...others] = texts
  if (text === undefined || others.length > 0) return undefined
  switch (shape.kind) {
    case 'string':
      return text
    case 'integer':
      return readInteger(text)
    case 'boolean':
      return readBoolean(text)
    default:
      throw new TypeError(`no parameter of the query is a ${shape.kind}`)
  }
}

/** The text behind percent-encoded bytes; undefined where they are not UTF-8. */
function textOf(encoded: string): string | undefined {
  const bytes = decode(encoded)
  if (bytes === undefined) return undefined
  try {
    return utf8.decode(Buffer.from(bytes, 'latin1'))
  } catch {
    return undefined
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

const notThere = (name: string, place: 'query' | 'body'): Refusal =>
  validationError('rest-json', `${said(name)} is not a member of this request's ${place}.`)

const malformed = (message: string): Decoded => ({ refused: malformedInput('rest-json', message) })
