// Answers are changed as they pass by, wherever their bytes are cut, and nowhere else than they should be.
import { deepEqual, equal, rejects } from 'node:assert/strict'
import { Readable } from 'node:stream'
import { describe, test } from 'node:test'
import { BackendFailure } from '../backend-failure.ts'
import { type AnswerChanges, changed } from './changed-answer.ts'
import { tablesAsGiven } from './tables-as-given.ts'

const arn = 'arn:aws:dynamodb:us-east-1:999988887777:table/notes'
const byArn = tablesAsGiven(new Map([['notes', arn]]))

async function passed(pieces: readonly Buffer[], changes: AnswerChanges): Promise<string> {
  const read: Buffer[] = []
  for await (const piece of changed(Readable.from(pieces), changes)) read.push(piece as Buffer)
  return Buffer.concat(read).toString()
}

/** The answer, cut at each of its bytes, and into single bytes: the same each time. */
async function everyCut(text: string, changes: AnswerChanges): Promise<string> {
  const bytes = Buffer.from(text)
  const whole = await passed([bytes], changes)
  for (let at = 1; at < bytes.length; at++) {
    equal(await passed([bytes.subarray(0, at), bytes.subarray(at)], changes), whole)
  }
  equal(
    await passed(
      [...bytes].map((byte) => Buffer.from([byte])),
      changes,
    ),
    whole,
  )
  return whole
}

const item = { notes: { S: '"notes":{"\\' }, Responses: { M: { notes: { S: 'é🙂' } } } }

describe('tables of a batch', () => {
  const rows: readonly (readonly [string, string, object])[] = [
    [
      'are called as they were',
      JSON.stringify({ Responses: { notes: [item], other: [] } }),
      { Responses: { [arn]: [item], other: [] } },
    ],
    [
      'in each member',
      JSON.stringify({
        UnprocessedKeys: { notes: { Keys: [item] } },
        UnprocessedItems: { notes: [] },
        ItemCollectionMetrics: { notes: [] },
      }),
      {
        UnprocessedKeys: { [arn]: { Keys: [item] } },
        UnprocessedItems: { [arn]: [] },
        ItemCollectionMetrics: { [arn]: [] },
      },
    ],
    [
      'and nowhere else',
      JSON.stringify({ ConsumedCapacity: [{ TableName: 'notes', notes: 1 }], notes: { notes: 1 } }),
      { ConsumedCapacity: [{ TableName: 'notes', notes: 1 }], notes: { notes: 1 } },
    ],
    ['however they are spelled', '{ "Respons\\u0065s" : { "n\\u006ftes" : [ ] } }', { Responses: { [arn]: [] } }],
    [
      'in a member of another kind',
      '{"Responses":["notes",{"notes":1}],"x":"notes"}',
      { Responses: ['notes', { notes: 1 }], x: 'notes' },
    ],
  ]
  for (const [what, given, expected] of rows) {
    test(what, async () => deepEqual(JSON.parse(await everyCut(given, byArn)), expected))
  }
})

test('a text of the answer’s own is changed, and none of what stands deeper', async () => {
  const changes: AnswerChanges = { text: (member, text) => (member === 'Next' ? `sealed ${text}` : text) }
  const given = { Records: [{ Next: 'a', list: ['Next'] }], Next: 'an "iterator"', More: 'b', none: null, n: 1.5 }
  deepEqual(JSON.parse(await everyCut(JSON.stringify(given), changes)), { ...given, Next: 'sealed an "iterator"' })
})

describe('a member of each of a list is changed, and nothing else', () => {
  const each = {
    list: 'Responses',
    member: 'Error',
    value: (nth: number, value: unknown) => JSON.stringify([nth, value]),
  }
  const tricky = { Error: 1, Item: { S: '"Error":{},}]' }, list: [{ Error: 2 }, [3, { Error: 4 }]] }
  const rows: readonly (readonly [string, string, object])[] = [
    [
      'whatever its value is',
      JSON.stringify({
        Responses: [{ Error: tricky }, { Error: 'a,b}' }, { Error: [{}] }, { Error: null }, { Error: 7 }],
      }),
      { Responses: [tricky, 'a,b}', [{}], null, 7].map((value, nth) => ({ Error: [nth, value] })) },
    ],
    [
      'whatever stands beside it',
      JSON.stringify({
        Responses: [{ Item: tricky, Error: {}, TableName: 'Error' }, {}, { Error: {} }],
        Error: tricky,
      }),
      { Responses: [{ Item: tricky, Error: [0, {}], TableName: 'Error' }, {}, { Error: [2, {}] }], Error: tricky },
    ],
    [
      'in no other list, and in no object',
      JSON.stringify({ Others: [tricky], Responses: [[tricky], 'Error', tricky.list] }),
      { Others: [tricky], Responses: [[tricky], 'Error', tricky.list] },
    ],
    [
      'with blanks',
      '{ "Responses" : [ { "Err\\u006fr" : { "a" : 1 } , "b" : 2 } ] }',
      { Responses: [{ Error: [0, { a: 1 }], b: 2 }] },
    ],
    ['twice', '{"Responses":[{}],"Responses":[{"Error":1}]}', { Responses: [{ Error: [0, 1] }] }],
  ]
  for (const [what, given, expected] of rows) {
    test(what, async () => deepEqual(JSON.parse(await everyCut(given, { each })), expected))
  }
  for (const [what, given] of [
    ['two values', '{"Responses":[{"Error":{} {"Item":1}}]}'],
    ['two colons', '{"Responses":[{"Error":{}:{"Item":1}}]}'],
    ['no value', '{"Responses":[{"Error":}]}'],
    ['a value without end', `{"Responses":[{"Error":"${'x'.repeat(5_000_000)}`],
  ] as const) {
    test(`${what}: no answer`, () => rejects(passed([Buffer.from(given)], { each }), BackendFailure))
  }
})

describe('an answer is no answer', () => {
  for (const [what, text] of [
    ['that is empty', ''],
    ['that is cut', '{"Responses":{"notes":['],
    ['that is a list', '["notes"]'],
    ['that is a text', '"notes"'],
    ['with a name without end', `{"${'x'.repeat(100_000)}`],
    ['with a name that is none', '{"\\x":1}'],
  ] as const) {
    test(what, () => rejects(passed([Buffer.from(text)], byArn), BackendFailure))
  }
})

test('what it comes from ends with it, and the other way round', async () => {
  const endless = new Readable({ read() {} })
  const out = changed(endless, byArn)
  out.destroy()
  await new Promise((resolve) => endless.once('close', resolve))
  const failing = new Readable({ read() {} })
  const other = changed(failing, byArn)
  failing.destroy(new BackendFailure('slow', true, 'no more came'))
  await rejects(async () => {
    for await (const _ of other);
  }, BackendFailure)
})
