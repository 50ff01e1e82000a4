// CreateAccount and DescribeCreateAccountStatus (AWS Organizations API Reference). The account is there when CreateAccount
// answers; the answer says IN_PROGRESS all the same, as clients expect, and the status then says how it went.
import { accountRootArn } from '../../core/arn.ts'
import { base32 } from '../../core/ids.ts'
import type { Quotas } from '../../core/quotas.ts'
import type { Transaction } from '../../store/store.ts'
import { modelled } from '../../wire/errors.ts'
import { accountOf } from '../access/caller-account.ts'
import { requestTagKeys } from '../access/tag-keys.ts'
import type { Parts } from '../parts.ts'
import { attachPolicy } from '../principals/attach.ts'
import { createAccount, createRole, newRoleId } from '../principals/create.ts'
import { roleKind } from '../principals/resource-kinds.ts'
import { accounts, isoTime, type Tag } from '../records.ts'
import { changes, organizationCheck, reads } from './define.ts'
import { managementOf, memberArn } from './membership.ts'
import { type AccountRequest, accountRequests, type Organization, organizations } from './records.ts'
import { reservedRoleName, tooManyAccounts } from './refusals.ts'
import { givenTags } from './tag-rules.ts'

const ADMINISTRATOR_ACCESS = 'arn:aws:iam::aws:policy/AdministratorAccess'
const DEFAULT_ROLE = 'OrganizationAccountAccessRole'
/** Ids to choose from, made before the transaction: all taken would take millions of accounts. */
const CANDIDATES = 8

/** Twelve digits from eight random bytes; never all zeros. */
function accountIdFrom(random: Uint8Array): string {
  const number = Buffer.from(random).readBigUInt64BE() % 999_999_999_999n
  return String(number + 1n).padStart(12, '0')
}

interface NewMember {
  readonly organization: Organization
  readonly name: string
  readonly email: string
  readonly roleName: string
  readonly candidates: readonly string[]
  readonly roleId: string
  readonly tags: readonly Tag[]
  readonly at: string
}

/** Makes the account and the role in it that the management account assumes. */
async function createMember(tx: Transaction, made: NewMember, quotas: Quotas): Promise<string> {
  const { organization, name, email, tags, at } = made
  let id: string | undefined
  for (const candidate of made.candidates) {
    if (id === undefined && (await tx.get(accounts, [candidate])) === undefined) id = candidate
  }
  if (id === undefined) throw new TypeError('no account id was free')
  const membership = { id: organization.id, joinedAt: at, joinedMethod: 'CREATED' } as const
  await createAccount(tx, { id, name, email, status: 'ACTIVE', createdAt: at, organization: membership, tags })
  const principal = { AWS: accountRootArn(organization.account) }
  const statement = { Effect: 'Allow', Principal: principal, Action: 'sts:AssumeRole' }
  const role = await createRole(
    tx,
    {
      account: id,
      id: made.roleId,
      name: made.roleName,
      trust: JSON.stringify({ Version: '2012-10-17', Statement: [statement] }),
      createdAt: at,
    },
    quotas,
  )
  await attachPolicy(tx, roleKind, role, ADMINISTRATOR_ACCESS, quotas)
  return id
}

/**
 * Closed accounts count as long as they are there.
 * DIVERGES: AWS also bounds how many accounts are in the making at once, and how many are made in a day; here each is made
 * when it is asked for, and only their number is bounded.
 * @throws ConstraintViolationException
 */
async function checkRoom(tx: Transaction, { id }: Organization, most: number): Promise<void> {
  const { items } = await tx.list(accounts, 'organization', { prefix: [id], limit: most })
  if (items.length < most) return
  throw tooManyAccounts()
}

const statusOf = (request: AccountRequest) => ({
  Id: request.id,
  AccountName: request.name,
  RequestedTimestamp: new Date(request.requestedAt),
})

export const createAccountOperations = ({ store, random, quotas }: Parts) => ({
  CreateAccount: changes<'CreateAccount'>()({
    load: async ({ Tags = [], RoleName = DEFAULT_ROLE }, call) => {
      if (/^AWSServiceRoleFor/i.test(RoleName)) throw reservedRoleName()
      const account = accountOf(call)
      const tags = givenTags(Tags)
      const id = `car-${base32(random(20)).toLowerCase()}`
      const candidates = Array.from({ length: CANDIDATES }, () => accountIdFrom(random(8)))
      const organization = await store.get(organizations, [account])
      // The account that the tags are for, as far as it can be named before it is there.
      const made = organization === undefined ? '*' : memberArn(organization, candidates[0] ?? '')
      return { account, id, candidates, roleId: newRoleId(random), tags, made }
    },
    checks: (_, { account, tags, made }) => [
      organizationCheck('CreateAccount', '*', account, requestTagKeys(tags)),
      ...(tags.length === 0 ? [] : [organizationCheck('TagResource', made, account, requestTagKeys(tags))]),
    ],
    change: async (
      tx,
      { AccountName, Email, RoleName = DEFAULT_ROLE },
      { account, id, candidates, roleId, tags },
      { now },
    ) => {
      const { organization } = await managementOf(tx, account)
      await checkRoom(tx, organization, quotas(account).AccountsPerOrganization)
      const at = isoTime(now)
      const taken = await tx.find(accounts, 'email', [Email.toLowerCase()])
      const member = { organization, name: AccountName, email: Email, roleName: RoleName, candidates, roleId, tags, at }
      const request: AccountRequest = {
        account,
        id,
        name: AccountName,
        requestedAt: at,
        completedAt: at,
        outcome:
          taken === undefined
            ? { accountId: await createMember(tx, member, quotas) }
            : { failure: 'EMAIL_ALREADY_EXISTS' },
      }
      await tx.create(accountRequests, request)
      return { CreateAccountStatus: { ...statusOf(request), State: 'IN_PROGRESS' as const } }
    },
  }),

  DescribeCreateAccountStatus: reads<'DescribeCreateAccountStatus'>()({
    load: (_, call) => accountOf(call),
    checks: (_, account) => [organizationCheck('DescribeCreateAccountStatus', '*', account)],
    handle: async ({ CreateAccountRequestId }, account) => {
      const { organization } = await managementOf(store, account)
      const request = await store.get(accountRequests, [account, CreateAccountRequestId])
      // What was asked for an organization that is gone is nobody's to know.
      if (request === undefined || request.requestedAt < organization.createdAt) {
        throw modelled(
          'organizations',
          'CreateAccountStatusNotFoundException',
          "We can't find an create account request with the CreateAccountRequestId that you specified.",
        )
      }
      const { outcome } = request
      const how =
        'accountId' in outcome
          ? { State: 'SUCCEEDED' as const, AccountId: outcome.accountId }
          : { State: 'FAILED' as const, FailureReason: outcome.failure }
      const completed = { CompletedTimestamp: new Date(request.completedAt) }
      return { CreateAccountStatus: { ...statusOf(request), ...completed, ...how } }
    },
  }),
})
