// Who belongs to which organization, and who may know what of it (AWS Organizations API Reference, each operation's
// errors).
import type { Reader } from '../../store/store.ts'
import { accessDenied } from '../../wire/errors.ts'
import type { BarCause } from '../bar-cause.ts'
import { type Account, accounts } from '../records.ts'
import { type Organization, organizations } from './records.ts'
import { notInUse } from './refusals.ts'

export interface Membership {
  readonly account: Account
  readonly organization: Organization
}

/** The caller's account and its organization. @throws AWSOrganizationsNotInUseException */
export async function membershipOf(reader: Reader, id: string): Promise<Membership> {
  const account = await reader.get(accounts, [id])
  if (account?.organization === undefined) throw notInUse()
  const organization = (await reader.find(organizations, 'id', [account.organization.id]))?.record
  if (organization === undefined) throw notInUse()
  return { account, organization }
}

/** The same, for what is the management account's alone. @throws AccessDeniedException to members */
export async function managementOf(reader: Reader, id: string): Promise<Membership> {
  const membership = await membershipOf(reader, id)
  if (membership.organization.account !== id) {
    throw accessDenied(
      'aws-json',
      "You don't have permissions to access this resource.",
      'not-management-account' satisfies BarCause,
    )
  }
  return membership
}

export const organizationArn = ({ account, id }: Organization) => `arn:aws:organizations::${account}:organization/${id}`
export const memberArn = ({ account, id }: Organization, member: string) =>
  `arn:aws:organizations::${account}:account/${id}/${member}`
