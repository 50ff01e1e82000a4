// What AWS checks when a policy with principals is written: a role's trust policy (IAM, MalformedPolicyDocument), and what
// the policies of all resources have in common.
import { foldCase } from './casing.ts'
import { readOperator } from './conditions.ts'
import { type Document, type Json, readDocument, readJson, type Statement } from './document.ts'
import { elementStrings, isConditionShape, type Malformed, refuse, text } from './grammar-shape.ts'
import { awsPrincipalKind, principalPairs } from './principals.ts'
import { cognito, missingTenant } from './tenancy.ts'

const syntax = refuse('Syntax error in policy.')
const unreadable = refuse('This policy contains invalid Json')

const emptyStatement = refuse('Could not parse the policy: Statement is empty!')

const invalidPrincipal = (type: string, value: string) =>
  refuse(`Invalid principal in policy: "${type === 'AWS' ? type : type.toUpperCase()}":"${value}"`)

function checkTenancy(condition: Json | undefined, provider: string): Malformed | undefined {
  const key = missingTenant(condition, provider)
  if (key === undefined) return undefined
  const whose = provider === cognito ? 'the Cognito provider' : 'the shared provider'
  // The author of such a condition is not told that it is missing, but why it does not count.
  if (holdsWithout(condition, key)) {
    return refuse(
      `A condition on ${key} that does not hold where the key is absent, as it does under IfExists, ForAllValues and negated operators, must be present for ${whose}`,
    )
  }
  if (provider === cognito) return refuse(`A condition block must be present for ${whose}`)
  // DIVERGES: AWS's sentence for this refusal is not known.
  return refuse(`A condition on ${key} that names a tenant must be present for ${whose}`)
}

/** Whether the key is tested only by operators that also hold when it is absent. */
function holdsWithout(condition: Json | undefined, key: string): boolean {
  if (condition?.type !== 'object') return false
  const asking = [...condition.members].filter(
    ([, keys]) => keys.type === 'object' && [...keys.members.keys()].some((name) => foldCase(name) === foldCase(key)),
  )
  const lax = ([operator]: readonly [string, Json]) => {
    const { base, ifExists, quantifier } = readOperator(operator)
    return ifExists || quantifier === 'all' || base.includes('not')
  }
  return asking.length > 0 && asking.every(lax)
}

function checkTrustPrincipal(statement: Statement): Malformed | undefined {
  const principal = statement.elements.get('Principal')
  if (principal === undefined) return refuse('Missing required field Principal')
  if (principal.type === 'string') return refuse('Principal must be a JSON object.')
  if (principal.type !== 'object') return syntax
  if (principal.members.size === 0) return refuse('Missing required field Principal cannot be empty!')
  for (const type of principal.members.keys()) {
    if (type !== 'AWS' && type !== 'Service' && type !== 'Federated')
      return refuse(`Invalid principal in policy: "${type}"`)
  }
  const pairs = principalPairs(principal)
  if (pairs === undefined) return syntax
  if (pairs.length === 0) return refuse('Missing required field Principal cannot be empty!')
  for (const [type, value] of pairs) {
    const kind = type === 'AWS' ? awsPrincipalKind(value) : /^[^*?\s]+$/.test(value) ? 'entity' : undefined
    // A unique id is what a stored policy shows for a principal that is gone; it cannot be written.
    if (kind === undefined || kind === 'id') return invalidPrincipal(type, value)
    const malformed = type === 'Federated' ? checkTenancy(statement.elements.get('Condition'), value) : undefined
    if (malformed !== undefined && text(statement, 'Effect') === 'Allow') return malformed
  }
  return undefined
}

function checkTrustStatement(statement: Statement): Malformed | undefined {
  const { elements } = statement
  const effect = elements.get('Effect')
  if (effect === undefined || (effect.type === 'string' && effect.text === ''))
    return refuse('Missing required field Effect')
  if (effect.type !== 'string') return syntax
  if (effect.text !== 'Allow' && effect.text !== 'Deny') return refuse(`Invalid effect: ${effect.text}`)
  if (elements.has('NotPrincipal'))
    return refuse(
      effect.text === 'Allow'
        ? 'Allow with NotPrincipal is not allowed.'
        : 'AssumeRole policy must not contain NotPrincipal field.',
    )
  const principal = checkTrustPrincipal(statement)
  if (principal !== undefined) return principal
  if (!isConditionShape(elements.get('Condition'))) return syntax
  const [action, notAction] = [elements.get('Action'), elements.get('NotAction')]
  if (action !== undefined && notAction !== undefined) return syntax
  const actions = elementStrings(action ?? notAction)
  if (action !== undefined || notAction !== undefined) if (actions === undefined) return syntax
  if (actions === undefined || actions.length === 0) return refuse('Missing required field Action')
  if (!actions.every((name) => /^sts:[^:]+$/i.test(name)))
    return refuse('AssumeRole policy may only specify STS AssumeRole actions.')
  if (elements.has('Resource')) return refuse('Has prohibited field Resource')
  if (elements.has('NotResource')) return refuse('AssumeRole policy must not contain resources.')
  const sid = elements.get('Sid')
  return sid !== undefined && sid.type !== 'string' ? syntax : undefined
}

/** Sids that appear twice; statements without one, or with an empty one, do not count. */
function repeatsSid({ statements }: Document): boolean {
  const sids = statements.map((statement) => text(statement, 'Sid') ?? '').filter((sid) => sid !== '')
  return new Set(sids).size < sids.length
}

/**
 * Checks a role's trust policy as far as its text goes; whether the principals it names exist is checked where they are
 * stored. Undefined when AWS would take it.
 */
export function checkTrustPolicy(source: string): Malformed | undefined {
  const document = readDocument(source)
  if ('error' in document) {
    const json = readJson(source)
    if ('error' in json || json.type !== 'object') return unreadable
    const version = json.members.get('Version')
    if (version !== undefined && !(version.type === 'string' && /^20(?:08|12)-10-17$/.test(version.text)))
      return refuse('The policy must contain a valid version string')
    return json.members.has('Statement') ? unreadable : emptyStatement
  }
  if (document.statements.length === 0) return emptyStatement
  for (const statement of document.statements) {
    const malformed = checkTrustStatement(statement)
    if (malformed !== undefined) return malformed
  }
  return repeatsSid(document) ? refuse('The Statement Ids in the policy are not unique') : undefined
}

const principalTypes: ReadonlySet<string> = new Set(['AWS', 'Service', 'Federated', 'CanonicalUser'])

/** A unique id is what a policy shows for a principal that is gone; a service and a canonical user have no wildcards. */
const isPrincipal = (type: string, value: string) =>
  type === 'AWS' ? awsPrincipalKind(value) !== undefined : principalTypes.has(type) && /^[^*?\s]+$/.test(value)

function checkResourceStatement(statement: Statement): Malformed | undefined {
  const { elements } = statement
  const effect = text(statement, 'Effect')
  if (!elements.has('Effect')) return refuse('Missing required field Effect')
  if (effect !== 'Allow' && effect !== 'Deny') return refuse(`Invalid effect: ${effect ?? ''}`)
  if (elements.has('Principal') === elements.has('NotPrincipal')) return refuse('Missing required field Principal')
  const pairs = principalPairs((elements.get('Principal') ?? elements.get('NotPrincipal')) as Json)
  if (pairs === undefined) return syntax
  if (pairs.length === 0) return refuse('Missing required field Principal cannot be empty!')
  const foreign = pairs.find(([type, value]) => !isPrincipal(type, value))
  if (foreign !== undefined) return invalidPrincipal(...foreign)
  const [action, notAction] = [elements.get('Action'), elements.get('NotAction')]
  if (action !== undefined && notAction !== undefined) return syntax
  const actions = elementStrings(action ?? notAction)
  if (actions === undefined || actions.length === 0) return refuse('Missing required field Action')
  if (!actions.every((name) => name === '*' || /^[a-z0-9*-]+:[^:]+$/i.test(name)))
    return refuse('Policy has invalid action')
  const [resource, notResource] = [elements.get('Resource'), elements.get('NotResource')]
  if (resource !== undefined && notResource !== undefined) return syntax
  // Where there is none (a repository's policy, say) the statement is about the resource that the policy is attached to.
  if (resource !== undefined || notResource !== undefined) {
    const resources = elementStrings(resource ?? notResource)
    if (resources === undefined || resources.length === 0 || resources.includes('')) return syntax
  }
  return isConditionShape(elements.get('Condition')) ? undefined : syntax
}

/**
 * Checks a resource's policy as far as the language goes, whichever service's resource it is: what a service requires beyond
 * that (S3 of ARNs, KMS of `*`) is checked by that service.
 */
export function checkResourcePolicy(source: string): Malformed | undefined {
  const document = readDocument(source)
  if ('error' in document) return syntax
  if (document.statements.length === 0) return emptyStatement
  for (const statement of document.statements) {
    const malformed = checkResourceStatement(statement)
    if (malformed !== undefined) return malformed
  }
  return repeatsSid(document) ? refuse('Statement IDs (SID) in a single policy must be unique.') : undefined
}
