// Restoring, exporting and importing: what else they read and write is asked for as AWS does (Service Authorization Reference, table of
// operations; Developer Guide, "Using IAM with DynamoDB backup and restore", "DynamoDB data export to Amazon S3").
import { andThen } from '../../core/maybe.ts'
import { validationError } from '../../wire/errors.ts'
import { type Access, ofResource, ofTable } from './access.ts'
import type { Plan, Planner } from './plan.ts'
import type { Place, Table } from './table.ts'
import { tableAt, tableNamed } from './table.ts'
import { resourceAt } from './tables.ts'

/** A restored table is filled as the caller. */
const filling = ['BatchWriteItem', 'DeleteItem', 'GetItem', 'PutItem', 'Query', 'Scan', 'UpdateItem']

/** Restores stay in the account and region of the table that they come from. */
function target(name: string | undefined, source: Table, place: Place): Table {
  const table = tableNamed(name, place)
  if (table.arn === tableAt(source, table.name).arn) return table
  throw validationError('aws-json', 'The restored table must be of the account and region of its source')
}

const restored = (accesses: readonly Access[], source: Table, into: Table, sent: object): Plan => ({
  ...{ accesses: [...accesses, ...filling.map((action) => ofTable(action, into))], at: source, sent },
  ...{ tables: [source, into], answered: 'arns', changesTables: true },
})

export const planRestoreFromBackup: Planner<{
  readonly BackupArn?: string | undefined
  readonly TargetTableName?: string | undefined
}> = (input, scene) => {
  const action = 'RestoreTableFromBackup'
  const backup = resourceAt(input.BackupArn, ['backup'])
  const { table, arn } = backup
  const into = target(input.TargetTableName, table, scene.place)
  const accesses = [ofResource(action, backup), ofTable(action, into)]
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
  return restored([ofTable(action, source), ofTable(action, into)], source, into, sent)
}

/**
 * Below which keys an export writes (Developer Guide, "DynamoDB data export to Amazon S3: how it works"). INVARIANT: a Deny on what is
 * below the prefix applies: the resource is what is written, not what the prefix could begin.
 */
const exported = (prefix = '') => `${prefix === '' ? '' : `${prefix.replace(/\/+$/, '')}/`}AWSDynamoDB/*`

/**
 * The backend writes to the bucket with credentials of its own: the caller needs the right as well, whose ever the backend's are.
 */
export const planExport: Planner<{
  readonly TableArn?: string | undefined
  readonly S3Bucket?: string | undefined
  readonly S3BucketOwner?: string | undefined
  readonly S3Prefix?: string | undefined
}> = (input, scene) => {
  const { S3Bucket = '', S3Prefix, S3BucketOwner: owner = scene.place.account } = input
  const { table, arn } = resourceAt(input.TableArn, ['table'])
  const resource = `arn:aws:s3:::${S3Bucket}/${exported(S3Prefix)}`
  const writes = ['PutObject', 'AbortMultipartUpload', 'PutObjectAcl']
  const bucket = writes.map((action): Access => ({ service: 's3', action, resource, owner, policyOf: undefined }))
  return andThen(scene.arnAtBackend(table, arn), (TableArn) => ({
    ...{ accesses: [ofTable('ExportTableToPointInTime', table), ...bucket], at: table, sent: { ...input, TableArn } },
    ...{ tables: [table], answered: 'arns' as const },
  }))
}
