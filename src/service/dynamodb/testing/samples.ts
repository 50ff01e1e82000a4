// A request of each operation that is passed on: docs/gateway.md says what they ask of the policies, and tests run through them.
import type { AttributeValue } from '../../../core/dynamodb/attribute-value.ts'
import type { TableSchema } from '../schemas.ts'

/** The schema of every table in the samples. */
export const sampleSchema: TableSchema = {
  partition: [{ name: 'owner', type: 'S' }],
  sort: [{ name: 'id', type: 'S' }],
  indexes: new Map([['I', { partition: [{ name: 'owner', type: 'S' }], sort: [] }]]),
  backendArn: undefined,
}

const place = 'arn:aws:dynamodb:us-east-1:111122223333'
const TableName = 'Table'
const table = `${place}:table/${TableName}`
const stream = `${table}/stream/2026-11-29T00:00:00.000`
const S = (text: string): AttributeValue => ({ S: text })
const Key = { owner: S('ann'), id: S('1') }
const Item = { ...Key, text: S('Hello.') }
const Statement = (text: string) => ({ Statement: text })
const select = Statement(`SELECT text FROM "Table" WHERE owner = 'ann'`)
const bucket = { S3Bucket: 'bucket' }

/** Streams' iterators are sealed to their stream; the tests' vault seals nothing. */
const ShardIterator = `${Buffer.from(stream).toString('base64url')}.iterator`

/** By service and operation. Several, where requests of one operation ask for different actions. */
export const samples: Readonly<Record<'dynamodb' | 'dynamodb-streams', Readonly<Record<string, readonly object[]>>>> = {
  dynamodb: {
    GetItem: [{ TableName, Key }],
    PutItem: [{ TableName, Item }],
    UpdateItem: [{ TableName, Key, UpdateExpression: 'REMOVE note' }],
    DeleteItem: [{ TableName, Key }],
    Query: [
      { TableName, KeyConditionExpression: 'owner = :o', ExpressionAttributeValues: { ':o': S('ann') } },
      { TableName, IndexName: 'I', KeyConditionExpression: 'owner = :o', ExpressionAttributeValues: { ':o': S('ann') } },
    ],
    Scan: [{ TableName }, { TableName, IndexName: 'I' }],
    SearchVectors: [{ TableName, IndexName: 'I', SearchVector: [1], TopK: 1 }],
    BatchGetItem: [{ RequestItems: { [TableName]: { Keys: [Key] } } }],
    BatchWriteItem: [{ RequestItems: { [TableName]: [{ PutRequest: { Item } }] } }],
    TransactGetItems: [{ TransactItems: [{ Get: { TableName, Key } }] }],
    TransactWriteItems: [
      {
        TransactItems: [
          { Put: { TableName, Item } },
          { Update: { TableName, Key, UpdateExpression: 'REMOVE note' } },
          { Delete: { TableName, Key } },
          { ConditionCheck: { TableName, Key, ConditionExpression: 'attribute_exists(note)' } },
        ],
      },
    ],
    ExecuteStatement: [
      select,
      Statement(`SELECT text FROM "Table"."I" WHERE owner = 'ann'`),
      Statement(`INSERT INTO "Table" VALUE {'owner': 'ann', 'id': '1'}`),
      Statement(`UPDATE "Table" SET note = 'x' WHERE owner = 'ann' AND id = '1'`),
      Statement(`DELETE FROM "Table" WHERE owner = 'ann' AND id = '1'`),
    ],
    BatchExecuteStatement: [{ Statements: [select] }],
    ExecuteTransaction: [
      {
        TransactStatements: [
          Statement(`EXISTS(SELECT * FROM "Table" WHERE owner = 'ann' AND id = '1' AND note = 'x')`),
          Statement(`UPDATE "Table" SET note = 'x' WHERE owner = 'ann' AND id = '2'`),
        ],
      },
    ],
    CreateTable: [{ TableName, Tags: [{ Key: 'team', Value: 'blue' }] }],
    UpdateTable: [{ TableName }],
    DeleteTable: [{ TableName }],
    DescribeTable: [{ TableName }],
    ListTables: [{}],
    DescribeTimeToLive: [{ TableName }],
    UpdateTimeToLive: [{ TableName, TimeToLiveSpecification: { Enabled: true, AttributeName: 'until' } }],
    DescribeContributorInsights: [{ TableName, IndexName: 'I' }],
    UpdateContributorInsights: [{ TableName, IndexName: 'I', ContributorInsightsAction: 'ENABLE' }],
    ListContributorInsights: [{}],
    DescribeKinesisStreamingDestination: [{ TableName }],
    DescribeTableReplicaAutoScaling: [{ TableName }],
    DescribeLimits: [{}],
    ListGlobalTables: [{}],
    TagResource: [{ ResourceArn: table, Tags: [{ Key: 'team', Value: 'blue' }] }],
    UntagResource: [{ ResourceArn: table, TagKeys: ['team'] }],
    ListTagsOfResource: [{ ResourceArn: table }],
    CreateBackup: [{ TableName, BackupName: 'nightly' }],
    DescribeBackup: [{ BackupArn: `${table}/backup/01` }],
    DeleteBackup: [{ BackupArn: `${table}/backup/01` }],
    ListBackups: [{}],
    DescribeContinuousBackups: [{ TableName }],
    UpdateContinuousBackups: [
      { TableName, PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } },
    ],
    RestoreTableFromBackup: [{ BackupArn: `${table}/backup/01`, TargetTableName: 'Restored' }],
    RestoreTableToPointInTime: [{ SourceTableName: TableName, TargetTableName: 'Restored' }],
    ExportTableToPointInTime: [{ TableArn: table, ...bucket }],
    DescribeExport: [{ ExportArn: `${table}/export/01` }],
    ListExports: [{}, { TableArn: table }],
    ImportTable: [
      {
        S3BucketSource: bucket,
        InputFormat: 'DYNAMODB_JSON',
        TableCreationParameters: { TableName, AttributeDefinitions: [], KeySchema: [] },
      },
    ],
    DescribeImport: [{ ImportArn: `${table}/import/01` }],
    ListImports: [{}, { TableArn: table }],
  },
  'dynamodb-streams': {
    ListStreams: [{}],
    DescribeStream: [{ StreamArn: stream }],
    GetShardIterator: [{ StreamArn: stream, ShardId: 'shardId-00000000000000000000-00000000', ShardIteratorType: 'LATEST' }],
    GetRecords: [{ ShardIterator }],
  },
}
