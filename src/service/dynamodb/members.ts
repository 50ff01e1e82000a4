// The members that are passed on, by shape. INVARIANT: the model alone lets nothing through. A member that a later model adds may read,
// write or return what the decision does not know of: until it is listed here, a request with it is refused.
import { contractOf } from '../../wire/contract.ts'
import type { Shape, StructureShape } from '../../wire/shape.ts'

const condition =
  'ConditionExpression ExpressionAttributeNames ExpressionAttributeValues ReturnValuesOnConditionCheckFailure'
const write = `TableName Expected ConditionalOperator ReturnValues ReturnConsumedCapacity ReturnItemCollectionMetrics ${condition}`
const read = 'ReturnConsumedCapacity ProjectionExpression ExpressionAttributeNames'
const many = `${read} TableName IndexName Select AttributesToGet Limit ConsistentRead ConditionalOperator ExclusiveStartKey FilterExpression ExpressionAttributeValues`
const restore =
  'TargetTableName BillingModeOverride GlobalSecondaryIndexOverride LocalSecondaryIndexOverride ProvisionedThroughputOverride OnDemandThroughputOverride SSESpecificationOverride VectorIndexOverride'

const listed: Readonly<Record<string, string>> = {
  // ---- items
  GetItemInput: `TableName Key AttributesToGet ConsistentRead ${read}`,
  PutItemInput: `Item ${write}`,
  UpdateItemInput: `Key AttributeUpdates UpdateExpression ${write}`,
  DeleteItemInput: `Key ${write}`,
  QueryInput: `${many} KeyConditions QueryFilter ScanIndexForward KeyConditionExpression`,
  ScanInput: `${many} ScanFilter TotalSegments Segment`,
  SearchVectorsInput: `TableName IndexName SearchVector TopK ExpressionAttributeValues SearchConditionExpression ${read}`,
  AttributeValueUpdate: 'Value Action',
  ExpectedAttributeValue: 'Value Exists ComparisonOperator AttributeValueList',
  Condition: 'AttributeValueList ComparisonOperator',
  // ---- batches and transactions
  BatchGetItemInput: 'RequestItems ReturnConsumedCapacity',
  KeysAndAttributes: 'Keys AttributesToGet ConsistentRead ProjectionExpression ExpressionAttributeNames',
  BatchWriteItemInput: 'RequestItems ReturnConsumedCapacity ReturnItemCollectionMetrics',
  WriteRequest: 'PutRequest DeleteRequest',
  PutRequest: 'Item',
  DeleteRequest: 'Key',
  TransactGetItemsInput: 'TransactItems ReturnConsumedCapacity',
  TransactGetItem: 'Get',
  Get: 'Key TableName ProjectionExpression ExpressionAttributeNames',
  TransactWriteItemsInput: 'TransactItems ReturnConsumedCapacity ReturnItemCollectionMetrics ClientRequestToken',
  TransactWriteItem: 'ConditionCheck Put Delete Update',
  ConditionCheck: `Key TableName ${condition}`,
  Put: `Item TableName ${condition}`,
  Delete: `Key TableName ${condition}`,
  Update: `Key UpdateExpression TableName ${condition}`,
  // ---- PartiQL
  ExecuteStatementInput:
    'Statement Parameters ConsistentRead NextToken ReturnConsumedCapacity Limit ReturnValuesOnConditionCheckFailure',
  BatchExecuteStatementInput: 'Statements ReturnConsumedCapacity',
  BatchStatementRequest: 'Statement Parameters ConsistentRead ReturnValuesOnConditionCheckFailure',
  ExecuteTransactionInput: 'TransactStatements ClientRequestToken ReturnConsumedCapacity',
  ParameterizedStatement: 'Statement Parameters ReturnValuesOnConditionCheckFailure',
  // ---- tables
  CreateTableInput:
    'AttributeDefinitions TableName KeySchema LocalSecondaryIndexes GlobalSecondaryIndexes BillingMode ProvisionedThroughput StreamSpecification SSESpecification Tags TableClass DeletionProtectionEnabled WarmThroughput ResourcePolicy OnDemandThroughput VectorIndexes',
  UpdateTableInput:
    'AttributeDefinitions TableName BillingMode ProvisionedThroughput GlobalSecondaryIndexUpdates StreamSpecification SSESpecification TableClass DeletionProtectionEnabled OnDemandThroughput WarmThroughput VectorIndexUpdates',
  AttributeDefinition: 'AttributeName AttributeType',
  KeySchemaElement: 'AttributeName KeyType',
  LocalSecondaryIndex: 'IndexName KeySchema Projection',
  GlobalSecondaryIndex: 'IndexName KeySchema Projection ProvisionedThroughput OnDemandThroughput WarmThroughput',
  GlobalSecondaryIndexUpdate: 'Update Create Delete',
  CreateGlobalSecondaryIndexAction:
    'IndexName KeySchema Projection ProvisionedThroughput OnDemandThroughput WarmThroughput',
  UpdateGlobalSecondaryIndexAction: 'IndexName ProvisionedThroughput OnDemandThroughput WarmThroughput',
  DeleteGlobalSecondaryIndexAction: 'IndexName',
  VectorIndex: 'IndexName VectorAttribute Projection Dimensions DistanceFunction SearchSchema',
  VectorAttributeDefinition: 'AttributeName',
  SearchSchemaElement: 'AttributeName SearchSchemaElementType',
  VectorIndexUpdate: 'Create Delete',
  CreateVectorIndexAction: 'IndexName VectorAttribute Projection Dimensions DistanceFunction SearchSchema',
  DeleteVectorIndexAction: 'IndexName',
  Projection: 'ProjectionType NonKeyAttributes',
  ProvisionedThroughput: 'ReadCapacityUnits WriteCapacityUnits',
  OnDemandThroughput: 'MaxReadRequestUnits MaxWriteRequestUnits',
  WarmThroughput: 'ReadUnitsPerSecond WriteUnitsPerSecond',
  StreamSpecification: 'StreamEnabled StreamViewType',
  SSESpecification: 'Enabled SSEType',
  Tag: 'Key Value',
  DeleteTableInput: 'TableName',
  DescribeTableInput: 'TableName',
  ListTablesInput: 'ExclusiveStartTableName Limit',
  DescribeTimeToLiveInput: 'TableName',
  UpdateTimeToLiveInput: 'TableName TimeToLiveSpecification',
  TimeToLiveSpecification: 'Enabled AttributeName',
  DescribeContributorInsightsInput: 'TableName IndexName',
  UpdateContributorInsightsInput: 'TableName IndexName ContributorInsightsAction ContributorInsightsMode',
  ListContributorInsightsInput: 'TableName NextToken MaxResults',
  DescribeKinesisStreamingDestinationInput: 'TableName',
  DescribeTableReplicaAutoScalingInput: 'TableName',
  DescribeLimitsInput: '',
  DescribeEndpointsRequest: '',
  // ---- tags and policies
  TagResourceInput: 'ResourceArn Tags',
  UntagResourceInput: 'ResourceArn TagKeys',
  ListTagsOfResourceInput: 'ResourceArn NextToken',
  PutResourcePolicyInput: 'ResourceArn Policy ExpectedRevisionId ConfirmRemoveSelfResourceAccess',
  GetResourcePolicyInput: 'ResourceArn',
  DeleteResourcePolicyInput: 'ResourceArn ExpectedRevisionId',
  // ---- backups, exports, imports
  CreateBackupInput: 'TableName BackupName',
  DescribeBackupInput: 'BackupArn',
  DeleteBackupInput: 'BackupArn',
  ListBackupsInput: 'TableName Limit TimeRangeLowerBound TimeRangeUpperBound ExclusiveStartBackupArn BackupType',
  DescribeContinuousBackupsInput: 'TableName',
  UpdateContinuousBackupsInput: 'TableName PointInTimeRecoverySpecification',
  PointInTimeRecoverySpecification: 'PointInTimeRecoveryEnabled RecoveryPeriodInDays',
  RestoreTableFromBackupInput: `BackupArn ${restore}`,
  RestoreTableToPointInTimeInput: `SourceTableArn SourceTableName UseLatestRestorableTime RestoreDateTime ${restore}`,
  ExportTableToPointInTimeInput:
    'TableArn ExportTime ClientToken S3Bucket S3BucketOwner S3Prefix S3SseAlgorithm ExportFormat ExportType IncrementalExportSpecification',
  IncrementalExportSpecification: 'ExportFromTime ExportToTime ExportViewType',
  DescribeExportInput: 'ExportArn',
  ListExportsInput: 'TableArn MaxResults NextToken',
  DescribeImportInput: 'ImportArn',
  ListImportsInput: 'TableArn PageSize NextToken',
  DescribeGlobalTableInput: 'GlobalTableName',
  DescribeGlobalTableSettingsInput: 'GlobalTableName',
  ListGlobalTablesInput: 'ExclusiveStartGlobalTableName Limit RegionName',
  // ---- streams
  DescribeStreamInput: 'StreamArn Limit ExclusiveStartShardId ShardFilter',
  ShardFilter: 'Type ShardId',
  GetShardIteratorInput: 'StreamArn ShardId ShardIteratorType SequenceNumber',
  GetRecordsInput: 'ShardIterator Limit',
  ListStreamsInput: 'TableName Limit ExclusiveStartStreamArn',
}

/** Whether a member of a shape is passed on. */
export const isListed = (shape: string, member: string): boolean => table.get(shape)?.has(member) === true

const table: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries(listed).map(([shape, names]) => [shape, new Set(names.split(' ').filter((name) => name !== ''))]),
)

/** All that is listed, by shape. */
export const listedMembers: ReadonlyMap<string, ReadonlySet<string>> = table

/** The first member of an input that is not listed: `SSESpecification.KMSMasterKeyId`. */
export function unlistedMember(shape: StructureShape, input: object): string | undefined {
  for (const [name, value] of Object.entries(input)) {
    if (value === undefined) continue
    if (!isListed(shape.name, name)) return name
    const member = shape.members.find((each) => each.name === name)
    const below = member === undefined ? name : unlistedBelow(member.shape, value)
    if (below !== undefined) return below === '' ? name : `${name}.${below}`
  }
  return undefined
}

function unlistedBelow(shape: Shape, value: unknown): string | undefined {
  switch (shape.kind) {
    case 'structure':
      // An attribute's value is data, whatever it holds; the reader has refused members that it does not have.
      return shape.union === true && shape.name === 'AttributeValue'
        ? undefined
        : unlistedMember(shape, value as object)
    case 'list':
      return holdsStructures(shape.item) ? first(value as readonly unknown[], shape.item) : undefined
    case 'map':
      return holdsStructures(shape.value) ? first(Object.values(value as object), shape.value) : undefined
    default:
      return undefined
  }
}

function first(values: readonly unknown[], shape: Shape): string | undefined {
  for (const value of values) {
    const unlisted = unlistedBelow(shape, value)
    if (unlisted !== undefined) return unlisted
  }
  return undefined
}

/** Whether anything below it can be unlisted. */
function holdsStructures(shape: Shape): boolean {
  if (shape.kind === 'list') return holdsStructures(shape.item)
  if (shape.kind === 'map') return holdsStructures(shape.value)
  return shape.kind === 'structure' && shape.name !== 'AttributeValue'
}

/** The members of a service's inputs that are not passed on, by shape, of the shapes that are. */
export function refusedMembers(service: 'dynamodb' | 'dynamodb-streams'): (readonly [string, readonly string[]])[] {
  const seen = new Map<string, readonly string[]>()
  const look = (shape: Shape | undefined): void => {
    if (shape?.kind === 'list') look(shape.item)
    if (shape?.kind === 'map') look(shape.value)
    if (
      shape?.kind !== 'structure' ||
      shape.name === 'AttributeValue' ||
      seen.has(shape.name) ||
      !table.has(shape.name)
    )
      return
    seen.set(
      shape.name,
      shape.members.map(({ name }) => name).filter((name) => !isListed(shape.name, name)),
    )
    for (const member of shape.members) if (isListed(shape.name, member.name)) look(member.shape)
  }
  const contract = contractOf(service)
  for (const name of contract.operationNames) look(contract.operation(name)?.input)
  return [...seen].filter(([, names]) => names.length > 0)
}
