// A request of each operation that is passed on: docs/gateway.md says what they ask of the policies, and tests run through them.
import type { AttributeValue } from '../../../core/dynamodb/attribute-value.ts'
import type { TableSchema } from '../schemas.ts'

/** The schema of every table in the samples. */
export const sampleSchema: TableSchema = {
  partition: [{ name: 'author', type: 'S' }],
  sort: [{ name: 'id', type: 'S' }],
  indexes: new Map([['ByDay', { partition: [{ name: 'author', type: 'S' }], sort: [] }]]),
  backendArn: undefined,
}

const place = 'arn:aws:dynamodb:us-east-1:111122223333'
const TableName = 'Table'
const table = `${place}:table/${TableName}`
const stream = `${table}/stream/2026-11-29T00:00:00.000`
const S = (text: string): AttributeValue => ({ S: text })
const Key = { author: S('ann'), id: S('1') }
const Item = { ...Key, body: S('Hello.') }
const Statement = (text: string) => ({ Statement: text })
const select = Statement(`SELECT body FROM "Table" WHERE author = 'ann'`)
const bucket = { S3Bucket: 'bucket' }

/** Streams' iterators are sealed to their stream; the tests' vault seals nothing. */
const ShardIterator = `${Buffer.from(stream).toString('base64url')}.iterator`

/** By service and operation. Several, where requests of one operation ask for different actions. */
export const samples: Readonly<Record<'dynamodb' | 'dynamodb-streams', Readonly<Record<string, readonly object[]>>>> = {
  dynamodb: {
    GetItem: [{ TableName, Key }],
    PutItem: [{ TableName, Item }],
    UpdateItem: [{ TableName, Key, UpdateExpression: 'REMOVE remark' }],
    DeleteItem: [{ TableName, Key }],
    Query: [
      { TableName, KeyConditionExpression: 'author = :o', ExpressionAttributeValues: { ':o': S('ann') } },
      {
        TableName,
        IndexName: 'ByDay',
        KeyConditionExpression: 'author = :o',
        ExpressionAttributeValues: { ':o': S('ann') },
      },
    ],
    Scan: [{ TableName }, { TableName, IndexName: 'ByDay' }],
    SearchVectors: [{ TableName, IndexName: 'ByDay', SearchVector: [{ N: '1' }], TopK: 1 }],
    BatchGetItem: [{ RequestItems: { [TableName]: { Keys: [Key] } } }],
    BatchWriteItem: [{ RequestItems: { [TableName]: [{ PutRequest: { Item } }] } }],
    TransactGetItems: [{ TransactItems: [{ Get: { TableName, Key } }] }],
    TransactWriteItems: [
      {
        TransactItems: [
          { Put: { TableName, Item } },
          { Update: { TableName, Key, UpdateExpression: 'REMOVE remark' } },
          { Delete: { TableName, Key } },
          { ConditionCheck: { TableName, Key, ConditionExpression: 'attribute_exists(remark)' } },
        ],
      },
    ],
    ExecuteStatement: [
      select,
      Statement(`SELECT body FROM "Table"."ByDay" WHERE author = 'ann'`),
      Statement(`INSERT INTO "Table" VALUE {'author': 'ann', 'id': '1'}`),
      Statement(`UPDATE "Table" SET remark = 'x' WHERE author = 'ann' AND id = '1'`),
      Statement(`DELETE FROM "Table" WHERE author = 'ann' AND id = '1'`),
    ],
    BatchExecuteStatement: [{ Statements: [select] }],
    ExecuteTransaction: [
      {
        TransactStatements: [
          Statement(`EXISTS(SELECT * FROM "Table" WHERE author = 'ann' AND id = '1' AND remark = 'x')`),
          Statement(`UPDATE "Table" SET remark = 'x' WHERE author = 'ann' AND id = '2'`),
        ],
      },
    ],
    CreateTable: [{ TableName, Tags: [{ Key: 'team', Value: 'blue' }], ResourcePolicy: '{}' }],
    UpdateTable: [{ TableName }],
    DeleteTable: [{ TableName }],
    DescribeTable: [{ TableName }],
    ListTables: [{}],
    DescribeTimeToLive: [{ TableName }],
    UpdateTimeToLive: [{ TableName, TimeToLiveSpecification: { Enabled: true, AttributeName: 'until' } }],
    DescribeContributorInsights: [{ TableName, IndexName: 'ByDay' }],
    UpdateContributorInsights: [{ TableName, IndexName: 'ByDay', ContributorInsightsAction: 'ENABLE' }],
    ListContributorInsights: [{}],
    DescribeKinesisStreamingDestination: [{ TableName }],
    DescribeTableReplicaAutoScaling: [{ TableName }],
    DescribeLimits: [{}],
    ListGlobalTables: [{}],
    TagResource: [{ ResourceArn: table, Tags: [{ Key: 'team', Value: 'blue' }] }],
    UntagResource: [{ ResourceArn: table, TagKeys: ['team'] }],
    ListTagsOfResource: [{ ResourceArn: table }],
    PutResourcePolicy: [
      { ResourceArn: table, Policy: '{}' },
      { ResourceArn: stream, Policy: '{}' },
    ],
    GetResourcePolicy: [{ ResourceArn: table }, { ResourceArn: stream }],
    DeleteResourcePolicy: [{ ResourceArn: table }, { ResourceArn: stream }],
    CreateBackup: [{ TableName, BackupName: 'nightly' }],
    DescribeBackup: [{ BackupArn: `${table}/backup/01` }],
    DeleteBackup: [{ BackupArn: `${table}/backup/01` }],
    ListBackups: [{}],
    DescribeContinuousBackups: [{ TableName }],
    UpdateContinuousBackups: [{ TableName, PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } }],
    RestoreTableFromBackup: [{ BackupArn: `${table}/backup/01`, TargetTableName: 'Restored' }],
    RestoreTableToPointInTime: [{ SourceTableName: TableName, TargetTableName: 'Restored' }],
    ExportTableToPointInTime: [{ TableArn: table, ...bucket }],
    DescribeExport: [{ ExportArn: `${table}/export/01` }],
    ListExports: [{}, { TableArn: table }],
    DescribeImport: [{ ImportArn: `${table}/import/01` }],
    ListImports: [{}, { TableArn: table }],
  },
  'dynamodb-streams': {
    ListStreams: [{}],
    DescribeStream: [{ StreamArn: stream }],
    GetShardIterator: [
      { StreamArn: stream, ShardId: 'shardId-00000000000000000000-00000000', ShardIteratorType: 'LATEST' },
    ],
    GetRecords: [{ ShardIterator }],
  },
}
