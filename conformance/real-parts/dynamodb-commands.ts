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
async function aws(
  { path, env }: Asked,
  command: string,
  options: Readonly<Record<string, unknown>> = {},
  // biome-ignore lint/suspicious/noExplicitAny: what the CLI prints is looked at member by member
): Promise<any> {
  const { code, out, err } = await runProgram(path, argumentsOf(command, options), env)
  equal(code, 0, err)
  return out === '' ? {} : JSON.parse(out)
}

/** Runs one that must be refused. */
async function refused({ path, env }: Asked, command: string, options: Readonly<Record<string, unknown>>) {
  const { code, err } = await runProgram(path, argumentsOf(command, options), env)
  notEqual(code, 0)
  const told =
    /An error occurred \((\w+)\) when calling the \w+ operation(?: \(reached max retries: 0\))?: ([^\n]*)/.exec(err)
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
  const [own, told, scan] = await Promise.all([
    aws(asked, 'get-item', { ...named, key: key('ben', '1') }),
    refused(asked, 'get-item', { ...named, key: key('ann', '1') }),
    refused(asked, 'scan', named),
  ])
  return { own: wordsOf(own.Item), refused: told, scan: scan.code }
}

const create = (asked: Asked) =>
  aws(asked, 'create-table', {
    'table-name': asked.table,
    'attribute-definitions': ['writer', 'id'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
    'key-schema': [
      { AttributeName: 'writer', KeyType: 'HASH' },
      { AttributeName: 'id', KeyType: 'RANGE' },
    ],
    'billing-mode': 'PAY_PER_REQUEST',
  })

const write = (asked: Asked, ...Items: readonly object[]) =>
  aws(asked, 'batch-write-item', {
    'request-items': { [asked.table]: Items.map((Item) => ({ PutRequest: { Item } })) },
  })

const first = { ...note('ann', '1', 'Grüße'), count: { N: '42.5' } }
const readFirst = async (asked: Asked) => {
  const { Item } = await aws(asked, 'get-item', { 'table-name': asked.table, key: key('ann', '1') })
  return { words: wordsOf(Item), count: Item.count.N }
}

/** A few of `items`: each command is a second of a processor. */
export async function few(asked: Asked) {
  const { TableDescription } = await create(asked)
  await aws(asked, 'wait table-exists', { 'table-name': asked.table })
  await write(asked, first, note('ben', '1', 'mine'))
  return { arn: TableDescription.TableArn, read: await readFirst(asked) }
}

/** Commands that do not need one another run at a time. */
export async function items(asked: Asked) {
  const { table } = asked
  const named = { 'table-name': table }
  await create(asked)
  await aws(asked, 'wait table-exists', named)
  const [{ Table }] = await Promise.all([
    aws(asked, 'describe-table', named),
    aws(asked, 'put-item', { ...named, item: first }),
  ])
  const notes = [note('ann', '2', 'two'), note('ann', '3', 'three'), note('ben', '1', 'mine')]
  const ResourceArn: string = Table.TableArn
  const [read, failed, missing] = await Promise.all([
    readFirst(asked),
    refused(asked, 'put-item', {
      ...{ ...named, item: key('ann', '1'), 'condition-expression': 'attribute_not_exists(writer)' },
      'return-values-on-condition-check-failure': 'ALL_OLD',
    }),
    refused(asked, 'get-item', { 'table-name': 'absent', key: key('a', 'b') }),
    write(asked, ...notes),
    aws(asked, 'tag-resource', { 'resource-arn': ResourceArn, tags: [{ Key: 'team', Value: 'red' }] }),
  ])
  const Keys = notes.map(({ writer, id }) => ({ writer, id }))
  const [updated, got, queried, scanned, { Tags }] = await Promise.all([
    aws(asked, 'update-item', {
      ...{ ...named, key: key('ann', '1'), 'update-expression': 'SET #count = #count + :one' },
      'expression-attribute-names': { '#count': 'count' },
      'expression-attribute-values': { ':one': { N: '1' } },
      'return-values': 'UPDATED_NEW',
    }),
    aws(asked, 'batch-get-item', { 'request-items': { [table]: { Keys } } }),
    aws(asked, 'query', {
      ...{ ...named, 'key-condition-expression': 'writer = :w', 'page-size': '2' },
      'expression-attribute-values': { ':w': { S: 'ann' } },
    }),
    aws(asked, 'scan', named),
    aws(asked, 'list-tags-of-resource', { 'resource-arn': ResourceArn }),
  ])
  const removed = await aws(asked, 'delete-item', { ...named, key: key('ann', '3'), 'return-values': 'ALL_OLD' })
  return {
    arn: ResourceArn,
    read,
    updated: updated.Attributes.count.N,
    // The CLI prints no item of a failed condition.
    failed: { code: failed.code, words: '' },
    batch: got.Responses[table].length,
    query: queried.Items.map(({ id }: { id: { S: string } }) => id.S),
    scan: scanned.Count,
    removed: wordsOf(removed.Attributes),
    missing: missing.code,
    tags: Tags.map(({ Key, Value }: { Key: string; Value: string }) => `${Key}=${Value}`).join(),
  }
}

export async function further(asked: Asked) {
  const { table } = asked
  const named = { 'table-name': table }
  const put = (Item: object, more: object = {}) => ({ Put: { TableName: table, Item, ...more } })
  const transact = (...items: readonly object[]) => ({ 'transact-items': items })
  const state = (statement: string, ...parameters: readonly string[]) =>
    aws(asked, 'execute-statement', {
      statement,
      ...(parameters.length === 0 ? {} : { parameters: parameters.map((S) => ({ S })) }),
    })
  const condition = put(key('ann', '1'), { ConditionExpression: 'attribute_not_exists(writer)' })
  const [cancelled] = await Promise.all([
    refused(asked, 'transact-write-items', transact(condition, put(key('ann', '9')))),
    aws(asked, 'transact-write-items', transact(put(note('ann', '4', 'four')), put(note('ann', '5', 'five')))),
    state(`INSERT INTO "${table}" VALUE {'writer': 'cleo', 'id': '1', 'words': 'said'}`),
    state(`INSERT INTO "${table}" VALUE {'writer': 'cleo', 'id': '2', 'words': 'gone'}`),
    aws(asked, 'update-time-to-live', {
      ...named,
      'time-to-live-specification': { Enabled: true, AttributeName: 'until' },
    }),
  ])
  const gets = ['4', '5'].map((id) => ({ Get: { TableName: table, Key: key('ann', id) } }))
  const [got, times] = await Promise.all([
    aws(asked, 'transact-get-items', transact(...gets)),
    aws(asked, 'describe-time-to-live', named),
    state(`UPDATE "${table}" SET words = ? WHERE writer = ? AND id = ?`, 'changed', 'cleo', '1'),
    state(`DELETE FROM "${table}" WHERE writer = 'cleo' AND id = '2'`),
  ])
  const selected = await state(`SELECT * FROM "${table}" WHERE writer = ?`, 'cleo')
  return {
    transacted: got.Responses.length,
    // The CLI prints the reasons as a part of the message, and no item.
    cancelled: { codes: /\[([\w, ]+)\]/.exec(cancelled.message)?.[1]?.split(', '), words: '' },
    selected: selected.Items.map(wordsOf),
    until: times.TimeToLiveDescription.AttributeName,
  }
}
