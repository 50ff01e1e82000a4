// Requests about tables, not about items of them (Service Authorization Reference, "Actions defined by Amazon DynamoDB"). Answers are
// read whole: they hold ARNs of the backend's.
import { andThen } from '../../core/maybe.ts'
import { validationError } from '../../wire/errors.ts'
import { requestTagKeys } from '../access/tag-keys.ts'
import type { Tag } from '../records.ts'
import { type Access, ofAccount, ofResource, ofTable } from './access.ts'
import type { Plan, Planner, Scene } from './plan.ts'
import { isIndexName, type Place, type Resource, resourceOf, type Table, tableNamed } from './table.ts'

interface OnTable {
  readonly TableName?: string | undefined
}

const planOf = (table: Table, accesses: readonly Access[], sent: object, changes: boolean): Plan => ({
  ...{ accesses, at: table, sent, tables: [table], answered: 'arns' as const },
  ...(changes ? { changesTables: true as const } : {}),
})

/** An operation on one table, with the action of its own name. */
export const planTable =
  (action: string, changes = false): Planner<OnTable> =>
  (input, { place }) => {
    const table = tableNamed(input.TableName, place)
    return planOf(table, [ofTable(action, table)], { ...input, TableName: table.name }, changes)
  }

/** One that may name an index of it: the action is asked for both (the index is optional at AWS, the table required). */
export const planTableOrIndex =
  (action: string): Planner<OnTable & { readonly IndexName?: string | undefined }> =>
  (input, { place }) => {
    const table = tableNamed(input.TableName, place)
    const own = ofTable(action, table)
    const { IndexName } = input
    if (IndexName !== undefined && !isIndexName(IndexName)) throw validationError('aws-json', 'Invalid index name')
    const accesses = IndexName === undefined ? [own] : [own, ofTable(action, table, IndexName)]
    return planOf(table, accesses, { ...input, TableName: table.name }, false)
  }

/** Where a list goes on: the ARN that the page before it ended with, as callers know it. */
const starts = { ExclusiveStartBackupArn: 'backup', ExclusiveStartStreamArn: 'stream' } as const

interface OfAccount extends OnTable {
  readonly TableArn?: string | undefined
  readonly ExclusiveStartBackupArn?: string | undefined
  readonly ExclusiveStartStreamArn?: string | undefined
}

/**
 * An operation of no table: its resource is `*`, even where the request names a table; that of an export or import is the table where
 * `asTable` says so.
 */
export const planAccount =
  (action: string, asTable?: 'by its ARN'): Planner<OfAccount> =>
  async (input, scene) => {
    const { TableName, TableArn } = input
    const table = named(TableName ?? TableArn, scene.place)
    const byArn = TableArn === undefined || table === undefined ? undefined : await scene.arnAtBackend(table, table.arn)
    const at = asTable === undefined || byArn === undefined ? undefined : table
    return {
      accesses: [at === undefined ? ofAccount(action, scene.place) : ofTable(action, at)],
      ...{ at: scene.place, tables: table === undefined ? [] : [table], answered: 'arns' },
      sent: {
        ...input,
        ...(await started(input, scene)),
        ...(byArn === undefined ? {} : { TableArn: byArn }),
        ...(TableName === undefined || table === undefined ? {} : { TableName: table.name }),
      },
    }
  }

/** A table of the caller's own account and region: a list is of these. */
function named(text: string | undefined, place: Place): Table | undefined {
  if (text === undefined) return undefined
  const table = tableNamed(text, place)
  if (table.account === place.account && table.region === place.region) return table
  throw validationError('aws-json', 'The table must be of the caller’s account and region')
}

async function started(input: OfAccount, scene: Scene): Promise<object> {
  for (const [member, kind] of Object.entries(starts)) {
    const text = input[member as keyof typeof starts]
    if (text === undefined) continue
    const { table, arn } = resourceAt(text, [kind])
    named(table.arn, scene.place)
    return { [member]: await scene.arnAtBackend(table, arn) }
  }
  return {}
}

/** An operation on what an ARN names: a table, stream, backup, export or import. */
export const planArn =
  <M extends string>(
    action: string,
    member: M,
    kinds: readonly Resource['kind'][],
  ): Planner<{ readonly [N in M]?: string | undefined }> =>
  (input, scene) => {
    const resource = resourceAt(input[member], kinds)
    const { table, arn } = resource
    return andThen(scene.arnAtBackend(table, arn), (text) =>
      planOf(table, [ofResource(action, resource)], { ...input, [member]: text }, false),
    )
  }

export function resourceAt(text: string | undefined, kinds: readonly Resource['kind'][]): Resource {
  const resource = resourceOf(text ?? '')
  if (resource !== undefined && kinds.includes(resource.kind)) return resource
  throw validationError('aws-json', `Invalid ARN: it must be that of a ${kinds.join(' or ')} of DynamoDB`)
}

interface Tagged {
  readonly Tags?: readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[] | undefined
}

const tagsOf = ({ Tags = [] }: Tagged): readonly Tag[] => Tags.map(({ Key = '', Value = '' }) => ({ Key, Value }))

/** Tags and a policy that it gives are asked for as actions of their own, as AWS does. The policy stays here. */
export const planCreateTable: Planner<OnTable & Tagged & { readonly ResourcePolicy?: string | undefined }> = (
  { ResourcePolicy, ...input },
  { place },
) => {
  const table = tableNamed(input.TableName, place)
  const keys = new Map(requestTagKeys(tagsOf(input)))
  const create = { ...ofTable('CreateTable', table), keys }
  const tag = { ...ofTable('TagResource', table), keys }
  const accesses = [
    create,
    ...(keys.size === 0 ? [] : [tag]),
    ...(ResourcePolicy === undefined ? [] : [ofTable('PutResourcePolicy', table)]),
  ]
  return planOf(table, accesses, { ...input, TableName: table.name }, true)
}

/** TagResource and UntagResource of a table: the tags, or the names of those that go, are keys of the request. */
export const planTags =
  (
    action: 'TagResource' | 'UntagResource',
  ): Planner<
    Tagged & { readonly ResourceArn?: string | undefined; readonly TagKeys?: readonly string[] | undefined }
  > =>
  (input, scene) => {
    const resource = resourceAt(input.ResourceArn, ['table'])
    const { table, arn } = resource
    const keys = new Map([
      ...requestTagKeys(tagsOf(input)),
      ...(input.TagKeys === undefined ? [] : [['aws:tagkeys', input.TagKeys] as const]),
    ])
    return andThen(scene.arnAtBackend(table, arn), (ResourceArn) =>
      planOf(table, [{ ...ofResource(action, resource), keys }], { ...input, ResourceArn }, false),
    )
  }
