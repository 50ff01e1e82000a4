// Whose items a request for many touches, and how it could hide that.
import { deepEqual, equal, throws } from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Access, checkOf } from './access.ts'
import { planQuery, planScan, planSearchVectors } from './read-many.ts'
import { arn, defaults, key, plan, S, short } from './testing/planning.ts'

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
  test('it goes on in the same partition, which is told once it is allowed', () => {
    const going = (UserId: string) => {
      const { accesses, sent, onceAllowed } = plan(planQuery, {
        ...query,
        ...{ ExpressionAttributeValues, ExclusiveStartKey: { ...key, UserId: S(UserId) } },
      })
      deepEqual(accesses[0]?.touched?.leading, ['u1'])
      equal('ExclusiveStartKey' in sent, false)
      return () => onceAllowed?.()
    }
    deepEqual(going('u1')(), { ExclusiveStartKey: { ...key, UserId: S('u1') } })
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
