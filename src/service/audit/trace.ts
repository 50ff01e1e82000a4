// The trace of a refusal: what each policy made of each question, in full for the operator, and apart from it what
// the caller's own account may know. Made off the hot path, when a request has already been refused.
import type { Keys } from '../../core/identity.ts'
import { type Allowance, allowanceFor } from '../../core/policy/allowance.ts'
import { decide } from '../../core/policy/decide.ts'
import { explain, type PolicyExplanation } from '../../core/policy/explain.ts'
import type { Because, Decision, PolicyKind } from '../../core/policy/model.ts'
import type { Decided } from '../access/authorize.ts'
import { accountOf } from './identity-record.ts'
import type { CallOutcome } from './record.ts'
import { isExternalId, REDACTED, scrubSentence } from './redact.ts'

/** Values of context keys, by lower-cased name; an external id's is never kept. */
export type TracedKeys = Readonly<Record<string, string | readonly string[]>>

/** Votes, with what stands behind each. */
export interface Votes {
  /** A Deny among them. */
  readonly explicit: boolean
  readonly because: readonly Because[]
  /** One for each vote, in the same order: the statements that were about such an action. Of refusals alone. */
  readonly policies?: readonly PolicyExplanation[]
  /** The kind of policy that AWS's sentence would name. Of refusals alone. */
  readonly blame?: PolicyKind
  /** The request's allowance of work was used up before its policies had been gone through. */
  readonly unfinished?: true
  /** Context keys of the check, beside the request's own keys. Of refusals alone. */
  readonly keys?: TracedKeys
}

/** One question with its answer. */
export interface TracedCheck extends Votes {
  readonly action: string
  readonly resource: string
  /** Account that owns the resource: votes of its policies are for its operator, not for the caller's. */
  readonly owner: string
  readonly allow: boolean
  /**
   * Of a refusal across accounts: the answer of the caller's side alone, as it would be whatever the other account holds.
   * A blame of `resource` or `trust` says that the caller's side allows.
   */
  readonly own?: Votes
}

export interface Trace {
  /** The caller's account, when it has one. */
  readonly account?: string
  readonly checks: readonly TracedCheck[]
  /** What follows is there for refusals alone. */
  /** How many allowed checks are left out. */
  readonly leftOut?: number
  /** Steps of the request's allowance that its questions took. */
  readonly steps?: number
  readonly code?: string
  readonly message?: string
  /** What the caller was not told. */
  readonly detail?: string
  readonly principal?: { readonly id: string; readonly name: string; readonly arn: string }
  /** The request's own context keys. */
  readonly keys?: TracedKeys
}

/** Keys of a question that come from what the caller sent, or from the resource's ARN; others describe the resource. */
const sent =
  /^(aws:requesttag\/|(aws:(tagkeys|resourceaccount|multifactorauthpresent|multifactorauthage)|sts:(externalid|rolesessionname|sourceidentity|transitivetagkeys))$)/

/** Steps for explaining a refusal, whatever was requested: a record is written for each refusal. */
const explaining = 20_000
/** What a whole trace may cost: explaining what was decided, and deciding and explaining the caller's side of it. */
interface Room {
  readonly whole: Allowance
  readonly alone: Allowance
  readonly aside: Allowance
}
/** Most allowed checks, and most denied ones, that a trace holds. */
const mostAllowed = 8
const mostRefused = 8

/** The checks that a trace holds. */
function tracedOf(decided: readonly Decided[]): readonly Decided[] {
  if (decided.length <= mostAllowed) return decided
  const allowed = decided.filter(({ decision }) => decision.allow).slice(0, mostAllowed)
  const refused = decided.filter(({ decision }) => !decision.allow).slice(0, mostRefused)
  return [...allowed, ...refused]
}

const notKept = 'What was asked and what the policies said is not kept: the account had too many refusals in a day.'

/** The trace of a call that was refused. */
export function refusalTrace({ call, decided: all, refused, input, short }: CallOutcome): Trace {
  const { name } = call
  const account = accountOf(call)
  const decided = short === true ? [] : all
  const detail = short === true ? notKept : refused?.detail
  const userName = name.userName ?? (call.identity.kind === 'session' ? call.identity.pass.name : '')
  const may: Room = { whole: { left: explaining }, alone: allowanceFor(1), aside: { left: explaining } }
  const shown = tracedOf(decided)
  return {
    ...(account === undefined ? {} : { account }),
    checks: shown.map((check) => tracedCheck(check, account, call.keys, may)),
    ...(shown.length === decided.length ? {} : { leftOut: decided.length - shown.length }),
    ...(decided.length === 0 ? {} : { steps: decided.reduce((sum, { steps }) => sum + steps, 0) }),
    code: refused?.code ?? '',
    message: scrubSentence(refused?.message ?? '', input),
    ...(detail === undefined ? {} : { detail: scrubSentence(detail, input) }),
    principal: { id: name.userId, name: userName, arn: name.requester.arn ?? name.requester.name ?? '' },
    ...(decided.length === 0 ? {} : { keys: traced(call.keys) }),
  }
}

function tracedCheck(
  { check, request, applicable, decision }: Decided,
  account: string | undefined,
  base: Keys,
  may: Room,
): TracedCheck {
  const { action, resource, owner } = request
  const traced = { action, resource, owner, allow: decision.allow }
  if (decision.allow) return { ...traced, explicit: decision.explicit, because: decision.because }
  const policies = explain(request, applicable, decision, may.whole)
  const full = { ...traced, ...votesOf(decision, policies, check.keys) }
  if (account === undefined || owner === account) return full
  // INVARIANT: the caller's side is asked again without anything of the other account: not its policies, not its role's
  // tags. What its account then reads is the same whether the role is missing or does not trust it: so is what it may cost.
  const keys = new Map([...(check.keys ?? [])].filter(([name]) => sent.test(name)))
  const { resource: _, ...mine } = applicable
  const alone = { request: { ...request, keys: new Map([...base, ...keys]) }, policies: { ...mine, rcps: [] } }
  const own = decide(alone.request, alone.policies, may.alone)
  const side = explain(alone.request, alone.policies, own, may.aside)
  return { ...full, own: votesOf(own, side, keys) }
}

const votesOf = (
  { explicit, because, blame, unfinished }: Decision,
  policies: readonly PolicyExplanation[],
  keys: Keys | undefined,
): Votes => ({
  explicit,
  because,
  ...(blame === undefined ? {} : { blame }),
  ...(unfinished === undefined ? {} : { unfinished }),
  policies,
  keys: traced(keys ?? new Map()),
})

const traced = (keys: Keys): TracedKeys =>
  Object.fromEntries([...keys].map(([name, value]) => [name, isExternalId(name) ? REDACTED : value]))
