// Organizations' refusals: AWS's codes, reasons and sentences (AWS Organizations API Reference, each operation's errors;
// sentences as recorded from the service where a record is known, and else as its model words them). What the model bounds
// is refused before, in wire/reasons.ts.
import { modelled } from '../../wire/errors.ts'

const invalidInput = (Reason: string, message: string) =>
  modelled('organizations', 'InvalidInputException', message, { extra: { Reason } })

const constraint = (Reason: string, message: string) =>
  modelled('organizations', 'ConstraintViolationException', message, { extra: { Reason } })

export const notInUse = () =>
  modelled('organizations', 'AWSOrganizationsNotInUseException', 'Your account is not a member of an organization.')

export const invalidToken = () => invalidInput('INVALID_NEXT_TOKEN', 'You specified an invalid value for nextToken.')

export const accountNotFound = () =>
  modelled('organizations', 'AccountNotFoundException', "You specified an account that doesn't exist.")

export const targetNotFound = () =>
  modelled(
    'organizations',
    'TargetNotFoundException',
    "We can't find a root, OU, account, or policy with the TargetId that you specified.",
  )

export const childNotFound = () =>
  modelled(
    'organizations',
    'ChildNotFoundException',
    "We can't find an organizational unit (OU) or AWS account with the ChildId that you specified.",
  )

export const managementStays = () =>
  modelled(
    'organizations',
    'MasterCannotLeaveOrganizationException',
    "You can't remove a management account from an organization. If you want the management account to become a member account in another organization, you must first delete the current organization of the management account.",
  )

export const notEmpty = () =>
  modelled(
    'organizations',
    'OrganizationNotEmptyException',
    'To delete an organization you must first remove all member accounts (except the master).',
  )

export const alreadyClosed = () =>
  modelled('organizations', 'AccountAlreadyClosedException', 'The provided account is already closed.')

export const managementStaysOpen = () =>
  constraint(
    'CANNOT_CLOSE_MANAGEMENT_ACCOUNT',
    'You attempted to close the management account. To close the management account for the organization, you must first either remove or close all member accounts in the organization.',
  )

export const tooManyAccounts = () =>
  constraint('ACCOUNT_NUMBER_LIMIT_EXCEEDED', 'You have exceeded the allowed number of AWS accounts.')

export const tooManyClosed = () =>
  constraint('CLOSE_ACCOUNT_QUOTA_EXCEEDED', 'You have exceeded close account quota for the past 30 days.')

export const tooYoung = () =>
  constraint('WAIT_PERIOD_ACTIVE', 'This operation requires a wait period. Try again later.')

export const notAllFeatures = () =>
  constraint(
    'ORGANIZATION_NOT_IN_ALL_FEATURES_MODE',
    "You attempted to perform an operation that requires an organization to be configured to support all features. An organization that supports only consolidated billing features can't perform this operation.",
  )

export const reservedRoleName = () =>
  invalidInput(
    'INVALID_ROLE_NAME',
    "You provided a role name that isn't valid. A role name can't begin with the reserved prefix AWSServiceRoleFor.",
  )

export const duplicateTag = () =>
  invalidInput('DUPLICATE_TAG_KEY', 'Tag keys must be unique among the tags attached to the same entity.')

export const systemTag = () =>
  invalidInput(
    'INVALID_SYSTEM_TAGS_PARAMETER',
    "You specified a tag key that is a system tag. You can't add, edit, or delete system tag keys because they're reserved for AWS use. System tags don't count against your tags per resource limit.",
  )

export const tooManyTags = () =>
  constraint('MAX_TAG_LIMIT_EXCEEDED', 'You have exceeded the number of tags allowed on this resource.')

/** What was authorized is not what is there any more: the caller may ask again. */
export const concurrentModification = () =>
  modelled(
    'organizations',
    'ConcurrentModificationException',
    'The target of the operation is currently being modified by a different request. Try again later.',
  )
