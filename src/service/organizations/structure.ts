// What an organization is made of beside its accounts: ListRoots, ListParents and, of what nothing here can have yet,
// ListTagsForResource, ListPolicies, ListAWSServiceAccessForOrganization and ListDelegatedAdministrators (AWS Organizations
// API Reference). Provisioning tools ask for all of it after they have made an organization or an account.
import type { Reader } from '../../store/store.ts'
import { modelled } from '../../wire/errors.ts'
import { accountOf } from '../iam/caller.ts'
import type { Parts } from '../parts.ts'
import { accounts } from '../records.ts'
import { organizationCheck, reads } from './define.ts'
import { invalidToken, managementOf, memberArn } from './membership.ts'
import { type Organization, organizations } from './records.ts'
import { rootIdOf } from './root.ts'

const rootArn = ({ account, id }: Organization) => `arn:aws:organizations::${account}:root/${id}/${rootIdOf(id)}`

/** What an id of a request stands for, as a policy names it. Reveals nothing: whether it is there is found out later. */
async function targetOf(reader: Reader, account: string, id: string) {
  const organization = await reader.get(organizations, [account])
  if (organization === undefined) return { account, arn: '*' }
  return { account, arn: id === rootIdOf(organization.id) ? rootArn(organization) : memberArn(organization, id) }
}

/** Whether the id is that of an account in the organization. */
const isMember = async (reader: Reader, organization: Organization, id: string) =>
  (await reader.get(accounts, [id]))?.organization?.id === organization.id

/**
 * The organization whose management account asks for a list that ends with its first page: no token was ever given.
 * @throws AWSOrganizationsNotInUseException, AccessDeniedException, InvalidInputException
 */
async function managed(reader: Reader, account: string, { NextToken }: { readonly NextToken?: string | undefined }) {
  const { organization } = await managementOf(reader, account)
  if (NextToken !== undefined) throw invalidToken()
  return organization
}

export const structureOperations = ({ store }: Parts) => ({
  ListRoots: reads<'ListRoots'>()({
    target: (_, call) => accountOf(call),
    checks: (_, account) => [organizationCheck('ListRoots', '*', account)],
    handle: async (input, account) => {
      const organization = await managed(store, account, input)
      return { Roots: [{ Id: rootIdOf(organization.id), Arn: rootArn(organization), Name: 'Root', PolicyTypes: [] }] }
    },
  }),

  ListParents: reads<'ListParents'>()({
    target: ({ ChildId }, call) => targetOf(store, accountOf(call), ChildId),
    checks: (_, { account, arn }) => [organizationCheck('ListParents', arn, account)],
    handle: async (input, { account }) => {
      const organization = await managed(store, account, input)
      if (!(await isMember(store, organization, input.ChildId))) {
        throw modelled(
          'organizations',
          'ChildNotFoundException',
          "We can't find an organizational unit (OU) or AWS account with the ChildId that you specified.",
        )
      }
      return { Parents: [{ Id: rootIdOf(organization.id), Type: 'ROOT' as const }] }
    },
  }),

  ListTagsForResource: reads<'ListTagsForResource'>()({
    target: ({ ResourceId }, call) => targetOf(store, accountOf(call), ResourceId),
    checks: (_, { account, arn }) => [organizationCheck('ListTagsForResource', arn, account)],
    handle: async (input, { account }) => {
      const organization = await managed(store, account, input)
      const { ResourceId: id } = input
      if (id !== rootIdOf(organization.id) && !(await isMember(store, organization, id))) {
        throw modelled(
          'organizations',
          'TargetNotFoundException',
          "We can't find a root, OU, account, or policy with the TargetId that you specified.",
        )
      }
      return { Tags: [] }
    },
  }),

  // DIVERGES: AWS lists its own FullAWSAccess among the service control policies; here there are no organization policies.
  ListPolicies: reads<'ListPolicies'>()({
    target: (_, call) => accountOf(call),
    checks: ({ Filter }, account) => [
      { ...organizationCheck('ListPolicies', '*', account), keys: new Map([['organizations:policytype', Filter]]) },
    ],
    handle: async (input, account) => {
      await managed(store, account, input)
      return { Policies: [] }
    },
  }),

  ListAWSServiceAccessForOrganization: reads<'ListAWSServiceAccessForOrganization'>()({
    target: (_, call) => accountOf(call),
    checks: (_, account) => [organizationCheck('ListAWSServiceAccessForOrganization', '*', account)],
    handle: async (input, account) => {
      await managed(store, account, input)
      return { EnabledServicePrincipals: [] }
    },
  }),

  ListDelegatedAdministrators: reads<'ListDelegatedAdministrators'>()({
    target: (_, call) => accountOf(call),
    checks: ({ ServicePrincipal: service }, account) => [
      {
        ...organizationCheck('ListDelegatedAdministrators', '*', account),
        ...(service === undefined ? {} : { keys: new Map([['organizations:serviceprincipal', service]]) }),
      },
    ],
    handle: async (input, account) => {
      await managed(store, account, input)
      return { DelegatedAdministrators: [] }
    },
  }),
})
