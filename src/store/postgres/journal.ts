// Journals: one row per journal and batch of commits, in partitions by the day until which rows are kept, which are dropped
// whole. An engine without partitions has one table, and its rows are deleted.
import { bytes, number, text } from '../cells.ts'
import { type Append, pack, rowsOf, unpack } from '../optimistic/appends.ts'
import type { JournalEntry } from '../store.ts'
import { qualified } from './names.ts'
import type { Session } from './session.ts'
import type { State } from './state.ts'
import type { Read } from './table.ts'
import { inTransaction, type Transactions } from './transaction.ts'
import { insertions, type Part } from './write.ts'

const DAY_MS = 86_400_000
const ROWS_AT_ONCE = 16
const EXPIRED_AT_ONCE = 200
const PARTITION = 'journal_day_'
const DROP_WAIT_MS = 100

export interface Journals {
  /** The rows of a batch's appends, and how many there are. Makes the partitions that they need. */
  prepare(
    session: Session,
    appends: readonly Append[],
    state: State,
    at: number,
  ): Promise<{ readonly parts: readonly Part[]; readonly count: number }>
  /** Partitions that this process knows may have been dropped by another. */
  forget(): void
  scan(journal: string, from: Date): AsyncIterable<JournalEntry>
  /** Drops what has expired. */
  expire(now: number): Promise<void>
}

interface Opening {
  readonly transactions: Transactions
  readonly read: Read
  readonly schema: string
  readonly clock: () => Date
  readonly partitioned: boolean
}

export function openJournals({ transactions, read, schema, clock, partitioned }: Opening): Journals {
  const table = qualified(schema, 'journal')
  const partition = (day: number) => qualified(schema, `${PARTITION}${day < 0 ? `before_${-day}` : day}`)
  const known = new Set<number>()
  const following = `SELECT at, id, entries FROM ${table}
    WHERE name = $1 AND (at, id) > ($2, $3) AND until >= $4 ORDER BY at, id LIMIT ${ROWS_AT_ONCE}`

  async function makePartition(session: Session, day: number): Promise<void> {
    if (!partitioned || known.has(day)) return
    const name = partition(day)
    const [[found] = []] = await session.query('SELECT pg_catalog.to_regclass($1) IS NOT NULL', [name])
    // Attached, not made as a partition: that would wait for every reader, and a dump reads for hours.
    if (found !== 1)
      await session.script(
        `CREATE TABLE ${name} (LIKE ${table} INCLUDING ALL); ALTER TABLE ${table} ATTACH PARTITION ${name}
          FOR VALUES FROM (${day * DAY_MS}) TO (${(day + 1) * DAY_MS})`,
      )
    known.add(day)
  }

  async function dropPartitions(now: number): Promise<void> {
    const rows = await read((session) =>
      session.query(
        `SELECT c.relname::text FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
          WHERE i.inhparent = $1::text::regclass`,
        [table],
      ),
    )
    for (const row of rows) {
      const name = text(row, 0)
      const day = Number(name.slice(PARTITION.length).replace(/^before_/, '-'))
      if (!name.startsWith(PARTITION) || !Number.isSafeInteger(day) || (day + 1) * DAY_MS > now) continue
      known.delete(day)
      // A drop waits for every reader of the journals, and commits would wait for it: it is tried for a moment, now and then.
      await inTransaction(transactions, (session) =>
        session.script(`SET LOCAL lock_timeout = ${DROP_WAIT_MS}; DROP TABLE IF EXISTS ${partition(day)}`),
      )
    }
  }

  async function deleteRows(now: number): Promise<void> {
    for (let deleted = EXPIRED_AT_ONCE; deleted === EXPIRED_AT_ONCE; )
      deleted = await inTransaction(transactions, async (session) => {
        const rows = await session.query(
          `DELETE FROM ${table} WHERE id IN (SELECT id FROM ${table} WHERE until < $1 ORDER BY until LIMIT ${EXPIRED_AT_ONCE})
            RETURNING 1`,
          [now],
        )
        return rows.length
      })
  }

  return {
    async prepare(session, appends, { entries }, at) {
      const rows = [...rowsOf(appends)]
      for (const { until } of rows) await makePartition(session, Math.floor(until / DAY_MS))
      return {
        count: rows.length,
        parts: insertions({
          table,
          columns: { name: 'text', at: 'bigint', id: 'bigint', until: 'bigint', entries: 'bytea' },
          // The packed bytes are valid until the next row is packed.
          rows: rows.map(({ journal, until, entries: some }, place) => [
            ...[journal, at, entries + place + 1, until, Buffer.from(pack(some))],
          ]),
        }),
      }
    },
    forget: () => known.clear(),
    async *scan(journal, from) {
      let [at, id] = [from.getTime(), 0]
      for (;;) {
        // What is kept until a time was appended before it: partitions that ended before `from` have nothing.
        const earliest = Math.max(from.getTime(), clock().getTime())
        const values = [journal, at, id, earliest]
        const rows = await read((session) => session.query(following, values, 'journal'))
        for (const row of rows)
          for (const entry of unpack(bytes(row, 2))) yield { at: new Date(number(row, 0)), text: entry }
        const last = rows.at(-1)
        if (last === undefined || rows.length < ROWS_AT_ONCE) return
        ;[at, id] = [number(last, 0), number(last, 1)]
      }
    },
    expire: (now) => (partitioned ? dropPartitions(now) : deleteRows(now)),
  }
}
