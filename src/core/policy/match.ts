// Whether one statement applies to one request, element by element. decide.ts and explain.ts both stand on this, so that
// what is explained is what was decided.
import { foldCase } from './casing.ts'
import type { Program, Rule } from './compile.ts'
import { testCondition } from './conditions.ts'
import type { AccessRequest, Applicable, Requester } from './model.ts'
import { denyMeets, exactly, grantReach, type Reach, unreached } from './principals.ts'
import { matchResource, type ResourceName } from './resources.ts'
import { broken, matchGlob, no, refillBudget, type Truth, yes } from './wildcard.ts'

/** One request while it is being decided. */
export interface Scene {
  readonly request: AccessRequest
  readonly requester: Requester
  readonly action: string
  readonly resource: ResourceName
  /** Whether a permissions boundary is attached, which changes what Deny with NotPrincipal means. */
  readonly bounded: boolean
}

/** Sets the scene and refills the wildcard budget: one scene at a time, without awaiting in between. */
export function sceneOf(request: AccessRequest, policies: Applicable): Scene {
  refillBudget()
  return {
    request,
    requester: request.requester,
    action: foldCase(request.action),
    resource: { text: request.resource, parts: undefined, split: false },
    bounded: policies.boundary !== undefined,
  }
}

const inverse = (truth: Truth): Truth => (truth === broken ? broken : truth === yes ? no : yes)

export function actionMatches(rule: Rule, scene: Scene): Truth {
  let found: Truth = no
  for (const pattern of rule.actions) {
    const matched = pattern.glob === undefined ? broken : matchGlob(pattern.glob, scene.action)
    if (matched === yes) return rule.notAction ? no : yes
    if (matched === broken) found = broken
  }
  return rule.notAction ? inverse(found) : found
}

export function resourceMatches(rule: Rule, scene: Scene): Truth {
  if (rule.resources === undefined) return yes
  const { keys, unfilled } = scene.request
  let found: Truth = no
  for (const pattern of rule.resources) {
    let matched = matchResource(pattern, scene.resource, keys, unfilled)
    // DIVERGES: an entry whose variable has no value matches nothing. In NotResource that would spare nothing, so that
    // an Allow would grant what its author meant to keep back; there it does not grant.
    if (matched === 'unresolved') matched = rule.notResource && rule.effect === 'Allow' ? broken : no
    if (matched === yes) return rule.notResource ? no : yes
    if (matched === broken) found = broken
  }
  return rule.notResource ? inverse(found) : found
}

/** Whether an Allow of trust names the requester's provider, which many tenants share, and not whose tokens it means. */
export const isUntenanted = ({ untenanted }: Rule, { requester }: Scene): boolean =>
  untenanted !== undefined && requester.kind === 'federated' && untenanted.has(requester.name ?? '')

/** How far an Allow's principals reach; policies without that element speak to whoever they are attached to. */
export const reachOfRule = (rule: Rule, program: Program, scene: Scene): Reach =>
  rule.principals === undefined ? exactly : grantReach(rule.principals, scene.requester, program.kind)

/** Whether a Deny's principals meet the requester. */
export const ruleMeets = (rule: Rule, scene: Scene): Truth =>
  rule.principals === undefined ? yes : denyMeets(rule.principals, scene.requester, scene.bounded)

/** Action, resource and conditions together; `no` from any of them settles it, whatever else is broken. */
export function ruleMatches(rule: Rule, scene: Scene): Truth {
  const action = actionMatches(rule, scene)
  if (action === no) return no
  const resource = resourceMatches(rule, scene)
  if (resource === no) return no
  let result: Truth = action === broken || resource === broken ? broken : yes
  const { keys, unfilled } = scene.request
  for (const condition of rule.conditions) {
    const held = testCondition(condition, keys, unfilled)
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

/** How far an Allow grants: `unreached` when it does not match. `flawed` is told of a grant lost to a broken element. */
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
