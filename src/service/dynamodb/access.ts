// What a request touches, and the question that is put to the policies about it (Service Authorization Reference, "Actions,
// resources, and condition keys for Amazon DynamoDB"; Developer Guide, "Using IAM policy conditions for fine-grained access
// control").
import type { Keys } from '../../core/identity.ts'
import type { Check } from '../operation.ts'
import { indexArn, type Place, type Resource, type Table } from './table.ts'

/**
 * What a request says of the items that it touches. A member that is absent is a key that the operation does not have, but
 * for `leading`.
 */
export interface Touched {
  /** Every value of the partition key that is touched. Absent: it cannot be said, or the operation touches them all. */
  readonly leading?: readonly string[]
  /** Further attributes of an index's partition key, the second first. */
  readonly further?: readonly (readonly string[])[]
  /** Top-level names of all attributes that the request names. */
  readonly attributes?: readonly string[]
  readonly select?: Select
  readonly returnValues?: string
  readonly returnConsumedCapacity?: string
  readonly enclosing?: 'TransactGetItems' | 'TransactWriteItems' | 'ExecuteTransaction'
  readonly fullTableScan?: boolean
}

export type Select = 'ALL_ATTRIBUTES' | 'ALL_PROJECTED_ATTRIBUTES' | 'SPECIFIC_ATTRIBUTES' | 'COUNT'

export interface Access {
  /** `GetItem`. */
  readonly action: string
  /** dynamodb, but for what is done in buckets. */
  readonly service?: 'dynamodb' | 's3'
  /** ARN, or `*`. */
  readonly resource: string
  readonly owner: string
  /**
   * ARN of the table or stream whose policy is asked as well. An index has none of its own: its table's speaks of it (Developer Guide,
   * "Using resource-based policies for DynamoDB"). Undefined where there is none: INVARIANT: who makes an access says so.
   */
  readonly policyOf: string | undefined
  readonly touched?: Touched
  /** Further context keys (`aws:RequestTag/…`), lower-cased. */
  readonly keys?: Keys
}

const furtherNames = [
  'dynamodb:secondpartitionkeyvalues',
  'dynamodb:thirdpartitionkeyvalues',
  'dynamodb:fourthpartitionkeyvalues',
]

/**
 * Keys that this access does not have, and on which it must not pass by a condition that an absent key fulfils: a Deny with one
 * applies, an Allow with one does not.
 * DIVERGES: at AWS `ForAllValues:StringEquals dynamodb:LeadingKeys` is fulfilled where the key is absent, and so opens Scan to whoever
 * was to read rows of their own.
 */
const leadingNames = ['dynamodb:leadingkeys', 'dynamodb:firstpartitionkeyvalues', ...furtherNames]

/** Tags of a table are the backend's: they are not looked up. */
const tags = 'aws:resourcetag/'

const leadingToo: readonly string[] = [tags, ...leadingNames]
const tagsAlone: readonly string[] = [tags]
/** Of operations whose answers or effects no list of attributes bounds. */
const everything: readonly string[] = [...leadingToo, 'dynamodb:attributes', 'dynamodb:select']

/** The question about an access, but for the policy of what is accessed. */
export function checkOf({
  action,
  service = 'dynamodb',
  resource,
  owner,
  touched,
  keys,
}: Omit<Access, 'policyOf'>): Check {
  return {
    action: `${service}:${action}`,
    resource,
    owner,
    keys: touched === undefined ? (keys ?? none) : touchedKeys(touched, keys),
    unfilled: unfilledOf(touched),
  }
}

const none: Keys = new Map()

function unfilledOf(touched: Touched | undefined): readonly string[] {
  if (touched === undefined) return everything
  return touched.leading === undefined ? leadingToo : tagsAlone
}

function touchedKeys(touched: Touched, more: Keys | undefined): Keys {
  const keys = new Map<string, string | readonly string[]>(more)
  const { leading, further = [], attributes, select, returnValues, returnConsumedCapacity, enclosing } = touched
  if (leading !== undefined) {
    keys.set('dynamodb:leadingkeys', leading)
    keys.set('dynamodb:firstpartitionkeyvalues', leading)
    for (const [at, values] of further.entries()) keys.set(furtherNames[at] ?? '', values)
  }
  if (attributes !== undefined) keys.set('dynamodb:attributes', attributes)
  if (select !== undefined) keys.set('dynamodb:select', select)
  if (returnValues !== undefined) keys.set('dynamodb:returnvalues', returnValues)
  if (returnConsumedCapacity !== undefined) keys.set('dynamodb:returnconsumedcapacity', returnConsumedCapacity)
  if (enclosing !== undefined) keys.set('dynamodb:enclosingoperation', enclosing)
  if (touched.fullTableScan !== undefined) keys.set('dynamodb:fulltablescan', String(touched.fullTableScan))
  return keys
}

/** An access to a table, or to an index of it alone. */
export const ofTable = (action: string, table: Table, index?: string): Access => ({
  ...{ action, resource: index === undefined ? table.arn : indexArn(table, index), owner: table.account },
  policyOf: table.arn,
})

/** An access to what an ARN names: a table, or something of one. Backups, exports and imports have no policies. */
export const ofResource = (action: string, { kind, table, arn }: Resource): Access => ({
  ...{ action, resource: arn, owner: table.account },
  policyOf: kind === 'stream' || kind === 'table' ? arn : undefined,
})

/** An access to nothing that is in a table: to lists, and to what DynamoDB says about the account. */
export const ofAccount = (action: string, { account }: Place): Access => ({
  ...{ action, resource: '*', owner: account },
  policyOf: undefined,
})
