// What the caller's own account may know of a request: the votes of its own policies. It may not know whether a role of
// another account exists, what that role's trust policy says or expects, or how that account's organization votes.
//
// INVARIANT: of a check across accounts, only the decision of the caller's side alone enters (trace.ts). It is made of the
// caller's policies and of what it sent: a missing role and one that does not trust the caller give the same bytes.
import type { Because } from '../../core/policy/model.ts'
import type { TracedCheck, TracedKeys, Votes } from './trace.ts'
import type { WhyAnswer } from './why.ts'

/** One check as the caller's account sees it. */
export interface CallerCheck extends Votes {
  readonly action: string
  readonly resource: string
  readonly allow: boolean
  /** Set when the account's own policies allow it, and the account that owns the resource does not. */
  readonly elsewhere?: 'denied in the resource account'
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
  /** The request's own context keys. */
  readonly keys: TracedKeys
}

/** The view of an account, or undefined when the caller was not of that account: it then learns nothing. */
export function callerView({ entry }: WhyAnswer, account: string): CallerView | undefined {
  const { trace } = entry
  const record = entry.records.find((one) => one.recipientAccountId === account)
  // INVARIANT: a request id is no secret, so only the account that made the request learns anything by it.
  if (trace.account === undefined || trace.account !== account || record === undefined) return undefined
  const { principal, code, message } = trace
  return {
    id: entry.id,
    time: record.eventTime,
    event: `${record.eventSource.split('.')[0]}:${record.eventName}`,
    who: principal ?? { id: record.userIdentity.principalId ?? '', name: '', arn: record.userIdentity.arn ?? '' },
    ...(code === undefined ? {} : { code }),
    ...(message === undefined ? {} : { message }),
    checks: trace.checks.map((check) => checkFor(check, account)),
    keys: trace.keys ?? {},
  }
}

function checkFor(check: TracedCheck, account: string): CallerCheck {
  const { owner, own, ...whole } = check
  if (owner === account) return whole
  const { action, resource, allow } = whole
  // Only the votes of one account: the other's are not there, or are left out here.
  const because = (own ?? check).because.filter((vote) => vote.owner === account)
  if (own === undefined) return { action, resource, allow, explicit: because.some(isDenial), because }
  const { blame, ...votes } = own
  const view = { action, resource, allow, ...votes, because }
  return blame === undefined || blame === 'trust' || blame === 'resource'
    ? { ...view, elsewhere: 'denied in the resource account' }
    : { ...view, blame }
}

const isDenial = ({ vote }: Because) => vote === 'deny' || vote === 'malformed' || vote === 'unfinished'

/** The check that refused the request. */
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
  const matched = check.because.flatMap((vote, at) => {
    if (!isDenial(vote)) return []
    const { policy = '', statement } = vote
    const sid = check.policies?.[at]?.statements.find(({ index }) => index === statement)?.sid
    return {
      statementId: sid ?? (statement === undefined ? policy : `${policy}#${statement + 1}`),
      effect: 'DENY',
      principals: items([]),
      principalGroups: items([]),
      actions: items([{ value: check.action }]),
      resources: items([{ value: check.resource }]),
      conditions: items([]),
    }
  })
  const conditions = Object.entries({ ...view.keys, ...check.keys }).map(([key, value]) => ({
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
