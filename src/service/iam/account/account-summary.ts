// GetAccountSummary: what the account has and may have (IAM API Reference).
import { setImmediate as turn } from 'node:timers/promises'
import type { Key, Reader } from '../../../store/store.ts'
import { accountOf } from '../../access/caller-account.ts'
import type { Parts } from '../../parts.ts'
import { tallyOf } from '../../principals/quotas.ts'
import { accessKeys, attachments, mfaDevices } from '../../records.ts'
import { check } from '../checks.ts'
import { reads } from '../define.ts'
import { recordsFrom } from '../paging.ts'

/** What nobody can have here is counted as none; the numbers are AWS's. */
const notHere = {
  AccountPasswordPresent: 0,
  AccountSigningCertificatesPresent: 0,
  AttachedPoliciesPerGroupQuota: 10,
  GroupPolicySizeQuota: 5120,
  Groups: 0,
  GroupsPerUserQuota: 10,
  GroupsQuota: 300,
  PolicyVersionsInUseQuota: 10_000,
  ServerCertificates: 0,
  ServerCertificatesQuota: 20,
  SigningCertificatesPerUserQuota: 2,
}

/** After how many looks others have a turn. */
const AT_ONCE = 250

/** How many devices there are, and how many are somebody's. */
async function devicesIn(reader: Reader, account: string) {
  const devices = { all: 0, used: 0 }
  for await (const { principal } of recordsFrom(reader, mfaDevices, [account], undefined)) {
    devices.all++
    if (principal !== undefined) devices.used++
    if (devices.all % AT_ONCE === 0) await turn()
  }
  return devices
}

/** How many managed policies are attached or bound somebody: of each, one version is in use. One look for each of them. */
async function policiesInUse(reader: Reader, account: string): Promise<number> {
  let inUse = 0
  let after: Key | undefined
  for (;;) {
    const range = { prefix: [account], limit: 1, ...(after && { after }) }
    const [first] = (await reader.list(attachments, 'key', range)).items
    if (first === undefined) return inUse
    inUse++
    if (inUse % AT_ONCE === 0) await turn()
    // Beyond every use of this one.
    after = [account, first.policyArn, '\uffff']
  }
}

export const accountSummaryOperations = ({ store, quotas }: Parts) => ({
  GetAccountSummary: reads<'GetAccountSummary'>()({
    load: (_, call) => accountOf(call),
    checks: (_, account) => [check('GetAccountSummary', '*', account)],
    handle: async (_, account) => {
      const may = quotas(account)
      const has = await tallyOf(store, account)
      const roots = { prefix: [account, account], limit: 1 }
      const rootKeys = (await store.list(accessKeys, 'principal', roots)).items.length
      const rootDevices = (await store.list(mfaDevices, 'principal', roots)).items.length
      const devices = await devicesIn(store, account)
      return {
        SummaryMap: {
          ...notHere,
          AccessKeysPerUserQuota: may.AccessKeysPerUser,
          AccountAccessKeysPresent: rootKeys,
          AccountMFAEnabled: rootDevices,
          AssumeRolePolicySizeQuota: may.ACLSizePerRole,
          AttachedPoliciesPerRoleQuota: may.PoliciesPerRole,
          AttachedPoliciesPerUserQuota: may.PoliciesPerUser,
          GlobalEndpointTokenVersion: 2,
          InstanceProfiles: has.instanceProfiles,
          InstanceProfilesQuota: may.InstanceProfilesPerAccount,
          MFADevices: devices.all,
          MFADevicesInUse: devices.used,
          Policies: has.policies,
          PoliciesQuota: may.PoliciesPerAccount,
          PolicySizeQuota: may.PolicySize,
          PolicyVersionsInUse: await policiesInUse(store, account),
          Providers: has.oidcProviders + has.samlProviders,
          RolePolicySizeQuota: may.RolePolicySize,
          Roles: has.roles,
          RolesQuota: may.RolesPerAccount,
          UserPolicySizeQuota: may.UserPolicySize,
          Users: has.users,
          UsersQuota: may.UsersPerAccount,
          VersionsPerPolicyQuota: may.VersionsPerPolicy,
        },
      }
    },
  }),
})
