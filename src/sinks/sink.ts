// The contract of a place to which the audit is exported. Beside the lines, a sink stores the mark up to which they were
// written, so that a restarted exporter continues where it stopped.

export interface Line {
  /** Its event's id: unique to the line, and the same each time it is written. */
  readonly id: string
  /** JSON text without line breaks. */
  readonly text: string
}

/** A position in a journal: `count` entries with the time `at` (ms) have been written, and everything before that time. */
export interface Mark {
  readonly at: number
  readonly count: number
}

export interface Sink {
  /**
   * The mark of the last durable `put`; undefined when there was none. The exporter calls it before its first `put`, and
   * after one that was rejected.
   */
  resume(): Promise<Mark | undefined>
  /**
   * Writes the lines of one day (`2023-07-18`), then the mark; both are durable when it resolves. A rejected `put` may have
   * written some lines, or all. Lines put again after `resume` have the same ids, and the sink writes none twice.
   */
  put(day: string, lines: readonly Line[], mark: Mark): Promise<void>
  /** Deletes the lines of the days before this one. */
  drop(before: string): Promise<void>
  close(): Promise<void>
}
