// Attach, Detach and ListAttached of User and Role policies, and the permissions boundaries of both (IAM API Reference).

import type { Parts } from '../parts.ts'
import type { Holder, Role, User } from '../records.ts'
import { attachPolicy, detachPolicy, setBoundary } from './attach.ts'
import { boundaryKey, check, policyKey, resourceTags } from './checks.ts'
import { changes, type IamName, reads } from './define.ts'
import { current, present, roleKind, type Target, targetOf, userKind } from './holders.ts'
import { boundaryArnOf, parsePolicyArn, policyArnOf } from './names.ts'
import { type Asked, pageOf } from './paging.ts'

/** Attaching knows which policy, and which boundary the holder has. */
const attaching = (action: IamName, { account, arn, holder }: Target<Holder>, policyArn: string) =>
  check(action, arn, account, resourceTags(holder?.tags), policyKey(policyArn), boundaryKey(holder?.boundary))

/** Bounding knows the boundary that is set; unbounding, the one that goes. */
const bounding = (action: IamName, { account, arn, holder }: Target<Holder>, boundary: string | undefined) =>
  check(action, arn, account, resourceTags(holder?.tags), boundaryKey(boundary))

const listing = (action: IamName, { account, arn, holder }: Target<Holder>) =>
  check(action, arn, account, resourceTags(holder?.tags))

function attachedTo(
  { vault }: Parts,
  operation: IamName,
  holder: Holder,
  input: Asked['input'] & { readonly PathPrefix?: string | undefined },
) {
  const prefix = input.PathPrefix ?? '/'
  const asked: Asked = { vault, account: holder.account, operation, filter: [holder.id, prefix], input }
  const policies = holder.attached.flatMap((arn) => parsePolicyArn(arn) ?? [])
  const within = policies.filter(({ path }) => path.startsWith(prefix))
  const { items, page } = pageOf(asked, within, ({ arn }) => arn)
  return { AttachedPolicies: items.map(({ name, arn }) => ({ PolicyName: name, PolicyArn: arn })), ...page }
}

export const attachmentOperations = (parts: Parts) => {
  const user = ({ UserName }: { readonly UserName: string }, call: Parameters<typeof targetOf>[2]) =>
    targetOf<User>(parts.store, userKind, call, UserName)
  const role = ({ RoleName }: { readonly RoleName: string }, call: Parameters<typeof targetOf>[2]) =>
    targetOf<Role>(parts.store, roleKind, call, RoleName)

  return {
    AttachUserPolicy: changes<'AttachUserPolicy'>()({
      target: (input, call) => {
        policyArnOf(input.PolicyArn)
        return user(input, call)
      },
      checks: ({ PolicyArn }, target) => [attaching('AttachUserPolicy', target, PolicyArn)],
      change: async (tx, { PolicyArn }, target) => {
        await attachPolicy(tx, userKind, await current(tx, userKind, target), PolicyArn)
        return {}
      },
    }),
    AttachRolePolicy: changes<'AttachRolePolicy'>()({
      target: (input, call) => {
        policyArnOf(input.PolicyArn)
        return role(input, call)
      },
      checks: ({ PolicyArn }, target) => [attaching('AttachRolePolicy', target, PolicyArn)],
      change: async (tx, { PolicyArn }, target) => {
        await attachPolicy(tx, roleKind, await current(tx, roleKind, target), PolicyArn)
        return {}
      },
    }),
    DetachUserPolicy: changes<'DetachUserPolicy'>()({
      target: (input, call) => {
        policyArnOf(input.PolicyArn)
        return user(input, call)
      },
      checks: ({ PolicyArn }, target) => [attaching('DetachUserPolicy', target, PolicyArn)],
      change: async (tx, { PolicyArn }, target) => {
        await detachPolicy(tx, userKind, await current(tx, userKind, target), PolicyArn)
        return {}
      },
    }),
    DetachRolePolicy: changes<'DetachRolePolicy'>()({
      target: (input, call) => {
        policyArnOf(input.PolicyArn)
        return role(input, call)
      },
      checks: ({ PolicyArn }, target) => [attaching('DetachRolePolicy', target, PolicyArn)],
      change: async (tx, { PolicyArn }, target) => {
        await detachPolicy(tx, roleKind, await current(tx, roleKind, target), PolicyArn)
        return {}
      },
    }),

    ListAttachedUserPolicies: reads<'ListAttachedUserPolicies'>()({
      target: user,
      checks: (_, target) => [listing('ListAttachedUserPolicies', target)],
      handle: (input, target) => attachedTo(parts, 'ListAttachedUserPolicies', present(userKind, target), input),
    }),
    ListAttachedRolePolicies: reads<'ListAttachedRolePolicies'>()({
      target: role,
      checks: (_, target) => [listing('ListAttachedRolePolicies', target)],
      handle: (input, target) => attachedTo(parts, 'ListAttachedRolePolicies', present(roleKind, target), input),
    }),

    PutUserPermissionsBoundary: changes<'PutUserPermissionsBoundary'>()({
      target: (input, call) => {
        boundaryArnOf(input.PermissionsBoundary)
        return user(input, call)
      },
      checks: (input, target) => [bounding('PutUserPermissionsBoundary', target, input.PermissionsBoundary)],
      change: async (tx, { PermissionsBoundary }, target) => {
        await setBoundary(tx, userKind, await current(tx, userKind, target), PermissionsBoundary)
        return {}
      },
    }),
    PutRolePermissionsBoundary: changes<'PutRolePermissionsBoundary'>()({
      target: (input, call) => {
        boundaryArnOf(input.PermissionsBoundary)
        return role(input, call)
      },
      checks: (input, target) => [bounding('PutRolePermissionsBoundary', target, input.PermissionsBoundary)],
      change: async (tx, { PermissionsBoundary }, target) => {
        await setBoundary(tx, roleKind, await current(tx, roleKind, target), PermissionsBoundary)
        return {}
      },
    }),
    DeleteUserPermissionsBoundary: changes<'DeleteUserPermissionsBoundary'>()({
      target: user,
      checks: (_, target) => [bounding('DeleteUserPermissionsBoundary', target, target.holder?.boundary)],
      change: async (tx, _, target) => {
        await setBoundary(tx, userKind, await current(tx, userKind, target), undefined)
        return {}
      },
    }),
    DeleteRolePermissionsBoundary: changes<'DeleteRolePermissionsBoundary'>()({
      target: role,
      checks: (_, target) => [bounding('DeleteRolePermissionsBoundary', target, target.holder?.boundary)],
      change: async (tx, _, target) => {
        await setBoundary(tx, roleKind, await current(tx, roleKind, target), undefined)
        return {}
      },
    }),
  }
}
