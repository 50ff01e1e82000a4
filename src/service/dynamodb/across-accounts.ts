// Which operations reach a table or stream of another account, if its policy and the caller's own allow it (Amazon DynamoDB Developer
// Guide, "DynamoDB API operations supported by resource-based policies"). So a policy that grants `dynamodb:*` to another account
// does not let it make tables, restore, export or back up.
import { validationError } from '../../wire/errors.ts'
import { organizationKeys } from '../access/context-keys.ts'
import type { Subject } from '../contracts/subject.ts'
import type { Access } from './access.ts'
import type { Plan } from './plan.ts'

const across: ReadonlySet<string> = new Set([
  ...['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem', 'Query', 'Scan', 'BatchGetItem', 'BatchWriteItem'],
  ...['TransactGetItems', 'TransactWriteItems', 'DescribeTable', 'UpdateTable', 'DeleteTable'],
  ...['TagResource', 'UntagResource', 'ListTagsOfResource', 'DescribeStream', 'GetShardIterator', 'GetRecords'],
])

export const othersRefused = () =>
  validationError('aws-json', 'This action is only supported by accounts that match the resource owner’s account.')

/** @throws ValidationException for an operation that stays in the caller's account, on what another has */
export function requireWithin(account: string, operation: string, plan: Plan): Plan {
  const abroad = plan.at.account !== account || plan.tables.some((table) => table.account !== account)
  if (abroad && !across.has(operation)) throw othersRefused()
  return plan
}

/**
 * An access to what another account has, with the keys of that account's organization. INVARIANT: the policies of an account that is closed
 * let nobody in (AWS Account Management, "Close an AWS account"); `owner`: the account's root, where there is one.
 */
export function ofOwner(access: Access, owner: Subject | undefined): Access {
  if (owner?.account.status !== 'ACTIVE') return { ...access, policyOf: undefined }
  const { organization } = owner.account
  return organization === undefined
    ? access
    : { ...access, keys: new Map([...(access.keys ?? []), ...organizationKeys(organization)]) }
}
