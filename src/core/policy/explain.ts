// Why a decision came out as it did, for `hallpass why`: every policy, every statement, every element. Off the hot path,
// and made of the same matchers as the decision.
import type { Program, Rule } from './compile.ts'
import { type Condition, testCondition } from './conditions.ts'
import { decide } from './decide.ts'
import { type Flaw, flawOf } from './flaw.ts'
import { actionMatches, isUntenanted, reachOfRule, resourceMatches, ruleMeets, type Scene, sceneOf } from './match.ts'
import type { AccessRequest, Applicable, Compiled, Decision, PolicyKind, Vote } from './model.ts'
import { byAccount, byPrincipal, unreached } from './principals.ts'
import { broken, type Truth, yes } from './wildcard.ts'

/** `malformed`: could not be evaluated; a Deny then applies, an Allow does not. */
export type Outcome = 'matched' | 'not matched' | 'malformed'

export interface ElementExplanation {
  readonly element: 'Principal' | 'NotPrincipal' | 'Action' | 'NotAction' | 'Resource' | 'NotResource'
  readonly outcome: Outcome
  /** As written in the policy; principals as `Type:value`. */
  readonly values: readonly string[]
  /** For a principal that matched: what the grant may bypass. */
  readonly by?: 'account' | 'principal' | 'exact'
  /** The provider is one that many tenants share, and no condition singles one out. */
  readonly untenanted?: true
}

export interface ConditionExplanation {
  readonly operator: string
  readonly key: string
  readonly outcome: Outcome
  readonly present: boolean
  /** Why it could not be compared; absent where it was, or holds. */
  readonly flaw?: Flaw
  /** Both are left out for sts:ExternalId and whatever refers to it. */
  readonly values?: readonly string[]
  readonly actual?: string | readonly string[]
}

export interface StatementExplanation {
  readonly index: number
  readonly sid?: string
  readonly effect: 'Allow' | 'Deny'
  /** Offsets in the policy's text. */
  readonly start: number
  readonly end: number
  readonly outcome: Outcome
  readonly elements: readonly ElementExplanation[]
  readonly conditions: readonly ConditionExplanation[]
}

export interface PolicyExplanation {
  readonly kind: PolicyKind
  readonly policy: string
  /** The account whose operator may read this. */
  readonly owner: string
  /** For service and resource control policies: the level, root 0. */
  readonly level?: number
  readonly vote: Vote
  readonly malformed?: string
  readonly statements: readonly StatementExplanation[]
}

export interface Explanation {
  readonly decision: Decision
  readonly policies: readonly PolicyExplanation[]
}

const outcomeOf = (truth: Truth): Outcome =>
  truth === yes ? 'matched' : truth === broken ? 'malformed' : 'not matched'

/**
 * INVARIANT: neither the expected nor the presented value of sts:ExternalId is ever shown: it is a shared secret of two
 * parties, one of whom may be reading.
 */
function explainCondition(condition: Condition, scene: Scene): ConditionExplanation {
  const { keys, unfilled } = scene.request
  const actual = keys.get(condition.key)
  const outcome = outcomeOf(testCondition(condition, keys, unfilled))
  const flaw = outcome === 'matched' ? undefined : flawOf(condition, keys, unfilled)
  return {
    operator: condition.operator,
    key: condition.name,
    outcome,
    present: actual !== undefined && actual.length + Number(typeof actual === 'string') > 0,
    ...(flaw === undefined ? {} : { flaw }),
    ...(!condition.secret && { values: condition.values, ...(actual !== undefined && { actual }) }),
  }
}

function explainPrincipal(rule: Rule, program: Program, scene: Scene): ElementExplanation | undefined {
  if (rule.principals === undefined) return undefined
  const { negated, texts } = rule.principals
  const element = negated ? 'NotPrincipal' : 'Principal'
  if (rule.effect === 'Deny') return { element, outcome: outcomeOf(ruleMeets(rule, scene)), values: texts }
  const reach = reachOfRule(rule, program, scene)
  if (reach === unreached) return { element, outcome: 'not matched', values: texts }
  if (isUntenanted(rule, scene)) return { element, outcome: 'malformed', values: texts, untenanted: true }
  const by = reach === byAccount ? 'account' : reach === byPrincipal ? 'principal' : 'exact'
  return { element, outcome: 'matched', values: texts, by }
}

function explainRule(rule: Rule, program: Program, scene: Scene): StatementExplanation {
  const principal = explainPrincipal(rule, program, scene)
  const elements: ElementExplanation[] = principal === undefined ? [] : [principal]
  elements.push({
    element: rule.notAction ? 'NotAction' : 'Action',
    outcome: outcomeOf(actionMatches(rule, scene)),
    values: rule.actions.map(({ text }) => text),
  })
  if (rule.resources !== undefined)
    elements.push({
      element: rule.notResource ? 'NotResource' : 'Resource',
      outcome: outcomeOf(resourceMatches(rule, scene)),
      values: rule.resources.map(({ text }) => text),
    })
  const conditions = rule.conditions.map((condition) => explainCondition(condition, scene))
  const outcomes = [...elements, ...conditions].map(({ outcome }) => outcome)
  const outcome = outcomes.includes('not matched')
    ? 'not matched'
    : outcomes.includes('malformed')
      ? 'malformed'
      : 'matched'
  const { index, sid, effect, start, end } = rule
  return { index, ...(sid !== undefined && { sid }), effect, start, end, outcome, elements, conditions }
}

/** The policies in the order in which decide() lets them vote. */
function* inOrder(policies: Applicable): Generator<readonly [Compiled, number | undefined]> {
  for (const [level, list] of policies.rcps.entries()) for (const policy of list) yield [policy, level]
  for (const [level, list] of policies.scps.entries()) for (const policy of list) yield [policy, level]
  if (policies.resource !== undefined) yield [policies.resource, undefined]
  for (const policy of policies.identity) yield [policy, undefined]
  if (policies.boundary !== undefined) yield [policies.boundary, undefined]
  for (const policy of policies.session ?? []) yield [policy, undefined]
}

/** The decision, and for each policy what each of its statements made of the request. Never throws. */
export function explain(request: AccessRequest, policies: Applicable): Explanation {
  const decision = decide(request, policies)
  const explained: PolicyExplanation[] = []
  for (const [policy, level] of inOrder(policies)) {
    // A budget for each policy: an explanation looks at what a decision may leave out.
    const scene = sceneOf(request, policies)
    const program = policy as Program
    const because = decision.because[explained.length]
    explained.push({
      kind: policy.kind,
      policy: policy.source,
      owner: because?.owner ?? request.owner,
      ...(level !== undefined && { level }),
      vote: because?.vote ?? 'silent',
      ...(policy.malformed !== undefined && { malformed: policy.malformed }),
      statements: program.statements.map((rule) => explainRule(rule, program, scene)),
    })
  }
  return { decision, policies: explained }
}
