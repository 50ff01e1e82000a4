// Puts a question to the engine (core/policy/decide.ts), and its answer into the package's types.
import { allowanceFor } from '../core/policy/allowance.ts'
import { foldCase } from '../core/policy/casing.ts'
import { compile } from '../core/policy/compile.ts'
import { decide } from '../core/policy/decide.ts'
import { placeOf } from '../core/policy/document.ts'
import type { AccessRequest, Applicable, Compiled, Decision as Decided, Requester } from '../core/policy/model.ts'
import { refusalReason } from '../core/policy/reason.ts'
import { isoSeconds } from '../core/time.ts'
import { notAuthorized } from '../service/access/not-authorized.ts'
import { compiled } from './policy-compiled.ts'
import type { Context, ContextValue, Decision, Policy, PolicySet, Reason } from './policy-types.ts'

/** A question in the engine's terms. */
export interface Asked {
  readonly request: AccessRequest
  readonly policies: PolicySet
}

/** A condition key's value as text. */
function textOf(value: Exclude<ContextValue, undefined>): string | readonly string[] {
  if (typeof value === 'string') return value
  if (value instanceof Date) return isoSeconds(value)
  return Array.isArray(value) ? value.map(String) : String(value)
}

/** Condition keys with folded names; those that are said to be absent are left out. */
export function keysOf(context: Context): Map<string, string | readonly string[]> {
  const keys = new Map<string, string | readonly string[]>()
  for (const [name, value] of Object.entries(context)) if (value !== undefined) keys.set(foldCase(name), textOf(value))
  return keys
}

/**
 * A resource's policy as it is put to this requester. Names of users and roles in it are matched as they are now: a store would hold
 * unique ids in their place.
 */
function resourceFor(policy: Policy, { kind, arn, principalArn, principalId }: Requester): Compiled {
  if (principalId === undefined || arn === undefined || kind === 'root') return compiled(policy)
  const principals = new Map([
    [arn, principalId],
    [principalArn ?? arn, principalId],
  ])
  return compile(policy.text, { kind: policy.kind, source: policy.source, principals })
}

function applicableOf({ identity, boundary, session, resource, scps, rcps }: PolicySet, who: Requester): Applicable {
  const list = (policies: readonly Policy[]) => policies.map(compiled)
  return {
    identity: list(identity ?? []),
    scps: (scps ?? []).map(list),
    rcps: (rcps ?? []).map(list),
    ...(boundary && { boundary: compiled(boundary) }),
    ...(session && { session: list(session) }),
    ...(resource && { resource: resourceFor(resource, who) }),
  }
}

/** The policies in the order of the votes. */
export const inOrder = ({ identity = [], boundary, session = [], resource, scps = [], rcps = [] }: PolicySet) =>
  [
    ...[...rcps, ...scps].flat(),
    ...(resource ? [resource] : []),
    ...identity,
    ...(boundary ? [boundary] : []),
    ...session,
  ] as const

function reasonOf({ because }: Decided, policies: readonly Policy[]): readonly Reason[] {
  return because.map(({ kind, vote, statement }, at): Reason => {
    const policy = policies[at] as Policy
    const decisive = statement === undefined ? undefined : compiled(policy).statements[statement]
    const { source } = policy
    if (decisive === undefined) return { kind, source, vote }
    const { index, sid, start } = decisive
    return { kind, source, vote, statement: { index, ...(sid && { sid }), ...placeOf(policy.text, start) } }
  })
}

/** The answer, and what an explanation is made of. */
export function put({ request, policies }: Asked) {
  const applicable = applicableOf(policies, request.requester)
  const decided = decide(request, applicable, allowanceFor(1))
  const { action, resource, requester } = request
  const decision: Decision = {
    allowed: decided.allow,
    outcome: decided.allow ? 'allow' : decided.explicit ? 'explicit-deny' : 'implicit-deny',
    ...(!decided.allow && { message: notAuthorized(requester, action, resource) + refusalReason(decided, request) }),
    ...(decided.blame && { deniedBy: decided.blame }),
    reasons: reasonOf(decided, inOrder(policies)),
  }
  return { applicable, decided, decision }
}

export const decideAsked = (asked: Asked): Decision => put(asked).decision
