// Key schemas of tables, as the backend describes them: which attribute is the partition key decides whose item a request touches.
// They are asked for when they are needed and kept for seconds: a table that somebody makes anew with another key is known as such
// within that time.
import type { KeyType } from '../../core/dynamodb/attribute-value.ts'
import type { Maybe } from '../../core/maybe.ts'
import { createLru } from '../../core/token/lru.ts'

export interface KeyAttribute {
  readonly name: string
  readonly type: KeyType
}

/** The key of a table or an index. An index may have up to four attributes of either kind; a table has one partition attribute. */
export interface KeySchema {
  readonly partition: readonly [KeyAttribute, ...KeyAttribute[]]
  readonly sort: readonly KeyAttribute[]
}

export interface TableSchema extends KeySchema {
  readonly indexes: ReadonlyMap<string, KeySchema>
  /** The ARN that the backend gives the table: its account and region are the backend's own. */
  readonly backendArn: string | undefined
}

/** Describes a table at a backend; undefined where there is none. Rejects when the backend does not say. */
export type Describe = (table: string) => Promise<TableSchema | undefined>

export interface Schemas {
  /**
   * The schema of a table, in this turn while it is kept. `unknown`: it cannot be had now. INVARIANT: whoever gets that decides as if
   * any item might be touched.
   */
  of(backend: string, table: string, now: Date, describe: Describe): Maybe<TableSchema | 'absent' | 'unknown'>
  /** The table was changed, or the backend has another opinion of its key: it is asked again at the next request. */
  forget(backend: string, table: string): void
}

export interface SchemaTimes {
  /** How long a schema is believed. */
  readonly keptMs: number
  /** From when on it is asked for anew while requests go on with the kept one. */
  readonly renewedMs: number
  /** How long a table is believed to be absent, or its schema to be unknown. */
  readonly absentMs: number
}

export const schemaTimes: SchemaTimes = { keptMs: 10_000, renewedMs: 5_000, absentMs: 2_000 }

/** Look-ups that may be under way at one backend: names of tables cost a caller nothing. */
const mostUnderWay = 16
const kept = 4 * 1024 * 1024

interface Entry {
  readonly schema: TableSchema | 'absent' | 'unknown'
  readonly askedAt: number
}

export function createSchemas(times: SchemaTimes = schemaTimes): Schemas {
  const entries = createLru<Entry>({ bytes: kept, share: 1 })
  const asking = new Map<string, Promise<TableSchema | 'absent' | 'unknown'>>()
  const underWay = new Map<string, number>()

  function ask(backend: string, key: string, table: string, askedAt: number, describe: Describe) {
    const before = asking.get(key)
    if (before !== undefined) return before
    const count = underWay.get(backend) ?? 0
    if (count >= mostUnderWay) return Promise.resolve('unknown' as const)
    underWay.set(backend, count + 1)
    const asked = described(describe, table).then((schema) => {
      underWay.set(backend, (underWay.get(backend) ?? 1) - 1)
      // INVARIANT: what was forgotten while it was asked for is not kept.
      if (asking.get(key) === asked) {
        asking.delete(key)
        entries.set(key, { schema, askedAt }, sizeOf(schema, key), backend)
      }
      return schema
    })
    asking.set(key, asked)
    return asked
  }

  return {
    of(backend, table, now, describe) {
      const key = `${backend} ${table}`
      const entry = entries.get(key)
      const age = entry === undefined ? Number.POSITIVE_INFINITY : now.getTime() - entry.askedAt
      if (entry === undefined || age >= (typeof entry.schema === 'string' ? times.absentMs : times.keptMs)) {
        return ask(backend, key, table, now.getTime(), describe)
      }
      if (age >= times.renewedMs) void ask(backend, key, table, now.getTime(), describe)
      return entry.schema
    },
    forget(backend, table) {
      const key = `${backend} ${table}`
      entries.delete(key)
      asking.delete(key)
    },
  }
}

async function described(describe: Describe, table: string): Promise<TableSchema | 'absent' | 'unknown'> {
  try {
    return (await describe(table)) ?? 'absent'
  } catch {
    return 'unknown'
  }
}

const sizeOf = (schema: Entry['schema'], key: string) =>
  200 + 2 * key.length + (typeof schema === 'string' ? 0 : 400 * (1 + schema.indexes.size))
