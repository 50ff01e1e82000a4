// The pipeline: identify → authenticate → decode → validate → authorize → handle → encode → audit, for every AWS-shaped
// request alike. An operation says what it needs (service/operation.ts); what follows the caller's name is in perform.ts.

import { hash } from 'node:crypto'
import { andThen, type Maybe } from '../core/maybe.ts'
import type { Authenticator, Caller, Rejected } from '../service/access/authenticate.ts'
import type { LastUses } from '../service/access/last-used.ts'
import { regionOf } from '../service/access/region.ts'
import type { BarCause } from '../service/audit/bar-cause.ts'
import type { Unsupported } from '../service/operation.ts'
import type { AnyOperation } from '../service/operations.ts'
import type { Protocol, ServiceContract } from '../wire/contract.ts'
import { withDetail } from '../wire/errors.ts'
import { type Foreign, type ForeignAnswer, foreignBytes } from '../wire/foreign.ts'
import { frontDoor } from '../wire/front-door.ts'
import { errorBytes } from '../wire/respond.ts'
import type { ServiceName } from '../wire/services.ts'
import { corsHeaders, preflight } from './cors.ts'
import { BodyRefused, type Exchange, type Handler, isRepeated, type Reply } from './exchange.ts'
import { identify, isBelow, wantsJson } from './identify.ts'
import type { LimitKind, Limits } from './limits.ts'
import type { Metrics } from './metrics.ts'
import { anonymous, asRefusal, createPerform, type Identified, type PerformParts } from './perform.ts'
import { rejection } from './rejections.ts'

/** The operations of each service by name, as `iamOperations(parts)` and its like give them. */
export type Services = Readonly<Record<ServiceName, Readonly<Record<string, AnyOperation | Unsupported>>>>

export interface AwsParts extends Omit<PerformParts, 'within' | 'metrics'> {
  readonly services: Services
  readonly authenticator: Authenticator
  readonly limits: Limits
  readonly lastUses: Pick<LastUses, 'note'>
  readonly clock: () => Date
  /** Longest body of a Query or JSON request, in bytes. */
  readonly bodyLimit: number
  /** Regions a scope may name; absent, any. */
  readonly regions?: ReadonlySet<string>
  readonly metrics: Pick<Metrics, 'answered' | 'decided' | 'signatureFailed' | 'sealed' | 'opened' | 'limited'>
  /** Tells the operator of a failure that is ours. */
  readonly fail: (error: unknown, requestId: string) => void
}

const nothing = Buffer.alloc(0)
const emptyHash = hash('sha256', '', 'hex')

/** The handler of all AWS APIs. */
export function createAws(parts: AwsParts): Handler {
  const { audit, limits, clock, metrics } = parts
  const perform = createPerform({ ...parts, within })

  return async (exchange) => {
    const started = clock()
    const { requestId, message, from } = exchange
    let where: Place = { protocol: 'aws-query', service: undefined, json: false, operation: '' }
    try {
      const repeated = isRepeated(message)
      if (!repeated && message.headers.has('x-amz-target')) where = { ...where, protocol: 'aws-json' }
      take('address', from.address, started, where.protocol)
      if (repeated) {
        throw frontDoor('ambiguous-signature', where.protocol, { detail: `${message.repeated} stands twice` })
      }
      const asking = preflight(message)
      if (asking !== undefined) return asking
      // What is below a path is for nobody here, whatever its body says: an upload to S3, mostly. It is not taken in.
      const body = isBelow(message) ? nothing : await bodyOf(exchange, parts.bodyLimit, where.protocol)
      const known = identify(message, body)
      const json = wantsJson(message)
      if ('refused' in known) {
        where = { ...where, protocol: known.protocol, json, foreign: known.foreign }
        throw known.refused
      }
      const { contract, service } = known
      where = { protocol: contract.protocol, service, json, operation: contract.name }
      const operation = parts.services[contract.service][contract.name]
      if (operation === undefined || 'unsupported' in operation) {
        const facts = { action: contract.name, version: service.version }
        throw frontDoor('unknown-action', contract.protocol, facts)
      }
      const request: Identified = { exchange, contract, service, operation, json, now: started }
      const found = authenticated(request, body)
      const caller = found instanceof Promise ? await found : found
      const answer = await perform(request, caller, known.decode)
      metrics.answered(contract.service, contract.name, 'ok', clock().getTime() - started.getTime())
      return reply(answer, corsHeaders(message, contract.service))
    } catch (error) {
      // The client broke off or dawdled: no failure of ours, and there is nobody to tell in the protocol's words.
      if (error instanceof BodyRefused) throw error
      const refused = asRefusal(error, where.protocol)
      if (refused.fault === 'Receiver') parts.fail(error, requestId)
      metrics.answered(
        where.service?.service ?? '',
        where.operation,
        refused.code,
        clock().getTime() - started.getTime(),
      )
      const options = where.service === undefined ? { json: where.json } : { json: where.json, service: where.service }
      const cors = isRepeated(message) ? [] : corsHeaders(message, where.service?.service)
      if (where.foreign !== undefined && !isRepeated(message)) {
        return reply(
          foreignBytes(where.foreign.form, refused, requestId, message.headers.get('content-type') ?? ''),
          cors,
        )
      }
      return reply(errorBytes(where.protocol, refused, requestId, options), cors)
    }
  }

  function take(kind: 'address' | 'key', name: string, now: Date, protocol: Protocol) {
    if (!within(kind, name, now)) throw frontDoor('throttled', protocol)
  }

  function within(kind: LimitKind, name: string, now: Date): boolean {
    const there = limits.take(kind, name, now)
    if (!there) metrics.limited(kind)
    return there
  }

  /** Verifies who asks. An unsigned operation has no caller, whatever the request carries. */
  function authenticated(request: Identified, body: Buffer): Maybe<Caller> {
    const { exchange, service, operation, now } = request
    if (operation.signature === 'none' || isRepeated(exchange.message)) return anonymous
    const found = parts.authenticator.authenticate(exchange.message, {
      services: [service.signingName],
      ...(parts.regions === undefined ? {} : { regions: parts.regions }),
      payloadHash: body.length === 0 ? emptyHash : hash('sha256', body, 'hex'),
      now,
    })
    return andThen(found, (caller) => admitted(request, caller))
  }

  function admitted(request: Identified, caller: Caller | Rejected): Caller {
    const { contract, operation, now } = request
    if ('rejected' in caller) {
      if (caller.rejected === 'token') metrics.opened(caller.why)
      else metrics.signatureFailed(caller.rejected)
      const refused = rejection(caller, contract.protocol)
      audit.refused(request, refused)
      throw refused
    }
    if (caller.presented === undefined && operation.signature === 'required') {
      const refused = withDetail(frontDoor('missing-token', contract.protocol), 'unsigned' satisfies BarCause)
      audit.refused(request, refused)
      throw refused
    }
    const { presented } = caller
    if (presented !== undefined) {
      take('key', presented.keyId, now, contract.protocol)
      const region = regionOf(contract.service, presented.region)
      parts.lastUses.note(caller.identity, contract.service, region, now)
    }
    if (caller.identity.kind === 'session') metrics.opened('ok')
    return caller
  }
}

interface Place {
  readonly protocol: Protocol
  readonly service: ServiceContract | undefined
  readonly json: boolean
  readonly operation: string
  readonly foreign?: Foreign | undefined
}

async function bodyOf(exchange: Exchange, limit: number, protocol: Protocol): Promise<Buffer> {
  try {
    return await exchange.body.bytes(limit)
  } catch (error) {
    if (error instanceof BodyRefused && error.why === 'too-large') throw frontDoor('body-too-large', protocol)
    throw error
  }
}

function reply({ status, headers, body }: ForeignAnswer, more: readonly string[]): Reply {
  const flat: string[] = [...more]
  for (const name in headers) flat.push(name, headers[name] as string)
  return { status, headers: flat, body }
}
