// Which operation a request is for: exactly one (service, operation), or a refusal (security of the front door: what is
// identified, authenticated, decoded and run is the same thing).

import type { Message } from '../core/http.ts'
import { splitTarget } from '../core/http.ts'
import { readQuery } from '../core/sigv4/encoding.ts'
import { decodeJson } from '../wire/aws-json.ts'
import { decodeQuery } from '../wire/aws-query.ts'
import {
  contractOf,
  findByAction,
  findByTarget,
  type OperationContract,
  type Protocol,
  type ServiceContract,
} from '../wire/contract.ts'
import type { Decoded } from '../wire/decoded.ts'
import type { Refusal } from '../wire/errors.ts'
import { type Foreign, foreignTo, signedFor } from '../wire/foreign.ts'
import { readForm } from '../wire/form.ts'
import { frontDoor } from '../wire/front-door.ts'
import { decodeRest, findByPath, restServiceOf } from '../wire/rest-json.ts'
import { type BodyRule, forwardedOf, type Offer, services } from '../wire/services.ts'

export interface Identified {
  readonly contract: OperationContract
  readonly service: ServiceContract
  /** The input, decoded when it is asked for: after the signature was verified. */
  readonly decode: () => Decoded
}

export interface Misidentified {
  readonly protocol: Protocol
  readonly refused: Refusal
  /** Set where another service was meant: the refusal is told in its form. */
  readonly foreign?: Foreign
}

/** What the head of a request says, before anything of its body is read. */
export interface Head {
  readonly protocol: Protocol
  /** How the body is to be taken before `identify` is called. */
  readonly body: BodyRule
  /** Set where the head names an operation whose body may be longer than those that are answered here. */
  readonly long?: { readonly contract: OperationContract; readonly bodyBytes: number }
  /** Which operation it is, from the head and the body taken so. */
  readonly identify: (body: Buffer) => Identified | Misidentified
}

/**
 * Reads the head: a target header names the operation; method and path do where the request is signed for a service of restJson1;
 * of a Query request only the protocol is known, for `Action` and `Version` may stand in its form. What is refused for its head has its body taken all the same, so that the connection
 * can go on; what is below a path is for nobody here (an upload to S3, mostly), and is not taken in.
 */
export function identifyHead(message: Message, offer: Offer): Head {
  const below = isBelow(message)
  const target = message.headers.get('x-amz-target')
  const head =
    target === undefined
      ? (restHead(message, offer) ?? queryHead(message, below))
      : jsonHead(message, below, target, offer)
  return { ...head, identify: (body) => orForeign(message, head.identify(body), offer) }
}

/** Another service was meant: the refusal says so in that service's form. */
function orForeign(message: Message, identified: Identified | Misidentified, offer: Offer): Identified | Misidentified {
  if (!('refused' in identified)) return identified
  const foreign = foreignTo(message, offer)
  if (foreign === undefined) return identified
  const facts = { service: foreign.service, offer }
  return { ...identified, refused: frontDoor('not-offered', foreign.words, facts), foreign }
}

function jsonHead(message: Message, below: boolean, target: string, offer: Offer): Head {
  const protocol = 'aws-json'
  if (below) return refusedHead(protocol, 'none', frontDoor('below-a-path', protocol))
  const contract = message.method === 'POST' && mayHaveQuery(message) ? findByTarget(target) : undefined
  if (contract === undefined || !offer.has(contract.service)) {
    return refusedHead(protocol, 'whole', frontDoor('unknown-action', protocol, { action: target }))
  }
  const service = contractOf(contract.service)
  const forwarded = forwardedOf(contract.service)
  return {
    protocol,
    body: services[contract.service].body,
    ...(forwarded && { long: { contract, bodyBytes: forwarded.bodyBytes } }),
    identify: (body) => ({ contract, service, decode: () => decodeJson(contract, body) }),
  }
}

/**
 * Whether the query of a JSON request is one that a signature needs: the parameters of a presigned request (SigV4, "Authentication
 * methods"), or beside a signature in the header the session token alone. The signature covers the query whole, and the headers that
 * it must cover in either form, X-Amz-Target among them.
 */
function mayHaveQuery({ target, headers }: Message): boolean {
  const { query } = splitTarget(target)
  if (query === '') return true
  const allowed = headers.has('authorization') ? tokenAlone : presignedParameters
  const names = readQuery(query)?.map(({ name }) => name)
  if (names === undefined || new Set(names).size !== names.length) return false
  return names.every((name) => allowed.has(name))
}

const tokenAlone: ReadonlySet<string> = new Set(['X-Amz-Security-Token'])
const presignedParameters: ReadonlySet<string> = new Set([
  ...['X-Amz-Algorithm', 'X-Amz-Credential', 'X-Amz-Date', 'X-Amz-Expires', 'X-Amz-SignedHeaders', 'X-Amz-Signature'],
  ...tokenAlone,
])

/**
 * Of a request that is signed for a service with a REST API: undefined for every other. Whether the signature is one is verified later, for
 * this service alone.
 */
function restHead(message: Message, offer: Offer): Head | undefined {
  const name = restServiceOf(signedFor(message) ?? '')
  if (name === undefined || !offer.has(name)) return undefined
  const protocol = 'rest-json'
  const { method, target } = message
  const contract = findByPath(name, method, splitTarget(target).path)
  if (contract === undefined) {
    return refusedHead(protocol, 'whole', frontDoor('unknown-action', protocol, { action: '' }))
  }
  const service = contractOf(name)
  return {
    protocol,
    body: services[name].body,
    identify: (body) => ({ contract, service, decode: () => decodeRest(contract, target, body) }),
  }
}

function queryHead(message: Message, below: boolean): Head {
  const protocol = 'aws-query'
  // INVARIANT: no path is taken off or overlooked: what is signed is what was sent, and one request has one address.
  if (below) return refusedHead(protocol, 'none', frontDoor('below-a-path', protocol))
  if (message.method !== 'POST' && message.method !== 'GET') {
    return refusedHead(protocol, 'whole', frontDoor('missing-action', protocol))
  }
  return { protocol, body: 'whole', identify: (body) => byForm(message, body) }
}

function byForm({ method, target }: Message, body: Buffer): Identified | Misidentified {
  const form = readForm(splitTarget(target).query, method === 'POST' ? body : undefined)
  if (form instanceof Error) return misidentified('aws-query', form)
  const action = form.get('Action')
  if (action === undefined || action === '') return misidentified('aws-query', frontDoor('missing-action', 'aws-query'))
  const version = form.get('Version')
  const contract = version === undefined ? undefined : findByAction(action, version)
  if (contract === undefined) {
    const facts = version === undefined ? { action } : { action, version }
    return misidentified('aws-query', frontDoor('unknown-action', 'aws-query', facts))
  }
  return { contract, service: contractOf(contract.service), decode: () => decodeQuery(contract, form) }
}

const refusedHead = (protocol: Protocol, body: BodyRule, refused: Refusal): Head => ({
  protocol,
  body,
  identify: () => misidentified(protocol, refused),
})

/** Whether a request is for a path below the root, where no API is. */
const isBelow = ({ target }: Message) => splitTarget(target).path !== '/'

const misidentified = (protocol: Protocol, refused: Refusal): Misidentified => ({ protocol, refused })

/** Whether the client asks a Query service for JSON, as EKS's authenticator asks STS. */
export const wantsJson = (message: Message) => message.headers.get('accept')?.includes('application/json') === true
