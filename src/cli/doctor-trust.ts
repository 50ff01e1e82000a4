// Doctor's check of trust policies: reports roles whose trust policies were stored under older rules and would be refused
// today. Such a policy that trusts a provider shared by many tenants, and names no tenant, lets nobody assume the role
// through that provider (docs/decisions/0010-web-identity.md).
import { roleArn } from '../core/arn.ts'
import { checkTrustPolicy } from '../core/policy/grammar.ts'
import { roles } from '../service/records.ts'
import { everything } from '../store/everything.ts'
import type { Reader } from '../store/store.ts'
import { type Finding, note } from './finding.ts'

/** How many roles are reported by name. */
const maxNamed = 3

export async function checkTrustPolicies(store: Reader): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  let more = 0
  for (const { account, path, name, trust } of await everything(store, roles)) {
    const fault = checkTrustPolicy(trust.text)
    if (fault === undefined) continue
    const says = `${roleArn(account, path, name)}: ${fault.message}`
    if (findings.length < maxNamed) findings.push(note('trust policy', says, 'correct it: the statement admits nobody'))
    else more++
  }
  return more === 0 ? findings : [...findings, note('trust policy', `${more} more roles have such a trust policy`)]
}
