// Statements of PartiQL before a backend that answers by a script: what stands in an answer besides items is the caller's own as well.
import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  BatchExecuteStatementCommand,
  ExecuteStatementCommand,
  type ExecuteStatementCommandInput,
  ExecuteTransactionCommand,
} from '@aws-sdk/client-dynamodb'
import { dynamodbServer, refusedWith, script } from './dynamodb-kit.ts'
import { allow, person, policy } from './people.ts'
import { firstAccount } from './server.ts'

const server = await dynamodbServer()
const { backend } = server
const ann = server.as((await person(server.admin, 'ann', allow('dynamodb:*'))).keys).dynamodb
const Item = { writer: { S: 'ann' }, id: { S: '1' }, body: { S: 'hidden' } }

describe('a token', () => {
  const Statement = 'SELECT * FROM "notes" WHERE writer = ?'
  const of = (writer: string) => ({ Statement, Parameters: [{ S: writer }] })
  const run = (input: ExecuteStatementCommandInput) => ann.send(new ExecuteStatementCommand(input))
  const first = async () => {
    script(backend, { ExecuteStatement: [{ Items: [Item], NextToken: 'where ann goes on' }] })
    const { NextToken } = await run(of('ann'))
    ok(NextToken !== undefined && !NextToken.includes('ann'))
    return NextToken
  }
  test('goes on with the statement that it is of, however that is written', async () => {
    const NextToken = await first()
    const asked = script(backend, { ExecuteStatement: [{ Items: [] }] })
    const byArn = `select  *  from "arn:aws:dynamodb:us-east-1:${firstAccount}:table/notes" where "writer" = ?`
    for (const input of [of('ann'), { ...of('ann'), Statement: byArn, Limit: 1 }]) await run({ ...input, NextToken })
    deepEqual(
      asked.ExecuteStatement?.map((sent) => sent.NextToken),
      ['where ann goes on', 'where ann goes on'],
    )
  })
  const rows: readonly (readonly [what: string, make: (token: string) => ExecuteStatementCommandInput])[] = [
    ['with another value', (NextToken) => ({ ...of('ben'), NextToken })],
    [
      'with the value in the statement',
      (NextToken) => ({ Statement: `SELECT * FROM notes WHERE writer = 'ann'`, NextToken }),
    ],
    ['with another condition', (NextToken) => ({ ...of('ann'), Statement: `${Statement} AND id > '1'`, NextToken })],
    [
      'with another table',
      (NextToken) => ({ ...of('ann'), Statement: Statement.replace('notes', 'other'), NextToken }),
    ],
    [
      'with an index',
      (NextToken) => ({ ...of('ann'), Statement: Statement.replace('"notes"', '"notes"."byId"'), NextToken }),
    ],
    ['that is the backend’s own', () => ({ ...of('ann'), NextToken: 'where ann goes on' })],
    ['that is cut', (NextToken) => ({ ...of('ann'), NextToken: NextToken.slice(0, -2) })],
    [
      'of a stream’s iterator',
      () => ({ ...of('ann'), NextToken: server.engine.parts.vault.seal(firstAccount, 'shard-iterator', 'x', 'y') }),
    ],
    [
      'of another account',
      () => ({ ...of('ann'), NextToken: server.engine.parts.vault.seal('999988887777', 'statement-token', 'x', 'y') }),
    ],
  ]
  for (const [what, input] of rows) {
    test(`is refused ${what}, and nothing is sent`, async () => {
      const NextToken = await first()
      const asked = script(backend, { ExecuteStatement: [{ Items: [] }] })
      await rejects(run(input(NextToken)), { name: 'ValidationException', message: 'NextToken does not match request' })
      equal(asked.ExecuteStatement, undefined)
    })
  }
  test('is not looked at for whom the statement is not allowed', async () => {
    const eve = server.as((await person(server.admin, 'eve', allow('dynamodb:Query'))).keys).dynamodb
    await rejects(eve.send(new ExecuteStatementCommand({ ...of('ann'), NextToken: 'made up' })), {
      name: 'AccessDeniedException',
    })
  })
})

describe('a batch', () => {
  const update = (id: string, more: object = {}) => ({
    Statement: `UPDATE notes SET body = 'x' WHERE writer = 'ann' AND id = '${id}'`,
    ...more,
  })
  const failed = { Code: 'ConditionalCheckFailed', Message: 'The conditional request failed', Item }
  test('has the item of a statement that failed where that one asked for it, and no other', async () => {
    script(backend, {
      BatchExecuteStatement: [{ Responses: [{ Error: failed, TableName: 'notes' }, { Error: failed }, { Item }] }],
    })
    const Statements = [update('1'), update('2', { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' }), update('3')]
    const { Responses } = await ann.send(new BatchExecuteStatementCommand({ Statements }))
    const { Code, Message } = failed
    deepEqual(Responses, [{ Error: { Code, Message }, TableName: 'notes' }, { Error: failed }, { Item }])
  })
  test('says of the backend’s own rights and failures that they failed', async () => {
    const Message = 'User: arn:aws:iam::999988887777:user/gateway is not authorized to perform: dynamodb:PartiQLUpdate'
    const gone = { Code: 'ResourceNotFound', Message: 'no arn:aws:dynamodb:eu-west-3:999988887777:table/notes' }
    const errors = [
      { Code: 'AccessDenied', Message, Item },
      { Code: 'Odd', Message },
      { Code: { x: 1 }, Message },
      gone,
    ]
    script(backend, { BatchExecuteStatement: [{ Responses: errors.map((error) => ({ Error: error })) }] })
    const Statements = ['1', '2', '3', '4'].map((id) => update(id, { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' }))
    const { Responses } = await ann.send(new BatchExecuteStatementCommand({ Statements }))
    const hidden = { Error: { Code: 'InternalServerError', Message: 'Internal server error' } }
    const known = { Error: { ...gone, Message: `no arn:aws:dynamodb:us-east-1:${firstAccount}:table/notes` } }
    deepEqual(Responses, [hidden, hidden, hidden, known])
  })
  test('and so does a transaction that is cancelled', async () => {
    const reasons = [
      { Code: 'AccessDenied', Message: 'arn:aws:iam::999988887777:user/gateway', Item },
      { Code: 'None' },
    ]
    script(backend, {
      ExecuteTransaction: [refusedWith(400, 'TransactionCanceledException', { CancellationReasons: reasons })],
    })
    const TransactStatements = [update('1', { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' }), update('2')]
    await rejects(ann.send(new ExecuteTransactionCommand({ TransactStatements })), (error: object) => {
      ok('CancellationReasons' in error)
      deepEqual(error.CancellationReasons, [
        { Code: 'InternalServerError', Message: 'Internal server error' },
        { Code: 'None' },
      ])
      return true
    })
  })
})

test('an EXISTS that gives back what fails it is not allowed where some attributes are', async () => {
  const Condition = {
    'ForAllValues:StringEquals': { 'dynamodb:Attributes': ['writer', 'id', 'title'] },
    StringEqualsIfExists: { 'dynamodb:Select': 'SPECIFIC_ATTRIBUTES', 'dynamodb:ReturnValues': 'NONE' },
  }
  const own = server.as(
    (await person(server.admin, 'eli', policy({ Action: 'dynamodb:*', Resource: '*', Condition }))).keys,
  )
  script(backend, { ExecuteTransaction: [{}] })
  const Statement = `EXISTS(SELECT title FROM notes WHERE writer = 'ann' AND id = '1' AND title = 'x')`
  const run = (more: object) =>
    own.dynamodb.send(new ExecuteTransactionCommand({ TransactStatements: [{ Statement, ...more }] }))
  await run({})
  await rejects(run({ ReturnValuesOnConditionCheckFailure: 'ALL_OLD' }), { name: 'AccessDeniedException' })
})

test('none of it was a failure of the server', () => deepEqual([...server.reported], []))
