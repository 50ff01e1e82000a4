// Which parameters of one request stand together: an operation takes expressions, or the parameters that came before them (Amazon
// DynamoDB Developer Guide, "Legacy DynamoDB conditional parameters"). The sentences are AWS's.

type Parameter =
  | 'ProjectionExpression'
  | 'FilterExpression'
  | 'KeyConditionExpression'
  | 'ConditionExpression'
  | 'UpdateExpression'
  | 'AttributesToGet'
  | 'QueryFilter'
  | 'ScanFilter'
  | 'ConditionalOperator'
  | 'KeyConditions'
  | 'AttributeUpdates'
  | 'Expected'

interface Offered {
  readonly expressions: readonly Parameter[]
  readonly legacy: readonly Parameter[]
}

/** In the order in which AWS names them. A member of a transaction takes no legacy parameter: its shape has none. */
const offered = {
  GetItem: { expressions: ['ProjectionExpression'], legacy: ['AttributesToGet'] },
  BatchGetItem: { expressions: ['ProjectionExpression'], legacy: ['AttributesToGet'] },
  PutItem: { expressions: ['ConditionExpression'], legacy: ['Expected', 'ConditionalOperator'] },
  DeleteItem: { expressions: ['ConditionExpression'], legacy: ['Expected', 'ConditionalOperator'] },
  UpdateItem: {
    expressions: ['UpdateExpression', 'ConditionExpression'],
    legacy: ['AttributeUpdates', 'Expected', 'ConditionalOperator'],
  },
  Query: {
    expressions: ['ProjectionExpression', 'FilterExpression', 'KeyConditionExpression'],
    legacy: ['AttributesToGet', 'QueryFilter', 'ConditionalOperator', 'KeyConditions'],
  },
  Scan: {
    expressions: ['ProjectionExpression', 'FilterExpression'],
    legacy: ['AttributesToGet', 'ScanFilter', 'ConditionalOperator'],
  },
} satisfies Readonly<Record<string, Offered>>

export type OperationOfExpressions = keyof typeof offered

type Given = Readonly<Partial<Record<Parameter | 'ExpressionAttributeNames' | 'ExpressionAttributeValues', unknown>>>

/** For BatchGetItem, what is asked of one table. Undefined where the parameters go together. */
export function wrongTogether(operation: OperationOfExpressions, input: Given): string | undefined {
  const { expressions, legacy }: Offered = offered[operation]
  const given = expressions.filter((name) => input[name] !== undefined)
  // KeyConditions goes with any expression but the one that replaces it.
  const old = legacy.filter(
    (name) => input[name] !== undefined && (name !== 'KeyConditions' || input.KeyConditionExpression !== undefined),
  )
  if (given.length > 0 && old.length > 0) {
    return `Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {${old.join(', ')}} Expression parameters: {${given.join(', ')}}`
  }
  if (input.ExpressionAttributeNames !== undefined && given.length === 0) {
    return 'ExpressionAttributeNames can only be specified when using expressions'
  }
  // A projection takes no values.
  const withValues = expressions.filter((name) => name !== 'ProjectionExpression')
  if (input.ExpressionAttributeValues === undefined || withValues.some((name) => given.includes(name))) return undefined
  const none = `${withValues.join(' and ')} ${withValues.length > 1 ? 'are' : 'is'} null`
  return `ExpressionAttributeValues can only be specified when using expressions: ${none}`
}
