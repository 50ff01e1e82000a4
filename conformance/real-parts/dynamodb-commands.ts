// DynamoDB by the commands of the AWS CLI: what the programs of dynamodb-clients.test.ts do, for either of its versions.
import { equal, notEqual } from 'node:assert/strict'
import { runProgram } from './real.ts'

type Environment = Record<string, string>
interface Asked {
  readonly path: string
  readonly env: Environment
  readonly table: string
}

/** Runs a command of `aws dynamodb`; answers its JSON. Arguments that are no text are written as JSON. */
// biome-ignore lint/suspicious/noExplicitAny: what the CLI prints is looked at member by member
async function aws(
  { path, env }: Asked,
  command: string,
  options: Readonly<Record<string, unknown>> = {},
): Promise<any> {
  const { code, out, err } = await runProgram(path, argumentsOf(command, options), env)
  equal(code, 0, err)
  return out === '' ? {} : JSON.parse(out)
}

/** Runs one that must be refused. */
async function refused({ path, env }: Asked, command: string, options: Readonly<Record<string, unknown>>) {
  const { code, err } = await runProgram(path, argumentsOf(command, options), env)
  notEqual(code, 0)
  const told = /An error occurred \((\w+)\) when calling the \w+ operation: ([^\n]*)/.exec(err)
  return { code: told?.[1] ?? err, message: told?.[2] ?? '' }
}

const argumentsOf = (command: string, options: Readonly<Record<string, unknown>>) => [
  ...['dynamodb', ...command.split(' '), '--output', 'json'],
  ...Object.entries(options).flatMap(([name, value]) =>
    value === true ? [`--${name}`] : [`--${name}`, typeof value === 'string' ? value : JSON.stringify(value)],
  ),
]

const key = (writer: string, id: string) => ({ writer: { S: writer }, id: { S: id } })
const note = (writer: string, id: string, words: string) => ({ ...key(writer, id), words: { S: words } })
const wordsOf = (item?: { words?: { S: string } }) => item?.words?.S ?? ''

export async function rows(asked: Asked) {
  const named = { 'table-name': asked.table }
  const own = await aws(asked, 'get-item', { ...named, key: key('ben', '1') })
  return {
    own: wordsOf(own.Item),
    refused: await refused(asked, 'get-item', { ...named, key: key('ann', '1') }),
    scan: (await refused(asked, 'scan', named)).code,
  }
}

export async function items(asked: Asked) {
  const { table } = asked
  const named = { 'table-name': table }
  await aws(asked, 'create-table', {
    ...named,
    'attribute-definitions': ['writer', 'id'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
    'key-schema': [
      { AttributeName: 'writer', KeyType: 'HASH' },
      { AttributeName: 'id', KeyType: 'RANGE' },
    ],
    'billing-mode': 'PAY_PER_REQUEST',
  })
  await aws(asked, 'wait table-exists', named)
  const arn: string = (await aws(asked, 'describe-table', named)).Table.TableArn
  await aws(asked, 'put-item', { ...named, item: { ...note('ann', '1', 'Grüße'), count: { N: '42.5' } } })
  const read = (await aws(asked, 'get-item', { ...named, key: key('ann', '1') })).Item
  const updated = await aws(asked, 'update-item', {
    ...{ ...named, key: key('ann', '1'), 'update-expression': 'SET #count = #count + :one' },
    'expression-attribute-names': { '#count': 'count' },
    'expression-attribute-values': { ':one': { N: '1' } },
    'return-values': 'UPDATED_NEW',
  })
  const failed = await refused(asked, 'put-item', {
    ...{ ...named, item: key('ann', '1'), 'condition-expression': 'attribute_not_exists(writer)' },
    'return-values-on-condition-check-failure': 'ALL_OLD',
  })
  const notes = [note('ann', '2', 'two'), note('ann', '3', 'three'), note('ben', '1', 'mine')]
  const requests = notes.map((Item) => ({ PutRequest: { Item } }))
  await aws(asked, 'batch-write-item', { 'request-items': { [table]: requests } })
  const Keys = notes.map(({ writer, id }) => ({ writer, id }))
  const got = await aws(asked, 'batch-get-item', { 'request-items': { [table]: { Keys } } })
  const queried = await aws(asked, 'query', {
    ...{ ...named, 'key-condition-expression': 'writer = :w', 'page-size': '2' },
    'expression-attribute-values': { ':w': { S: 'ann' } },
  })
  const scanned = await aws(asked, 'scan', named)
  const removed = await aws(asked, 'delete-item', { ...named, key: key('ann', '3'), 'return-values': 'ALL_OLD' })
  const missing = await refused(asked, 'get-item', { 'table-name': 'absent', key: key('a', 'b') })
  await aws(asked, 'tag-resource', { 'resource-arn': arn, tags: [{ Key: 'team', Value: 'red' }] })
  const [tag] = (await aws(asked, 'list-tags-of-resource', { 'resource-arn': arn })).Tags
  return {
    arn,
    read: { words: wordsOf(read), count: read.count.N },
    updated: updated.Attributes.count.N,
    // The CLI prints no item of a failed condition.
    failed: { code: failed.code, words: '' },
    batch: got.Responses[table].length,
    query: queried.Items.map(({ id }: { id: { S: string } }) => id.S),
    scan: scanned.Count,
    removed: wordsOf(removed.Attributes),
    missing: missing.code,
    tags: `${tag.Key}=${tag.Value}`,
  }
}

export async function further(asked: Asked) {
  const { table } = asked
  const put = (Item: object, more: object = {}) => ({ Put: { TableName: table, Item, ...more } })
  const transact = 'transact-write-items'
  await aws(asked, transact, { 'transact-items': [put(note('ann', '4', 'four')), put(note('ann', '5', 'five'))] })
  const Gets = ['4', '5'].map((id) => ({ Get: { TableName: table, Key: key('ann', id) } }))
  const got = await aws(asked, 'transact-get-items', { 'transact-items': Gets })
  const condition = put(key('ann', '1'), { ConditionExpression: 'attribute_not_exists(writer)' })
  const cancelled = await refused(asked, transact, { 'transact-items': [condition, put(key('ann', '9'))] })
  const state = (statement: string, ...parameters: readonly string[]) =>
    aws(asked, 'execute-statement', {
      statement,
      ...(parameters.length === 0 ? {} : { parameters: parameters.map((S) => ({ S })) }),
    })
  await state(`INSERT INTO "${table}" VALUE {'writer': 'cleo', 'id': '1', 'words': 'said'}`)
  await state(`INSERT INTO "${table}" VALUE {'writer': 'cleo', 'id': '2', 'words': 'gone'}`)
  await state(`UPDATE "${table}" SET words = ? WHERE writer = ? AND id = ?`, 'changed', 'cleo', '1')
  await state(`DELETE FROM "${table}" WHERE writer = 'cleo' AND id = '2'`)
  const selected = await state(`SELECT * FROM "${table}" WHERE writer = ?`, 'cleo')
  const named = { 'table-name': table }
  await aws(asked, 'update-time-to-live', {
    ...named,
    'time-to-live-specification': { Enabled: true, AttributeName: 'until' },
  })
  const times = await aws(asked, 'describe-time-to-live', named)
  return {
    transacted: got.Responses.length,
    // The CLI prints the reasons as a part of the message, and no item.
    cancelled: { codes: /\[([\w, ]+)\]/.exec(cancelled.message)?.[1]?.split(', '), words: '' },
    selected: selected.Items.map(wordsOf),
    until: times.TimeToLiveDescription.AttributeName,
  }
}
