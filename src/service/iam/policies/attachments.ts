// Attach, Detach and ListAttached of User and Role policies, and the permissions boundaries of both (IAM API Reference).
// Each is written once, over how users and roles are named.
import type { Transaction } from '../../../store/store.ts'
import type { Call } from '../../operation.ts'
import type { Parts } from '../../parts.ts'
import { attachPolicy, detachPolicy, setBoundary } from '../../principals/attach.ts'
import { boundaryArnOf, parsePolicyArn, policyArnOf } from '../../principals/names.ts'
import { boundaryOf } from '../../principals/resource-kinds.ts'
import type { PolicyHolder, Principal } from '../../records.ts'
import { boundaryKey, policyKey } from '../checks.ts'
import { changes, type IamName, reads } from '../define.ts'
import { type PageRequest, pageOf } from '../paging.ts'
import {
  current,
  type LoadedHolder,
  onTarget,
  present,
  type ResourceTarget,
  rolesIn,
  usersIn,
} from '../principals/targets.ts'

type Policy = { readonly PolicyArn: string }
type Boundary = { readonly PermissionsBoundary: string }
type Listing = PageRequest['input'] & { readonly PathPrefix?: string | undefined }

/** Attaching and detaching know which policy, and which boundary the holder has. */
const attaching = <H extends PolicyHolder, I>(
  { quotas }: Parts,
  action: IamName,
  { kind, load }: LoadedHolder<H, I>,
  act: typeof attachPolicy | typeof detachPolicy,
) => ({
  load: (input: I & Policy, call: Call) => {
    policyArnOf(input.PolicyArn)
    return load(input, call)
  },
  checks: ({ PolicyArn }: Policy, of: ResourceTarget<H>) => [
    onTarget(action, of, policyKey(PolicyArn), boundaryKey(boundaryOf(of.record))),
  ],
  change: async (tx: Transaction, { PolicyArn }: Policy, of: ResourceTarget<H>) => {
    await act(tx, kind, await current(tx, kind, of), PolicyArn, quotas)
    return {}
  },
})

/** Bounding knows the boundary that is set. */
const bounding = <H extends Principal, I>(action: IamName, { kind, load }: LoadedHolder<H, I>) => ({
  load: (input: I & Boundary, call: Call) => {
    boundaryArnOf(input.PermissionsBoundary)
    return load(input, call)
  },
  checks: ({ PermissionsBoundary }: Boundary, of: ResourceTarget<H>) => [
    onTarget(action, of, boundaryKey(PermissionsBoundary)),
  ],
  change: async (tx: Transaction, { PermissionsBoundary }: Boundary, of: ResourceTarget<H>) => {
    await setBoundary(tx, kind, await current(tx, kind, of), PermissionsBoundary)
    return {}
  },
})

/** Unbounding knows the boundary that goes. */
const unbounding = <H extends Principal, I>(action: IamName, { kind, load }: LoadedHolder<H, I>) => ({
  load,
  checks: (_: unknown, of: ResourceTarget<H>) => [onTarget(action, of, boundaryKey(boundaryOf(of.record)))],
  change: async (tx: Transaction, _: unknown, of: ResourceTarget<H>) => {
    await setBoundary(tx, kind, await current(tx, kind, of), undefined)
    return {}
  },
})

const listing = <H extends PolicyHolder, I>({ vault }: Parts, action: IamName, { kind, load }: LoadedHolder<H, I>) => ({
  load,
  checks: (_: unknown, of: ResourceTarget<H>) => [onTarget(action, of)],
  handle: (input: Listing, of: ResourceTarget<H>) => {
    const holder = present(kind, of)
    const prefix = input.PathPrefix ?? '/'
    const pageRequest: PageRequest = {
      vault,
      account: holder.account,
      operation: action,
      filter: [holder.id, prefix],
      input,
    }
    const policies = holder.attached.flatMap((arn) => parsePolicyArn(arn) ?? [])
    const within = policies.filter(({ path }) => path.startsWith(prefix))
    const { items, page } = pageOf(pageRequest, within, ({ arn }) => arn)
    return { AttachedPolicies: items.map(({ name, arn }) => ({ PolicyName: name, PolicyArn: arn })), ...page }
  },
})

export const attachmentOperations = (parts: Parts) => {
  const [user, role] = [usersIn(parts.store), rolesIn(parts.store)]
  return {
    AttachUserPolicy: changes<'AttachUserPolicy'>()(attaching(parts, 'AttachUserPolicy', user, attachPolicy)),
    AttachRolePolicy: changes<'AttachRolePolicy'>()(attaching(parts, 'AttachRolePolicy', role, attachPolicy)),
    DetachUserPolicy: changes<'DetachUserPolicy'>()(attaching(parts, 'DetachUserPolicy', user, detachPolicy)),
    DetachRolePolicy: changes<'DetachRolePolicy'>()(attaching(parts, 'DetachRolePolicy', role, detachPolicy)),

    ListAttachedUserPolicies: reads<'ListAttachedUserPolicies'>()(listing(parts, 'ListAttachedUserPolicies', user)),
    ListAttachedRolePolicies: reads<'ListAttachedRolePolicies'>()(listing(parts, 'ListAttachedRolePolicies', role)),

    PutUserPermissionsBoundary: changes<'PutUserPermissionsBoundary'>()(bounding('PutUserPermissionsBoundary', user)),
    PutRolePermissionsBoundary: changes<'PutRolePermissionsBoundary'>()(bounding('PutRolePermissionsBoundary', role)),
    DeleteUserPermissionsBoundary: changes<'DeleteUserPermissionsBoundary'>()(
      unbounding('DeleteUserPermissionsBoundary', user),
    ),
    DeleteRolePermissionsBoundary: changes<'DeleteRolePermissionsBoundary'>()(
      unbounding('DeleteRolePermissionsBoundary', role),
    ),
  }
}
