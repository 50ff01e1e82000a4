// The pipeline: identify → authenticate → decode → validate → authorize → handle → encode → audit, for every AWS-shaped
// request alike. An operation says what it needs (service/operation.ts); what follows once the caller is known is in perform.ts.

import { hash } from 'node:crypto'
import type { Message } from '../core/http.ts'
import type { Authenticator } from '../service/access/authenticate.ts'
import type { LastUses } from '../service/access/last-used.ts'
import type { Unsupported } from '../service/operation.ts'
import type { AnyOperation } from '../service/operations.ts'
import { contractOf, type Protocol, type ServiceContract } from '../wire/contract.ts'
import { type Foreign, foreignBytes } from '../wire/foreign.ts'
import { frontDoor } from '../wire/front-door.ts'
import { type ErrorOptions, errorBytes } from '../wire/respond.ts'
import type { Offer, ServiceName } from '../wire/services.ts'
import { createAdmit, createRecognize } from './admit.ts'
import { withinLimits } from './call.ts'
import { corsHeaders, preflight } from './cors.ts'
import { BodyRefused, type Exchange, type Handler, isRepeated, type Reply } from './exchange.ts'
import { identifyHead, wantsJson } from './identify.ts'
import type { Limits } from './limits.ts'
import type { Metrics } from './metrics.ts'
import { asBytes, asRefusal, createPerform, type PerformParts } from './perform.ts'
import { costOfBytes } from './refusal-charge.ts'
import { checked, type WireAnswer } from './relay.ts'
import type { OperationRequest } from './request.ts'

/** The operations of each service by name, as `iamOperations(parts)` and its like give them. */
export type Services = Readonly<Record<ServiceName, Readonly<Record<string, AnyOperation | Unsupported>>>>

export interface AwsParts extends Omit<PerformParts, 'within' | 'charge' | 'metrics'> {
  readonly services: Services
  /** The services whose requests are answered. */
  readonly offer: Offer
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
const hashOf = (body: Buffer) => (body.length === 0 ? emptyHash : hash('sha256', body, 'hex'))

/** The handler of all AWS APIs. */
export function createAws(parts: AwsParts): Handler {
  const { limits, clock, metrics } = parts
  const within = withinLimits(limits, metrics)
  const perform = createPerform({ ...parts, within, charge: limits.charge })
  const admit = createAdmit({ ...parts, within })
  const recognize = createRecognize(parts)

  return async (exchange) => {
    const started = clock()
    const { requestId, message, from } = exchange
    /** Bytes of a long body whose signature is not verified yet. */
    let unproven = 0
    let where: Place = { protocol: 'aws-query', service: undefined, json: false, operation: '' }
    try {
      const repeated = isRepeated(message)
      if (!within('address', from.address, started)) {
        if (!repeated) where = { ...where, protocol: identifyHead(message, parts.offer).protocol }
        throw frontDoor('throttled', where.protocol)
      }
      if (repeated) {
        throw frontDoor('ambiguous-signature', where.protocol, { detail: `${message.repeated} stands twice` })
      }
      const asking = preflight(message)
      if (asking !== undefined) return asking
      const head = identifyHead(message, parts.offer)
      where = { ...where, protocol: head.protocol }
      let limit = parts.bodyLimit
      if (head.long !== undefined && isLonger(message, limit)) {
        const { contract, bodyBytes } = head.long
        where = { ...where, service: contractOf(contract.service), operation: contract.name }
        await recognize(message, head.protocol, { exchange, contract, now: started })
        limit = Math.max(limit, bodyBytes)
      }
      const body = head.body === 'whole' ? await bodyOf(exchange, limit, head.protocol) : nothing
      if (limit > parts.bodyLimit) unproven = body.length
      const identified = head.identify(body)
      const json = wantsJson(message)
      if ('refused' in identified) {
        where = { ...where, protocol: identified.protocol, json, foreign: identified.foreign }
        throw identified.refused
      }
      const { contract, service } = identified
      where = { protocol: contract.protocol, service, json, operation: contract.name }
      const operation = parts.services[contract.service][contract.name]
      if (operation === undefined || 'unsupported' in operation) {
        const facts = { action: contract.name, version: service.version }
        throw frontDoor('unknown-action', contract.protocol, facts)
      }
      const request: OperationRequest = {
        exchange,
        contract,
        service,
        operation,
        json,
        now: started,
        bodyBytes: body.length,
      }
      const admitted = admit(
        message,
        {
          signingName: service.signingName,
          signature: operation.signature,
          protocol: contract.protocol,
          // An operation that takes no signature needs no hash.
          payloadHash: operation.signature === 'none' ? undefined : hashOf(body),
        },
        request,
      )
      const caller = admitted instanceof Promise ? await admitted : admitted
      unproven = 0
      const answer = await perform(request, caller, identified.decode, asBytes)
      const { code = 'ok' } = answer
      metrics.answered(contract.service, contract.name, code, clock().getTime() - started.getTime())
      return reply(checked(answer, contract.service), corsHeaders(message, contract.service))
    } catch (error) {
      // The client broke off or dawdled: no failure of ours, and there is nobody to tell in the protocol's words.
      if (error instanceof BodyRefused) throw error
      const refused = asRefusal(error, where.protocol)
      if (refused.fault === 'Receiver') parts.fail(error, requestId)
      // Not the key: whoever knows its id could use up what belongs to its owner.
      else if (unproven > 0) limits.charge('address', from.address, started, costOfBytes(unproven))
      metrics.answered(
        where.service?.service ?? '',
        where.operation,
        refused.code,
        clock().getTime() - started.getTime(),
      )
      const { json, service } = where
      const options: ErrorOptions =
        service === undefined ? { json, jsonVersion: versionOf(message) } : { json, service }
      const cors = isRepeated(message) ? [] : corsHeaders(message, where.service?.service)
      if (where.foreign !== undefined && !isRepeated(message)) {
        return reply(foreignBytes(where.foreign.form, refused, requestId, versionOf(message)), cors)
      }
      return reply(checked(errorBytes(where.protocol, refused, requestId, options), service?.service), cors)
    }
  }
}

interface Place {
  readonly protocol: Protocol
  readonly service: ServiceContract | undefined
  readonly json: boolean
  readonly operation: string
  readonly foreign?: Foreign | undefined
}

/** Whether a body is longer than so many bytes, or does not say how long it is. */
function isLonger({ headers }: Message, bytes: number): boolean {
  const announced = headers.get('content-length')
  return announced === undefined ? headers.has('transfer-encoding') : Number(announced) > bytes
}

async function bodyOf(exchange: Exchange, limit: number, protocol: Protocol): Promise<Buffer> {
  try {
    return await exchange.body.bytes(limit)
  } catch (error) {
    if (error instanceof BodyRefused && error.why === 'too-large') throw frontDoor('body-too-large', protocol)
    throw error
  }
}

/** The version of awsJson that a client speaks, by what it sent. */
const versionOf = (message: Exchange['message']) =>
  !isRepeated(message) && message.headers.get('content-type')?.endsWith('-1.0') ? '1.0' : '1.1'

function reply({ status, headers, body, length }: WireAnswer, more: readonly string[]): Reply {
  const flat: string[] = [...more]
  for (const name in headers) flat.push(name, headers[name] as string)
  return { status, headers: flat, body, length }
}
