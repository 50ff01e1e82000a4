// Roles whose trust policies were stored under older rules and could not be written today: those that name no tenant of a
// provider which many share are assumed by nobody through it (docs/decisions/0010-web-identity.md).
import { roleArn } from '../core/arn.ts'
import { checkTrustPolicy } from '../core/policy/grammar.ts'
import { roles } from '../service/records.ts'
import { everything } from '../store/everything.ts'
import type { Reader } from '../store/store.ts'
import { type Finding, note } from './finding.ts'

/** As many as are named. */
const shown = 3

export async function trustPolicies(store: Reader): Promise<readonly Finding[]> {
  const found: Finding[] = []
  let more = 0
  for (const { account, path, name, trust } of await everything(store, roles)) {
    const fault = checkTrustPolicy(trust.text)
    if (fault === undefined) continue
    const says = `${roleArn(account, path, name)}: ${fault.message}`
    if (found.length < shown) found.push(note('trust policy', says, 'correct it: the statement admits nobody'))
    else more++
  }
  return more === 0 ? found : [...found, note('trust policy', `${more} more roles have such a one`)]
}
