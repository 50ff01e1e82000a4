// Inputs of services whose requests are passed on: what the contract does not have is refused, and what it has is written anew
// as it was read.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decodeJson, encodeInput } from './aws-json.ts'
import { operationOf } from './contract.ts'
import { validate } from './validate.ts'

const getItem = operationOf('dynamodb', 'GetItem')
const putItem = operationOf('dynamodb', 'PutItem')
const transact = operationOf('dynamodb', 'TransactWriteItems')
const scaling = operationOf('dynamodb', 'UpdateTableReplicaAutoScaling')

const bytes = (body: unknown) => Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))

function refusal(operation: typeof getItem, body: unknown) {
  const decoded = decodeJson(operation, bytes(body))
  const refused = 'refused' in decoded ? decoded.refused : validate(operation, decoded.input)
  return refused === undefined ? undefined : [refused.code, refused.status, refused.message, refused.detail]
}

const key = { TableName: 't', Key: { id: { S: 'a' } } }

describe('a member that the contract does not have is refused', () => {
  const rows: readonly (readonly [title: string, operation: typeof getItem, body: unknown, named: string])[] = [
    ['at the top', getItem, { ...key, Bypass: true }, 'Bypass of GetItem'],
    ['also when it is null', getItem, { ...key, Bypass: null }, 'Bypass of GetItem'],
    ['misspelled in case', getItem, { TableName: 't', key: key.Key }, 'key of GetItem'],
    ['misspelled in case beside the right one', getItem, { ...key, tablename: 'u' }, 'tablename of GetItem'],
    ['in a value', getItem, { ...key, Key: { id: { S: 'a', T: 'b' } } }, 'Key.T of GetItem'],
    [
      'in a value of a list of a map of a value',
      putItem,
      { TableName: 't', Item: { a: { L: [{ M: { b: { s: 'x' } } }] } } },
      'Item.L.M.s of PutItem',
    ],
    [
      'in a member of a transaction',
      transact,
      { TransactItems: [{ Put: { TableName: 't', Item: {}, Force: 1 } }] },
      'TransactItems.Put.Force of TransactWriteItems',
    ],
    [
      'under an inherited name',
      getItem,
      `{"TableName":"t","Key":{},"__proto__":{"TableName":"u"}}`,
      '__proto__ of GetItem',
    ],
    [
      'of an operation that takes nothing',
      operationOf('dynamodb', 'DescribeLimits'),
      { TableName: 't' },
      'TableName of DescribeLimits',
    ],
    [
      'of the streams',
      operationOf('dynamodb-streams', 'GetRecords'),
      { ShardIterator: 'i', StreamArn: 'a' },
      'StreamArn of GetRecords',
    ],
  ]
  for (const [title, operation, body, named] of rows) {
    it(title, () => {
      const message = `Hallpass does not know the member ${named}`
      assert.deepEqual(refusal(operation, body), ['AccessDeniedException', 400, message, 'unknown-member'])
    })
  }
  it('with a part of a long name', () => {
    const [, , message = ''] = refusal(getItem, { ...key, ['x'.repeat(5000)]: 1 }) ?? []
    assert.ok(String(message).length < 400)
  })
  it('and names of attributes are no members', () => {
    assert.equal(refusal(putItem, { TableName: 'ttt', Item: { Bypass: { S: 'x' }, key: { N: '1' } } }), undefined)
  })
  it('a name twice is no JSON that is read', () => {
    const twice = '{"TableName":"t","TableName":"u","Key":{}}'
    assert.deepEqual(refusal(getItem, twice), ['SerializationException', 400, '', 'a name stands twice'])
    const escaped = '{"TableName":"t","Key":{"id":{"S":"a"},"\\u0069d":{"S":"b"}}}'
    assert.deepEqual(refusal(getItem, escaped), ['SerializationException', 400, '', 'a name stands twice'])
  })
})

describe('a value has one type', () => {
  const empty = 'Supplied AttributeValue is empty, must contain exactly one of the supported datatypes'
  const two =
    'Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes'
  for (const [title, value, message] of [
    ['none', {}, empty],
    ['none but null', { S: null }, empty],
    ['two', { S: 'a', N: '1' }, two],
    ['two in a list', { L: [{ S: 'a', NULL: true }] }, two],
    ['none in a map in a list', { L: [{ M: { x: {} } }] }, empty],
  ] as const) {
    it(title, () => {
      assert.deepEqual(refusal(getItem, { ...key, Key: { id: value } }), [
        'ValidationException',
        400,
        message,
        undefined,
      ])
    })
  }
  it('one beside a null', () => assert.equal(refusal(getItem, { ...key, Key: { id: { S: 'a', N: null } } }), undefined))
  it('is said after what the contract bounds', () => {
    const [, , message] = refusal(getItem, { Key: { id: {} }, ReturnConsumedCapacity: 'all' }) ?? []
    assert.match(
      String(message),
      /^2 validation errors detected: Value at 'tableName' .*; Value 'all' at 'returnConsumedCapacity' /,
    )
  })
})

describe('an input is written anew', () => {
  const written = (operation: typeof getItem, body: unknown) => {
    const decoded = decodeJson(operation, bytes(body))
    assert.ok('input' in decoded, JSON.stringify(decoded))
    return encodeInput(operation, decoded.input)
  }
  it('without nulls, in the order of the contract', () => {
    assert.equal(
      written(getItem, '{ "Key" : {"id":{"S":"\\u0061/"}} , "ConsistentRead":null,"TableName":"t"}'),
      '{"TableName":"t","Key":{"id":{"S":"a/"}}}',
    )
  })
  it('bytes in one spelling; another is not read', () => {
    assert.equal(
      written(getItem, { ...key, Key: { id: { B: '+/8=' } } }),
      '{"TableName":"t","Key":{"id":{"B":"+/8="}}}',
    )
    assert.equal(written(getItem, { ...key, Key: { id: { B: '+/8' } } }), '{"TableName":"t","Key":{"id":{"B":"+/8="}}}')
    for (const B of ['-_8=', '+/9=', '+/8=\n', '+ /8=', '+/8==']) {
      assert.deepEqual(refusal(getItem, { ...key, Key: { id: { B } } })?.[0], 'SerializationException', B)
    }
  })
  it('a key __proto__ is only a key', () => {
    const body = '{"TableName":"t","Item":{"__proto__":{"M":{"__proto__":{"N":"1"}}}}}'
    assert.equal(written(putItem, body), body)
  })
  it('numbers of 64 bits as exactly as they were read; none that is not finite', () => {
    const body = (TargetValue: string) =>
      `{"GlobalSecondaryIndexUpdates":[{"ProvisionedWriteCapacityAutoScalingUpdate":{"ScalingPolicyUpdate":{"TargetTrackingScalingPolicyConfiguration":{"TargetValue":${TargetValue}}}}}],"TableName":"t"}`
    for (const [given, kept] of [
      ['70', '70'],
      ['0.1', '0.1'],
      ['7e1', '70'],
      ['5e-324', '5e-324'],
      ['1.7976931348623157e308', '1.7976931348623157e+308'],
      ['-0', '0'],
    ] as const) {
      assert.equal(written(scaling, body(given)), body(kept))
    }
    for (const given of ['1e309', '-1e999', '"NaN"', '"Infinity"', '"1"']) {
      assert.equal(refusal(scaling, body(given))?.[0], 'SerializationException', given)
    }
  })
  it('not what is of another type: that is a programming error', () => {
    assert.throws(() => encodeInput(getItem, { TableName: 1 }), TypeError)
    assert.throws(() => encodeInput(getItem, { Key: { id: { B: 'AA==' } } }), TypeError)
    assert.throws(
      () =>
        encodeInput(scaling, {
          GlobalSecondaryIndexUpdates: [
            {
              ProvisionedWriteCapacityAutoScalingUpdate: {
                ScalingPolicyUpdate: { TargetTrackingScalingPolicyConfiguration: { TargetValue: Number.NaN } },
              },
            },
          ],
        }),
      TypeError,
    )
  })
})

describe('a large request is read within bounds', () => {
  const list = (length: number) => ({
    TableName: 'ttt',
    Item: { a: { L: Array.from({ length }, () => ({ N: '1' })) } },
  })
  it('as many values as an item of 400 KB may have', () => assert.equal(refusal(putItem, list(136_000)), undefined))
  it('not many more', () => assert.equal(refusal(putItem, list(160_000))?.[3], 'too many values'))
  const nested = (levels: number): object => (levels === 0 ? { S: 'x' } : { M: { a: nested(levels - 1) } })
  it('attributes as deep as DynamoDB has them', () => {
    const body = (levels: number) => ({ TransactItems: [{ Put: { TableName: 'ttt', Item: { a: nested(levels) } } }] })
    assert.equal(refusal(transact, body(32)), undefined)
    assert.equal(refusal(transact, body(40))?.[3], 'nested too deeply')
  })
})
