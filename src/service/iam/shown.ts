// What IAM's refusals call the requested resource: `role NAME`, `user NAME`, `instance profile NAME`,
// `policy NAME` or `policy ARN` (recorded
// of AWS's AccessDenied). What no record is known of is called by its ARN.
import { nameInArn } from '../../core/arn.ts'
import type { IamName } from './define.ts'

type Kind = 'role' | 'user' | 'policy' | 'instance-profile'

const calledByName: Readonly<Record<Kind, readonly IamName[]>> = {
  role: [
    'AttachRolePolicy',
    'DeleteRole',
    'DeleteRolePolicy',
    'DetachRolePolicy',
    'GetRole',
    'GetRolePolicy',
    'ListAttachedRolePolicies',
    'ListInstanceProfilesForRole',
    'ListRolePolicies',
    'ListRoleTags',
    'PutRolePolicy',
    'UpdateAssumeRolePolicy',
    'UpdateRole',
  ],
  user: [
    'AttachUserPolicy',
    'CreateAccessKey',
    'DeleteAccessKey',
    'DeleteUserPolicy',
    'DetachUserPolicy',
    'GetUser',
    'GetUserPolicy',
    'ListAccessKeys',
    'ListAttachedUserPolicies',
    'ListGroupsForUser',
    'ListMFADevices',
    'ListUserPolicies',
    'PutUserPolicy',
    'UpdateAccessKey',
  ],
  policy: ['CreatePolicy', 'TagPolicy'],
  'instance-profile': ['AddRoleToInstanceProfile', 'GetInstanceProfile', 'RemoveRoleFromInstanceProfile'],
}

const policiesByArn: ReadonlySet<IamName> = new Set([
  'CreatePolicyVersion',
  'DeletePolicy',
  'DeletePolicyVersion',
  'GetPolicy',
  'GetPolicyVersion',
  'ListEntitiesForPolicy',
  'ListPolicyTags',
  'ListPolicyVersions',
  'SetDefaultPolicyVersion',
])

const kinds: ReadonlyMap<IamName, Kind> = new Map(
  (['role', 'user', 'policy', 'instance-profile'] as const).flatMap((kind) =>
    calledByName[kind].map((action) => [action, kind] as const),
  ),
)

/** Undefined when it is called by its ARN. */
export function shownAs(action: IamName, arn: string): string | undefined {
  if (policiesByArn.has(action)) return `policy ${arn}`
  const kind = kinds.get(action)
  // The account's root is a user to some of these, and has no name.
  if (kind === undefined || !arn.includes(`:${kind}/`)) return undefined
  return `${kind.replace('-', ' ')} ${nameInArn(arn)}`
}
