// Journals: one row per journal and batch of commits, appended and scanned in order, deleted as a whole after its time.

import type { DatabaseSync } from 'node:sqlite'
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type { JournalEntry } from '../store.ts'
import { bytes, number, prepare } from './statement.ts'

export interface Append {
  readonly journal: string
  readonly until: Date
  readonly entries: readonly string[]
}

/** RS (U+001E): no JSON text contains it, for in a JSON string it is escaped. */
const SEPARATOR = '\u001e'

/**
 * The first byte of a row: whether UTF-8 text follows, or the same compressed (Zstandard, RFC 8878). Entries of one batch
 * resemble each other and compress to a tenth, which costs no more than writing the other nine tenths twice (log and file).
 */
const PLAIN = 0
const COMPRESSED = 1
/** Below this many bytes a compressor costs more to set up than it saves. */
const WORTH_COMPRESSING = 8_192
const level = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }

/** The buffer in which rows are built, one at a time: otherwise each batch would allocate and drop a hundred kilobytes. */
let sharedBuffer = Buffer.alloc(1 << 18)
/** It grows with the rows; a larger buffer than this is not reused. */
const MAX_SHARED_BYTES = 1 << 22

/** The row of some entries. It is valid until the next call. */
function pack(entries: readonly string[]): Uint8Array {
  let maxLength = 1
  for (const entry of entries) maxLength += 3 * entry.length + 1
  const buffer = maxLength <= sharedBuffer.length ? sharedBuffer : Buffer.alloc(maxLength)
  if (maxLength <= MAX_SHARED_BYTES) sharedBuffer = buffer
  buffer[0] = PLAIN
  let end = 1
  for (const entry of entries) {
    if (end > 1) end += buffer.write(SEPARATOR, end, 'latin1')
    end += buffer.write(entry, end)
  }
  const row = buffer.subarray(0, end)
  if (end <= WORTH_COMPRESSING) return row
  return Buffer.concat([Buffer.of(COMPRESSED), zstdCompressSync(row.subarray(1), level)])
}

function unpack(row: Uint8Array): string[] {
  const body = row.subarray(1)
  const text = row[0] === COMPRESSED ? zstdDecompressSync(body) : Buffer.from(body.buffer, body.byteOffset, body.length)
  return text.toString().split(SEPARATOR)
}

/** A row is read as a whole, so its size is bounded. */
const ROW_ENTRIES = 500
const ROW_CHARACTERS = 1 << 20
const ROWS_AT_ONCE = 8
const EXPIRED_AT_ONCE = 32

export interface Journals {
  /** Writes the appends of a batch of commits. `at`, in ms, never decreases from batch to batch. */
  write(appends: readonly Append[], at: number): void
  scan(journal: string, from: Date): AsyncIterable<JournalEntry>
  /** Whether there are expired rows. */
  overdue(now: number): boolean
  /** Deletes some of the expired rows. */
  expire(now: number): void
}

/** @throws TypeError for an entry with the one character that would break a row, which no JSON text has. */
export function checkAppend({ until, entries }: Append): void {
  if (Number.isNaN(until.getTime())) throw new TypeError('an append needs a valid `until`')
  if (entries.some((entry) => entry.includes(SEPARATOR))) throw new TypeError('a journal entry must be a JSON text')
}

export function openJournals(db: DatabaseSync, readGuarded: <T>(read: () => T) => T): Journals {
  const insert = prepare(db, 'INSERT INTO journal (name, at, until, entries) VALUES (?, ?, ?, ?)')
  const first = prepare(db, 'SELECT at, id FROM journal WHERE name = ? AND at >= ? ORDER BY at, id LIMIT 1')
  const following = prepare(
    db,
    `SELECT at, id, entries FROM journal WHERE name = ? AND (at, id) >= (?, ?) ORDER BY at, id LIMIT ${ROWS_AT_ONCE}`,
  )
  const overdue = prepare(db, 'SELECT 1 FROM journal WHERE until < ? LIMIT 1')
  const expire = prepare(
    db,
    `DELETE FROM journal WHERE id IN
      (SELECT id FROM journal WHERE until < ? ORDER BY until LIMIT ${EXPIRED_AT_ONCE})`,
  )

  function save(journal: string, at: number, until: number, entries: readonly string[]): void {
    if (entries.length > 0) insert.run(journal, at, until, pack(entries))
  }

  return {
    write(appends, at) {
      for (const [journal, group] of Map.groupBy(appends, (append) => append.journal)) {
        let [entries, until, characters]: [string[], number, number] = [[], 0, 0]
        for (const append of group) {
          for (const entry of append.entries) {
            if (entries.length >= ROW_ENTRIES || characters > ROW_CHARACTERS) {
              save(journal, at, until, entries)
              ;[entries, until, characters] = [[], 0, 0]
            }
            entries.push(entry)
            characters += entry.length
            until = Math.max(until, append.until.getTime())
          }
        }
        save(journal, at, until, entries)
      }
    },
    async *scan(journal, from) {
      const start = readGuarded(() => first.get(journal, from.getTime()))
      let place = start && ([number(start, 0), number(start, 1)] as const)
      while (place) {
        const [at, id]: readonly [number, number] = place
        const rows = readGuarded(() => following.all(journal, at, id))
        for (const row of rows)
          for (const entry of unpack(bytes(row, 2))) yield { at: new Date(number(row, 0)), text: entry }
        const last = rows.length === ROWS_AT_ONCE ? rows.at(-1) : undefined
        place = last && [number(last, 0), number(last, 1) + 1]
      }
    },
    overdue: (now) => overdue.get(now) !== undefined,
    expire: (now) => void expire.run(now),
  }
}
