// What statements of PartiQL touch, and what is asked of the policies about them.
import { deepEqual, equal, match, throws } from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { AttributeValue } from '../../core/dynamodb/attribute-value.ts'
import type { Plan } from './plan.ts'
import { planBatchExecuteStatement, planExecuteStatement, planExecuteTransaction } from './statement.ts'
import { arn, defaults, plan, S, seals, short } from './testing/planning.ts'

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
