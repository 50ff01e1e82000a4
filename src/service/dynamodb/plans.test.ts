// What each operation touches, and what is asked of the policies about it: a row an operation, or a way to hide something in one.
import { deepEqual, equal, match, throws } from 'node:assert/strict'
import { describe, test } from 'node:test'
import { checkOf } from './access.ts'
import { planBatchGet, planBatchWrite } from './batch.ts'
import { planRead, planWrite } from './item.ts'
import { arn, defaults, key, place, plan, S, short } from './testing/planning.ts'
import { planTransactGet, planTransactWrite } from './transact.ts'

describe('one item', () => {
  test('a read names its key, and everything is returned unless it is projected', () => {
    const { accesses, sent } = plan(planRead, { TableName: 'games', Key: key })
    const touched = { ...defaults, leading: ['u1'], attributes: ['UserId', 'Title'], select: 'ALL_ATTRIBUTES' }
    deepEqual(accesses.map(short), [['GetItem', 'games', touched]])
    deepEqual(sent, { TableName: 'games', Key: key })
  })
  test('a table is the same by its ARN, and is sent by its name', () => {
    const { accesses, sent } = plan(planRead, { TableName: arn('games'), Key: key })
    equal(accesses[0]?.resource, arn('games'))
    equal((sent as { TableName: string }).TableName, 'games')
  })
  test('a table of another account is that account’s', () => {
    const { accesses, at } = plan(planRead, { TableName: arn('games', '999988887777'), Key: key })
    deepEqual([accesses[0]?.owner, accesses[0]?.resource], ['999988887777', arn('games', '999988887777')])
    equal(at.account, '999988887777')
  })
  test('placeholders are resolved before the decision, and top-level names alone count', () => {
    const { accesses } = plan(planRead, {
      TableName: 'games',
      Key: key,
      ProjectionExpression: '#a.City, Wins[0].#x',
      ExpressionAttributeNames: { '#a': 'Address', '#x': 'Score' },
    })
    deepEqual(accesses[0]?.touched?.attributes, ['UserId', 'Title', 'Address', 'Wins'])
    equal(accesses[0]?.touched?.select, 'SPECIFIC_ATTRIBUTES')
  })
  test('a condition of a write reads: its names count', () => {
    const { accesses } = plan(planWrite('UpdateItem'), {
      TableName: 'games',
      Key: key,
      UpdateExpression: 'SET Wins = Wins + :one, Best = if_not_exists(Top, :one) REMOVE Past',
      ConditionExpression: 'attribute_exists(Secret) AND size(Notes) > :one',
      ExpressionAttributeValues: { ':one': { N: '1' } },
    })
    deepEqual(accesses[0]?.touched?.attributes, ['UserId', 'Title', 'Wins', 'Best', 'Top', 'Past', 'Secret', 'Notes'])
  })
  test('so do those of the parameters before expressions', () => {
    const { accesses } = plan(planWrite('PutItem'), {
      TableName: 'games',
      Item: { ...key, Wins: { N: '1' } },
      Expected: { Secret: { Exists: false } },
    })
    deepEqual(accesses[0]?.touched?.attributes, ['UserId', 'Title', 'Wins', 'Secret'])
  })
  test('ReturnValues always has a value', () => {
    const { accesses } = plan(planWrite('DeleteItem'), { TableName: 'games', Key: key })
    deepEqual(
      accesses.map(({ touched }) => touched?.returnValues),
      ['NONE'],
    )
  })
  for (const [ReturnValues, asked] of [
    [undefined, ['ALL_OLD']],
    ['ALL_NEW', ['ALL_NEW', 'ALL_OLD']],
    ['ALL_OLD', ['ALL_OLD']],
  ] as const) {
    test(`an item that comes back when the condition fails is asked for as ALL_OLD: beside ${ReturnValues}`, () => {
      const { accesses, showsOld } = plan(planWrite('UpdateItem'), {
        TableName: 'games',
        Key: key,
        ReturnValues,
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      })
      deepEqual(
        accesses.map(({ touched }) => touched?.returnValues),
        asked,
      )
      equal(showsOld, true)
    })
  }
  for (const [what, table, item, leading] of [
    ['a number in another spelling', 'numbers', { n: { N: '+1.0e1' } }, ['10']],
    ['bytes', 'bytes', { b: { B: Buffer.from('k') } }, ['aw==']],
    ['a key of another type', 'numbers', { n: { S: '10' } }, undefined],
    ['a key that is no number', 'numbers', { n: { N: 'ten' } }, undefined],
    ['no key', 'games', {}, undefined],
    ['a table whose schema is not known', 'others', key, undefined],
  ] as const) {
    test(`its partition: ${what}`, () => {
      const { accesses } = plan(planRead, { TableName: table, Key: item })
      deepEqual(accesses[0]?.touched?.leading, leading)
    })
  }
  test('what is wrong is refused as by DynamoDB', () => {
    const Key = key
    const wrong = (input: Parameters<typeof planRead>[0], says: RegExp) =>
      throws(
        () => plan(planRead, { TableName: 'games', Key, ...input }),
        (error: Error & { code: string }) => {
          equal(error.code, 'ValidationException')
          match(error.message, says)
          return true
        },
      )
    wrong({ TableName: 'a' }, /Invalid table/)
    wrong({ TableName: `${arn('games')}/index/x` }, /Invalid table/)
    wrong({ TableName: 'arn:aws:s3:::games' }, /Invalid table/)
    wrong({ ProjectionExpression: '#a' }, /not defined/)
    wrong({ ProjectionExpression: 'a', ExpressionAttributeNames: { '#a': 'b' } }, /unused/)
    wrong({ ProjectionExpression: 'a', AttributesToGet: ['b'] }, /both expression and non-expression/)
  })
})

describe('batches and transactions', () => {
  test('a batch asks the batch’s own action for each table, with all its items', () => {
    const { accesses } = plan(planBatchGet, {
      RequestItems: {
        games: { Keys: [key, { ...key, UserId: S('u2') }], ProjectionExpression: 'Wins' },
        numbers: { Keys: [{ n: { N: '1.0' } }] },
      },
    })
    deepEqual(accesses.map(short), [
      [
        'BatchGetItem',
        'games',
        { ...defaults, leading: ['u1', 'u2'], attributes: ['UserId', 'Title', 'Wins'], select: 'SPECIFIC_ATTRIBUTES' },
      ],
      ['BatchGetItem', 'numbers', { ...defaults, leading: ['1'], attributes: ['n'], select: 'ALL_ATTRIBUTES' }],
    ])
  })
  test('one item of which nobody can say whose it is spoils the table’s list', () => {
    const { accesses } = plan(planBatchWrite, {
      RequestItems: { games: [{ PutRequest: { Item: key } }, { DeleteRequest: { Key: { Title: S('t') } } }] },
    })
    equal(accesses[0]?.touched?.leading, undefined)
  })
  test('a table cannot stand twice, nor those of two accounts together', () => {
    const batch =
      (...names: string[]) =>
      () =>
        plan(planBatchGet, { RequestItems: Object.fromEntries(names.map((name) => [name, { Keys: [key] }])) })
    throws(batch('games', arn('games')), /stands twice/)
    throws(batch('games', arn('games', '999988887777')), /one account and region/)
    throws(batch(), /no table/)
  })
  test('a request of a batch is one of two', () => {
    const both = { PutRequest: { Item: key }, DeleteRequest: { Key: key } }
    throws(() => plan(planBatchWrite, { RequestItems: { games: [both] } }), /exactly one/)
    throws(() => plan(planBatchWrite, { RequestItems: { games: [{}] } }), /exactly one/)
  })
  test('each member of a transaction is the operation on its item', () => {
    const { accesses } = plan(planTransactWrite, {
      TransactItems: [
        { Put: { TableName: 'games', Item: key } },
        { Update: { TableName: 'games', Key: key, UpdateExpression: 'REMOVE Wins' } },
        { Delete: { TableName: 'numbers', Key: { n: { N: '1' } }, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } },
        { ConditionCheck: { TableName: 'games', Key: key, ConditionExpression: 'attribute_exists(Secret)' } },
      ],
    })
    deepEqual(
      accesses.map(({ action, touched }) => [action, touched?.leading, touched?.returnValues, touched?.enclosing]),
      [
        ['PutItem', ['u1'], 'NONE', 'TransactWriteItems'],
        ['UpdateItem', ['u1'], 'NONE', 'TransactWriteItems'],
        ['DeleteItem', ['1'], 'ALL_OLD', 'TransactWriteItems'],
        ['ConditionCheckItem', ['u1'], 'NONE', 'TransactWriteItems'],
      ],
    )
    deepEqual(accesses[3]?.touched?.attributes, ['UserId', 'Title', 'Secret'])
  })
  test('a member is one of four', () => {
    const get = { TableName: 'games', Key: key }
    throws(
      () => plan(planTransactWrite, { TransactItems: [{ Delete: get, Put: { TableName: 'games', Item: key } }] }),
      /only contain one/,
    )
    throws(() => plan(planTransactGet, { TransactItems: [{}] }), /only contain one/)
  })
})

describe('the question about an access', () => {
  const check = (touched: object) => checkOf({ action: 'Scan', resource: arn('games'), owner: place.account, touched })
  test('where nobody can say whose items it is about, no condition on leading keys is fulfilled', () => {
    equal(check({}).unfilled?.includes('dynamodb:leadingkeys'), true)
    equal(check({ leading: ['u1'] }).unfilled?.includes('dynamodb:leadingkeys'), false)
  })
  test('tags of a table are not known', () => {
    equal(check({ leading: ['u1'] }).unfilled?.includes('aws:resourcetag/'), true)
  })
  test('both names of the leading keys have their values', () => {
    const { keys } = check({ leading: ['u1'], further: [['7']] })
    deepEqual(keys?.get('dynamodb:leadingkeys'), ['u1'])
    deepEqual(keys?.get('dynamodb:firstpartitionkeyvalues'), ['u1'])
    deepEqual(keys?.get('dynamodb:secondpartitionkeyvalues'), ['7'])
  })
})
