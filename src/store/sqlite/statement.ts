// Typed access to node:sqlite's statements, whose errors become the store's.

import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Cell, Cells } from '../cells.ts'
import { Unavailable } from '../store.ts'

export interface Statement {
  get(...cells: Cell[]): Cells | undefined
  all(...cells: Cell[]): readonly Cells[]
  /** Returns how many rows it changed. */
  run(...cells: Cell[]): number
}

/** Primary result codes (sqlite.org/rescode.html). */
export const BUSY = 5
export const FULL = 13

const FAULTS: ReadonlyMap<number, string> = new Map([
  [BUSY, 'is locked by another process'],
  [6, 'is locked'],
  [7, 'cannot be used: out of memory'],
  [8, 'is read-only'],
  [10, 'cannot be read or written (input/output error)'],
  [11, 'is corrupt'],
  [FULL, 'cannot grow: its disk is full, or it has its largest allowed size'],
  [14, 'cannot be opened'],
  [15, 'cannot be locked: its file system has a locking protocol that failed'],
  [23, 'may not be accessed'],
  [26, 'is not a database'],
])

export function prepare(db: DatabaseSync, sql: string): Statement {
  const statement: StatementSync = db.prepare(sql)
  statement.setReturnArrays(true)
  return {
    get: (...cells) => statement.get(...cells.map(checked)) as unknown as Cells | undefined,
    all: (...cells) => statement.all(...cells.map(checked)) as unknown as readonly Cells[],
    run: (...cells) => Number(statement.run(...cells.map(checked)).changes),
  }
}

/** SQLite's primary result code of an error, or 0 if it is not one of SQLite's. */
export function codeOf(error: unknown): number {
  const code = error instanceof Error && 'errcode' in error ? error.errcode : 0
  return typeof code === 'number' ? code & 0xff : 0
}

/** Turns an error into the store's: Unavailable for a fault of the file; a programming error stays unchanged. */
export function refusal(error: unknown, file: string): unknown {
  const fault = FAULTS.get(codeOf(error))
  return fault === undefined ? error : new Unavailable(`${file} ${fault}`, { cause: error })
}

/** Date is no cell: node:sqlite takes a lone Date for an object of named parameters, and binds NULL. */
function checked(cell: Cell): Cell {
  if (cell === null || typeof cell === 'string' || typeof cell === 'number' || cell instanceof Uint8Array) return cell
  throw new TypeError('a statement binds only text, numbers, bytes and null')
}
