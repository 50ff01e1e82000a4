// Restoring, exporting and importing: what else they read and write is asked for as AWS does (Service Authorization Reference, table of
// operations; Developer Guide, "Using IAM with DynamoDB backup and restore", "DynamoDB data export to Amazon S3").
import { andThen } from '../../core/maybe.ts'
import { validationError } from '../../wire/errors.ts'
import type { Access } from './access.ts'
import type { Plan, Planner } from './plan.ts'
import type { Place, Table } from './table.ts'
import { tableAt, tableNamed } from './table.ts'
import { resourceAt } from './tables.ts'

/** A restored table is filled as the caller. */
const filling = ['BatchWriteItem', 'DeleteItem', 'GetItem', 'PutItem', 'Query', 'Scan', 'UpdateItem']

const on = (table: Table, action: string): Access => ({ action, resource: table.arn, owner: table.account })

/** Restores stay in the account and region of the table that they come from. */
function target(name: string | undefined, source: Table, place: Place): Table {
  const table = tableNamed(name, place)
  if (table.arn === tableAt(source, table.name).arn) return table
  throw validationError('aws-json', 'The restored table must be of the account and region of its source')
}

const restored = (accesses: readonly Access[], source: Table, into: Table, sent: object): Plan => ({
  ...{ accesses: [...accesses, ...filling.map((action) => on(into, action))], at: source, sent },
  ...{ tables: [source, into], answered: 'arns', changesTables: true },
})

export const planRestoreFromBackup: Planner<{
  readonly BackupArn?: string | undefined
  readonly TargetTableName?: string | undefined
}> = (input, scene) => {
  const action = 'RestoreTableFromBackup'
  const { table, arn } = resourceAt(input.BackupArn, ['backup'])
  const into = target(input.TargetTableName, table, scene.place)
  const accesses = [{ action, resource: arn, owner: table.account }, on(into, action)]
  return andThen(scene.arnAtBackend(table, arn), (BackupArn) =>
    restored(accesses, table, into, { ...input, BackupArn, TargetTableName: into.name }),
  )
}

export const planRestoreToPointInTime: Planner<{
  readonly SourceTableArn?: string | undefined
  readonly SourceTableName?: string | undefined
  readonly TargetTableName?: string | undefined
}> = (input, { place }) => {
  const action = 'RestoreTableToPointInTime'
  const { SourceTableArn, SourceTableName, ...rest } = input
  if ((SourceTableArn === undefined) === (SourceTableName === undefined)) {
    throw validationError('aws-json', 'Exactly one of SourceTableArn and SourceTableName must be given')
  }
  const source = tableNamed(SourceTableName ?? SourceTableArn, place)
  const into = target(input.TargetTableName, source, place)
  const sent = { ...rest, SourceTableName: source.name, TargetTableName: into.name }
  return restored([on(source, action), on(into, action)], source, into, sent)
}

interface Bucket {
  readonly S3Bucket?: string | undefined
  readonly S3BucketOwner?: string | undefined
}

/**
 * What is done with a bucket. INVARIANT: the backend writes and reads buckets with credentials of its own: the caller needs the right as
 * well, whose ever the backend's are.
 */
function onBucket(
  { S3Bucket = '', S3BucketOwner }: Bucket,
  prefix: string,
  place: Place,
  objects: readonly string[],
  bucket: readonly string[],
) {
  const owner = S3BucketOwner ?? place.account
  const access = (action: string, resource: string): Access => ({ service: 's3', action, resource, owner })
  return [
    ...objects.map((action) => access(action, `arn:aws:s3:::${S3Bucket}/${prefix}*`)),
    ...bucket.map((action) => access(action, `arn:aws:s3:::${S3Bucket}`)),
  ]
}

export const planExport: Planner<
  Bucket & { readonly TableArn?: string | undefined; readonly S3Prefix?: string | undefined }
> = (input, scene) => {
  const { table, arn } = resourceAt(input.TableArn, ['table'])
  const bucket = onBucket(
    input,
    input.S3Prefix ?? '',
    scene.place,
    ['PutObject', 'AbortMultipartUpload', 'PutObjectAcl'],
    [],
  )
  return andThen(scene.arnAtBackend(table, arn), (TableArn) => ({
    ...{ accesses: [on(table, 'ExportTableToPointInTime'), ...bucket], at: table, sent: { ...input, TableArn } },
    ...{ tables: [table], answered: 'arns' as const },
  }))
}

export const planImport: Planner<{
  readonly S3BucketSource?: (Bucket & { readonly S3KeyPrefix?: string | undefined }) | undefined
  readonly TableCreationParameters?: { readonly TableName?: string | undefined } | undefined
}> = (input, { place }) => {
  const { S3BucketSource = {}, TableCreationParameters } = input
  const table = tableNamed(TableCreationParameters?.TableName, place)
  const bucket = onBucket(S3BucketSource, S3BucketSource.S3KeyPrefix ?? '', place, ['GetObject'], ['ListBucket'])
  const sent = { ...input, TableCreationParameters: { ...TableCreationParameters, TableName: table.name } }
  return {
    ...{ accesses: [on(table, 'ImportTable'), ...bucket], at: table, sent, tables: [table] },
    ...{ answered: 'arns', changesTables: true },
  }
}
