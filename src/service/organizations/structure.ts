// What an organization is made of beside its accounts: ListRoots, ListParents and, of what nothing here can have yet,
// ListPolicies, ListAWSServiceAccessForOrganization and ListDelegatedAdministrators (AWS Organizations API Reference). Provisioning tools ask for all of it after they have made an organization or an account.

import { rootIdOf } from '../../core/organization-root.ts'
import type { Reader } from '../../store/store.ts'
import { accountOf } from '../access/caller-account.ts'
import type { Parts } from '../parts.ts'
import { organizationCheck, reads } from './define.ts'
import { managementOf } from './membership.ts'
import { childNotFound, invalidToken } from './refusals.ts'
import { memberOf, onTarget, rootArn, targetOf } from './target.ts'

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
    load: (_, call) => accountOf(call),
    checks: (_, account) => [organizationCheck('ListRoots', '*', account)],
    handle: async (input, account) => {
      const organization = await managed(store, account, input)
      return { Roots: [{ Id: rootIdOf(organization.id), Arn: rootArn(organization), Name: 'Root', PolicyTypes: [] }] }
    },
  }),

  ListParents: reads<'ListParents'>()({
    load: ({ ChildId }, call) => targetOf(store, call, ChildId),
    checks: (_, target) => [onTarget('ListParents', target)],
    handle: async (input, { account }) => {
      const organization = await managed(store, account, input)
      if ((await memberOf(store, organization, input.ChildId)) === undefined) throw childNotFound()
      return { Parents: [{ Id: rootIdOf(organization.id), Type: 'ROOT' as const }] }
    },
  }),

  // DIVERGES: AWS lists its own FullAWSAccess among the service control policies; here there are no organization policies.
  ListPolicies: reads<'ListPolicies'>()({
    load: (_, call) => accountOf(call),
    checks: ({ Filter }, account) => [
      { ...organizationCheck('ListPolicies', '*', account), keys: new Map([['organizations:policytype', Filter]]) },
    ],
    handle: async (input, account) => {
      await managed(store, account, input)
      return { Policies: [] }
    },
  }),

  ListAWSServiceAccessForOrganization: reads<'ListAWSServiceAccessForOrganization'>()({
    load: (_, call) => accountOf(call),
    checks: (_, account) => [organizationCheck('ListAWSServiceAccessForOrganization', '*', account)],
    handle: async (input, account) => {
      await managed(store, account, input)
      return { EnabledServicePrincipals: [] }
    },
  }),

  ListDelegatedAdministrators: reads<'ListDelegatedAdministrators'>()({
    load: (_, call) => accountOf(call),
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
