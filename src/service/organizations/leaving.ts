// How accounts end, or leave: CloseAccount, RemoveAccountFromOrganization, LeaveOrganization, DeleteOrganization (AWS
// Organizations API Reference). A closed account is SUSPENDED: no key and no session of it signs anything, and none of its
// roles is assumed, from the moment this commits.
// DIVERGES: AWS lets an account leave only with a payment method; here nobody pays. AWS deletes a closed account after 90
// days; here it stays closed, and may leave so that the organization can be deleted.
import type { Transaction } from '../../store/store.ts'
import { accountOf } from '../access/caller-account.ts'
import type { Parts } from '../parts.ts'
import { type Account, accounts, isoTime } from '../records.ts'
import { changes, organizationCheck } from './define.ts'
import { managementOf, membershipOf } from './membership.ts'
import { organizations } from './records.ts'
import {
  alreadyClosed,
  managementStays,
  managementStaysOpen,
  notAllFeatures,
  notEmpty,
  tooManyClosed,
  tooYoung,
} from './refusals.ts'
import { currentMember, onTarget, targetOf } from './target.ts'

/** DIVERGES: AWS lets a large organization close up to a fifth of its accounts in that time; here 250 are all. */
const MOST_CLOSED = 250
const COUNTED_MS = 30 * 24 * 3600 * 1000

/** How long an account stays that the organization has made. */
const STAYS_MS = 4 * 24 * 3600 * 1000

/**
 * INVARIANT: whoever may make accounts and remove them makes no more in four days than the organization may have: else that
 * quota would bound nothing.
 *
 * @throws ConstraintViolationException
 */
function checkMayLeave({ organization, createdAt }: Account, now: Date): void {
  const made = organization?.joinedMethod === 'CREATED'
  if (made && now.getTime() - Date.parse(createdAt) < STAYS_MS) throw tooYoung()
}

/** Takes an account out of its organization, with what it had there. */
async function leave(tx: Transaction, account: Account): Promise<void> {
  const { organization: _, tags: __, ...alone } = account
  await tx.replace(accounts, alone)
}

export const leavingOperations = ({ store }: Parts) => ({
  CloseAccount: changes<'CloseAccount'>()({
    load: ({ AccountId }, call) => targetOf(store, call, AccountId),
    checks: (_, target) => [onTarget('CloseAccount', target)],
    change: async (tx, _, target, { now }) => {
      const { organization, member } = await currentMember(tx, target)
      if (member.id === organization.account) throw managementStaysOpen()
      if (organization.featureSet !== 'ALL') throw notAllFeatures()
      if (member.status !== 'ACTIVE') throw alreadyClosed()
      const since = isoTime(new Date(now.getTime() - COUNTED_MS))
      const closures = (organization.closures ?? []).filter((at) => at > since)
      if (closures.length >= MOST_CLOSED) throw tooManyClosed()
      await tx.replace(organizations, { ...organization, closures: [...closures, isoTime(now)] })
      await tx.replace(accounts, { ...member, status: 'SUSPENDED' as const })
      return {}
    },
    audit: { copyTo: ({ AccountId }) => AccountId },
  }),

  RemoveAccountFromOrganization: changes<'RemoveAccountFromOrganization'>()({
    load: ({ AccountId }, call) => targetOf(store, call, AccountId),
    checks: (_, target) => [onTarget('RemoveAccountFromOrganization', target)],
    change: async (tx, _, target, { now }) => {
      const { organization, member } = await currentMember(tx, target)
      if (member.id === organization.account) throw managementStays()
      checkMayLeave(member, now)
      await leave(tx, member)
      return {}
    },
    audit: { copyTo: ({ AccountId }) => AccountId },
  }),

  LeaveOrganization: changes<'LeaveOrganization'>()({
    load: (_, call) => accountOf(call),
    checks: (_, account) => [organizationCheck('LeaveOrganization', '*', account)],
    change: async (tx, _, id, { now }) => {
      const { account, organization } = await membershipOf(tx, id)
      if (id === organization.account) throw managementStays()
      checkMayLeave(account, now)
      await leave(tx, account)
      return {}
    },
  }),

  DeleteOrganization: changes<'DeleteOrganization'>()({
    load: (_, call) => accountOf(call),
    checks: (_, account) => [organizationCheck('DeleteOrganization', '*', account)],
    change: async (tx, _, id) => {
      const { account, organization } = await managementOf(tx, id)
      const { items } = await tx.list(accounts, 'organization', { prefix: [organization.id], limit: 2 })
      if (items.some((member) => member.id !== id)) throw notEmpty()
      await tx.delete(organizations, organizations.key(organization))
      await leave(tx, account)
      return {}
    },
  }),
})
