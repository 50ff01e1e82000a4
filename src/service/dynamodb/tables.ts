// Requests about tables, not about items of them (Service Authorization Reference, "Actions defined by Amazon DynamoDB"). Answers are
// read whole: they hold ARNs of the backend's.
import { andThen } from '../../core/maybe.ts'
import { validationError } from '../../wire/errors.ts'
import { requestTagKeys } from '../access/tag-keys.ts'
import type { Tag } from '../records.ts'
import { type Access, ofAccount } from './access.ts'
import type { Plan, Planner } from './plan.ts'
import { indexArn, isIndexName, type Resource, resourceOf, type Table, tableNamed } from './table.ts'

interface OnTable {
  readonly TableName?: string | undefined
}

const accessTo = (table: Table, action: string): Access => ({ action, resource: table.arn, owner: table.account })

const planOf = (table: Table, accesses: readonly Access[], sent: object, changes: boolean): Plan => ({
  ...{ accesses, at: table, sent, tables: [table], answered: 'arns' as const },
  ...(changes ? { changesTables: true as const } : {}),
})

/** An operation on one table, with the action of its own name. */
export const planTable =
  (action: string, changes = false): Planner<OnTable> =>
  (input, { place }) => {
    const table = tableNamed(input.TableName, place)
    return planOf(table, [accessTo(table, action)], { ...input, TableName: table.name }, changes)
  }

/** One that may name an index of it: the action is asked for both (the index is optional at AWS, the table required). */
export const planTableOrIndex =
  (action: string): Planner<OnTable & { readonly IndexName?: string | undefined }> =>
  (input, { place }) => {
    const table = tableNamed(input.TableName, place)
    const own = accessTo(table, action)
    const { IndexName } = input
    if (IndexName !== undefined && !isIndexName(IndexName)) throw validationError('aws-json', 'Invalid index name')
    const accesses = IndexName === undefined ? [own] : [own, { ...own, resource: indexArn(table, IndexName) }]
    return planOf(table, accesses, { ...input, TableName: table.name }, false)
  }

/** An operation of no table: its resource is `*`, even where the request names a table. */
export const planAccount =
  (action: string, { tableArn }: { readonly tableArn?: true } = {}): Planner<object> =>
  (input, scene) => {
    const { place } = scene
    const named =
      'TableName' in input && typeof input.TableName === 'string' ? tableNamed(input.TableName, place) : undefined
    const byArn =
      'TableArn' in input && typeof input.TableArn === 'string' ? tableNamed(input.TableArn, place) : undefined
    const table = named ?? byArn
    if (table !== undefined && (table.account !== place.account || table.region !== place.region)) {
      throw validationError('aws-json', 'The table must be of the caller’s account and region')
    }
    const accesses = tableArn && byArn !== undefined ? [accessTo(byArn, action)] : [ofAccount(action, place)]
    const plan = { accesses, at: place, tables: table === undefined ? [] : [table], answered: 'arns' as const }
    if (byArn !== undefined) {
      return andThen(scene.arnAtBackend(byArn, byArn.arn), (TableArn) => ({ ...plan, sent: { ...input, TableArn } }))
    }
    return { ...plan, sent: named === undefined ? input : { ...input, TableName: named.name } }
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
      planOf(table, [{ action, resource: arn, owner: table.account }], { ...input, [member]: text }, false),
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

/** Tags that it gives are asked for as their own action, as AWS does. */
export const planCreateTable: Planner<OnTable & Tagged> = (input, { place }) => {
  const table = tableNamed(input.TableName, place)
  const keys = new Map(requestTagKeys(tagsOf(input)))
  const create = { ...accessTo(table, 'CreateTable'), keys }
  const tag = { ...accessTo(table, 'TagResource'), keys }
  const accesses = keys.size === 0 ? [create] : [create, tag]
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
    const { table, arn } = resourceAt(input.ResourceArn, ['table'])
    const keys = new Map([
      ...requestTagKeys(tagsOf(input)),
      ...(input.TagKeys === undefined ? [] : [['aws:tagkeys', input.TagKeys] as const]),
    ])
    return andThen(scene.arnAtBackend(table, arn), (ResourceArn) =>
      planOf(table, [{ action, resource: arn, owner: table.account, keys }], { ...input, ResourceArn }, false),
    )
  }
