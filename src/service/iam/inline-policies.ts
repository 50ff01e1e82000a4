// Inline policies of users and roles, written once for both: Put, Get, List and Delete of User and Role policies (IAM API
// Reference).
import type { Parts } from '../parts.ts'
import { type Holder, type InlinePolicy, roles, users } from '../records.ts'
import { boundaryKey, check, resourceTags } from './checks.ts'
import { changes, type IamName, reads } from './define.ts'
import { current, present, roleKind, type Target, targetOf, userKind } from './holders.ts'
import { encodeDocument } from './names.ts'
import { type Asked, type PageMembers, pageOf } from './paging.ts'
import { checkGrammar, checkInlineSize } from './policy-text.ts'
import { noSuchEntity } from './refusals.ts'

/** The right is asked for the holder, and knows which boundary the holder has. */
const onHolder = (action: IamName, { account, arn, holder }: Target<Holder>) =>
  check(action, arn, account, resourceTags(holder?.tags), boundaryKey(holder?.boundary))

const noPolicy = (word: 'user' | 'role', name: string) =>
  noSuchEntity(`The ${word} policy with name ${name} cannot be found.`)

/** The holder with that policy put in, replacing one of the same name. @throws LimitExceeded */
export function withInline<H extends Holder>(word: 'user' | 'role', holder: H, policy: InlinePolicy): H {
  const others = holder.inline.filter(({ name }) => name !== policy.name)
  const inline = [...others, policy].sort((a, b) => (a.name < b.name ? -1 : 1))
  checkInlineSize(
    word,
    holder.name,
    inline.map(({ text }) => text),
  )
  return { ...holder, inline }
}

function withoutInline<H extends Holder>(word: 'user' | 'role', holder: H, name: string): H {
  const inline = holder.inline.filter((policy) => policy.name !== name)
  if (inline.length === holder.inline.length) throw noPolicy(word, name)
  return { ...holder, inline }
}

function inlineOf(word: 'user' | 'role', holder: Holder, name: string) {
  const policy = holder.inline.find((candidate) => candidate.name === name)
  if (policy === undefined) throw noPolicy(word, name)
  return { PolicyName: policy.name, PolicyDocument: encodeDocument(policy.text) }
}

function inlineNames(asked: Asked, holder: Holder): { PolicyNames: string[] } & PageMembers {
  const { items, page } = pageOf(asked, holder.inline, ({ name }) => name)
  return { PolicyNames: items.map(({ name }) => name), ...page }
}

const askedFor = ({ vault }: Parts, operation: IamName, { account, name }: Target<Holder>, input: Asked['input']) => ({
  vault,
  account,
  operation,
  filter: [name.toLowerCase()],
  input,
})

export const inlinePolicyOperations = (parts: Parts) => ({
  PutUserPolicy: changes<'PutUserPolicy'>()({
    target: ({ UserName }, call) => targetOf(parts.store, userKind, call, UserName),
    checks: (_, target) => [onHolder('PutUserPolicy', target)],
    change: async (tx, { PolicyName, PolicyDocument }, target) => {
      const user = await current(tx, userKind, target)
      checkGrammar(PolicyDocument)
      await tx.replace(users, withInline('user', user, { name: PolicyName, text: PolicyDocument }))
      return {}
    },
  }),
  PutRolePolicy: changes<'PutRolePolicy'>()({
    target: ({ RoleName }, call) => targetOf(parts.store, roleKind, call, RoleName),
    checks: (_, target) => [onHolder('PutRolePolicy', target)],
    change: async (tx, { PolicyName, PolicyDocument }, target) => {
      const role = await current(tx, roleKind, target)
      checkGrammar(PolicyDocument)
      await tx.replace(roles, withInline('role', role, { name: PolicyName, text: PolicyDocument }))
      return {}
    },
  }),

  GetUserPolicy: reads<'GetUserPolicy'>()({
    target: ({ UserName }, call) => targetOf(parts.store, userKind, call, UserName),
    checks: (_, target) => [onHolder('GetUserPolicy', target)],
    handle: ({ PolicyName }, target) => {
      const user = present(userKind, target)
      return { UserName: user.name, ...inlineOf('user', user, PolicyName) }
    },
  }),
  GetRolePolicy: reads<'GetRolePolicy'>()({
    target: ({ RoleName }, call) => targetOf(parts.store, roleKind, call, RoleName),
    checks: (_, target) => [onHolder('GetRolePolicy', target)],
    handle: ({ PolicyName }, target) => {
      const role = present(roleKind, target)
      return { RoleName: role.name, ...inlineOf('role', role, PolicyName) }
    },
  }),

  ListUserPolicies: reads<'ListUserPolicies'>()({
    target: ({ UserName }, call) => targetOf(parts.store, userKind, call, UserName),
    checks: (_, target) => [onHolder('ListUserPolicies', target)],
    handle: (input, target) =>
      inlineNames(askedFor(parts, 'ListUserPolicies', target, input), present(userKind, target)),
  }),
  ListRolePolicies: reads<'ListRolePolicies'>()({
    target: ({ RoleName }, call) => targetOf(parts.store, roleKind, call, RoleName),
    checks: (_, target) => [onHolder('ListRolePolicies', target)],
    handle: (input, target) =>
      inlineNames(askedFor(parts, 'ListRolePolicies', target, input), present(roleKind, target)),
  }),

  DeleteUserPolicy: changes<'DeleteUserPolicy'>()({
    target: ({ UserName }, call) => targetOf(parts.store, userKind, call, UserName),
    checks: (_, target) => [onHolder('DeleteUserPolicy', target)],
    change: async (tx, { PolicyName }, target) => {
      await tx.replace(users, withoutInline('user', await current(tx, userKind, target), PolicyName))
      return {}
    },
  }),
  DeleteRolePolicy: changes<'DeleteRolePolicy'>()({
    target: ({ RoleName }, call) => targetOf(parts.store, roleKind, call, RoleName),
    checks: (_, target) => [onHolder('DeleteRolePolicy', target)],
    change: async (tx, { PolicyName }, target) => {
      await tx.replace(roles, withoutInline('role', await current(tx, roleKind, target), PolicyName))
      return {}
    },
  }),
})
