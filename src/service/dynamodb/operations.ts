// DynamoDB's tables of operations, whole: which are passed on, by which plan, and which are not, with the reason (Amazon DynamoDB API
// Reference). docs/gateway.md is made of them.
import type { Sdk } from '../../wire/operations.ts'
import { allUnsupported, unsupported } from '../operation.ts'
import type { Operations } from '../operations.ts'
import { planExport, planRestoreFromBackup, planRestoreToPointInTime } from './backups.ts'
import { planBatchGet, planBatchWrite } from './batch.ts'
import { type ForwardParts, forwarding } from './forward.ts'
import { planRead, planWrite } from './item.ts'
import { type MadeParts, makesTable, removesTable } from './made-tables.ts'
import { planQuery, planScan, planSearchVectors } from './read-many.ts'
import { resourcePolicyOperations } from './resource-policy.ts'
import { planBatchExecuteStatement, planExecuteStatement, planExecuteTransaction } from './statement.ts'
import { planGetRecords, planGetShardIterator } from './streams.ts'
import { planAccount, planArn, planCreateTable, planTable, planTableOrIndex, planTags } from './tables.ts'
import { planTransactGet, planTransactWrite } from './transact.ts'

const notPassedOn = {
  ...allUnsupported(
    'AWS publishes no action for bulk operations, so no policy can be asked: they read buckets and write any key.',
    'CancelBulkOperation',
    'DescribeBulkOperation',
    'ListBulkOperations',
    'StartBulkPutItems',
  ),
  ...allUnsupported(
    'Replicas in other regions are tables that no decision here is about.',
    'CreateGlobalTable',
    'UpdateGlobalTable',
    'UpdateGlobalTableSettings',
    'UpdateTableReplicaAutoScaling',
  ),
  ...allUnsupported(
    'A destination receives every item; the right to write to it is not decided here.',
    'EnableKinesisStreamingDestination',
    'UpdateKinesisStreamingDestination',
  ),
  ...allUnsupported(
    'Global tables of that version are not passed on.',
    'DescribeGlobalTable',
    'DescribeGlobalTableSettings',
  ),
}

const readsItems = { readOnly: true, about: 'items' } as const
const writesItems = { readOnly: false, about: 'items' } as const
const readsTables = { readOnly: true, about: 'tables' } as const
const changesTables = { readOnly: false, about: 'tables' } as const

export function dynamodbOperations(parts: ForwardParts & MadeParts): Operations<Sdk['dynamodb']> {
  const pass = forwarding(parts, 'dynamodb')
  return {
    ...notPassedOn,
    // ---- items
    GetItem: pass('GetItem', readsItems, planRead),
    PutItem: pass('PutItem', writesItems, planWrite('PutItem')),
    UpdateItem: pass('UpdateItem', writesItems, planWrite('UpdateItem')),
    DeleteItem: pass('DeleteItem', writesItems, planWrite('DeleteItem')),
    Query: pass('Query', readsItems, planQuery),
    Scan: pass('Scan', readsItems, planScan),
    SearchVectors: pass('SearchVectors', readsItems, planSearchVectors),
    BatchGetItem: pass('BatchGetItem', readsItems, planBatchGet),
    BatchWriteItem: pass('BatchWriteItem', writesItems, planBatchWrite),
    TransactGetItems: pass('TransactGetItems', readsItems, planTransactGet),
    TransactWriteItems: pass('TransactWriteItems', writesItems, planTransactWrite),
    ExecuteStatement: pass('ExecuteStatement', writesItems, planExecuteStatement(parts.vault)),
    BatchExecuteStatement: pass('BatchExecuteStatement', writesItems, planBatchExecuteStatement),
    ExecuteTransaction: pass('ExecuteTransaction', writesItems, planExecuteTransaction),
    // ---- tables
    CreateTable: makesTable(
      parts,
      pass('CreateTable', changesTables, planCreateTable),
      ({ ResourcePolicy }) => ResourcePolicy,
    ),
    UpdateTable: pass('UpdateTable', changesTables, planTable('UpdateTable', true)),
    DeleteTable: removesTable(parts, pass('DeleteTable', changesTables, planTable('DeleteTable', true))),
    DescribeTable: pass('DescribeTable', readsTables, planTable('DescribeTable')),
    ListTables: pass('ListTables', readsTables, planAccount('ListTables')),
    DescribeTimeToLive: pass('DescribeTimeToLive', readsTables, planTable('DescribeTimeToLive')),
    UpdateTimeToLive: pass('UpdateTimeToLive', changesTables, planTable('UpdateTimeToLive')),
    DescribeContributorInsights: pass(
      'DescribeContributorInsights',
      readsTables,
      planTableOrIndex('DescribeContributorInsights'),
    ),
    UpdateContributorInsights: pass(
      'UpdateContributorInsights',
      changesTables,
      planTableOrIndex('UpdateContributorInsights'),
    ),
    ListContributorInsights: pass('ListContributorInsights', readsTables, planAccount('ListContributorInsights')),
    DescribeKinesisStreamingDestination: pass(
      'DescribeKinesisStreamingDestination',
      readsTables,
      planTable('DescribeKinesisStreamingDestination'),
    ),
    DisableKinesisStreamingDestination: unsupported('Destinations are not passed on.'),
    DescribeTableReplicaAutoScaling: pass(
      'DescribeTableReplicaAutoScaling',
      readsTables,
      planTable('DescribeTableReplicaAutoScaling'),
    ),
    DescribeLimits: pass('DescribeLimits', readsTables, planAccount('DescribeLimits')),
    DescribeEndpoints: unsupported('It would name the backend’s endpoint: clients use this one.'),
    ListGlobalTables: pass('ListGlobalTables', readsTables, planAccount('ListGlobalTables')),
    // ---- tags and policies
    TagResource: pass('TagResource', changesTables, planTags('TagResource')),
    UntagResource: pass('UntagResource', changesTables, planTags('UntagResource')),
    ListTagsOfResource: pass(
      'ListTagsOfResource',
      readsTables,
      planArn('ListTagsOfResource', 'ResourceArn', ['table']),
    ),
    ...resourcePolicyOperations(parts),
    // ---- backups, exports, imports
    CreateBackup: pass('CreateBackup', changesTables, planTable('CreateBackup')),
    DescribeBackup: pass('DescribeBackup', readsTables, planArn('DescribeBackup', 'BackupArn', ['backup'])),
    DeleteBackup: pass('DeleteBackup', changesTables, planArn('DeleteBackup', 'BackupArn', ['backup'])),
    ListBackups: pass('ListBackups', readsTables, planAccount('ListBackups')),
    DescribeContinuousBackups: pass('DescribeContinuousBackups', readsTables, planTable('DescribeContinuousBackups')),
    UpdateContinuousBackups: pass('UpdateContinuousBackups', changesTables, planTable('UpdateContinuousBackups')),
    RestoreTableFromBackup: makesTable(parts, pass('RestoreTableFromBackup', changesTables, planRestoreFromBackup)),
    RestoreTableToPointInTime: makesTable(
      parts,
      pass('RestoreTableToPointInTime', changesTables, planRestoreToPointInTime),
    ),
    ExportTableToPointInTime: pass('ExportTableToPointInTime', changesTables, planExport),
    DescribeExport: pass('DescribeExport', readsTables, planArn('DescribeExport', 'ExportArn', ['export'])),
    ListExports: pass('ListExports', readsTables, planAccount('ListExports', 'by its ARN')),
    ImportTable: unsupported(
      'The backend would read every object below a prefix with rights of its own: whose they are is not decided here.',
    ),
    DescribeImport: pass('DescribeImport', readsTables, planArn('DescribeImport', 'ImportArn', ['import'])),
    ListImports: pass('ListImports', readsTables, planAccount('ListImports', 'by its ARN')),
  }
}

export function dynamodbStreamsOperations(parts: ForwardParts): Operations<Sdk['dynamodb-streams']> {
  const pass = forwarding(parts, 'dynamodb-streams')
  return {
    DescribeStream: pass('DescribeStream', readsTables, planArn('DescribeStream', 'StreamArn', ['stream'])),
    GetShardIterator: pass('GetShardIterator', readsItems, planGetShardIterator(parts.vault)),
    GetRecords: pass('GetRecords', readsItems, planGetRecords(parts.vault)),
    ListStreams: pass('ListStreams', readsTables, planAccount('ListStreams')),
  }
}
