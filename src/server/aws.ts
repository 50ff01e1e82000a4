// The pipeline: identify → authenticate → decode → validate → authorize → handle → encode → audit, for every AWS-shaped
// request alike. An operation says what it needs (service/operation.ts); only this file runs it.
import { hash } from 'node:crypto'
import type { Identity, Maybe } from '../core/identity.ts'
import type { Decision } from '../core/policy/model.ts'
import type { Authenticator, Caller, Rejected } from '../service/access/authenticate.ts'
import { callerPolicies, type Decided, decideCheck, refusalSentence } from '../service/access/authorize.ts'
import type { LastUses } from '../service/access/last-used.ts'
import { regionOf } from '../service/access/region.ts'
import { restriction } from '../service/access/restrictions.ts'
import type { Subjects } from '../service/access/subjects.ts'
import { AUDIT_JOURNAL, type Audit } from '../service/audit/journal.ts'
import type { Call, Check, Unsupported } from '../service/operation.ts'
import type { AnyOperation } from '../service/operations.ts'
import { Conflict, type Store, Unavailable } from '../store/store.ts'
import type { OperationContract, Protocol, ServiceContract } from '../wire/contract.ts'
import { accessDenied, Refusal } from '../wire/errors.ts'
import { frontDoor } from '../wire/front-door.ts'
import { type Answer, answerBytes, errorBytes } from '../wire/respond.ts'
import { validate } from '../wire/validate.ts'
import { RequestCall } from './call.ts'
import { corsHeaders, preflight } from './cors.ts'
import { BodyRefused, type Exchange, type Handler, isRepeated, type Reply } from './exchange.ts'
import { identify, wantsJson } from './identify.ts'
import type { LimitKind, Limits } from './limits.ts'
import type { Metrics } from './metrics.ts'
import { rejection } from './rejections.ts'

/** The operations of each service by name, as `iamOperations(parts)` and its like give them. */
export type Services = Readonly<Record<string, Readonly<Record<string, AnyOperation | Unsupported>>>>

export interface AwsParts {
  readonly services: Services
  readonly authenticator: Authenticator
  readonly subjects: Subjects
  readonly store: Store
  /** Whether this node hears of changes: see Parts. */
  readonly fresh: (now: Date) => boolean
  readonly audit: Audit
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

/** A request whose operation is known: all that the later steps need. */
interface Step {
  readonly exchange: Exchange
  readonly contract: OperationContract
  readonly service: ServiceContract
  readonly json: boolean
  readonly now: Date
}

const emptyHash = hash('sha256', '', 'hex')

/** The handler of all AWS APIs. */
export function createAws(parts: AwsParts): Handler {
  const { audit, limits, clock, metrics } = parts

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
      const body = await bodyOf(exchange, parts.bodyLimit, where.protocol)
      const known = identify(message, body)
      const json = wantsJson(message)
      if ('refused' in known) {
        where = { ...where, protocol: known.protocol, json }
        throw known.refused
      }
      const { contract, service } = known
      where = { protocol: contract.protocol, service, json, operation: contract.name }
      const step: Step = { exchange, contract, service, json, now: started }
      const entry = parts.services[contract.service]?.[contract.name]
      if (entry === undefined || 'unsupported' in entry) {
        const facts = { action: contract.name, version: service.version }
        throw frontDoor('unknown-action', contract.protocol, facts)
      }
      const caller = await authenticated(step, entry, body)
      const answer = await run(step, entry, caller, known.decode)
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
  async function authenticated(step: Step, entry: AnyOperation, body: Buffer): Promise<Caller> {
    const { exchange, contract, service, now } = step
    if (entry.proof === 'unsigned' || isRepeated(exchange.message)) return anonymous
    const found = parts.authenticator.authenticate(exchange.message, {
      services: [service.signingName],
      ...(parts.regions === undefined ? {} : { regions: parts.regions }),
      payloadHash: body.length === 0 ? emptyHash : hash('sha256', body, 'hex'),
      now,
    })
    const caller: Caller | Rejected = found instanceof Promise ? await found : found
    if ('rejected' in caller) {
      if (caller.rejected === 'token') metrics.opened(caller.why)
      else metrics.signatureFailed(caller.rejected)
      const refused = rejection(caller, contract.protocol)
      audit.refused(step, refused)
      throw refused
    }
    if (caller.presented === undefined && entry.proof === 'signed') {
      const refused = frontDoor('missing-token', contract.protocol)
      audit.refused(step, refused)
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

  /** Everything after the caller is known; whatever comes of it stands in the audit before it is answered. */
  async function run(step: Step, entry: AnyOperation, caller: Caller, decode: () => Decoding): Promise<Answer> {
    const { contract, exchange, json } = step
    const call = new RequestCall(step, caller, within)
    const decided: Decided[] = []
    let input: object | undefined
    let target: unknown
    let proof: Identity | undefined
    try {
      const barred = restriction(caller.identity, contract.service, contract.name)
      if (barred !== undefined)
        throw barred === 'denied' ? barredSentence(call, contract) : frontDoor(barred, contract.protocol)
      const decoding = decode()
      if ('refused' in decoding) throw decoding.refused
      input = decoding.input
      const invalid = validate(contract, decoding.input)
      if (invalid !== undefined) throw invalid
      const aimed: Maybe<unknown> = entry.target(input, call)
      target = aimed instanceof Promise ? await aimed : aimed
      proof = target === undefined ? undefined : entry.audit.asker?.(target)
      const asker = proof === undefined ? caller : { ...anonymous, identity: proof }
      const asking = asker === caller ? call : new RequestCall(step, asker, within)
      const checks = entry.checks === 'always' ? [] : entry.checks(input, target, call)
      // INVARIANT: an operation that everyone may call says so; one that asks nothing by mistake answers nothing.
      if (checks.length === 0 && entry.checks !== 'always') throw new TypeError(`${contract.name} asked no question`)
      const decisions = await authorize(checks, entry.need, asking, asker, decided, contract.protocol)
      const entryOf = (output: object) =>
        audit.success({ call, contract, operation: entry, input, target, output, decided })
      if ('change' in entry) {
        // A node that does not hear of changes makes none.
        if (!parts.fresh(call.now)) throw frontDoor('unavailable', contract.protocol)
        if (entry.prepare !== undefined) target = await entry.prepare(input, target, call)
        const change = entry.change
        // Encoded before it commits: what cannot be answered is not done.
        return await parts.store.transact(async (tx) => {
          const made = (await change(tx, input, target, call)) ?? {}
          tx.append(AUDIT_JOURNAL, audit.until(call.now), [entryOf(made)])
          return answerBytes(contract, made, exchange.requestId, { json })
        })
      }
      const handled = entry.handle(input, target, call, decisions)
      const output: object = (handled instanceof Promise ? await handled : handled) ?? {}
      const answer = answerBytes(contract, output, exchange.requestId, { json })
      // INVARIANT: on disk before the first byte of a credential leaves; if that fails, the answer is an error.
      const commit = entry.commit?.(input, target, call)
      if (commit === undefined) await audit.write([entryOf(output)])
      else {
        if (!parts.fresh(call.now)) throw frontDoor('unavailable', contract.protocol)
        await parts.store.transact(async (tx) => {
          await commit(tx)
          tx.append(AUDIT_JOURNAL, audit.until(call.now), [entryOf(output)])
        })
      }
      if (entry.audit.issued !== undefined) metrics.sealed()
      return answer
    } catch (error) {
      const refused = asRefusal(error, contract.protocol)
      const what = { call, contract, operation: entry, input, target, refused, decided }
      // Strangers cannot make the journal grow: those refusals are a bounded sample.
      if (caller.presented === undefined && !isVouchedFor(proof)) audit.refused(step, refused, what)
      else await audit.write([audit.refusal(what)])
      throw error
    }
  }

  /** Puts the checks of a call for whoever asks. */
  async function authorize(
    checks: readonly Check[],
    need: AnyOperation['need'],
    asking: Call,
    asker: Caller,
    decided: Decided[],
    protocol: Protocol,
  ): Promise<readonly Decision[]> {
    if (checks.length === 0) return []
    const pass = asker.identity.kind === 'session' ? asker.identity.pass : undefined
    const found = callerPolicies(parts.subjects, pass, asker.subject)
    const policies = found instanceof Promise ? await found : found
    for (const check of checks) {
      const one = decideCheck(asking, check, policies)
      decided.push(one)
      metrics.decided(one.decision.allow ? 'allow' : one.decision.explicit ? 'explicit-deny' : 'implicit-deny')
      if (!one.decision.allow && need !== 'each') throw accessDenied(protocol, refusalSentence(one))
    }
    return decided.map(({ decision }) => decision)
  }
}

type Decoding = { readonly input: object } | { readonly refused: Refusal }

interface Place {
  readonly protocol: Protocol
  readonly service: ServiceContract | undefined
  readonly json: boolean
  readonly operation: string
}

const anonymous: Caller = { identity: { kind: 'anonymous' }, subject: undefined, presented: undefined }

/** Whether an account's own provider says who it is. A guest of a pool, a login at Google: those everyone can have. */
const isVouchedFor = (proof: Identity | undefined) => proof?.kind === 'proof' && proof.provider.startsWith('arn:')

async function bodyOf(exchange: Exchange, limit: number, protocol: Protocol): Promise<Buffer> {
  try {
    return await exchange.body.bytes(limit)
  } catch (error) {
    if (error instanceof BodyRefused && error.why === 'too-large') throw frontDoor('body-too-large', protocol)
    throw error
  }
}

function barredSentence(call: Call, { service, name, protocol }: OperationContract): Refusal {
  const action = `${service}:${name}`
  return accessDenied(
    protocol,
    `User: ${call.name.requester.arn} is not authorized to perform: ${action} on resource: *`,
  )
}

/** Turns whatever was thrown into what may be sent. */
function asRefusal(error: unknown, protocol: Protocol): Refusal {
  if (error instanceof Refusal) return error
  if (error instanceof Unavailable) return frontDoor('unavailable', protocol)
  if (error instanceof Conflict) return frontDoor('unavailable', protocol)
  return frontDoor('internal', protocol)
}

function reply({ status, headers, body }: Answer, more: readonly string[]): Reply {
  const flat: string[] = [...more]
  for (const name in headers) flat.push(name, headers[name] as string)
  return { status, headers: flat, body }
}
