// The second half of the pipeline, for a caller that is known: decode → validate → authorize → handle → encode → audit. What is
// done stands in the audit before it is answered, and so does what was refused.

import { andThen, type Maybe } from '../core/maybe.ts'
import type { Decision } from '../core/policy/model.ts'
import type { Caller } from '../service/access/authenticate.ts'
import { callerPolicies, type Decided, decideCheck, refusalSentence, sharedBy } from '../service/access/authorize.ts'
import { notAuthorized } from '../service/access/not-authorized.ts'
import { restriction } from '../service/access/restrictions.ts'
import { AUDIT_JOURNAL, type Audit } from '../service/audit/journal.ts'
import type { BarCause } from '../service/bar-cause.ts'
import type { Subjects } from '../service/contracts/subject.ts'
import type { Call, ChangingOperation, Check, ReadingOperation } from '../service/operation.ts'
import type { AnyOperation } from '../service/operations.ts'
import { Conflict, type Store, type Transaction, Unavailable } from '../store/store.ts'
import type { OperationContract, Protocol, ServiceContract } from '../wire/contract.ts'
import type { Decoded } from '../wire/decoded.ts'
import { accessDenied, Refusal, withDetail } from '../wire/errors.ts'
import { frontDoor } from '../wire/front-door.ts'
import { type Answer, answerBytes } from '../wire/respond.ts'
import { validate } from '../wire/validate.ts'
import { anonymous } from './admit.ts'
import { RequestCall, type Within } from './call.ts'
import type { Exchange } from './exchange.ts'
import type { Metrics } from './metrics.ts'

export interface PerformParts {
  readonly subjects: Subjects
  readonly store: Store
  /** Whether this node hears of changes: see Parts. */
  readonly fresh: (now: Date) => boolean
  readonly audit: Audit
  readonly metrics: Pick<Metrics, 'decided' | 'sealed'>
  readonly within: Within
  /** Charges a bucket what a refused request has cost beyond its one token. */
  readonly charge: (kind: 'address' | 'key', name: string, now: Date, cost: number) => void
}

/** A request whose operation is known. */
export interface Identified {
  readonly exchange: Exchange
  readonly contract: OperationContract
  readonly service: ServiceContract
  readonly operation: AnyOperation
  readonly json: boolean
  readonly now: Date
  readonly bodyBytes: number
}

/** Answers a request of this caller, or rejects what it is refused with. */
export type Perform = (request: Identified, caller: Caller, decode: () => Decoded) => Promise<Answer>

/** A request on its way, with what is known of it by now: its record says that much, whatever comes of it. */
interface Underway extends Identified {
  readonly caller: Caller
  readonly call: Call
  input: object | undefined
  target: unknown
  readonly decided: Decided[]
}

// biome-ignore lint/suspicious/noExplicitAny: input, output and target are those of this very operation
type Changing = ChangingOperation<any, any, any>
// biome-ignore lint/suspicious/noExplicitAny: as above
type Reading = ReadingOperation<any, any, any>

export function createPerform(parts: PerformParts): Perform {
  const { audit, metrics, within } = parts

  return async (identified, caller, decode) => {
    const { exchange, contract, service, operation, json, now, bodyBytes } = identified
    const call = new RequestCall(identified, caller, within)
    const request: Underway = {
      ...{ exchange, contract, service, operation, json, now, bodyBytes, caller, call },
      ...{ input: undefined, target: undefined, decided: [] },
    }
    try {
      const permitted = permit(request, decode)
      const decisions = permitted instanceof Promise ? await permitted : permitted
      // Strangers cannot make the journal grow without end: what there is no room to record is not done.
      if (!audit.admits(request)) throw frontDoor('throttled', contract.protocol)
      return 'change' in operation ? await change(request, operation) : await answer(request, operation, decisions)
    } catch (error) {
      const { input, target, decided } = request
      const refused = asRefusal(error, contract.protocol)
      if (refused.fault === 'Sender') chargeFor(request)
      await audit.refuse({ call, contract, operation, refused, input, target, decided })
      throw error
    }
  }

  /**
   * INVARIANT: who is refused pays for what the refusal has cost, so that a flood of the costliest is soon one of requests
   * that are refused for their number.
   */
  function chargeFor({ exchange, caller, decided, bodyBytes, now }: Underway): void {
    const cost = costOf(bodyBytes, decided)
    if (cost === 0) return
    parts.charge('address', exchange.from.address, now, cost)
    if (caller.presented !== undefined) parts.charge('key', caller.presented.keyId, now, cost)
  }

  /** Reads what is asked for and puts the operation's checks. Throws when one of them is denied. */
  function permit(request: Underway, decode: () => Decoded): Maybe<readonly Decision[]> {
    const { contract, call, caller, operation } = request
    const barred = restriction(caller.identity, contract.service, contract.name)
    if (barred !== undefined && barred.says !== 'denied')
      throw withDetail(frontDoor(barred.says, contract.protocol), barred.cause)
    const decoding = decode()
    if (barred !== undefined) throw barredFrom(call, contract, decoding, barred.cause)
    if ('refused' in decoding) throw decoding.refused
    const { input } = decoding
    request.input = input
    const invalid = validate(contract, input)
    if (invalid !== undefined) throw invalid
    return andThen(operation.load(input, call) as Maybe<unknown>, (target) => {
      request.target = target
      return checked(request)
    })
  }

  /** Puts the operation's checks and then, if those are allowed, its further ones. */
  function checked(request: Underway): Maybe<readonly Decision[]> {
    const first = checkedFirst(request)
    const { further } = request.operation
    if (further === undefined) return first
    return (async () => {
      await first
      return decideAll(request, await further(request.input, request.target, request.call))
    })()
  }

  /** Puts the operation's checks, of whoever asks: the bearer of a proof that the operation verified, or the caller. */
  function checkedFirst(request: Underway): Maybe<readonly Decision[]> {
    const { contract, operation, input, target, call } = request
    const bearer = target === undefined ? undefined : operation.audit.asker?.(target)
    const checks = operation.checks === 'always' ? [] : operation.checks(input, target, call)
    // INVARIANT: an operation that everyone may call says so; one that asks nothing by mistake answers nothing.
    if (checks.length === 0 && operation.checks !== 'always') throw new TypeError(`${contract.name} asked no question`)
    if (bearer === undefined) return decideAll(request, checks)
    const caller = { ...anonymous, identity: bearer }
    return decideAll({ ...request, caller, call: new RequestCall(request, caller, within, call.allowance) }, checks)
  }

  function decideAll(request: Underway, checks: readonly Check[]): Maybe<readonly Decision[]> {
    if (checks.length === 0) return []
    const { caller, call, operation, decided, contract } = request
    const pass = caller.identity.kind === 'session' ? caller.identity.pass : undefined
    const policies = callerPolicies(parts.subjects, pass, caller.subject, call.allowance)
    return andThen(policies, (all) => {
      const policiesFor = sharedBy(checks, all, call.allowance)
      for (const check of checks) {
        const one = decideCheck(call, check, policiesFor(check))
        decided.push(one)
        metrics.decided(one.decision.allow ? 'allow' : one.decision.explicit ? 'explicit-deny' : 'implicit-deny')
        if (!one.decision.allow && operation.denied !== 'report')
          throw accessDenied(contract.protocol, refusalSentence(one))
      }
      return decided.map(({ decision }) => decision)
    })
  }

  async function change(request: Underway, operation: Changing): Promise<Answer> {
    mustHear(request)
    const { call, input } = request
    if (operation.prepare !== undefined) request.target = await operation.prepare(input, request.target, call)
    return recorded(request, (tx) => operation.change(tx, input, request.target, call))
  }

  async function answer(request: Underway, operation: Reading, decisions: readonly Decision[]): Promise<Answer> {
    const { call, input, target } = request
    const handled: Maybe<object | undefined> = operation.handle(input, target, call, decisions)
    const output = (handled instanceof Promise ? await handled : handled) ?? {}
    const commit = operation.commit?.(input, target, call)
    let answered: Answer
    if (commit === undefined) {
      answered = encoded(request, output)
      // INVARIANT: on disk before the first byte of a credential leaves; if that fails, the answer is an error.
      const text = recordOf(request, output)
      await audit.write([text])
      audit.took(request, text)
    } else {
      mustHear(request)
      answered = await recorded(request, async (tx) => {
        await commit(tx)
        return output
      })
    }
    if (operation.audit.issued !== undefined) metrics.sealed()
    return answered
  }

  /** Does the work, writes its record and encodes its answer in one transaction: what cannot be answered is not done. */
  async function recorded(request: Underway, work: (tx: Transaction) => Promise<object | undefined>): Promise<Answer> {
    const { answered, text } = await parts.store.transact(async (tx) => {
      const output = (await work(tx)) ?? {}
      const text = recordOf(request, output)
      tx.append(AUDIT_JOURNAL, audit.until(request.now), [text])
      return { answered: encoded(request, output), text }
    })
    audit.took(request, text)
    return answered
  }

  function recordOf({ call, contract, operation, input, target, decided }: Underway, output: object): string {
    return audit.success({ call, contract, operation, input, target, output, decided })
  }

  /** A node that does not hear of changes makes none. */
  function mustHear({ now, contract }: Underway): void {
    if (!parts.fresh(now))
      throw withDetail(frontDoor('unavailable', contract.protocol), 'not-hearing' satisfies BarCause)
  }
}

/** A token more for so many bytes of a body, and for so many steps of the request's allowance. */
const bytesAToken = 1024
const stepsAToken = 10_000

/** What a refused request has cost beyond the token that every request takes. */
export function costOf(bodyBytes: number, decided: readonly Pick<Decided, 'steps'>[]): number {
  const steps = decided.reduce((sum, one) => sum + one.steps, 0)
  return Math.floor(bodyBytes / bytesAToken) + Math.floor(steps / stepsAToken)
}

const encoded = ({ contract, exchange, json }: Identified, output: object): Answer =>
  answerBytes(contract, output, exchange.requestId, { json })

/** The refusal of a caller that no policy lets do this. A role that it names well is named, as where policies refuse. */
function barredFrom(call: Call, contract: OperationContract, decoding: Decoded, cause: string): Refusal {
  const { service, name, protocol } = contract
  const named = name === 'AssumeRole' && 'input' in decoding && validate(contract, decoding.input) === undefined
  const resource = named ? String(decoding.input.RoleArn) : '*'
  return accessDenied(protocol, notAuthorized(call.name.requester, `${service}:${name}`, resource), cause)
}

/** Turns whatever was thrown into what may be sent. */
export function asRefusal(error: unknown, protocol: Protocol): Refusal {
  if (error instanceof Refusal) return error
  if (error instanceof Unavailable || error instanceof Conflict)
    return withDetail(frontDoor('unavailable', protocol), `${'store' satisfies BarCause}: ${error.message}`)
  return frontDoor('internal', protocol)
}
