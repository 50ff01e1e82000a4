// From policy text to matchers, once per text. What comes out is frozen and shared; decide.ts and explain.ts read it.
// Malformed text compiles too: to a policy that grants nothing and denies (security rule "a broken Deny denies").
import { forCharacters } from './allowance.ts'
import { foldCase } from './casing.ts'
import { type Condition, conditionOf } from './conditions.ts'
import { type Json, readDocument, type Statement, stringsOf } from './document.ts'
import type { Compiled, CompiledStatement, PolicyKind } from './model.ts'
import { type Principals, principalPairs, principalsOf } from './principals.ts'
import { type ResourcePattern, resourcePatternOf } from './resources.ts'
import { missingTenant } from './tenancy.ts'
import { readTemplate } from './variables.ts'
import { type Glob, globOf, wildcardPieces } from './wildcard.ts'

export interface ActionPattern {
  readonly text: string
  /** Of the folded name; absent when the text is no action. */
  readonly glob?: Glob
}

/** A statement ready to match. */
export interface Rule extends CompiledStatement {
  readonly principals?: Principals
  /**
   * In an Allow of a trust policy: multi-tenant providers that the statement names without naming a tenant. It admits nobody
   * by them.
   */
  readonly untenanted?: ReadonlySet<string>
  readonly notAction: boolean
  readonly actions: readonly ActionPattern[]
  readonly notResource: boolean
  /** Absent in trust policies and where a resource's policy names none: they are about what they hang on. */
  readonly resources?: readonly ResourcePattern[]
  readonly conditions: readonly Condition[]
  /** What going through the actions, and through the resources, costs at least. */
  readonly actionSteps: number
  readonly resourceSteps: number
}

/** What compile() makes of a Compiled. */
export interface Program extends Compiled {
  readonly statements: readonly Rule[]
  readonly denies: readonly Rule[]
  readonly allows: readonly Rule[]
}

export interface Origin {
  readonly kind: PolicyKind
  /** ARN or name to report. */
  readonly source: string
  /** ARNs of users and roles in Principal elements, to the unique ids they had when the policy was written. */
  readonly principals?: ReadonlyMap<string, string>
}

/** A statement of a shape that means nothing: the whole document is then malformed. */
interface Flaw {
  readonly flaw: string
}

const vendor = /^[a-z0-9.-]+$/

function actionPatternOf(text: string): ActionPattern {
  if (text === '*') return { text, glob: globOf(wildcardPieces(text)) }
  const folded = foldCase(text)
  const colon = folded.indexOf(':')
  const head = folded.slice(0, Math.max(colon, 0))
  // `*` as the vendor is literal-minded: any service. Other wildcards there are not part of the language.
  if (colon < 0 || folded.indexOf(':', colon + 1) >= 0 || (head !== '*' && !vendor.test(head))) return { text }
  return { text, glob: globOf(wildcardPieces(folded)) }
}

function conditionsOf(json: Json | undefined, variables: boolean): readonly Condition[] | undefined {
  if (json === undefined) return []
  if (json.type !== 'object') return undefined
  const conditions: Condition[] = []
  for (const [operator, keys] of json.members) {
    if (keys.type !== 'object') return undefined
    for (const [name, list] of keys.members) {
      const values: string[] = []
      for (const value of list.type === 'array' ? list.items : [list]) {
        if (value.type === 'object' || value.type === 'array' || value.type === 'null') return undefined
        values.push(value.text)
      }
      conditions.push(Object.freeze(conditionOf(operator, name, values, variables)))
    }
  }
  return conditions
}

/** An element and its Not twin: exactly one may be there, with at least one string. */
function either(statement: Statement, name: string): { negated: boolean; json: Json } | 'both' | undefined {
  const plain = statement.elements.get(name)
  const negated = statement.elements.get(`Not${name}`)
  if (plain !== undefined && negated !== undefined) return 'both'
  if (plain !== undefined) return { negated: false, json: plain }
  return negated === undefined ? undefined : { negated: true, json: negated }
}

/** Strings of a Resource element; AWS accepts and skips null in its list. */
function resourceTexts(json: Json): readonly string[] | undefined {
  if (json.type !== 'array') return stringsOf(json)
  const items = json.items.filter((item) => item.type !== 'null')
  return items.length === 0 ? undefined : stringsOf({ ...json, items })
}

function untenantedOf(principal: Json, condition: Json | undefined): ReadonlySet<string> | undefined {
  const untenanted = (principalPairs(principal) ?? []).filter(
    ([kind, name]) => kind === 'Federated' && missingTenant(condition, name) !== undefined,
  )
  return untenanted.length === 0 ? undefined : new Set(untenanted.map(([, name]) => name))
}

/** Steps of reaching a statement. */
const aStatement = 2

/** One for each pattern, and for what of it may have to be compared until it is known not to match. */
const stepsOf = (patterns: readonly { readonly text: string }[]) =>
  patterns.reduce((sum, { text }) => sum + 1 + forCharacters(text.length), 0)

const withPrincipal: ReadonlySet<PolicyKind> = new Set<PolicyKind>(['resource', 'trust', 'rcp'])

function ruleOf(statement: Statement, variables: boolean, origin: Origin): Rule | Flaw {
  const { elements, index, start, end } = statement
  const effect = elements.get('Effect')
  if (effect?.type !== 'string' || (effect.text !== 'Allow' && effect.text !== 'Deny')) return { flaw: 'Effect' }
  const sid = elements.get('Sid')
  if (sid !== undefined && sid.type !== 'string') return { flaw: 'Sid' }

  const action = either(statement, 'Action')
  const actions = action === undefined || action === 'both' ? undefined : stringsOf(action.json)
  if (action === undefined || action === 'both' || actions === undefined || actions.length === 0)
    return { flaw: 'Action' }

  const resource = either(statement, 'Resource')
  const resources = resource === undefined || resource === 'both' ? undefined : resourceTexts(resource.json)
  const trust = origin.kind === 'trust'
  // A resource's policy may leave it out: it is then about the resource that it is attached to.
  const absent = resource === undefined && (trust || origin.kind === 'resource')
  if (!absent && (trust || resources === undefined || resources.length === 0)) return { flaw: 'Resource' }

  const principal = either(statement, 'Principal')
  if (principal === 'both' || (principal !== undefined) !== withPrincipal.has(origin.kind)) return { flaw: 'Principal' }

  const conditions = conditionsOf(elements.get('Condition'), variables)
  if (conditions === undefined) return { flaw: 'Condition' }
  const untenanted =
    trust && effect.text === 'Allow' && principal !== undefined
      ? untenantedOf(principal.json, elements.get('Condition'))
      : undefined

  const patterns = actions.map(actionPatternOf)
  const names = resources?.map((text) => resourcePatternOf(text, readTemplate(text, variables, true), origin.kind))
  return Object.freeze({
    index,
    ...(sid !== undefined && { sid: sid.text }),
    effect: effect.text,
    start,
    end,
    ...(principal !== undefined && { principals: principalsOf(principal.json, principal.negated, origin.principals) }),
    ...(untenanted !== undefined && { untenanted }),
    notAction: action.negated,
    actions: patterns,
    notResource: typeof resource === 'object' && resource.negated,
    ...(names !== undefined && { resources: names }),
    conditions,
    actionSteps: aStatement + stepsOf(patterns),
    resourceSteps: stepsOf(names ?? []),
  })
}

function program(origin: Origin, rules: readonly Rule[], malformed?: string, malformedAt?: number): Program {
  return Object.freeze({
    kind: origin.kind,
    source: origin.source,
    statements: Object.freeze(rules),
    denies: Object.freeze(rules.filter((rule) => rule.effect === 'Deny')),
    allows: Object.freeze(rules.filter((rule) => rule.effect === 'Allow')),
    ...(malformed !== undefined && { malformed }),
    ...(malformedAt !== undefined && { malformedAt }),
  })
}

/**
 * Compiles policy text. Never throws: text that is no policy gives a Compiled with `malformed` set, which grants
 * nothing and denies.
 */
export function compile(text: string, origin: Origin): Compiled {
  const document = readDocument(text)
  if ('error' in document) return program(origin, [], `${document.error} at ${document.at}`, document.at)
  const variables = document.version === '2012-10-17'
  const rules: Rule[] = []
  for (const statement of document.statements) {
    const rule = ruleOf(statement, variables, origin)
    if ('flaw' in rule) {
      const { index, start } = statement
      return program(origin, [], `statement ${index}: ${rule.flaw} is missing or malformed`, start)
    }
    rules.push(rule)
  }
  return program(origin, rules)
}

/** What these policies refuse, as one: their Denies alone. One that is malformed makes it so, and denies. */
export function refusing(policies: readonly Compiled[], source: string): Compiled {
  const programs = policies as readonly Program[]
  const malformed = programs.find((each) => each.malformed !== undefined)?.malformed
  const denies = programs.flatMap((each) => each.denies)
  return program({ kind: 'resource', source }, malformed === undefined ? denies : [], malformed)
}
