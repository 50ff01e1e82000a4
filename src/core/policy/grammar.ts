// What AWS checks when a policy is written, with its messages and in its order (aws-shaped: IAM answers
// MalformedPolicyDocument). Evaluation never relies on these checks: compile() reads the text anew.
import { type Document, readDocument, type Statement } from './document.ts'
import { checkConditionValues } from './grammar-conditions.ts'
import { checkResource } from './grammar-resources.ts'
import { elementStrings, isConditionShape, type Malformed, refuse, text } from './grammar-shape.ts'

export { checkResourcePolicy, checkTrustPolicy } from './grammar-principals.ts'

const syntax = refuse('Syntax errors in policy.')
const legacy = refuse('The policy failed legacy parsing')

/** Characters that count against AWS's quotas: all but whitespace outside strings. */
export function policySize(text: string): number {
  let size = 0
  let inString = false
  let escaped = false
  for (const character of text) {
    if (inString) {
      size++
      if (escaped) escaped = false
      else if (character === '\\') escaped = true
      else if (character === '"') inString = false
    } else if (!/\s/.test(character)) {
      size++
      if (character === '"') inString = true
    }
  }
  return size
}

const texts = (statement: Statement, name: string) =>
  elementStrings(statement.elements.get(name), name.endsWith('Resource')) ?? []

/** Shapes alone; effects in the wrong case are found later, by what AWS calls legacy parsing. */
function isStatementShape({ elements }: Statement): boolean {
  const sid = elements.get('Sid')
  if (sid !== undefined && sid.type !== 'string') return false
  const effect = elements.get('Effect')
  if (effect?.type !== 'string' || !/^(?:allow|deny)$/i.test(effect.text)) return false
  for (const name of ['Action', 'Resource']) {
    const [plain, negated] = [elements.get(name), elements.get(`Not${name}`)]
    if (plain !== undefined && negated !== undefined) return false
    const element = plain ?? negated
    if (element !== undefined && elementStrings(element, name === 'Resource') === undefined) return false
  }
  return isConditionShape(elements.get('Condition'))
}

function readShaped(source: string): Document | undefined {
  const document = readDocument(source)
  if ('error' in document || document.statements.length === 0) return undefined
  return document.statements.every(isStatementShape) ? document : undefined
}

function legacyParses(statement: Statement): boolean {
  const effect = text(statement, 'Effect')
  return (effect === 'Allow' || effect === 'Deny') && checkConditionValues(statement.elements.get('Condition'))
}

function checkSids(statements: readonly Statement[]): Malformed | undefined {
  const seen = new Set<string>()
  for (const statement of statements) {
    const sid = text(statement, 'Sid') ?? ''
    if (!/^[0-9A-Za-z]*$/.test(sid))
      return refuse(
        'Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*',
      )
    if (sid !== '' && seen.has(sid)) return refuse('Statement IDs (SID) in a single policy must be unique.')
    seen.add(sid)
  }
  return undefined
}

/** `service:Name`, or `*`. Names need not exist. */
export function checkAction(action: string): Malformed | undefined {
  if (action === '*') return undefined
  const [vendor, name, extra] = action.split(':') as [string, ...(string | undefined)[]]
  if (name === undefined) return refuse('Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.')
  if (extra !== undefined) return refuse('Actions/Condition can contain only one colon.')
  return vendor === '*' || /^[a-zA-Z0-9.-]+$/.test(vendor) ? undefined : refuse(`Vendor ${vendor} is not valid`)
}

/** The last complaint about a resource is the one AWS prints; a resource it cannot parse at all comes before any. */
function checkResources(statements: readonly Statement[]): { complaint?: Malformed; legacy: boolean } {
  let complaint: Malformed | undefined
  for (const name of ['Resource', 'NotResource']) {
    for (const statement of statements) {
      const resources = texts(statement, name).filter((resource) => resource !== '' || name === 'Resource')
      for (const resource of resources.toSorted().toReversed()) {
        const malformed = checkResource(resource)
        if (malformed === 'legacy') {
          if (complaint === undefined) return { legacy: false }
        } else if (malformed !== undefined) complaint = malformed
      }
    }
  }
  return complaint === undefined ? { legacy: true } : { complaint, legacy: true }
}

const has = (statement: Statement, name: string) =>
  texts(statement, name).length > 0 || texts(statement, `Not${name}`).length > 0

function checkStatements(document: Document): Malformed | undefined {
  const { statements } = document
  const principal = statements.some(({ elements }) => elements.has('Principal') || elements.has('NotPrincipal'))
  if (principal) return refuse('Policy document should not specify a principal.')
  if (!statements.every(legacyParses)) return legacy
  const resources = checkResources(statements)
  if (!resources.legacy) return legacy
  const sids = checkSids(statements)
  if (sids !== undefined) return sids
  if (!statements.every((statement) => has(statement, 'Action')))
    return refuse('Policy statement must contain actions.')
  if (resources.complaint !== undefined) return resources.complaint
  for (const name of ['Action', 'NotAction']) {
    for (const statement of statements) {
      for (const action of texts(statement, name)) {
        const malformed = checkAction(action)
        if (malformed !== undefined) return malformed
      }
    }
  }
  if (!statements.every((statement) => has(statement, 'Resource')))
    return refuse('Policy statement must contain resources.')
  return undefined
}

/**
 * Checks a policy for users, groups and roles; `managed` ones must be of version 2012-10-17. Undefined when AWS would
 * take it.
 */
export function checkIdentityPolicy(
  text: string,
  options: { readonly managed: boolean } = { managed: false },
): Malformed | undefined {
  const document = readShaped(text)
  if (document === undefined) return syntax
  if (options.managed && document.version !== '2012-10-17')
    return refuse('Policy document must be version 2012-10-17 or greater.')
  return checkStatements(document)
}

/** Checks the Policy parameter of AssumeRole and its kin. */
export const checkSessionPolicy = (text: string): Malformed | undefined => checkIdentityPolicy(text, { managed: false })
