// AWS's sentence to whoever may not do what was asked for. What a policy's reason adds to it is core/policy/reason.ts's.
import type { Requester } from '../../core/policy/model.ts'

/** Actions whose sentence has no colon after `perform` (recorded). */
const withoutColon: ReadonlySet<string> = new Set(['iam:GetAccessKeyLastUsed'])

/** `resource`: an ARN, or how AWS names it: `access key AKIA…`. */
export function notAuthorized({ arn }: Requester, action: string, resource: string): string {
  const perform = withoutColon.has(action) ? 'perform' : 'perform:'
  return `User: ${arn ?? 'anonymous'} is not authorized to ${perform} ${action} on resource: ${resource}`
}
