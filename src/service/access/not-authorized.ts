// AWS's sentence to a caller that is not allowed an action. core/policy/reason.ts adds the policy's reason to it.
import type { Requester } from '../../core/policy/model.ts'

/** Actions whose sentence has no colon after `perform` (recorded). */
const withoutColon: ReadonlySet<string> = new Set(['iam:GetAccessKeyLastUsed'])

/** `resource`: an ARN, or how AWS names it: `access key AKIA…`. */
export function notAuthorized({ arn }: Requester, action: string, resource: string): string {
  const perform = withoutColon.has(action) ? 'perform' : 'perform:'
  return `User: ${arn ?? 'anonymous'} is not authorized to ${perform} ${action} on resource: ${resource}`
}
