// Key schemas of tables, as the backend describes them: which attribute is the partition key decides whose item a request touches.
// They are asked for when they are needed and kept for seconds: a table that somebody makes anew with another key is known as such
// within that time.
// INVARIANT: names of tables cost a caller nothing. What one makes up neither keeps others from a look-up nor puts out what is known.
import type { KeyType } from '../../core/dynamodb/attribute-value.ts'
import type { Maybe } from '../../core/maybe.ts'
import { createLru } from '../../core/token/lru.ts'
import { createLookUpTurns, type LookUpTurns } from './look-up-turns.ts'

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

/** What is known of a table: its schema, that it is not there, or nothing. */
export type KnownSchema = TableSchema | 'absent' | 'unknown'

/** The key of a table, or of the index of it that is named; undefined where there is none or it is not known. */
export function keysOf(schema: KnownSchema, index: string | undefined): KeySchema | undefined {
  if (typeof schema === 'string') return undefined
  return index === undefined ? schema : schema.indexes.get(index)
}

/** Describes a table at a backend; undefined where there is none. Rejects when the backend does not say. */
export type Describe = (table: string) => Promise<TableSchema | undefined>

export interface Schemas {
  /**
   * The schema of a table, in this turn while it is kept. `unknown`: it cannot be had now. INVARIANT: whoever gets that decides as if
   * any item might be touched. `asker`: who makes the request; each has a share of the look-ups.
   */
  of(backend: string, table: string, now: Date, describe: Describe, asker?: string): Maybe<KnownSchema>
  /** The table was changed: it is asked for at the next request, and what is on its way is not kept. */
  forget(backend: string, table: string): void
  /**
   * The backend has another opinion of the table or its key: it is asked for at the next request, unless it is being asked for. Whoever
   * sends what the backend refuses causes this: one look-up of a table is under way, however many do.
   */
  doubt(backend: string, table: string): void
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

/** Memory for schemas, and for names without one, which must not put those out. */
const bytes = { known: 4 * 1024 * 1024, missing: 1024 * 1024 }

interface Entry<A extends KnownSchema> {
  readonly schema: A
  /** Milliseconds since 1970; it is believed no more from `-Infinity` on, but the table was there. */
  askedAt: number
}

export function createSchemas(times: SchemaTimes = schemaTimes): Schemas {
  const known = createLru<Entry<TableSchema>>({ bytes: bytes.known })
  const missing = createLru<Entry<'absent' | 'unknown'>>({ bytes: bytes.missing })
  const asking = new Map<string, Promise<KnownSchema>>()
  const turnsOf = new Map<string, LookUpTurns>()

  function turnsAt(backend: string): LookUpTurns {
    const turns = turnsOf.get(backend) ?? createLookUpTurns()
    turnsOf.set(backend, turns)
    return turns
  }

  /** A table that was there is asked for at once: there are no more of these than there are tables. */
  function ask(backend: string, key: string, table: string, askedAt: number, describe: Describe, asker: string) {
    const before = asking.get(key)
    if (before !== undefined) return before
    const work = () => described(describe, table)
    const begun = known.get(key) === undefined ? turnsAt(backend).take(asker, work) : work()
    if (begun === undefined) return Promise.resolve('unknown' as const)
    const asked = begun.then((schema) => {
      // INVARIANT: what was forgotten while it was asked for is not kept.
      if (asking.get(key) === asked) {
        asking.delete(key)
        keep(key, schema, askedAt)
      }
      return schema
    })
    asking.set(key, asked)
    return asked
  }

  function keep(key: string, schema: KnownSchema, askedAt: number): void {
    const size = sizeOf(schema, key)
    if (typeof schema !== 'string') {
      missing.delete(key)
      known.set(key, { schema, askedAt }, size)
      return
    }
    if (schema === 'absent') known.delete(key)
    missing.set(key, { schema, askedAt }, size)
  }

  function doubt(key: string): void {
    missing.delete(key)
    const entry = known.get(key)
    if (entry !== undefined) entry.askedAt = Number.NEGATIVE_INFINITY
  }

  return {
    of(backend, table, now, describe, asker = '') {
      const key = `${backend} ${table}`
      const at = now.getTime()
      const entry = known.get(key)
      const age = entry === undefined ? Number.POSITIVE_INFINITY : at - entry.askedAt
      if (entry !== undefined && age < times.keptMs) {
        if (age >= times.renewedMs) void ask(backend, key, table, at, describe, asker)
        return entry.schema
      }
      const none = missing.get(key)
      if (none !== undefined && at - none.askedAt < times.absentMs) return none.schema
      return ask(backend, key, table, at, describe, asker)
    },
    forget(backend, table) {
      const key = `${backend} ${table}`
      asking.delete(key)
      doubt(key)
    },
    doubt(backend, table) {
      const key = `${backend} ${table}`
      if (!asking.has(key)) doubt(key)
    },
  }
}

async function described(describe: Describe, table: string): Promise<KnownSchema> {
  try {
    return (await describe(table)) ?? 'absent'
  } catch {
    return 'unknown'
  }
}

const sizeOf = (schema: KnownSchema, key: string) =>
  200 + 2 * key.length + (typeof schema === 'string' ? 0 : 400 * (1 + schema.indexes.size))
