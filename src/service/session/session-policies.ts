// Session policies as they are passed to AssumeRole and GetFederationToken: checked, and turned into what a pass carries.
import type { Pass } from '../../core/identity.ts'
import type { Maybe } from '../../core/maybe.ts'
import { checkSessionPolicy } from '../../core/policy/grammar.ts'
import { createLru } from '../../core/token/lru.ts'
import { packedBudget } from '../../core/token/packed-size.ts'
import { modelled } from '../../wire/errors.ts'
import type { Subjects } from '../contracts/subject.ts'

type Policies = NonNullable<Pass['policies']>

/**
 * Texts that passed the check, so that a broker's one policy is parsed once. Bounded by bytes: a text is checked before it is
 * known to fit into a pass.
 */
const good = createLru<true>({ bytes: 4 << 20 })

/**
 * Longest text that is parsed, in characters: eight times what AWS documents (2,048), and far more than fits into a pass. A
 * megabyte of statements would keep all requests waiting for a tenth of a second.
 */
const longest = 16_384

/**
 * Refuses an inline session policy that AWS would refuse (MalformedPolicyDocument, PackedPolicyTooLarge). Call it only for
 * callers that are allowed the session.
 */
export function checkInline(text: string | undefined) {
  if (text === undefined || good.get(text)) return
  if (text.length > longest) throw packedTooLarge(Math.ceil((100 * text.length) / packedBudget))
  const problem = checkSessionPolicy(text)
  if (problem !== undefined) throw modelled('sts', 'MalformedPolicyDocumentException', problem.message)
  good.set(text, true, 2 * text.length + 128)
}

/** The refusal of session policies that take more than 100 % of their space. */
export const packedTooLarge = (percent: number) =>
  modelled(
    'sts',
    'PackedPolicyTooLargeException',
    `Packed policy consumes ${percent}% of allotted space, please use smaller policy.`,
  )

/**
 * What the pass carries; undefined when no session policy was passed. Managed policies must exist in the session's
 * account or be AWS's own, and are carried by unique id.
 */
export function sessionPolicies(
  subjects: Subjects,
  account: string,
  inline: string | undefined,
  arns: readonly string[],
): Maybe<Policies | undefined> {
  if (arns.length === 0) return inline === undefined ? undefined : { inline, managed: [] }
  return managedIds(subjects, account, arns).then((managed) => ({
    ...(inline === undefined ? {} : { inline }),
    managed,
  }))
}

async function managedIds(subjects: Subjects, account: string, arns: readonly string[]): Promise<readonly string[]> {
  const ids: string[] = []
  for (const arn of arns) {
    const own = arn.startsWith(`arn:aws:iam::${account}:policy/`) || arn.startsWith('arn:aws:iam::aws:policy/')
    const policy = own ? await subjects.sessionPolicyByArn(arn) : undefined
    if (policy === undefined) {
      throw modelled('sts', 'MalformedPolicyDocumentException', `Policy ${arn} does not exist or is not attachable.`)
    }
    ids.push(policy.id)
  }
  return ids
}
