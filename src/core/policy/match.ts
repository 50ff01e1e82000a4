// Whether one statement applies to one request, element by element. decide.ts and explain.ts both use this, so that what is
// explained is what was decided.
import { type Allowance, forCharacters, spend } from './allowance.ts'
import { foldCase } from './casing.ts'
import type { Program, Rule } from './compile.ts'
import { type ConditionScene, testCondition } from './conditions.ts'
import type { AccessRequest, Applicable, Requester } from './model.ts'
import { denyMeets, exactly, grantReach, type Reach, unreached } from './principals.ts'
import { matchResource, type Sought } from './resources.ts'
import { broken, matchGlob, no, type Truth, yes } from './wildcard.ts'

/** One request while it is being decided. */
export interface Scene extends Sought, ConditionScene {
  readonly request: AccessRequest
  readonly requester: Requester
  readonly action: string
  /** Whether a permissions boundary is attached, which changes what Deny with NotPrincipal means. */
  readonly bounded: boolean
}

/** A request, with the allowance that it is decided within. */
export function sceneOf(request: AccessRequest, policies: Applicable, allowance: Allowance): Scene {
  const { requester, action, resource, keys, unfilled } = request
  spend(allowance, forCharacters(action.length))
  return {
    request,
    requester,
    action: foldCase(action),
    name: { text: resource, parts: undefined, split: false },
    keys,
    unfilled,
    allowance,
    bounded: policies.boundary !== undefined,
  }
}

const inverse = (truth: Truth): Truth => (truth === broken ? broken : truth === yes ? no : yes)

export function actionMatches(rule: Rule, scene: Pick<Scene, 'action' | 'allowance'>): Truth {
  if (!spend(scene.allowance, rule.actionSteps)) return broken
  let result: Truth = no
  for (const pattern of rule.actions) {
    const matched = pattern.glob === undefined ? broken : matchGlob(pattern.glob, scene.action, scene.allowance)
    if (matched === yes) return rule.notAction ? no : yes
    if (matched === broken) result = broken
  }
  return rule.notAction ? inverse(result) : result
}

export function resourceMatches(rule: Rule, scene: Scene): Truth {
  if (rule.resources === undefined) return yes
  if (!spend(scene.allowance, rule.resourceSteps)) return broken
  const refuses = rule.notResource === (rule.effect === 'Allow')
  let result: Truth = no
  for (const pattern of rule.resources) {
    let matched = matchResource(pattern, scene, refuses)
    // DIVERGES: an entry whose variable has no value matches nothing. In NotResource that would spare nothing, so that
    // an Allow would grant what its author meant to keep back; there it does not grant.
    if (matched === 'unresolved') matched = rule.notResource && rule.effect === 'Allow' ? broken : no
    if (matched === yes) return rule.notResource ? no : yes
    if (matched === broken) result = broken
  }
  return rule.notResource ? inverse(result) : result
}

/** Whether an Allow of trust names the requester's provider, which many tenants share, and not whose tokens it means. */
export const isUntenanted = ({ untenanted }: Rule, { requester }: Scene): boolean =>
  untenanted !== undefined && requester.kind === 'federated' && untenanted.has(requester.name ?? '')

/** How far an Allow's principals reach; policies without that element speak to whoever they are attached to. */
export function reachOfRule(rule: Rule, program: Program, scene: Scene): Reach {
  if (rule.principals === undefined) return exactly
  spend(scene.allowance, rule.principals.list.length)
  return grantReach(rule.principals, scene.requester, program.kind)
}

/** Whether a Deny's principals meet the requester. */
export function ruleMeets(rule: Rule, scene: Scene): Truth {
  if (rule.principals === undefined) return yes
  spend(scene.allowance, rule.principals.list.length)
  return denyMeets(rule.principals, scene.requester, scene.bounded)
}

/** Action, resource and conditions together; `no` from any of them settles it, whatever else is broken. */
export function ruleMatches(rule: Rule, scene: Scene): Truth {
  const action = actionMatches(rule, scene)
  if (action === no) return no
  const resource = resourceMatches(rule, scene)
  if (resource === no) return no
  let result: Truth = action === broken || resource === broken ? broken : yes
  for (const condition of rule.conditions) {
    const held = testCondition(condition, scene)
    if (held === no) return no
    if (held === broken) result = broken
  }
  return result
}

/** A Deny applies when all of it matches or cannot be evaluated. INVARIANT: a broken Deny denies. */
export function denyApplies(rule: Rule, scene: Scene): Truth {
  const met = ruleMeets(rule, scene)
  if (met === no) return no
  const matched = ruleMatches(rule, scene)
  return matched === no ? no : met === broken ? broken : matched
}

/**
 * How far an Allow grants: `unreached` when it does not match. `flawed` is called when a grant is lost to a broken element.
 */
export function allowReaches(rule: Rule, program: Program, scene: Scene): { reach: Reach; broken: boolean } {
  const reach = reachOfRule(rule, program, scene)
  if (reach === unreached) return lost
  const matched = ruleMatches(rule, scene)
  if (matched !== no && isUntenanted(rule, scene)) return flawed
  if (matched === yes) return granted[reach]
  return matched === broken ? flawed : lost
}

const lost = { reach: unreached, broken: false }
const flawed = { reach: unreached, broken: true }
const granted = [lost, { reach: 1, broken: false }, { reach: 2, broken: false }, { reach: 3, broken: false }] as const

/** A policy with those of its statements only that are about an action, or may be. It decides that action as the whole would. */
export function aboutAction(program: Program, action: string, allowance: Allowance): Program {
  const sought = { action: foldCase(action), allowance }
  const near = (rule: Rule) => actionMatches(rule, sought) !== no
  const { denies, allows } = program
  return program.malformed !== undefined || denies === undefined
    ? program
    : { ...program, denies: denies.filter(near), allows: allows.filter(near) }
}
