// Which operation a request is for: exactly one (service, operation), or a refusal (security of the front door: what is
// identified, authenticated, decoded and run is the same thing).

import type { Message } from '../core/http.ts'
import { splitTarget } from '../core/http.ts'
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
import { type Foreign, foreignTo } from '../wire/foreign.ts'
import { readForm } from '../wire/form.ts'
import { frontDoor } from '../wire/front-door.ts'

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

/** Reads what the request is for from its target header, or from `Action` and `Version` of its query and form. */
export function identify(message: Message, body: Buffer): Identified | Misidentified {
  const found = identified(message, body)
  if (!('refused' in found)) return found
  const foreign = foreignTo(message)
  if (foreign === undefined) return found
  return { ...found, refused: frontDoor('not-offered', foreign.words, foreign), foreign }
}

function identified(message: Message, body: Buffer): Identified | Misidentified {
  const target = message.headers.get('x-amz-target')
  const { path, query } = splitTarget(message.target)
  if (target !== undefined) {
    const known = findByTarget(target)
    const contract = path === '/' && message.method === 'POST' && query === '' ? known : undefined
    if (contract !== undefined) {
      return { contract, service: contractOf(contract.service), decode: () => decodeJson(contract, body) }
    }
    const refused =
      path === '/' ? frontDoor('unknown-action', 'aws-json', { action: target }) : frontDoor('below-a-path', 'aws-json')
    return misidentified('aws-json', refused)
  }
  // INVARIANT: no path is taken off or overlooked: what is signed is what was sent, and one request has one address.
  if (isBelow(message)) return misidentified('aws-query', frontDoor('below-a-path', 'aws-query'))
  if (message.method !== 'POST' && message.method !== 'GET') {
    return misidentified('aws-query', frontDoor('missing-action', 'aws-query'))
  }
  const form = readForm(query, message.method === 'POST' ? body : undefined)
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

/** Whether a request is for a path below the root, where no API is. */
export const isBelow = ({ target }: Message) => splitTarget(target).path !== '/'

const misidentified = (protocol: Protocol, refused: Refusal): Misidentified => ({ protocol, refused })

/** Whether the client asks a Query service for JSON, as EKS's authenticator asks STS. */
export const wantsJson = (message: Message) => message.headers.get('accept')?.includes('application/json') === true
