// Puts an operation's questions to the policy engine, with every policy that applies to the caller, and turns a no into
// AWS's sentence.
import type { Pass } from '../../core/identity.ts'
import { allOf, andThen, type Maybe } from '../../core/maybe.ts'
import { type Allowance, allowFor } from '../../core/policy/allowance.ts'
import { compile } from '../../core/policy/compile.ts'
import { aboutAction, decide } from '../../core/policy/decide.ts'
import type { AccessRequest, Applicable, Compiled, Decision } from '../../core/policy/model.ts'
import { refusalReason } from '../../core/policy/reason.ts'
import type { Subject, Subjects } from '../contracts/subject.ts'
import type { Check, Requesting } from '../operation.ts'
import { checkKeys, unfilledOf } from './context-keys.ts'
import { compiledText } from './load-subject.ts'
import { notAuthorized } from './not-authorized.ts'

/** A check with its answer: the audit and `hallpass why` read it. */
export interface Decided {
  readonly check: Check
  readonly request: AccessRequest
  readonly applicable: Applicable
  readonly decision: Decision
  /** What it took of the request's allowance. */
  readonly steps: number
}

const nothing: Applicable = { identity: [], scps: [], rcps: [] }

/** The policies of a caller, but for those of resources. A promise only when a managed session policy must be read. */
export function callerPolicies(
  subjects: Subjects,
  pass: Pass | undefined,
  subject: Subject | undefined,
  allowance: Allowance,
): Maybe<Applicable> {
  if (subject === undefined) return nothing
  const session = pass === undefined ? undefined : sessionOf(subjects, pass, allowance)
  return andThen(session, (compiled) => applicable(subject, compiled))
}

function applicable(subject: Subject, session: readonly Compiled[] | undefined): Applicable {
  const { identity, boundary, scps, rcps } = subject
  return {
    identity,
    scps,
    rcps,
    ...(boundary === undefined ? {} : { boundary }),
    ...(session === undefined ? {} : { session }),
  }
}

/** Session policies of a pass. A federated user without any has an empty list: nothing is allowed through it. */
function sessionOf(subjects: Subjects, pass: Pass, allowance: Allowance): Maybe<readonly Compiled[] | undefined> {
  const { policies } = pass
  if (policies === undefined) return pass.kind === 'federated-user' ? [] : undefined
  const inline = policies.inline === undefined ? [] : [inlineOf(pass, policies.inline, allowance)]
  if (policies.managed.length === 0) return inline
  const managed = policies.managed.map((id) => subjects.sessionPolicyById(pass.account, id))
  // INVARIANT: a managed session policy that is gone denies; it is not left out.
  const compiled = (policy: Awaited<(typeof managed)[number]>, at: number) =>
    policy?.compiled ?? compile('', { kind: 'session', source: policies.managed[at] ?? '' })
  return andThen(allOf(managed), (all) => [...inline, ...all.map(compiled)])
}

const inlines = new WeakMap<Pass, Compiled>()

function inlineOf(pass: Pass, text: string, allowance: Allowance): Compiled {
  const kept = inlines.get(pass)
  if (kept !== undefined) return kept
  const made = compiledText(text, 'session', 'inline', allowance)
  inlines.set(pass, made)
  return made
}

/** From how many questions on the policies are narrowed to each action first: fewer cost less than that. */
const many = 4

/**
 * The policies to put each of these checks to. The allowance has a share for each check, which does not reach for going
 * through everything a caller has: of many checks about one action the statements about it are looked up once.
 */
export function sharedBy(
  checks: readonly Check[],
  policies: Applicable,
  allowance: Allowance,
): (check: Check) => Applicable {
  allowFor(allowance, checks.length)
  return checks.length < many ? () => policies : byAction(policies, allowance)
}

/** The policies for each check, with those of their statements alone that are about its action: gone through once for each. */
export function byAction(policies: Applicable, allowance: Allowance): (check: Check) => Applicable {
  const narrowed = new Map<string, Applicable>()
  return ({ action }) => {
    const kept = narrowed.get(action)
    if (kept !== undefined) return kept
    const made = aboutAction(policies, action, allowance)
    narrowed.set(action, made)
    return made
  }
}

/** Decides one check for whoever makes the request. */
export function decideCheck(who: Requesting, check: Check, policies: Applicable): Decided {
  const request: AccessRequest = {
    action: check.action,
    resource: check.resource,
    owner: check.owner,
    requester: who.name.requester,
    keys: checkKeys(who.keys, check.keys, check.owner, who.subject),
    unfilled: unfilledOf(check.owner, who.subject, who.identity, who.from, check.unfilled),
    ...(check.bothSides === undefined ? {} : { bothSides: check.bothSides }),
  }
  const applicable = check.policy === undefined ? policies : { ...policies, resource: check.policy }
  const before = who.allowance.left
  const decision = decide(request, applicable, who.allowance)
  return { check, request, applicable, decision, steps: before - who.allowance.left }
}

/** The sentence of a refusal. */
export function refusalSentence({ check, request, decision }: Decided): string {
  if (check.refusal !== undefined) return check.refusal
  const { requester, action, resource } = request
  const shown = check.resourceName ?? resource
  const plain = notAuthorized(requester, action, shown)
  return check.withoutReason ? plain : plain + refusalReason(decision, request)
}
