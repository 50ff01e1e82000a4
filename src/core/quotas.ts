// How many of a thing there may be and how long a policy (IAM User Guide, "IAM and AWS STS quotas"; Organizations User Guide,
// "Quotas for AWS Organizations"), by the names that AWS's refusals say, and how an operator sets other numbers.
import { accountIdProblem } from './root-key.ts'

interface QuotaRow {
  /** AWS's default, which applies unless the operator sets another number. */
  readonly standard: number
  /** Largest number that can be set here. */
  readonly most: number
  /** How far AWS raises it on request; absent: AWS never does. */
  readonly aws?: number
  readonly says: string
}

/**
 * The ceilings are where the design needs them. Sizes and attachments bound the text that every request of a holder is
 * decided by, and what fits the caches; versions and client ids, one record; policies and providers, one list.
 */
export const quotaTable = {
  UsersPerAccount: {
    standard: 5000,
    most: 100_000,
    says: 'Users of an account, and its virtual MFA devices.',
  },
  RolesPerAccount: { standard: 1000, most: 100_000, aws: 10_000, says: 'Roles of an account.' },
  PoliciesPerAccount: { standard: 1500, most: 10_000, aws: 10_000, says: 'Managed policies of an account’s own.' },
  InstanceProfilesPerAccount: { standard: 1000, most: 10_000, aws: 5000, says: 'Instance profiles of an account.' },
  OpenIdConnectProvidersPerAccount: {
    standard: 100,
    most: 1000,
    aws: 700,
    says: 'OpenID Connect providers of an account.',
  },
  ClientIdsPerOpenIdConnectProvider: { standard: 100, most: 500, says: 'Client ids of one provider.' },
  SAMLProvidersPerAccount: { standard: 100, most: 1000, says: 'SAML providers of an account.' },
  AccessKeysPerUser: { standard: 2, most: 10, says: 'Access keys of a user, and of root.' },
  MFADevicesPerUser: { standard: 8, most: 16, says: 'MFA devices of a user, and of root.' },
  PoliciesPerUser: { standard: 10, most: 25, aws: 20, says: 'Managed policies attached to a user.' },
  PoliciesPerRole: { standard: 10, most: 25, aws: 25, says: 'Managed policies attached to a role.' },
  VersionsPerPolicy: { standard: 5, most: 10, says: 'Versions that a managed policy keeps.' },
  PolicySize: { standard: 6144, most: 12_288, says: 'Characters of a managed policy, without white space.' },
  UserPolicySize: {
    standard: 2048,
    most: 10_240,
    says: 'Characters of all inline policies of a user together, without white space.',
  },
  RolePolicySize: {
    standard: 10_240,
    most: 20_480,
    says: 'Characters of all inline policies of a role together, without white space.',
  },
  ACLSizePerRole: {
    standard: 2048,
    most: 8192,
    aws: 8192,
    says: 'Characters of a role’s trust policy, without white space.',
  },
  AccountsPerOrganization: {
    standard: 10,
    most: 10_000,
    aws: 10_000,
    says: 'Accounts of an organization, its management account and closed ones included.',
  },
} as const satisfies Readonly<Record<string, QuotaRow>>

export type QuotaName = keyof typeof quotaTable
/** The numbers in force for one account. */
export type AccountQuotas = Readonly<Record<QuotaName, number>>
/** The numbers in force, by account. */
export type Quotas = (account: string) => AccountQuotas

export const quotaNames = Object.keys(quotaTable) as readonly QuotaName[]

/** What may be set, whatever the name. */
export const mostOf = (name: QuotaName): number => quotaTable[name].most

const isQuota = (name: string): name is QuotaName => Object.hasOwn(quotaTable, name)

/** `RolesPerAccount=5000`, or for one account `111122223333:RolesPerAccount=5000`. */
const shape = /^(?:([^:=]*):)?([^:=]+)=(.+)$/

/** What is wrong with the text of one quota. */
export function quotaProblem(text: string): string | undefined {
  const [, account, name = '', number = ''] = shape.exec(text) ?? []
  if (name === '') return 'must be NAME=NUMBER, or ACCOUNT:NAME=NUMBER'
  const foreign = account === undefined ? undefined : accountIdProblem(account)
  if (foreign !== undefined) return `${account}: an account id ${foreign}`
  if (!isQuota(name)) return `${name}: no such quota; the names are ${quotaNames.join(', ')}`
  const value = /^\d{1,9}$/.test(number) ? Number(number) : 0
  const { most } = quotaTable[name]
  return value >= 1 && value <= most ? undefined : `${name} must be a whole number from 1 to ${most}`
}

const standard = Object.fromEntries(quotaNames.map((name) => [name, quotaTable[name].standard])) as AccountQuotas

/** The numbers in force under these texts: what is set for an account, else for all of them, else AWS's. @throws TypeError */
export function quotasOf(texts: readonly string[]): Quotas {
  const everyone: Partial<Record<QuotaName, number>> = {}
  const own = new Map<string, Partial<Record<QuotaName, number>>>()
  for (const text of texts) {
    const problem = quotaProblem(text)
    if (problem !== undefined) throw new TypeError(problem)
    const [, account, name, number] = shape.exec(text) ?? []
    const into = account === undefined ? everyone : (own.get(account) ?? {})
    if (account !== undefined) own.set(account, into)
    into[name as QuotaName] = Number(number)
  }
  const common: AccountQuotas = { ...standard, ...everyone }
  const each = new Map([...own].map(([account, numbers]) => [account, { ...common, ...numbers }]))
  return (account) => each.get(account) ?? common
}
