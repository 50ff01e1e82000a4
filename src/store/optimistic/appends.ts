// Appends to journals as rows: one row per journal and batch of commits.
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'

export interface Append {
  readonly journal: string
  readonly until: Date
  readonly entries: readonly string[]
}

/** A row of a journal, with the time in ms until which it is kept. */
export interface JournalRow {
  readonly journal: string
  readonly until: number
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

/** The bytes of some entries. They are valid until the next call. */
export function pack(entries: readonly string[]): Uint8Array {
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

export function unpack(row: Uint8Array): string[] {
  const body = row.subarray(1)
  const text = row[0] === COMPRESSED ? zstdDecompressSync(body) : Buffer.from(body.buffer, body.byteOffset, body.length)
  return text.toString().split(SEPARATOR)
}

/** A row is read as a whole, so its size is bounded. */
const ROW_ENTRIES = 500
const ROW_CHARACTERS = 1 << 20

/** @throws TypeError for an entry with the one character that would break a row, which no JSON text has. */
export function checkAppend({ until, entries }: Append): void {
  if (Number.isNaN(until.getTime())) throw new TypeError('an append needs a valid `until`')
  if (entries.some((entry) => entry.includes(SEPARATOR))) throw new TypeError('a journal entry must be a JSON text')
}

/** The rows of a batch's appends: those of one journal together, in their order. */
export function* rowsOf(appends: readonly Append[]): Generator<JournalRow> {
  for (const [journal, group] of Map.groupBy(appends, (append) => append.journal)) {
    let [entries, until, characters]: [string[], number, number] = [[], 0, 0]
    for (const append of group) {
      for (const entry of append.entries) {
        if (entries.length >= ROW_ENTRIES || characters > ROW_CHARACTERS) {
          yield { journal, until, entries }
          ;[entries, until, characters] = [[], 0, 0]
        }
        entries.push(entry)
        characters += entry.length
        until = Math.max(until, append.until.getTime())
      }
    }
    if (entries.length > 0) yield { journal, until, entries }
  }
}
