// Which table a request means (Amazon DynamoDB API Reference: TableName is a name or an ARN, in single operations, as the key of a
// batch, in a member of a transaction; Service Authorization Reference, "Resource types defined by Amazon DynamoDB").
import { parseArn } from '../../core/arn.ts'
import { validationError } from '../../wire/errors.ts'

/** Where a request without ARNs finds its tables: the caller's account, and the region it is signed for. */
export interface Place {
  readonly account: string
  readonly region: string
}

/** A table by its ARN: the same table whether it was named or given by ARN. */
export interface Table extends Place {
  readonly name: string
  readonly arn: string
}

const tableName = /^[a-zA-Z0-9_.-]{3,255}$/
/**
 * INVARIANT: what ScyllaDB Alternator takes for a name of its system's own tables is no table's: those hold the secrets that requests to
 * it are signed with, and whoever may read all tables of an account would read them. DIVERGES: DynamoDB takes the name.
 */
const isTableName = (text: string): boolean => tableName.test(text) && !text.startsWith('.scylla.')

/** An index's name has the same form. */
export const isIndexName = (text: string): boolean => tableName.test(text)

export const tableAt = ({ account, region }: Place, name: string): Table => ({
  account,
  region,
  name,
  arn: `arn:aws:dynamodb:${region}:${account}:table/${name}`,
})

export const indexArn = (table: Table, index: string): string => `${table.arn}/index/${index}`

/**
 * The table of a TableName. Undefined for what is neither a name nor the ARN of a table and nothing more.
 * INVARIANT: account and region of an ARN are those of the table: they are never dropped, and never replaced by the caller's.
 */
export function tableOf(text: string, place: Place): Table | undefined {
  if (isTableName(text)) return tableAt(place, text)
  const resource = resourceOf(text)
  return resource?.kind === 'table' ? resource.table : undefined
}

/** The same, or ValidationException. */
export function tableNamed(text: string | undefined, place: Place): Table {
  const table = tableOf(text ?? '', place)
  if (table !== undefined) return table
  throw validationError(
    'aws-json',
    "Invalid table/index name.  Table/index names must be between 3 and 255 characters long, and may contain only the characters a-z, A-Z, 0-9, '_', '-', and '.'",
  )
}

/** What an ARN of DynamoDB names: a table, or something of one. */
export interface Resource {
  readonly kind: 'table' | 'index' | 'stream' | 'backup' | 'export' | 'import'
  readonly table: Table
  /** The index's name, the stream's label, the backup's or export's id; '' of a table. */
  readonly id: string
  readonly arn: string
}

const below: ReadonlySet<string> = new Set(['index', 'stream', 'backup', 'export', 'import'])
/** A stream's label is a time, `2026-11-29T10:00:00.000`. */
const idForm = /^[a-zA-Z0-9_.:-]{1,255}$/
const account = /^\d{12}$/
const region = /^[a-z0-9-]{1,32}$/

/** The resource of an ARN, or undefined for one of another kind, partition or service, or with more parts than are known. */
export function resourceOf(text: string): Resource | undefined {
  const arn = parseArn(text)
  if (arn === undefined || arn.partition !== 'aws' || arn.service !== 'dynamodb') return undefined
  if (!account.test(arn.account) || !region.test(arn.region)) return undefined
  const [type, name = '', kind, id, ...more] = arn.resource.split('/')
  if (type !== 'table' || !isTableName(name) || more.length > 0) return undefined
  const table = tableAt(arn, name)
  if (kind === undefined) return { kind: 'table', table, id: '', arn: table.arn }
  if (!below.has(kind) || id === undefined || !idForm.test(id)) return undefined
  return { kind: kind as Resource['kind'], table, id, arn: text }
}
