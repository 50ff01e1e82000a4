// A role's trust policy when it is written: its grammar, its size, and the principals that it names.
import type { Quotas } from '../../core/quotas.ts'
import type { Reader } from '../../store/store.ts'
import type { NamingPolicy } from '../records.ts'
import { resolvePrincipals } from './named-principals.ts'
import { checkTrust } from './policy-text.ts'
import { malformedPolicy } from './refusals.ts'

/**
 * Checks a trust policy of a role of `account` and resolves its principals.
 * @throws MalformedPolicyDocument, LimitExceeded
 */
export async function resolveTrust(
  reader: Reader,
  account: string,
  text: string,
  quotas: Quotas,
): Promise<NamingPolicy> {
  checkTrust(text, quotas(account))
  const resolved = await resolvePrincipals(reader, account, text)
  if ('text' in resolved) return resolved
  const { kind, value } = resolved
  throw malformedPolicy(`Invalid principal in policy: "${kind === 'AWS' ? kind : kind.toUpperCase()}":"${value}"`)
}
