// The second half of the pipeline, for a caller that is known: decode → validate → authorize → handle → encode → audit. What is
// done stands in the audit before it is answered, and so does what was refused.

import type { Identity, Maybe } from '../core/identity.ts'
import type { Applicable, Decision } from '../core/policy/model.ts'
import type { Caller } from '../service/access/authenticate.ts'
import { callerPolicies, type Decided, decideCheck, refusalSentence, sharedBy } from '../service/access/authorize.ts'
import { restriction } from '../service/access/restrictions.ts'
import type { Subjects } from '../service/access/subjects.ts'
import type { BarCause } from '../service/audit/bar-cause.ts'
import { AUDIT_JOURNAL, type Audit } from '../service/audit/journal.ts'
import type { Made } from '../service/audit/strangers.ts'
import type { Call, ChangingOperation, Check, ReadingOperation } from '../service/operation.ts'
import type { AnyOperation } from '../service/operations.ts'
import { Conflict, type Store, type Transaction, Unavailable } from '../store/store.ts'
import type { OperationContract, Protocol, ServiceContract } from '../wire/contract.ts'
import type { Decoded } from '../wire/decoded.ts'
import { accessDenied, Refusal, withDetail } from '../wire/errors.ts'
import { frontDoor } from '../wire/front-door.ts'
import { type Answer, answerBytes } from '../wire/respond.ts'
import { validate } from '../wire/validate.ts'
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
}

/** A request whose operation is known: all that the later steps need. */
export interface Step {
  readonly exchange: Exchange
  readonly contract: OperationContract
  readonly service: ServiceContract
  readonly json: boolean
  readonly now: Date
}

/** Answers a call, or rejects what it is refused with. */
export type Perform = (step: Step, entry: AnyOperation, caller: Caller, decode: () => Decoded) => Promise<Answer>

export const anonymous: Caller = { identity: { kind: 'anonymous' }, subject: undefined, presented: undefined }

/** What was found out of a call by now: its record says that much, whatever comes of it. */
interface Seen {
  input: object | undefined
  target: unknown
  /** Who asks, where the operation verified a proof of its own. */
  proof: Identity | undefined
  readonly decided: Decided[]
}

// biome-ignore lint/suspicious/noExplicitAny: input, output and target are those of this very operation
type Changing = ChangingOperation<any, any, any>
// biome-ignore lint/suspicious/noExplicitAny: as above
type Reading = ReadingOperation<any, any, any>

export function createPerform(parts: PerformParts): Perform {
  const { audit, metrics, within } = parts

  return async (step, entry, caller, decode) => {
    const call = new RequestCall(step, caller, within)
    const seen: Seen = { input: undefined, target: undefined, proof: undefined, decided: [] }
    try {
      const asked = ask(step, entry, caller, call, decode, seen)
      const decisions = asked instanceof Promise ? await asked : asked
      // Strangers cannot make the journal grow without end: what there is no room to record is not done.
      if (!audit.admits(madeBy(entry, call, seen))) throw frontDoor('throttled', step.contract.protocol)
      return 'change' in entry
        ? await change(step, entry, call, seen)
        : await answer(step, entry, call, seen, decisions)
    } catch (error) {
      const { contract } = step
      const { proof: _, ...told } = seen
      const refused = asRefusal(error, contract.protocol)
      await audit.refuse({ call, contract, operation: entry, refused, ...told })
      throw error
    }
  }

  /** Reads what is asked for and puts the operation's checks. Throws when one of them is denied. */
  function ask(
    step: Step,
    entry: AnyOperation,
    caller: Caller,
    call: Call,
    decode: () => Decoded,
    seen: Seen,
  ): Maybe<readonly Decision[]> {
    const { contract } = step
    const barred = restriction(caller.identity, contract.service, contract.name)
    if (barred !== undefined && barred.says !== 'denied')
      throw withDetail(frontDoor(barred.says, contract.protocol), barred.cause)
    const decoding = decode()
    if (barred !== undefined) throw barredFrom(call, contract, decoding, barred.cause)
    if ('refused' in decoding) throw decoding.refused
    const { input } = decoding
    seen.input = input
    const invalid = validate(contract, input)
    if (invalid !== undefined) throw invalid
    const target: Maybe<unknown> = entry.target(input, call)
    return target instanceof Promise
      ? target.then((found) => putAll(step, entry, caller, call, found, seen))
      : putAll(step, entry, caller, call, target, seen)
  }

  /** Puts the operation's checks and then, if those are allowed, its further ones. */
  function putAll(
    step: Step,
    entry: AnyOperation,
    caller: Caller,
    call: Call,
    target: unknown,
    seen: Seen,
  ): Maybe<readonly Decision[]> {
    const first = put(step, entry, caller, call, target, seen)
    const { further } = entry
    if (further === undefined) return first
    return (async () => {
      await first
      const checks = await further(seen.input, target, call)
      return authorize(checks, entry.need, call, caller, seen.decided, step.contract.protocol)
    })()
  }

  /** Puts the operation's checks for whoever asks. */
  function put(
    step: Step,
    entry: AnyOperation,
    caller: Caller,
    call: Call,
    target: unknown,
    seen: Seen,
  ): Maybe<readonly Decision[]> {
    const { contract } = step
    seen.target = target
    seen.proof = target === undefined ? undefined : entry.audit.asker?.(target)
    const checks = entry.checks === 'always' ? [] : entry.checks(seen.input, target, call)
    // INVARIANT: an operation that everyone may call says so; one that asks nothing by mistake answers nothing.
    if (checks.length === 0 && entry.checks !== 'always') throw new TypeError(`${contract.name} asked no question`)
    if (seen.proof === undefined) return authorize(checks, entry.need, call, caller, seen.decided, contract.protocol)
    const asker = { ...anonymous, identity: seen.proof }
    const asking = new RequestCall(step, asker, within, call.allowance)
    return authorize(checks, entry.need, asking, asker, seen.decided, contract.protocol)
  }

  function authorize(
    checks: readonly Check[],
    need: AnyOperation['need'],
    asking: Call,
    asker: Caller,
    decided: Decided[],
    protocol: Protocol,
  ): Maybe<readonly Decision[]> {
    if (checks.length === 0) return []
    const pass = asker.identity.kind === 'session' ? asker.identity.pass : undefined
    const decide = (policies: Applicable) => {
      const policiesFor = sharedBy(checks, policies, asking.allowance)
      for (const check of checks) {
        const one = decideCheck(asking, check, policiesFor(check))
        decided.push(one)
        metrics.decided(one.decision.allow ? 'allow' : one.decision.explicit ? 'explicit-deny' : 'implicit-deny')
        if (!one.decision.allow && need !== 'each') throw accessDenied(protocol, refusalSentence(one))
      }
      return decided.map(({ decision }) => decision)
    }
    const policies = callerPolicies(parts.subjects, pass, asker.subject, asking.allowance)
    return policies instanceof Promise ? policies.then(decide) : decide(policies)
  }

  async function change(step: Step, entry: Changing, call: Call, seen: Seen): Promise<Answer> {
    mustHear(call, step)
    if (entry.prepare !== undefined) seen.target = await entry.prepare(seen.input, seen.target, call)
    return recorded(step, entry, call, seen, (tx) => entry.change(tx, seen.input, seen.target, call))
  }

  async function answer(
    step: Step,
    entry: Reading,
    call: Call,
    seen: Seen,
    decisions: readonly Decision[],
  ): Promise<Answer> {
    const handled: Maybe<object | undefined> = entry.handle(seen.input, seen.target, call, decisions)
    const output = (handled instanceof Promise ? await handled : handled) ?? {}
    const commit = entry.commit?.(seen.input, seen.target, call)
    let answered: Answer
    if (commit === undefined) {
      answered = encoded(step, output)
      // INVARIANT: on disk before the first byte of a credential leaves; if that fails, the answer is an error.
      const text = successOf(step, entry, call, seen, output)
      await audit.write([text])
      audit.took(madeBy(entry, call, seen), text)
    } else {
      mustHear(call, step)
      answered = await recorded(step, entry, call, seen, async (tx) => {
        await commit(tx)
        return output
      })
    }
    if (entry.audit.issued !== undefined) metrics.sealed()
    return answered
  }

  /** Does the work, writes its record and encodes its answer in one transaction: what cannot be answered is not done. */
  async function recorded(
    step: Step,
    entry: AnyOperation,
    call: Call,
    seen: Seen,
    work: (tx: Transaction) => Promise<object | undefined>,
  ): Promise<Answer> {
    const { answered, text } = await parts.store.transact(async (tx) => {
      const output = (await work(tx)) ?? {}
      const text = successOf(step, entry, call, seen, output)
      tx.append(AUDIT_JOURNAL, audit.until(call.now), [text])
      return { answered: encoded(step, output), text }
    })
    audit.took(madeBy(entry, call, seen), text)
    return answered
  }

  function successOf({ contract }: Step, operation: AnyOperation, call: Call, seen: Seen, output: object): string {
    const { input, target, decided } = seen
    return audit.success({ call, contract, operation, input, target, output, decided })
  }

  /** A node that does not hear of changes makes none. */
  function mustHear(call: Call, { contract }: Step): void {
    if (!parts.fresh(call.now))
      throw withDetail(frontDoor('unavailable', contract.protocol), 'not-hearing' satisfies BarCause)
  }
}

const encoded = ({ contract, exchange, json }: Step, output: object): Answer =>
  answerBytes(contract, output, exchange.requestId, { json })

const madeBy = (operation: AnyOperation, call: Call, { input, target }: Seen): Made => ({
  call,
  operation,
  input,
  target,
})

/** The refusal of a caller that no policy lets do this. A role that it names well is named, as where policies refuse. */
function barredFrom(call: Call, contract: OperationContract, decoding: Decoded, cause: string): Refusal {
  const { service, name, protocol } = contract
  const named = name === 'AssumeRole' && 'input' in decoding && validate(contract, decoding.input) === undefined
  const resource = named ? decoding.input.RoleArn : '*'
  return accessDenied(
    protocol,
    `User: ${call.name.requester.arn} is not authorized to perform: ${service}:${name} on resource: ${resource}`,
    cause,
  )
}

/** Turns whatever was thrown into what may be sent. */
export function asRefusal(error: unknown, protocol: Protocol): Refusal {
  if (error instanceof Refusal) return error
  if (error instanceof Unavailable || error instanceof Conflict)
    return withDetail(frontDoor('unavailable', protocol), `${'store' satisfies BarCause}: ${error.message}`)
  return frontDoor('internal', protocol)
}
