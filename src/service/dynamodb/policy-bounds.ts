// Which statements let everybody in: DynamoDB takes no policy with one (Developer Guide, "Blocking public access with resource-based
// policies").
import { foldCase } from '../../core/policy/casing.ts'
import { readOperator } from '../../core/policy/conditions.ts'
import type { Json, Statement } from '../../core/policy/document.ts'
import { elementStrings } from '../../core/policy/grammar-shape.ts'
import { principalPairs } from '../../core/policy/principals.ts'

/** Keys that say who asks, or from where that only some ask. */
const bounding: ReadonlySet<string> = new Set(
  [
    ...['aws:PrincipalAccount', 'aws:PrincipalArn', 'aws:PrincipalOrgID', 'aws:PrincipalOrgPaths', 'aws:UserId'],
    ...['aws:SourceAccount', 'aws:SourceArn', 'aws:SourceVpc', 'aws:SourceVpce', 'aws:SourceOrgID'],
    ...['aws:SourceOrgPaths', 'aws:Ec2InstanceSourceVpc', 'aws:PrincipalServiceName', 'aws:PrincipalServiceNamesList'],
    'aws:PrincipalIsAWSService',
  ].map(foldCase),
)

/** They hold for listed values alone. */
const listing: ReadonlySet<string> = new Set([
  ...['stringequals', 'stringequalsignorecase', 'stringlike', 'arnequals', 'arnlike', 'bool'],
])

/** Whether it allows everybody, and nothing in it says whom it means. */
export function isUnbounded({ elements }: Statement): boolean {
  const effect = elements.get('Effect')
  const principal = elements.get('Principal')
  if (effect?.type !== 'string' || effect.text !== 'Allow' || principal === undefined) return false
  const isForAll = principalPairs(principal)?.some(([, value]) => value === '*') ?? true
  return isForAll && !isBounded(elements.get('Condition'))
}

/** Whether one of the conditions is on such a key, holds only where the key is there, and lists whole values. */
function isBounded(condition: Json | undefined): boolean {
  if (condition?.type !== 'object') return false
  return [...condition.members].some(([operator, keys]) => {
    const { base, ifExists, quantifier } = readOperator(operator)
    if (!listing.has(base) || ifExists || quantifier === 'all' || keys.type !== 'object') return false
    return [...keys.members].some(([name, values]) => bounding.has(foldCase(name)) && areWhole(name, values))
  })
}

function areWhole(name: string, values: Json): boolean {
  const texts = values.type === 'boolean' ? [values.text] : elementStrings(values)
  if (texts === undefined || texts.length === 0) return false
  if (foldCase(name) === 'aws:principalisawsservice') return texts.every((text) => text === 'true')
  return texts.every((text) => text !== '' && !/[*?]|\$\{/.test(text))
}
