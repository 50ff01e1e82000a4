// The row in which the store keeps what it knows about itself: every commit reads it first and writes it last.
import { type Cells, number } from '../cells.ts'
import { qualified } from './names.ts'

export interface State {
  /** The last position of the feed, and the last position that was deleted from it. */
  readonly position: number
  readonly trimmed: number
  /** When the store was last written to, ms; never goes back. */
  readonly at: number
  /** How many rows the journals have ever had. */
  readonly entries: number
  /** Grows whenever the declared indexes of a collection change. */
  readonly layout: number
}

const COLUMNS = 'position, trimmed, at, entries, layout'

export function stateOf(cells: Cells | undefined): State {
  const [position, trimmed, at, entries, layout] = [0, 1, 2, 3, 4].map((column) => number(cells ?? [], column))
  return { position, trimmed, at, entries, layout } as State
}

/**
 * Begins a serializable transaction and reads the state. With `locks`, LOCK TABLE first: it takes no snapshot, so that a
 * transaction that waited for it sees what the one before it committed, and none fails because of another. (The table is an
 * empty one, which nobody dumps for long or vacuums.) Without, the row is locked as it is read, and who waited for it begins
 * again (40001).
 */
export function beginning(schema: string, locks: boolean): string {
  const state = qualified(schema, 'state')
  return locks
    ? `BEGIN ISOLATION LEVEL SERIALIZABLE; LOCK TABLE ${qualified(schema, 'turn')} IN EXCLUSIVE MODE; SELECT ${COLUMNS} FROM ${state}`
    : `BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT ${COLUMNS} FROM ${state} FOR UPDATE`
}

/** Reads the state by itself. */
export const reading = (schema: string): string => `SELECT ${COLUMNS} FROM ${qualified(schema, 'state')}`

/**
 * The state after a commit that brought the feed to a position. The feed is trimmed now and then, a tenth at a time.
 */
export function stateAfter(
  before: State,
  { position, entries, now, changesKept }: { position: number; entries: number; now: number; changesKept: number },
): State {
  const isLong = position - before.trimmed >= 1.1 * changesKept + 10
  const trimmed = isLong ? position - changesKept : before.trimmed
  return { ...before, position, trimmed, entries, at: Math.max(now, before.at) }
}
