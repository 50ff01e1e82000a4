// Inline policies, written once over what holds policies: Put, Get, List and Delete of User and Role policies (IAM API
// Reference).
import type { Quotas } from '../../../core/quotas.ts'
import type { Transaction } from '../../../store/store.ts'
import type { Call, Check } from '../../operation.ts'
import type { Parts } from '../../parts.ts'
import { encodeDocument } from '../../principals/names.ts'
import { checkGrammar, checkInlineSize } from '../../principals/policy-text.ts'
import { noSuchEntity } from '../../principals/refusals.ts'
import { boundaryOf, type HolderKind } from '../../principals/resource-kinds.ts'
import type { InlinePolicy, PolicyHolder } from '../../records.ts'
import { boundaryKey } from '../checks.ts'
import { changes, type IamName, reads } from '../define.ts'
import { type PageMembers, type PageRequest, pageOf } from '../paging.ts'
import {
  current,
  type LoadedHolder,
  onTarget,
  present,
  type ResourceTarget,
  rolesIn,
  usersIn,
} from '../principals/targets.ts'

const noPolicy = (word: string, name: string) => noSuchEntity(`The ${word} policy with name ${name} cannot be found.`)

/** The holder with that policy put in, replacing one of the same name. @throws LimitExceeded */
function withInline<H extends PolicyHolder>(kind: HolderKind<H>, holder: H, policy: InlinePolicy, quotas: Quotas): H {
  const others = holder.inline.filter(({ name }) => name !== policy.name)
  const inline = [...others, policy].sort((a, b) => (a.name < b.name ? -1 : 1))
  checkInlineSize(
    kind,
    holder.name,
    inline.map(({ text }) => text),
    quotas(holder.account),
  )
  return { ...holder, inline }
}

function withoutInline<H extends PolicyHolder>({ word }: HolderKind<H>, holder: H, name: string): H {
  const inline = holder.inline.filter((policy) => policy.name !== name)
  if (inline.length === holder.inline.length) throw noPolicy(word, name)
  return { ...holder, inline }
}

function inlineOf<H extends PolicyHolder>({ word }: HolderKind<H>, holder: H, name: string) {
  const policy = holder.inline.find((candidate) => candidate.name === name)
  if (policy === undefined) throw noPolicy(word, name)
  return { PolicyName: policy.name, PolicyDocument: encodeDocument(policy.text) }
}

function inlineNames(pageRequest: PageRequest, holder: PolicyHolder): { PolicyNames: string[] } & PageMembers {
  const { items, page } = pageOf(pageRequest, holder.inline, ({ name }) => name)
  return { PolicyNames: items.map(({ name }) => name), ...page }
}

type PolicyNamed = { readonly PolicyName: string }
type Policy = PolicyNamed & { readonly PolicyDocument: string }

/** The right is asked for the holder, and knows which boundary the holder has. */
const asking =
  (action: IamName) =>
  (_: unknown, of: ResourceTarget<PolicyHolder>): readonly Check[] => [
    onTarget(action, of, boundaryKey(boundaryOf(of.record))),
  ]

const putting = <H extends PolicyHolder, I>(
  { quotas }: Parts,
  action: IamName,
  { kind, load }: LoadedHolder<H, I>,
) => ({
  load: (input: I & Policy, call: Call) => load(input, call),
  checks: asking(action),
  change: async (tx: Transaction, { PolicyName, PolicyDocument }: Policy, of: ResourceTarget<H>) => {
    const holder = await current(tx, kind, of)
    checkGrammar(PolicyDocument)
    await tx.replace(kind.collection, withInline(kind, holder, { name: PolicyName, text: PolicyDocument }, quotas))
    return {}
  },
})

const deleting = <H extends PolicyHolder, I>(action: IamName, { kind, load }: LoadedHolder<H, I>) => ({
  load,
  checks: asking(action),
  change: async (tx: Transaction, { PolicyName }: PolicyNamed, of: ResourceTarget<H>) => {
    await tx.replace(kind.collection, withoutInline(kind, await current(tx, kind, of), PolicyName))
    return {}
  },
})

const listing = <H extends PolicyHolder, I>({ vault }: Parts, action: IamName, { kind, load }: LoadedHolder<H, I>) => ({
  load,
  checks: asking(action),
  handle: (input: PageRequest['input'], of: ResourceTarget<H>) => {
    const pageRequest: PageRequest = {
      vault,
      account: of.account,
      operation: action,
      filter: [of.name.toLowerCase()],
      input,
    }
    return inlineNames(pageRequest, present(kind, of))
  },
})

export const inlinePolicyOperations = (parts: Parts) => {
  const [user, role] = [usersIn(parts.store), rolesIn(parts.store)]
  return {
    PutUserPolicy: changes<'PutUserPolicy'>()(putting(parts, 'PutUserPolicy', user)),
    PutRolePolicy: changes<'PutRolePolicy'>()(putting(parts, 'PutRolePolicy', role)),

    GetUserPolicy: reads<'GetUserPolicy'>()({
      load: user.load,
      checks: asking('GetUserPolicy'),
      handle: ({ PolicyName }, target) => {
        const holder = present(user.kind, target)
        return { UserName: holder.name, ...inlineOf(user.kind, holder, PolicyName) }
      },
    }),
    GetRolePolicy: reads<'GetRolePolicy'>()({
      load: role.load,
      checks: asking('GetRolePolicy'),
      handle: ({ PolicyName }, target) => {
        const holder = present(role.kind, target)
        return { RoleName: holder.name, ...inlineOf(role.kind, holder, PolicyName) }
      },
    }),

    ListUserPolicies: reads<'ListUserPolicies'>()(listing(parts, 'ListUserPolicies', user)),
    ListRolePolicies: reads<'ListRolePolicies'>()(listing(parts, 'ListRolePolicies', role)),

    DeleteUserPolicy: changes<'DeleteUserPolicy'>()(deleting('DeleteUserPolicy', user)),
    DeleteRolePolicy: changes<'DeleteRolePolicy'>()(deleting('DeleteRolePolicy', role)),
  }
}
