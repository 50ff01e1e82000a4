// Policy documents when they are written: their grammar and their size, with AWS's refusals (IAM User Guide,
// "IAM JSON policy grammar" and "IAM and AWS STS quotas"). A change checks the document only after it has found
// what it changes: whoever may not write it, or names what does not exist, does not learn what is wrong with the document.
import { checkIdentityPolicy, checkTrustPolicy, policySize } from '../../core/policy/grammar.ts'
import type { AccountQuotas } from '../../core/quotas.ts'
import type { PolicyHolder } from '../records.ts'
import { limitExceeded, malformedPolicy, overQuota } from './refusals.ts'
import type { HolderKind } from './resource-kinds.ts'

/** @throws MalformedPolicyDocument, LimitExceeded */
export function checkManaged(text: string, { PolicySize }: AccountQuotas): void {
  checkGrammar(text, { managed: true })
  if (policySize(text) > PolicySize) throw overQuota('PolicySize', PolicySize)
}

/** @throws MalformedPolicyDocument */
export function checkGrammar(text: string, options = { managed: false }): void {
  const fault = checkIdentityPolicy(text, options)
  if (fault !== undefined) throw malformedPolicy(fault.message)
}

/**
 * Characters of one holder's inline policies, with white space: as many as the model allows one document. AWS's sizes leave
 * white space out, and no cache could keep a holder with megabytes of it: each of its requests would read them anew.
 */
const MOST_CHARACTERS = 131_072

/** All the inline policies of one holder together. @throws LimitExceeded */
export function checkInlineSize(
  { word, inlineQuota }: Pick<HolderKind<PolicyHolder>, 'word' | 'inlineQuota'>,
  name: string,
  texts: readonly string[],
  quotas: AccountQuotas,
): void {
  const size = texts.reduce((sum, text) => sum + policySize(text), 0)
  const limit = quotas[inlineQuota]
  const characters = texts.reduce((sum, text) => sum + text.length, 0)
  if (size > limit || characters > MOST_CHARACTERS)
    throw limitExceeded(`Maximum policy size of ${limit} bytes exceeded for ${word} ${name}`)
}

/** @throws MalformedPolicyDocument, LimitExceeded */
export function checkTrust(text: string, { ACLSizePerRole }: AccountQuotas): void {
  const fault = checkTrustPolicy(text)
  if (fault !== undefined) throw malformedPolicy(fault.message)
  if (policySize(text) > ACLSizePerRole) throw overQuota('ACLSizePerRole', ACLSizePerRole)
}
