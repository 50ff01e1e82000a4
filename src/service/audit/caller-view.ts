// What of a refusal the caller's own account may know. Its policies' votes are its business; whether a role of another
// account exists, what its trust policy says or expects, and how that account's organization votes, is not.
//
// INVARIANT: everything here is made from the votes of the caller's account and from what the caller sent. Nothing else
// enters, so a missing role and one that does not trust the caller give the same bytes.
import type { Because, PolicyKind } from '../../core/policy/model.ts'
import type { TracedCheck, TracedKeys } from './entry.ts'
import type { WhyAnswer } from './why.ts'

/** One question as the caller's account sees it. */
export interface CallerCheck {
  readonly action: string
  readonly resource: string
  readonly allow: boolean
  /** An explicit Deny among the votes below. */
  readonly explicit: boolean
  readonly because: readonly Because[]
  /** The kind of the account's own policies that refuses it first. */
  readonly blame?: PolicyKind
  /** Set when the account's own policies allow it, and the account that owns the resource does not. */
  readonly elsewhere?: 'denied in the resource account'
  readonly keys: TracedKeys
}

/** A request as the caller's account sees it. */
export interface CallerView {
  readonly id: string
  readonly time: string
  readonly event: string
  readonly who: { readonly id: string; readonly name: string; readonly arn: string }
  readonly code?: string
  readonly message?: string
  readonly checks: readonly CallerCheck[]
}

/** Keys of a question that the caller sent or that say where the resource is; others describe another account's. */
const sent =
  /^(aws:requesttag\/|aws:tagkeys$|aws:resourceaccount$|aws:multifactorauth|sts:(rolesessionname|sourceidentity|transitivetagkeys)$)/

/** The view of an account, or undefined when the caller was not of that account: then it is as if there were none. */
export function callerView({ entry }: WhyAnswer, account: string): CallerView | undefined {
  const { trace } = entry
  const record = entry.records.find((one) => one.recipientAccountId === account)
  // INVARIANT: a request id is no secret. It tells something to the account that made the request, to no other.
  if (trace.account === undefined || trace.account !== account || record === undefined) return undefined
  const { principal, code, message } = trace
  return {
    id: entry.id,
    time: record.eventTime,
    event: `${record.eventSource.split('.')[0]}:${record.eventName}`,
    who: principal ?? { id: record.userIdentity.principalId ?? '', name: '', arn: record.userIdentity.arn ?? '' },
    ...(code === undefined ? {} : { code }),
    ...(message === undefined ? {} : { message }),
    checks: trace.checks.map((check) => checkFor(check, account, trace.keys ?? {}, principal?.id === account)),
  }
}

function checkFor(check: TracedCheck, account: string, request: TracedKeys, root: boolean): CallerCheck {
  const { action, resource, owner, allow, blame, keys = {} } = check
  const because = check.because.filter((vote) => vote.owner === account)
  const view = { action, resource, allow, explicit: because.some(isDenial), because }
  if (owner === account) return { ...view, ...(blame === undefined ? {} : { blame }), keys: { ...request, ...keys } }
  const told = Object.fromEntries(Object.entries(keys).filter(([name]) => sent.test(name)))
  const ours = { ...view, keys: { ...request, ...told } }
  if (allow) return ours
  const own = refusedBy(because, root)
  return own === undefined ? { ...ours, elsewhere: 'denied in the resource account' } : { ...ours, blame: own }
}

const isDenial = ({ vote }: Because) => vote === 'deny' || vote === 'malformed'

/** The kind by which an account's own votes refuse already: then the other side's answer is not told. */
function refusedBy(own: readonly Because[], root: boolean): PolicyKind | undefined {
  const denial = own.find(isDenial)
  if (denial !== undefined) return denial.kind
  const allowed = new Set(own.filter(({ vote }) => vote === 'allow').map(({ kind }) => kind))
  // An account's root needs no policy of its own; everyone else needs one, and may have none to vote at all.
  const asked = [...own.map(({ kind }) => kind), ...(root ? [] : (['identity'] as const))]
  return asked.find((kind) => !allowed.has(kind))
}

/** The question that refused the request. */
const refusing = (view: CallerView) => view.checks.find(({ allow }) => !allow)

const items = <T>(list: readonly T[]) => ({ items: list })

/**
 * The DecodedMessage of DecodeAuthorizationMessage (STS API Reference): JSON text; undefined when the request was not
 * refused by a policy or was not made by this account, which the caller cannot tell apart.
 */
export function decoded(answer: WhyAnswer, account: string): string | undefined {
  const view = callerView(answer, account)
  const check = view === undefined ? undefined : refusing(view)
  if (view === undefined || check === undefined) return undefined
  const matched = check.because.filter(isDenial).map(({ policy = '', statement }) => ({
    statementId: statement === undefined ? policy : `${policy}#${statement + 1}`,
    effect: 'DENY',
    principals: items([]),
    principalGroups: items([]),
    actions: items([{ value: check.action }]),
    resources: items([{ value: check.resource }]),
    conditions: items([]),
  }))
  const conditions = Object.entries(check.keys).map(([key, value]) => ({
    key,
    values: items([value].flat().map((one) => ({ value: one }))),
  }))
  return JSON.stringify({
    allowed: false,
    explicitDeny: check.explicit,
    matchedStatements: items(matched),
    failures: items([]),
    context: {
      principal: view.who,
      action: check.action,
      resource: check.resource,
      conditions: items(conditions),
    },
  })
}
