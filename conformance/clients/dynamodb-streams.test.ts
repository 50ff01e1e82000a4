// DynamoDB Streams through the gateway with AWS's own client. Iterators name no stream, so that those which callers get are sealed: the
// backend's own never leave. The backend is a script.
import { deepEqual, equal, notEqual, ok, rejects } from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import {
  DescribeStreamCommand,
  DynamoDBStreamsClient,
  ExpiredIteratorException,
  GetRecordsCommand,
  GetShardIteratorCommand,
  ListStreamsCommand,
  TrimmedDataAccessException,
} from '@aws-sdk/client-dynamodb-streams'
import { dynamodbServer, notes, refusedWith, script } from './dynamodb-kit.ts'
import { person, policy } from './people.ts'
import { firstAccount, type Keys, machineClock } from './server.ts'

const server = await dynamodbServer(undefined, { clock: machineClock() })
const streamOf = (table: string, account = firstAccount, region = 'us-east-1') =>
  `arn:aws:dynamodb:${region}:${account}:table/${table}/stream/2026-09-01T00:00:00.000`
const StreamArn = streamOf(notes.TableName)
const clientOf = (credentials: Keys) => {
  const client = new DynamoDBStreamsClient({ region: 'us-east-1', endpoint: server.url, credentials, maxAttempts: 1 })
  after(() => client.destroy())
  return client
}
const root = clientOf(server.root)
const ann = await person(server.admin, 'ann', policy({ Action: 'dynamodb:*', Resource: streamOf('other') }))
const position = { StreamArn, ShardId: 'shardId-00000000000000000001', ShardIteratorType: 'TRIM_HORIZON' } as const
const records = [
  {
    eventID: '1',
    eventName: 'INSERT' as const,
    dynamodb: { Keys: { writer: { S: 'ann' }, id: { S: '1' } }, SequenceNumber: '1', SizeBytes: 9 },
  },
]

describe('a stream', () => {
  test('is read from iterator to iterator, each sealed', async () => {
    const asked = script(server.backend, {
      GetShardIterator: [{ ShardIterator: 'the backend’s first' }],
      GetRecords: [{ Records: records, NextShardIterator: 'the backend’s second' }, { Records: [] }],
    })
    const { ShardIterator = '' } = await root.send(new GetShardIteratorCommand(position))
    const first = await root.send(new GetRecordsCommand({ ShardIterator, Limit: 1 }))
    deepEqual(first.Records, records)
    notEqual(first.NextShardIterator, ShardIterator)
    const second = await root.send(new GetRecordsCommand({ ShardIterator: first.NextShardIterator }))
    equal(second.NextShardIterator, undefined)
    deepEqual(asked.GetRecords, [
      { ShardIterator: 'the backend’s first', Limit: 1 },
      { ShardIterator: 'the backend’s second' },
    ])
    for (const { body } of server.backend.seen) ok(!body.includes(ShardIterator))
    for (const text of [ShardIterator, first.NextShardIterator ?? '']) ok(!text.includes('backend'))
  })

  test('has the ARN that callers know, in what lists and describes it', async () => {
    const StreamLabel = '2026-09-01T00:00:00.000'
    const theirs = streamOf(notes.TableName, '000000000000', 'ddblocal')
    script(server.backend, {
      ListStreams: [{ Streams: [{ StreamArn: theirs, TableName: notes.TableName, StreamLabel }] }],
      DescribeStream: [{ StreamDescription: { StreamArn: theirs, TableName: notes.TableName, Shards: [] } }],
    })
    equal((await root.send(new ListStreamsCommand({}))).Streams?.[0]?.StreamArn, StreamArn)
    const { StreamDescription } = await root.send(new DescribeStreamCommand({ StreamArn }))
    equal(StreamDescription?.StreamArn, StreamArn)
  })

  test('is refused to who may read another, with an iterator of somebody else’s as well', async () => {
    script(server.backend, { GetShardIterator: [{ ShardIterator: 'one' }], GetRecords: [{ Records: records }] })
    const theirs = clientOf(ann.keys)
    await rejects(theirs.send(new GetShardIteratorCommand(position)), { name: 'AccessDeniedException' })
    const { ShardIterator = '' } = await root.send(new GetShardIteratorCommand(position))
    const refusal = {
      name: 'AccessDeniedException',
      message: new RegExp(`user/ann is not authorized to perform: dynamodb:GetRecords on resource: ${StreamArn} `),
    }
    await rejects(theirs.send(new GetRecordsCommand({ ShardIterator })), refusal)
    // The same seal under the name of the stream that may be read.
    const renamed = ShardIterator.replace(/^[^.]*/, Buffer.from(streamOf('other')).toString('base64url'))
    await rejects(theirs.send(new GetRecordsCommand({ ShardIterator: renamed })), { name: 'ValidationException' })
    await rejects(theirs.send(new GetRecordsCommand({ ShardIterator: 'the backend’s own' })), {
      name: 'ValidationException',
    })
  })

  test('its refusals are the SDK’s exceptions', async () => {
    script(server.backend, {
      GetShardIterator: [{ ShardIterator: 'one' }],
      GetRecords: [refusedWith(400, 'ExpiredIteratorException'), refusedWith(400, 'TrimmedDataAccessException')],
    })
    const { ShardIterator = '' } = await root.send(new GetShardIteratorCommand(position))
    await rejects(root.send(new GetRecordsCommand({ ShardIterator })), ExpiredIteratorException)
    await rejects(root.send(new GetRecordsCommand({ ShardIterator })), TrimmedDataAccessException)
  })
})
