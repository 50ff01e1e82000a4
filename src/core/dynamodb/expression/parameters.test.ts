import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type OperationOfExpressions, wrongTogether } from './parameters.ts'

const mixed = (legacy: string, expressions: string) =>
  `Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {${legacy}} Expression parameters: {${expressions}}`
const noNames = 'ExpressionAttributeNames can only be specified when using expressions'
const noValues = (expressions: string) =>
  `ExpressionAttributeValues can only be specified when using expressions: ${expressions} null`

/** [operation, the parameters that it has, AWS's sentence]. */
const rows: readonly (readonly [OperationOfExpressions, string, string | undefined])[] = [
  ['GetItem', '', undefined],
  ['GetItem', 'AttributesToGet', undefined],
  ['GetItem', 'ProjectionExpression ExpressionAttributeNames', undefined],
  ['GetItem', 'ProjectionExpression AttributesToGet', mixed('AttributesToGet', 'ProjectionExpression')],
  ['GetItem', 'ExpressionAttributeNames', noNames],
  ['GetItem', 'AttributesToGet ExpressionAttributeNames', noNames],
  ['BatchGetItem', 'ProjectionExpression AttributesToGet', mixed('AttributesToGet', 'ProjectionExpression')],
  ['PutItem', 'Expected ConditionalOperator', undefined],
  ['PutItem', 'ConditionExpression ExpressionAttributeNames ExpressionAttributeValues', undefined],
  ['PutItem', 'ConditionExpression Expected', mixed('Expected', 'ConditionExpression')],
  ['PutItem', 'ExpressionAttributeValues', noValues('ConditionExpression is')],
  ['DeleteItem', 'ConditionExpression Expected', mixed('Expected', 'ConditionExpression')],
  ['DeleteItem', 'ExpressionAttributeNames ExpressionAttributeValues', noNames],
  ['UpdateItem', 'AttributeUpdates Expected', undefined],
  ['UpdateItem', 'UpdateExpression ExpressionAttributeValues', undefined],
  ['UpdateItem', 'ConditionExpression ExpressionAttributeValues', undefined],
  ['UpdateItem', 'AttributeUpdates ConditionExpression', mixed('AttributeUpdates', 'ConditionExpression')],
  [
    'UpdateItem',
    'Expected AttributeUpdates ConditionExpression UpdateExpression',
    mixed('AttributeUpdates, Expected', 'UpdateExpression, ConditionExpression'),
  ],
  [
    'UpdateItem',
    'AttributeUpdates ExpressionAttributeValues',
    noValues('UpdateExpression and ConditionExpression are'),
  ],
  ['Query', 'KeyConditions', undefined],
  ['Query', 'KeyConditions QueryFilter ConditionalOperator AttributesToGet', undefined],
  ['Query', 'KeyConditions FilterExpression ExpressionAttributeValues', undefined],
  ['Query', 'KeyConditions KeyConditionExpression', mixed('KeyConditions', 'KeyConditionExpression')],
  [
    'Query',
    'QueryFilter AttributesToGet ConditionalOperator KeyConditionExpression FilterExpression ProjectionExpression',
    mixed(
      'AttributesToGet, QueryFilter, ConditionalOperator',
      'ProjectionExpression, FilterExpression, KeyConditionExpression',
    ),
  ],
  ['Query', 'KeyConditions QueryFilter ProjectionExpression', mixed('QueryFilter', 'ProjectionExpression')],
  [
    'Query',
    'ProjectionExpression ExpressionAttributeValues',
    noValues('FilterExpression and KeyConditionExpression are'),
  ],
  ['Scan', 'ScanFilter FilterExpression', mixed('ScanFilter', 'FilterExpression')],
  ['Scan', 'ProjectionExpression ExpressionAttributeValues', noValues('FilterExpression is')],
]
for (const [operation, parameters, sentence] of rows) {
  test(`${operation} with ${parameters || 'nothing'}`, () => {
    const given = parameters.split(' ').filter((name) => name !== '')
    const input = Object.fromEntries(['TableName', ...given].map((name) => [name, '']))
    assert.equal(wrongTogether(operation, input), sentence)
  })
}
