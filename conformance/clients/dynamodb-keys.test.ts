// Whose item a key is of: two keys that policies see as one are one item to the backend (dynalite), and two that they see as different are
// two. Else somebody could reach another's item by a key that is their own to the policy.
import { deepEqual, equal, ok } from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  type AttributeValue,
  BatchGetItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb'
import { keyText } from '../../src/core/dynamodb/attribute-value.ts'
import { dynamodbServer, startDynalite } from './dynamodb-kit.ts'

const server = await dynamodbServer(await startDynalite())
const { dynamodb } = server.admin

const digits = '1234567890'.repeat(4).slice(0, 37)
/** Each list is one key, in all its spellings. */
const numbers: readonly (readonly string[])[] = [
  ['1', '1.0', '1e0', '01', '10e-1', '1.'],
  ['0', '-0', '0.0', '0e5'],
  ['100', '1e2', '1.00E+2'],
  ['9007199254740992'],
  ['9007199254740993'],
  ['0.1', '1e-1'],
  ['0.10000000000000000555'],
  [`${digits}1`],
  [`${digits}2`],
  [`0.${digits}1`],
  ['1e-130'],
  ['-1e-130'],
  ['9.9999999999999999999999999999999999999e125'],
  ['9.9999999999999999999999999999999999998e125'],
]
const texts: readonly string[] = [
  ...[
    'a',
    'A',
    'a ',
    ' a',
    'a\0',
    'a\0b',
    '\0',
    '1',
    '1.0',
    '\u00e9',
    'e\u0301',
    '\u212b',
    '\u00c5',
    'A\u030a',
    '\ufeffa',
    'a\u200b',
  ],
  ...[
    '🙂',
    '\ufffd',
    'ß',
    'ss',
    'ﬁ',
    'fi',
    'İ',
    'i',
    '*',
    '?',
    '%61',
    'a/b',
    'a~b',
    "it's",
    '\\',
    '"',
    '\n',
    '\r\n',
    '\u007f',
    '\u0100',
  ],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a policy's variable
  ...['${aws:username}', `${'x'.repeat(2046)}y`, `${'x'.repeat(2046)}z`],
]
const bytes = [[0], [0, 0], [1], [255], [255, 255], [97], [97, 0], Array(1000).fill(1), [...Array(999).fill(1), 2]]

type Kind = 'N' | 'S' | 'B'
const keys: Readonly<Record<Kind, readonly (readonly AttributeValue[])[]>> = {
  N: numbers.map((spellings) => spellings.map((N) => ({ N }))),
  S: texts.map((S) => [{ S }]),
  B: bytes.map((one) => [{ B: Uint8Array.from(one) }]),
}

for (const [kind, all] of Object.entries(keys) as [Kind, readonly (readonly AttributeValue[])[]][]) {
  const TableName = `keys-${kind}`
  const seen = (k: AttributeValue) => keyText(k as never, kind) ?? ''
  const readers: Readonly<Record<string, (k: AttributeValue) => Promise<readonly Record<string, AttributeValue>[]>>> = {
    GetItem: async (k) => [(await dynamodb.send(new GetItemCommand({ TableName, Key: { k } }))).Item ?? {}],
    async BatchGetItem(k) {
      const RequestItems = { [TableName]: { Keys: [{ k }] } }
      return (await dynamodb.send(new BatchGetItemCommand({ RequestItems }))).Responses?.[TableName] ?? []
    },
    async Query(k) {
      const pinned = { KeyConditionExpression: 'k = :k', ExpressionAttributeValues: { ':k': k } }
      return (await dynamodb.send(new QueryCommand({ TableName, ...pinned }))).Items ?? []
    },
    async 'Query of before'(k) {
      const KeyConditions = { k: { ComparisonOperator: 'EQ' as const, AttributeValueList: [k] } }
      return (await dynamodb.send(new QueryCommand({ TableName, KeyConditions }))).Items ?? []
    },
  }
  describe(`keys of the type ${kind}`, () => {
    test('each is one text to policies, and no two have the same', () => {
      for (const spellings of all) equal(new Set(spellings.map(seen)).size, 1)
      equal(new Set(all.map(([first]) => seen(first as AttributeValue))).size, all.length)
    })
    test('each is an item of its own, however it is spelled and read', async () => {
      await server.table({
        TableName,
        AttributeDefinitions: [{ AttributeName: 'k', AttributeType: kind }],
        KeySchema: [{ AttributeName: 'k', KeyType: 'HASH' }],
        BillingMode: 'PAY_PER_REQUEST',
      })
      for (const k of all.flat()) {
        await dynamodb.send(new PutItemCommand({ TableName, Item: { k, of: { S: seen(k) } } }))
      }
      for (const k of all.flat()) {
        for (const [how, read] of Object.entries(readers)) {
          deepEqual(
            (await read(k)).map(({ of }) => of),
            [{ S: seen(k) }],
            how,
          )
        }
      }
    })
  })
}

test('none of it was a failure of the server', () => ok(server.reported.length === 0))
