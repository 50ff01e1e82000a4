// What an association must be (Amazon EKS API Reference, CreatePodIdentityAssociation).
import { checkSessionPolicy } from '../../core/policy/grammar.ts'
import { isRoleArn } from './association-roles.ts'
import { invalidParameter } from './define.ts'
import { isNamespace, isSubdomain } from './pod-token.ts'
import type { PodIdentityAssociation } from './records.ts'

/** STS's bound of a session policy, in characters. */
const LONGEST_POLICY = 2_048

/** @throws InvalidParameterException */
export function checkAssociation(record: PodIdentityAssociation): void {
  const { namespace, serviceAccount, role, targetRole, policy, disableSessionTags } = record
  if (!isNamespace(namespace)) throw invalidParameter(`The namespace is invalid: ${namespace.slice(0, 64)}`)
  if (!isSubdomain(serviceAccount))
    throw invalidParameter(`The service account is invalid: ${serviceAccount.slice(0, 64)}`)
  if (targetRole !== undefined) {
    if (!isRoleArn(targetRole)) throw invalidParameter('The target role ARN is invalid.')
    if (targetRole === role.arn) throw invalidParameter('The target role must be another one than the role.')
  }
  if (policy === undefined) return
  // Tags and a policy share the room of a session token.
  if (!disableSessionTags) throw invalidParameter('Session tags must be disabled when a policy is given.')
  if (policy.length > LONGEST_POLICY) throw invalidParameter(`The policy has more than ${LONGEST_POLICY} characters.`)
  const problem = checkSessionPolicy(policy)
  if (problem !== undefined) throw invalidParameter(`The policy is invalid: ${problem.message}`)
}
