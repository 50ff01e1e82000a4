// CreateOrganization, DescribeOrganization, DescribeAccount and ListAccounts (AWS Organizations API Reference).
import { base32 } from '../../core/ids.ts'
import { modelled } from '../../wire/errors.ts'
import { accountOf } from '../access/caller-account.ts'
import { pageToken, placeIn } from '../access/page-tokens.ts'
import type { Parts } from '../parts.ts'
import { type Account, accounts, isoTime } from '../records.ts'
import { changes, organizationCheck, reads } from './define.ts'
import { managementOf, memberArn, membershipOf, organizationArn } from './membership.ts'
import { type Organization, organizations } from './records.ts'
import { accountNotFound, invalidToken } from './refusals.ts'
import { memberOf, onTarget, targetOf } from './target.ts'

const MOST_A_PAGE = 20

const organizationOut = (organization: Organization, management: Account | undefined) => ({
  Id: organization.id,
  Arn: organizationArn(organization),
  FeatureSet: organization.featureSet,
  MasterAccountArn: memberArn(organization, organization.account),
  MasterAccountId: organization.account,
  ...(management?.email === undefined ? {} : { MasterAccountEmail: management.email }),
  AvailablePolicyTypes: [],
})

const accountOut = (organization: Organization, account: Account) => ({
  Id: account.id,
  Arn: memberArn(organization, account.id),
  ...(account.email === undefined ? {} : { Email: account.email }),
  Name: account.name,
  Status: account.status,
  State: account.status === 'SUSPENDED' ? ('CLOSED' as const) : account.status,
  JoinedMethod: account.organization?.joinedMethod,
  JoinedTimestamp: new Date(account.organization?.joinedAt ?? account.createdAt),
})

export const organizationOperations = ({ store, vault, random }: Parts) => ({
  CreateOrganization: changes<'CreateOrganization'>()({
    load: (_, call) => ({ account: accountOf(call), id: `o-${base32(random(8)).slice(0, 10).toLowerCase()}` }),
    checks: (_, { account }) => [organizationCheck('CreateOrganization', '*', account)],
    change: async (tx, { FeatureSet = 'ALL' }, { account: management, id }, { now }) => {
      const account = await tx.get(accounts, [management])
      if (account === undefined) throw new TypeError('a caller without an account')
      if (account.organization !== undefined) {
        throw modelled(
          'organizations',
          'AlreadyInOrganizationException',
          'The AWS account is already a member of an organization.',
        )
      }
      const at = isoTime(now)
      const organization: Organization = { account: management, id, featureSet: FeatureSet, createdAt: at }
      await tx.create(organizations, organization)
      await tx.replace(accounts, { ...account, organization: { id, joinedAt: at, joinedMethod: 'INVITED' } })
      return { Organization: organizationOut(organization, account) }
    },
  }),

  DescribeOrganization: reads<'DescribeOrganization'>()({
    load: (_, call) => accountOf(call),
    checks: (_, account) => [organizationCheck('DescribeOrganization', '*', account)],
    handle: async (_, account) => {
      const { organization } = await membershipOf(store, account)
      return { Organization: organizationOut(organization, await store.get(accounts, [organization.account])) }
    },
  }),

  DescribeAccount: reads<'DescribeAccount'>()({
    load: ({ AccountId }, call) => targetOf(store, call, AccountId),
    checks: (_, target) => [onTarget('DescribeAccount', target)],
    handle: async ({ AccountId }, { account }) => {
      const { organization } = await managementOf(store, account)
      const member = await memberOf(store, organization, AccountId)
      if (member === undefined) throw accountNotFound()
      return { Account: accountOut(organization, member) }
    },
  }),

  ListAccounts: reads<'ListAccounts'>()({
    load: (_, call) => accountOf(call),
    checks: (_, account) => [organizationCheck('ListAccounts', '*', account)],
    handle: async ({ NextToken, MaxResults = MOST_A_PAGE }, account) => {
      const { organization } = await managementOf(store, account)
      const list = { vault, account, record: 'marker:ListAccounts', field: organization.id }
      const after = placeIn(list, NextToken, invalidToken)
      const { items, next } = await store.list(accounts, 'organization', {
        prefix: [organization.id],
        limit: Math.min(MaxResults, MOST_A_PAGE),
        ...(after === undefined ? {} : { after }),
      })
      const more = pageToken(list, next)
      return {
        Accounts: items.map((member) => accountOut(organization, member)),
        ...(more && { NextToken: more }),
      }
    },
  }),
})
