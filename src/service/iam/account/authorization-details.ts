// GetAccountAuthorizationDetails (IAM API Reference): every user, role and managed policy of an account with all that gives
// or takes rights. There are no groups here, so none is listed.
import { setImmediate as turn } from 'node:timers/promises'
import type { Collection, Key, Reader } from '../../../store/store.ts'
import { accountOf } from '../../access/caller-account.ts'
import { awsManagedPolicies } from '../../aws-managed/policies.ts'
import type { Parts } from '../../parts.ts'
import { encodeDocument, parsePolicyArn } from '../../principals/names.ts'
import { tagsOut } from '../../principals/tag-rules.ts'
import { managedPolicies, type Principal, roles, users } from '../../records.ts'
import { check } from '../checks.ts'
import { type IamOutput, reads } from '../define.ts'
import { DEFAULT_PAGE, openMarker, type PageRequest, pageMembers } from '../paging.ts'
import { type AnyPolicy, policyInBrief } from '../policies/managed-policies.ts'
import { versionInBrief, versionsOf } from '../policies/policy-versions.ts'
import { profileInBrief, profilesWith } from '../principals/instance-profiles.ts'
import { roleInBrief, usedMember } from '../principals/roles.ts'
import { boundaryMember, userInBrief } from '../principals/users.ts'

type Out = IamOutput<'GetAccountAuthorizationDetails'>

/**
 * How much work a page may be, beside how many things are on it: looks into the store, and characters of documents. It ends
 * after the thing that passes one of them: AWS may answer fewer things than were asked for, too.
 */
const MOST_LOOKS = 2000
const MOST_TEXT = 1 << 20
/** Records that are read at once. */
const CHUNK = 50

/** What is on a page so far, and what it cost. */
interface Page {
  readonly users: NonNullable<Out['UserDetailList']>
  readonly roles: NonNullable<Out['RoleDetailList']>
  readonly policies: NonNullable<Out['Policies']>
  readonly most: number
  items: number
  looks: number
  text: number
}

const isFull = ({ items, most, looks, text }: Page) => items >= most || looks >= MOST_LOOKS || text >= MOST_TEXT

/** A document as it is sent, on the page's account. */
function documentOn(page: Page, text: string): string {
  page.text += text.length
  return encodeDocument(text)
}

/** What users and roles have alike. */
const heldOn = (page: Page, { inline, attached, boundary, tags }: Principal) => ({
  inline: inline.map(({ name, text }) => ({ PolicyName: name, PolicyDocument: documentOn(page, text) })),
  rest: {
    AttachedManagedPolicies: attached.flatMap((arn) => {
      const policy = parsePolicyArn(arn)
      return policy === undefined ? [] : [{ PolicyName: policy.name, PolicyArn: arn }]
    }),
    ...boundaryMember(boundary),
    Tags: tagsOut(tags),
  },
})

/** Puts what is listed on the page; answers the last that found room when one did not, and undefined when all did. */
type Section = (page: Page, after: string | undefined) => Promise<string | undefined>

/** The records of one account in a collection, each shown in turn. */
const section =
  <R, I extends string>(
    reader: Reader,
    collection: Collection<R, I>,
    account: string,
    show: (page: Page, record: R) => Promise<void>,
  ): Section =>
  async (page, from) => {
    let last = from
    for (;;) {
      const after: Key | undefined = last === undefined ? undefined : [account, last]
      const range = { prefix: [account], limit: CHUNK, ...(after && { after }) }
      const { items, next } = await reader.list(collection, 'key', range)
      for (const record of items) {
        if (isFull(page)) return last ?? ''
        await show(page, record)
        page.items++
        last = String(collection.key(record)[1])
      }
      if (next === undefined) return undefined
      await turn()
    }
  }

async function showPolicy(reader: Reader, account: string, page: Page, policy: AnyPolicy): Promise<void> {
  const brief = await policyInBrief(reader, account, policy, turn)
  page.looks += 2 + brief.AttachmentCount + brief.PermissionsBoundaryUsageCount
  page.policies.push({
    ...brief,
    ...(policy.description === undefined ? {} : { Description: policy.description }),
    PolicyVersionList: versionsOf(policy).map((version) => ({
      Document: documentOn(page, version.text),
      ...versionInBrief(version, policy.defaultVersion),
    })),
  })
}

/** Each kind of thing, in the order in which they are listed. */
function sectionsOf(store: Reader, account: string, now: Date): ReadonlyMap<string, Section> {
  return new Map<string, Section>([
    [
      'User',
      section(store, users, account, async (page, user) => {
        const { inline, rest } = heldOn(page, user)
        page.looks++
        page.users.push({ ...userInBrief(user), UserPolicyList: inline, GroupList: [], ...rest })
      }),
    ],
    ['Group', async () => undefined],
    [
      'Role',
      section(store, roles, account, async (page, role) => {
        const { Description: _, ...brief } = { Description: undefined, ...(await roleInBrief(store, role)) }
        const profiles = await profilesWith(store, account, role.id)
        const { inline, rest } = heldOn(page, role)
        page.looks += 3 + Object.keys(role.trust.principals).length + profiles.length
        page.text += role.trust.text.length * (1 + profiles.length)
        page.roles.push({
          ...brief,
          InstanceProfileList: profiles.map((profile) => profileInBrief(profile, brief)),
          RolePolicyList: inline,
          ...rest,
          ...(await usedMember(store, role, now)),
        })
      }),
    ],
    [
      'LocalManagedPolicy',
      section(store, managedPolicies, account, (page, policy) => showPolicy(store, account, page, policy)),
    ],
    [
      'AWSManagedPolicy',
      async (page, from) => {
        let last = from
        for (const policy of awsManagedPolicies.slice(awsManagedPolicies.findIndex(({ arn }) => arn === from) + 1)) {
          if (isFull(page)) return last ?? ''
          await showPolicy(store, account, page, policy)
          page.items++
          last = policy.arn
        }
        return undefined
      },
    ],
  ])
}

export const authorizationDetailsOperations = ({ store, vault }: Parts) => ({
  GetAccountAuthorizationDetails: reads<'GetAccountAuthorizationDetails'>()({
    load: (_, call) => accountOf(call),
    checks: (_, account) => [check('GetAccountAuthorizationDetails', '*', account)],
    handle: async (input, account, { now }) => {
      const { Filter = [], MaxItems: most = DEFAULT_PAGE } = input
      const wanted = [...sectionsOf(store, account, now)].filter(
        ([name]) => Filter.length === 0 || Filter.some((kind) => kind === name),
      )
      const filter = wanted.map(([name]) => name)
      const pageRequest: PageRequest = { vault, account, operation: 'GetAccountAuthorizationDetails', filter, input }
      const page: Page = { users: [], roles: [], policies: [], most, items: 0, looks: 0, text: 0 }
      const [begin, last = ''] = openMarker(pageRequest)?.split(' ') ?? []
      let stopped: string | undefined
      for (const [name, show] of wanted.slice(Math.max(0, filter.indexOf(begin ?? '')))) {
        const at = await show(page, name === begin && last !== '' ? last : undefined)
        if (at === undefined) continue
        stopped = `${name} ${at}`
        break
      }
      return {
        UserDetailList: page.users,
        GroupDetailList: [],
        RoleDetailList: page.roles,
        Policies: page.policies,
        ...pageMembers(pageRequest, stopped),
      }
    },
  }),
})
