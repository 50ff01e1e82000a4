// Copies the journal's CloudTrail records to a sink, for a SIEM: behind the durable journal, a batch at a time, so that
// no request ever waits for it. At least once: the sink's mark moves only after its lines are durable.
import type { Line, Mark, Sink } from '../../sinks/sink.ts'
import type { Store } from '../../store/store.ts'
import { readEntry } from './entry.ts'
import { AUDIT_JOURNAL } from './journal.ts'
import { unhurried } from './unhurried.ts'

export interface ExportOptions {
  readonly store: Store
  readonly sink: Sink
  readonly clock: () => Date
  /** Which journal; `audit` by default. */
  readonly journal?: string
  /** How many days of files are kept beside today's. */
  readonly retentionDays: number
  /**
   * How long an entry waits before it is exported, in ms: another node's entry of the same moment may still arrive, and the
   * mark counts entries in their order. 1,000 by default.
   */
  readonly settleMs?: number
  /** Most characters of one batch. 1 Mi by default. */
  readonly batchCharacters?: number
}

export interface Exporter {
  /** Exports what has settled and returns how many records. Only one pass runs at a time: a second call joins it. */
  pass(): Promise<number>
  /** Waits for the pass under way and closes the sink. */
  close(): Promise<void>
}

interface Batch {
  readonly day: string
  readonly lines: Line[]
  characters: number
  mark: Mark
}

const dayMs = 86_400_000
const dayOf = (ms: number) => new Date(ms).toISOString().slice(0, 10)

export function createExporter(options: ExportOptions): Exporter {
  const { store, sink, clock, retentionDays } = options
  const { journal = AUDIT_JOURNAL, settleMs = 1000, batchCharacters = 1 << 20 } = options
  let mark: Mark | undefined
  let resumed = false
  let underWay: Promise<number> | undefined
  let dropped = ''

  async function run(): Promise<number> {
    if (!resumed) {
      mark = await sink.resume()
      resumed = true
    }
    const settled = clock().getTime() - settleMs
    let exported = 0
    let batch: Batch | undefined
    // `count` entries at the mark's own moment are done; the journal keeps their order.
    let skip = mark?.count ?? 0
    let place: Mark = mark ?? { at: 0, count: 0 }
    for await (const { at, text } of unhurried(store.scan(journal, new Date(place.at)))) {
      const ms = at.getTime()
      if (ms > settled) break
      if (skip > 0 && ms === mark?.at) {
        skip -= 1
        continue
      }
      skip = 0
      place = { at: ms, count: ms === place.at ? place.count + 1 : 1 }
      const day = dayOf(ms)
      if (batch !== undefined && (batch.day !== day || batch.characters > batchCharacters)) {
        exported += await putBatch(batch)
        batch = undefined
      }
      batch ??= { day, lines: [], characters: 0, mark: place }
      for (const record of readEntry(text).records) {
        const line = { id: record.eventID, text: JSON.stringify(record) }
        batch.lines.push(line)
        batch.characters += line.text.length
      }
      batch.mark = place
    }
    if (batch !== undefined) exported += await putBatch(batch)
    const oldest = dayOf(clock().getTime() - retentionDays * dayMs)
    if (oldest !== dropped) {
      await sink.drop(oldest)
      dropped = oldest
    }
    return exported
  }

  async function putBatch(batch: Batch): Promise<number> {
    // Until this succeeds, only the sink knows what it has written: the next pass asks it.
    resumed = false
    await sink.put(batch.day, batch.lines, batch.mark)
    resumed = true
    mark = batch.mark
    return batch.lines.length
  }

  return {
    pass() {
      underWay ??= run().finally(() => {
        underWay = undefined
      })
      return underWay
    },
    async close() {
      await underWay?.catch(() => undefined)
      await sink.close()
    },
  }
}
