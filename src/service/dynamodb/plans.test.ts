// What each operation touches, and what is asked of the policies about it: a row an operation, or a way to hide something in one.
import { deepEqual, equal, match, throws } from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { AttributeValue } from '../../core/dynamodb/attribute-value.ts'
import { type Access, checkOf } from './access.ts'
import { planBatchGet, planBatchWrite } from './batch.ts'
import { planRead, planWrite } from './item.ts'
import type { Plan, Planner, Scene } from './plan.ts'
import { planQuery, planScan, planSearchVectors } from './read-many.ts'
import type { TableSchema } from './schemas.ts'
import { planBatchExecuteStatement, planExecuteStatement, planExecuteTransaction } from './statement.ts'
import { planTransactGet, planTransactWrite } from './transact.ts'

const place = { account: '111122223333', region: 'eu-west-1' }
const arn = (name: string, account = place.account) => `arn:aws:dynamodb:eu-west-1:${account}:table/${name}`

const games: TableSchema = {
  partition: [{ name: 'UserId', type: 'S' }],
  sort: [{ name: 'Title', type: 'S' }],
  indexes: new Map([
    ['ByTitle', { partition: [{ name: 'Title', type: 'S' }], sort: [] }],
    [
      'ByPair',
      {
        partition: [
          { name: 'Title', type: 'S' },
          { name: 'Grade', type: 'N' },
        ],
        sort: [],
      },
    ],
  ]),
  backendArn: undefined,
}
const numbers: TableSchema = { ...games, partition: [{ name: 'n', type: 'N' }], sort: [] }
const bytes: TableSchema = { ...games, partition: [{ name: 'b', type: 'B' }], sort: [] }
const known = new Map([
  ['games', games],
  ['numbers', numbers],
  ['bytes', bytes],
])

const scene: Scene = {
  place,
  schemaOf: ({ name }) => known.get(name) ?? 'unknown',
  arnAtBackend: (_table, text) => text,
}

const seals = { seal: (...[, , , plain]: string[]) => plain ?? '', open: (...[, , , sealed]: string[]) => sealed ?? '' }

const plan = <I>(planner: Planner<I>, input: I): Plan => {
  const made = planner(input, scene)
  if (made instanceof Promise) throw new TypeError('every schema is known here')
  return made
}

/** Action, what stands after `table/`, and the touched. */
const short = ({ action, resource, touched = {} }: Access) =>
  [action, resource.replace(/^.*:table\//, ''), touched] as const

const S = (text: string): AttributeValue => ({ S: text })
const key = { UserId: S('u1'), Title: S('t') }
const defaults = { returnConsumedCapacity: 'NONE' }

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

describe('many items', () => {
  const query = {
    TableName: 'games',
    KeyConditionExpression: '#u = :u AND begins_with(Title, :t)',
    ExpressionAttributeNames: { '#u': 'UserId' },
  }
  const ExpressionAttributeValues = { ':u': S('u1'), ':t': S('a') }
  test('a query is about the partition that its key condition pins', () => {
    const { accesses } = plan(planQuery, { ...query, ExpressionAttributeValues })
    const touched = {
      ...defaults,
      leading: ['u1'],
      further: [],
      attributes: ['UserId', 'Title'],
      select: 'ALL_ATTRIBUTES',
    }
    deepEqual(accesses.map(short), [['Query', 'games', touched]])
  })
  test('that of an index is about the index alone, and its own partition', () => {
    const { accesses } = plan(planQuery, {
      TableName: 'games',
      IndexName: 'ByTitle',
      KeyConditionExpression: 'Title = :t',
      FilterExpression: 'Secret = :t',
      ExpressionAttributeValues: { ':t': S('chess') },
    })
    const touched = {
      leading: ['chess'],
      further: [],
      attributes: ['Secret', 'Title'],
      select: 'ALL_PROJECTED_ATTRIBUTES',
    }
    deepEqual(accesses.map(short), [['Query', 'games/index/ByTitle', { ...defaults, ...touched }]])
  })
  test('every attribute of a partition key of several counts, or none', () => {
    const both = plan(planQuery, {
      TableName: 'games',
      IndexName: 'ByPair',
      KeyConditionExpression: 'Title = :t AND Grade = :n',
      ExpressionAttributeValues: { ':t': S('chess'), ':n': { N: '07' } },
    })
    deepEqual(both.accesses[0]?.touched?.leading, ['chess'])
    deepEqual(both.accesses[0]?.touched?.further, [['7']])
    const one = plan(planQuery, {
      TableName: 'games',
      IndexName: 'ByPair',
      KeyConditionExpression: 'Title = :t',
      ExpressionAttributeValues: { ':t': S('chess') },
    })
    equal(one.accesses[0]?.touched?.leading, undefined)
  })
  test('nobody can say whose items a query is for that names a range of partitions', () => {
    const { accesses } = plan(planQuery, {
      ...query,
      ...{ KeyConditionExpression: '#u > :u AND begins_with(Title, :t)', ExpressionAttributeValues },
    })
    equal(accesses[0]?.touched?.leading, undefined)
  })
  for (const text of ['#u = :u AND #u = :t', '#u = :u OR Title = :t', 'NOT #u = :u AND Title = :t']) {
    test(`a key condition says one thing of each key: ${text}`, () => {
      throws(() => plan(planQuery, { ...query, KeyConditionExpression: text, ExpressionAttributeValues }), {
        code: 'ValidationException',
      })
    })
  }
  test('it goes on in the same partition', () => {
    const going = (UserId: string) => () =>
      plan(planQuery, { ...query, ExpressionAttributeValues, ExclusiveStartKey: { ...key, UserId: S(UserId) } })
    going('u1')()
    throws(going('u2'), /outside query boundaries/)
  })
  test('KeyConditions pin a partition as well', () => {
    const { accesses } = plan(planQuery, {
      TableName: 'games',
      KeyConditions: { UserId: { ComparisonOperator: 'EQ', AttributeValueList: [S('u1')] } },
      QueryFilter: { Secret: { ComparisonOperator: 'NOT_NULL' } },
    })
    deepEqual(accesses[0]?.touched?.leading, ['u1'])
    deepEqual(accesses[0]?.touched?.attributes, ['UserId', 'Secret'])
  })
  test('a scan has no leading keys, and names what it filters by', () => {
    const { accesses } = plan(planScan, {
      TableName: 'games',
      FilterExpression: 'Secret = :s',
      ProjectionExpression: 'UserId',
      ExpressionAttributeValues: { ':s': S('x') },
    })
    deepEqual(accesses.map(short), [
      ['Scan', 'games', { ...defaults, attributes: ['UserId', 'Secret'], select: 'SPECIFIC_ATTRIBUTES' }],
    ])
  })
  test('a search of vectors needs table and index, and no condition on items bounds it', () => {
    const { accesses } = plan(planSearchVectors, { TableName: 'games', IndexName: 'ByTitle' })
    deepEqual(
      accesses.map(({ resource }) => resource),
      [arn('games'), `${arn('games')}/index/ByTitle`],
    )
    const check = checkOf(accesses[0] as Access)
    for (const name of ['leadingkeys', 'attributes', 'select']) {
      equal(check.unfilled?.includes(`dynamodb:${name}`), true, name)
    }
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

describe('PartiQL', () => {
  const of = (Statement: string, ...Parameters: AttributeValue[]) =>
    plan(planExecuteStatement(seals), { Statement, ...(Parameters.length === 0 ? {} : { Parameters }) })
  for (const [statement, action, resource, touched] of [
    [
      `SELECT * FROM "games" WHERE UserId = 'u1'`,
      'PartiQLSelect',
      'games',
      { leading: ['u1'], further: [], attributes: ['UserId'], select: 'ALL_ATTRIBUTES', fullTableScan: false },
    ],
    [
      `SELECT Wins FROM games WHERE "UserId" IN ['u1','u2'] AND Secret = 'x'`,
      'PartiQLSelect',
      'games',
      {
        leading: ['u1', 'u2'],
        further: [],
        attributes: ['Wins', 'UserId', 'Secret'],
        select: 'SPECIFIC_ATTRIBUTES',
        fullTableScan: false,
      },
    ],
    [
      `SELECT Wins FROM "games"`,
      'PartiQLSelect',
      'games',
      { attributes: ['Wins'], select: 'SPECIFIC_ATTRIBUTES', fullTableScan: true },
    ],
    [
      `SELECT Wins FROM "games"."ByTitle" WHERE Title = 'x'`,
      'PartiQLSelect',
      'games/index/ByTitle',
      {
        leading: ['x'],
        further: [],
        attributes: ['Wins', 'Title'],
        select: 'SPECIFIC_ATTRIBUTES',
        fullTableScan: false,
      },
    ],
    [
      `INSERT INTO "games" VALUE {'UserId': 'u1', 'Title': 't'}`,
      'PartiQLInsert',
      'games',
      { leading: ['u1'], further: [], attributes: ['UserId', 'Title'], returnValues: 'NONE' },
    ],
    [
      `UPDATE "games" SET Wins = 1 WHERE UserId = 'u1' AND Title = 't' RETURNING ALL OLD *`,
      'PartiQLUpdate',
      'games',
      { leading: ['u1'], further: [], attributes: ['Wins', 'UserId', 'Title'], returnValues: 'ALL_OLD' },
    ],
    [
      `DELETE FROM "games" WHERE UserId = 'u1' AND Title = 't'`,
      'PartiQLDelete',
      'games',
      { leading: ['u1'], further: [], attributes: ['UserId', 'Title'], returnValues: 'NONE' },
    ],
  ] as const) {
    test(statement, () => {
      deepEqual(of(statement).accesses.map(short), [[action, resource, { ...defaults, ...touched }]])
    })
  }
  test('parameters are values of the key', () => {
    const { accesses, sent } = of('SELECT * FROM games WHERE UserId = ?', S('u1'))
    deepEqual(accesses[0]?.touched?.leading, ['u1'])
    equal((sent as { Statement: string }).Statement, 'SELECT * FROM "games" WHERE "UserId" = ?')
    throws(() => of('SELECT * FROM games WHERE UserId = ?'), /Number of parameters/)
  })
  test('a table by ARN is sent by its name', () => {
    const { accesses, sent } = of(`SELECT * FROM "${arn('games')}" WHERE UserId = 'u1'`)
    equal(accesses[0]?.resource, arn('games'))
    match((sent as { Statement: string }).Statement, /FROM "games"/)
  })
  test('a batch asks for each statement; a transaction says that it is one, and alone has EXISTS', () => {
    const select = { Statement: `SELECT * FROM games WHERE UserId = 'u1'` }
    const exists = { Statement: `EXISTS(SELECT * FROM games WHERE UserId = 'u1' AND Title = 't' AND Secret = 'x')` }
    const update = { Statement: `UPDATE games SET Wins = 1 WHERE UserId = 'u1' AND Title = 't'` }
    const batch = plan(planBatchExecuteStatement, { Statements: [select, update] })
    deepEqual(
      batch.accesses.map(({ action, touched }) => [action, touched?.enclosing]),
      [
        ['PartiQLSelect', undefined],
        ['PartiQLUpdate', undefined],
      ],
    )
    const transaction = plan(planExecuteTransaction, { TransactStatements: [exists, update] })
    deepEqual(
      transaction.accesses.map(({ action, touched }) => [
        action,
        touched?.enclosing,
        touched?.attributes?.includes('Secret'),
      ]),
      [
        ['PartiQLSelect', 'ExecuteTransaction', true],
        ['PartiQLUpdate', 'ExecuteTransaction', false],
      ],
    )
    throws(() => plan(planBatchExecuteStatement, { Statements: [exists] }), /only supported in ExecuteTransaction/)
    throws(() => plan(planExecuteTransaction, { TransactStatements: [select, update] }), /both read and write/)
  })
})

test('an EXISTS that gives back the item that fails it asks for the whole item', () => {
  const Statement = `EXISTS(SELECT Wins FROM games WHERE UserId = 'u1' AND Title = 't' AND Wins = 1)`
  const asked = (more: object) => plan(planExecuteTransaction, { TransactStatements: [{ Statement, ...more }] })
  const of = ({ accesses: [first] }: Plan) => [first?.touched?.select, first?.touched?.returnValues]
  deepEqual(of(asked({})), ['SPECIFIC_ATTRIBUTES', undefined])
  deepEqual(of(asked({ ReturnValuesOnConditionCheckFailure: 'ALL_OLD' })), ['ALL_ATTRIBUTES', 'ALL_OLD'])
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
