// The reason in AWS's AccessDenied sentence (IAM User Guide, "Troubleshoot access denied error messages").
import type { AccessRequest, Decision, PolicyKind } from './model.ts'

const phrases: Readonly<Record<PolicyKind, readonly [allows: string, denies: string]>> = {
  identity: ['identity-based policy', 'an identity-based policy'],
  boundary: ['permissions boundary', 'a permissions boundary'],
  session: ['session policy', 'a session policy'],
  resource: ['resource-based policy', 'a resource-based policy'],
  trust: ['role trust policy', 'the role trust policy'],
  scp: ['service control policy', 'a service control policy'],
  rcp: ['resource control policy', 'a resource control policy'],
}

/**
 * What AWS appends to `User: … is not authorized to perform: … on resource: …`; empty for a decision that allows.
 * For trust policies AWS prints the plain sentence by default: leaving this out is the caller's choice.
 */
export function refusalReason(decision: Decision, request: AccessRequest): string {
  if (decision.allow || decision.blame === undefined) return ''
  if (decision.unfinished) return ' because its policies take more work than one request may cost'
  const [allows, denies] = phrases[decision.blame]
  return decision.explicit
    ? ` with an explicit deny in ${denies}`
    : ` because no ${allows} allows the ${request.action} action`
}
