// Why a decision came out as it did, for `hallpass why`: every policy, and of its statements those that were about such an
// action, element by element. It is off the hot path, uses the same matchers as the decision, and stays short enough to
// read: a caller that is refused a hundred times a second must not produce hundreds of pages.
import { type Allowance, isUsedUp, spend } from './allowance.ts'
import type { Program, Rule } from './compile.ts'
import { type Condition, testCondition } from './conditions.ts'
import { type Flaw, flawOf } from './flaw.ts'
import { actionMatches, isUntenanted, reachOfRule, resourceMatches, ruleMeets, type Scene, sceneOf } from './match.ts'
import type { AccessRequest, Applicable, Compiled, Decision, PolicyKind, Vote } from './model.ts'
import { byAccount, byPrincipal, unreached } from './principals.ts'
import { broken, no, type Truth, yes } from './wildcard.ts'

/**
 * `malformed`: could not be evaluated; a Deny then applies, an Allow does not. `unfinished`: the allowance for explaining was
 * used up before.
 */
export type Outcome = 'matched' | 'not matched' | 'malformed' | 'unfinished'

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

const outcomeOf = (truth: Truth, { allowance }: Scene): Outcome =>
  truth === yes ? 'matched' : truth !== broken ? 'not matched' : isUsedUp(allowance) ? 'unfinished' : 'malformed'

/** Most statements of a policy, most values of an element and most characters of a value that an explanation shows. */
const mostStatements = 24
const mostValues = 16
const mostCharacters = 512

/** Steps of explaining one statement, beside the characters that it shows. */
const telling = 100

const cut = (text: string, { allowance }: Scene): string => {
  const short = text.length > mostCharacters ? `${text.slice(0, mostCharacters)}…` : text
  spend(allowance, short.length >> 1)
  return short
}

const shown = (values: readonly string[], scene: Scene): readonly string[] =>
  values.slice(0, mostValues).map((value) => cut(value, scene))

const charactersOf = (value: string | readonly string[] | undefined): number =>
  value === undefined ? 0 : typeof value === 'string' ? value.length : value.reduce((sum, one) => sum + one.length, 0)

/**
 * INVARIANT: neither the expected nor the presented value of sts:ExternalId is ever shown: it is a shared secret of two
 * parties, one of whom may be reading.
 */
function explainCondition(condition: Condition, scene: Scene): ConditionExplanation {
  const { keys, unfilled, allowance } = scene
  const actual = keys.get(condition.key)
  const outcome = outcomeOf(testCondition(condition, scene), scene)
  const lacks = outcome === 'not matched' || outcome === 'malformed'
  const flaw =
    lacks && spend(allowance, condition.steps + charactersOf(actual)) ? flawOf(condition, keys, unfilled) : undefined
  return {
    operator: condition.operator,
    key: condition.name,
    outcome,
    present: actual !== undefined && actual.length + Number(typeof actual === 'string') > 0,
    ...(flaw === undefined ? {} : { flaw }),
    ...(!condition.secret && {
      values: shown(condition.values, scene),
      ...(actual !== undefined && { actual: typeof actual === 'string' ? cut(actual, scene) : shown(actual, scene) }),
    }),
  }
}

function explainPrincipal(rule: Rule, program: Program, scene: Scene): ElementExplanation | undefined {
  if (rule.principals === undefined) return undefined
  const { negated } = rule.principals
  const texts = shown(rule.principals.texts, scene)
  const element = negated ? 'NotPrincipal' : 'Principal'
  if (rule.effect === 'Deny') return { element, outcome: outcomeOf(ruleMeets(rule, scene), scene), values: texts }
  const reach = reachOfRule(rule, program, scene)
  if (reach === unreached) return { element, outcome: 'not matched', values: texts }
  if (isUntenanted(rule, scene)) return { element, outcome: 'malformed', values: texts, untenanted: true }
  const by = reach === byAccount ? 'account' : reach === byPrincipal ? 'principal' : 'exact'
  return { element, outcome: 'matched', values: texts, by }
}

const textsOf = (patterns: readonly { readonly text: string }[]) =>
  patterns.slice(0, mostValues).map(({ text }) => text)

/** What the outcomes of its elements make of a statement's. */
const weightiest: readonly Outcome[] = ['not matched', 'unfinished', 'malformed']

function explainRule(rule: Rule, program: Program, scene: Scene, acted: Truth): StatementExplanation {
  spend(scene.allowance, telling)
  const principal = explainPrincipal(rule, program, scene)
  const elements: ElementExplanation[] = principal === undefined ? [] : [principal]
  elements.push({
    element: rule.notAction ? 'NotAction' : 'Action',
    outcome: outcomeOf(acted, scene),
    values: shown(textsOf(rule.actions), scene),
  })
  if (rule.resources !== undefined)
    elements.push({
      element: rule.notResource ? 'NotResource' : 'Resource',
      outcome: outcomeOf(resourceMatches(rule, scene), scene),
      values: shown(textsOf(rule.resources), scene),
    })
  const conditions = rule.conditions.map((condition) => explainCondition(condition, scene))
  const outcomes = [...elements, ...conditions].map(({ outcome }) => outcome)
  const outcome = weightiest.find((one) => outcomes.includes(one)) ?? 'matched'
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

/** The statements of a policy that were about such an action: what they lack may be what the caller looks for. */
function explainProgram(program: Program, scene: Scene): readonly StatementExplanation[] {
  const statements: StatementExplanation[] = []
  for (const rule of program.statements) {
    if (statements.length === mostStatements || isUsedUp(scene.allowance)) break
    const acted = actionMatches(rule, scene)
    if (acted !== no) statements.push(explainRule(rule, program, scene, acted))
  }
  return statements
}

/**
 * How each policy voted on a request that was decided this way, in the order of the votes. Never throws. It costs no more
 * than the allowance has, which is separate from the one that the request was decided within: a refusal because that one was
 * used up is explained as well.
 */
export function explain(
  request: AccessRequest,
  policies: Applicable,
  decision: Decision,
  allowance: Allowance,
): readonly PolicyExplanation[] {
  const explained: PolicyExplanation[] = []
  const scene = sceneOf(request, policies, allowance)
  for (const [policy, level] of inOrder(policies)) {
    const because = decision.because[explained.length]
    explained.push({
      kind: policy.kind,
      policy: policy.source,
      owner: because?.owner ?? request.owner,
      ...(level !== undefined && { level }),
      vote: because?.vote ?? 'silent',
      ...(policy.malformed !== undefined && { malformed: policy.malformed }),
      statements: explainProgram(policy as Program, scene),
    })
  }
  return explained
}
