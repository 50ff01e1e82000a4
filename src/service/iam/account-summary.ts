// GetAccountSummary: what the account has and may have (IAM API Reference).
import type { Parts } from '../parts.ts'
import { accessKeys, mfaDevices } from '../records.ts'
import { accountOf } from './caller.ts'
import { check } from './checks.ts'
import { reads } from './define.ts'
import { KEYS_PER_USER, POLICIES_PER_HOLDER, POLICY_SIZES, quotaOf, tallyOf, VERSIONS_PER_POLICY } from './quotas.ts'

export const accountSummaryOperations = ({ store }: Parts) => ({
  GetAccountSummary: reads<'GetAccountSummary'>()({
    target: (_, call) => accountOf(call),
    checks: (_, account) => [check('GetAccountSummary', '*', account)],
    handle: async (_, account) => {
      const tally = await tallyOf(store, account)
      const roots = { prefix: [account, account], limit: 1 }
      const rootKeys = (await store.list(accessKeys, 'principal', roots)).items.length
      const rootDevices = (await store.list(mfaDevices, 'principal', roots)).items.length
      const { items: devices } = await store.list(mfaDevices, 'key', {
        prefix: [account],
        limit: quotaOf('mfaDevices'),
      })
      return {
        SummaryMap: {
          AccessKeysPerUserQuota: KEYS_PER_USER,
          AccountAccessKeysPresent: rootKeys,
          AccountMFAEnabled: rootDevices,
          AccountPasswordPresent: 0,
          AccountSigningCertificatesPresent: 0,
          AssumeRolePolicySizeQuota: POLICY_SIZES.trust,
          AttachedPoliciesPerRoleQuota: POLICIES_PER_HOLDER,
          AttachedPoliciesPerUserQuota: POLICIES_PER_HOLDER,
          GlobalEndpointTokenVersion: 2,
          Groups: 0,
          InstanceProfiles: 0,
          MFADevices: devices.length,
          MFADevicesInUse: devices.filter(({ principal }) => principal !== undefined).length,
          Policies: tally.policies,
          PoliciesQuota: quotaOf('policies'),
          PolicySizeQuota: POLICY_SIZES.managed,
          Providers: tally.oidcProviders,
          Roles: tally.roles,
          RolesQuota: quotaOf('roles'),
          ServerCertificates: 0,
          UserPolicySizeQuota: POLICY_SIZES.user,
          Users: tally.users,
          UsersQuota: quotaOf('users'),
          VersionsPerPolicyQuota: VERSIONS_PER_POLICY,
        },
      }
    },
  }),
})
