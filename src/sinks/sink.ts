// Where an exporter of audit records writes. Beside the lines, a sink keeps the mark up to which they were written, so that
// a restarted exporter continues where it stopped.

export interface Line {
  /** Unique to the line, and the same each time it is written: its event's id. */
  readonly id: string
  /** JSON text without line breaks. */
  readonly text: string
}

/** A place in a journal: `count` entries with the time `at` (ms), and everything before it, have been written. */
export interface Mark {
  readonly at: number
  readonly count: number
}

export interface Sink {
  /** The mark of the last `put` that is durable; undefined when there was none. Called before the first, and after a rejected one. */
  resume(): Promise<Mark | undefined>
  /**
   * Writes the lines of one day (`2023-07-18`), then the mark; both durable when it resolves. A rejected put may have
   * written some lines, or all: lines that are put again after `resume` have the same ids, and none is written twice.
   */
  put(day: string, lines: readonly Line[], mark: Mark): Promise<void>
  /** Drops the lines of days before this one. */
  drop(before: string): Promise<void>
  close(): Promise<void>
}
