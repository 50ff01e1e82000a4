// The trace of a refusal: what each policy made of each question, told in full for the operator, and apart from it what
// the caller's own account may be told. Made off the hot path, when a request has already been refused.
import type { Keys } from '../../core/identity.ts'
import { explain, type PolicyExplanation, type StatementExplanation } from '../../core/policy/explain.ts'
import type { Because, PolicyKind } from '../../core/policy/model.ts'
import type { Decided } from '../access/authorize.ts'
import { accountOf } from './identity-record.ts'
import type { Happened } from './record.ts'
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
  /** What the policies were asked with, beside the request's own keys. Of refusals alone. */
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
  readonly code?: string
  readonly message?: string
  /** What was not told to the caller. */
  readonly detail?: string
  readonly principal?: { readonly id: string; readonly name: string; readonly arn: string }
  /** The request's own context keys. */
  readonly keys?: TracedKeys
}

/** Keys of a question that come from what the caller sent, or from the resource's ARN; others tell of the resource. */
const sent =
  /^(aws:requesttag\/|(aws:(tagkeys|resourceaccount|multifactorauthpresent|multifactorauthage)|sts:(externalid|rolesessionname|sourceidentity|transitivetagkeys))$)/

/** Most statements and most values of one that a trace keeps: an entry stays of a size that can be written for each refusal. */
const mostStatements = 24
const mostValues = 16

const notKept = 'What was asked and what the policies said is not kept: the account had too many refusals in a day.'

/** The trace of a call that was refused. */
export function refusalTrace({ call, decided: all, refused, input, short }: Happened): Trace {
  const { name } = call
  const account = accountOf(call)
  const decided = short === true ? [] : all
  const detail = short === true ? notKept : refused?.detail
  const userName = name.userName ?? (call.identity.kind === 'session' ? call.identity.pass.name : '')
  return {
    ...(account === undefined ? {} : { account }),
    checks: decided.map((one) => tracedCheck(one, account, call.keys)),
    code: refused?.code ?? '',
    message: scrubSentence(refused?.message ?? '', input),
    ...(detail === undefined ? {} : { detail: scrubSentence(detail, input) }),
    principal: { id: name.userId, name: userName, arn: name.requester.arn ?? name.requester.name ?? '' },
    ...(decided.length === 0 ? {} : { keys: traced(call.keys) }),
  }
}

function tracedCheck({ check, request, applicable, decision }: Decided, account: string | undefined, base: Keys) {
  const { action, resource, owner } = request
  const { allow, explicit, because, blame } = decision
  const traced: TracedCheck = { action, resource, owner, allow, explicit, because }
  if (allow) return traced
  const full = {
    ...traced,
    ...(blame === undefined ? {} : { blame }),
    ...told(explain(request, applicable).policies, check.keys),
  }
  if (account === undefined || owner === account) return full
  // INVARIANT: the caller's side is asked again without anything of the other account: not its policies, not its role's
  // tags. What its account is told then is the same whether the role is missing or does not trust it.
  const keys = new Map([...(check.keys ?? [])].filter(([name]) => sent.test(name)))
  const { resource: _, ...mine } = applicable
  const alone = explain({ ...request, keys: new Map([...base, ...keys]) }, { ...mine, rcps: [] })
  const { decision: own, policies } = alone
  return {
    ...full,
    own: {
      explicit: own.explicit,
      because: own.because,
      ...(own.blame === undefined ? {} : { blame: own.blame }),
      ...told(policies, keys),
    },
  }
}

const told = (policies: readonly PolicyExplanation[], keys: Keys | undefined) => ({
  policies: policies.map((policy) => ({
    ...policy,
    statements: policy.statements.filter(near).slice(0, mostStatements).map(shortened),
  })),
  keys: traced(keys ?? new Map()),
})

/** Whether a statement was about such an action: what it lacks may be what the caller looks for. */
const near = ({ elements }: StatementExplanation) =>
  elements.every(({ element, outcome }) => outcome !== 'not matched' || !element.endsWith('Action'))

const shortened = (statement: StatementExplanation): StatementExplanation => ({
  ...statement,
  elements: statement.elements.map((one) => ({ ...one, values: one.values.slice(0, mostValues) })),
  conditions: statement.conditions.map((one) =>
    one.values === undefined ? one : { ...one, values: one.values.slice(0, mostValues) },
  ),
})

const traced = (keys: Keys): TracedKeys =>
  Object.fromEntries([...keys].map(([name, value]) => [name, isExternalId(name) ? REDACTED : value]))
