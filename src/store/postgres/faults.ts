// What an error of PostgreSQL or of the connection to it means for a transaction. Codes: PostgreSQL, appendix A.
import { Unavailable } from '../store.ts'

/**
 * `again`: the transaction was rolled back only because others ran beside it.
 * `lost`: the connection is of no more use, or its server takes no writes; what it was doing is undone unless it was a COMMIT.
 * `taken`: another row has the key.
 * `refused`: the server does not do this now; nothing was changed.
 * `mistake`: a mistake of this program.
 */
export type Fault = 'again' | 'lost' | 'taken' | 'refused' | 'mistake'

/** What both PostgreSQL's errors and the system's have. */
interface Coded extends Error {
  readonly code: string
  readonly severity?: string
  readonly constraint?: string
}

const codes: ReadonlyMap<string, Fault> = new Map([
  ['40001', 'again'], // serialization_failure
  ['40P01', 'again'], // deadlock_detected
  ['23505', 'taken'], // unique_violation
  ['25006', 'lost'], // read_only_sql_transaction: the server has become a standby
  ['25P03', 'lost'], // idle_in_transaction_session_timeout
  ['57P01', 'lost'], // admin_shutdown
  ['57P02', 'lost'], // crash_shutdown
  ['57P03', 'lost'], // cannot_connect_now
  ['57P05', 'lost'], // idle_session_timeout
  ['42P01', 'refused'], // undefined_table: a newer release has removed it
  ['42703', 'refused'], // undefined_column: a newer release has removed it
  ['42501', 'refused'], // insufficient_privilege
  ['22P05', 'refused'], // untranslatable_character
])

/** Classes of codes, their first two characters. */
const classes: ReadonlyMap<string, Fault> = new Map([
  ['08', 'lost'], // connection exception
  ['28', 'refused'], // invalid authorization
  ['3D', 'refused'], // no such database
  ['53', 'refused'], // insufficient resources
  ['54', 'refused'], // program limit exceeded
  ['55', 'refused'], // object not in prerequisite state: a lock was not to be had in time
  ['57', 'refused'], // operator intervention: a deadline
  ['58', 'refused'], // system error
  ['XX', 'refused'], // internal error
])

export function faultOf(error: unknown): Fault {
  if (error instanceof Unavailable || error instanceof TypeError) return 'mistake'
  const code = codeOf(error)
  if (code === undefined) return isOfConnection(error) ? 'lost' : 'mistake'
  if (!/^[0-9A-Z]{5}$/.test(code)) return 'lost' // the system's: ECONNRESET, ETIMEDOUT, …, or TLS's
  return codes.get(code) ?? classes.get(code.slice(0, 2)) ?? 'mistake'
}

/** Whether a failed COMMIT may nevertheless have committed: only an ERROR says that it has not. */
export const isUnknownAtCommit = (error: unknown): boolean =>
  !(error instanceof Error && 'severity' in error && error.severity === 'ERROR')

export function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : undefined
}

/** The constraint of an error that is `taken`. */
export const constraintOf = (error: unknown): string => (error as Partial<Coded>).constraint ?? ''

/** Errors of pg without a code: its own messages. */
function isOfConnection(error: unknown): boolean {
  return (
    error instanceof Error &&
    /^(Connection terminated|Client has encountered a connection error|Client was closed|timeout exceeded when trying|Query read timeout|The server does not support SSL|Connection ended|There was an error establishing an SSL)/.test(
      error.message,
    )
  )
}

/** An error as the store's own: Unavailable for anything that the server or the connection is to blame for. */
export function refusal(error: unknown, name: string): unknown {
  const fault = faultOf(error)
  return fault === 'mistake' || fault === 'taken'
    ? error
    : new Unavailable(`${name} ${sentence(error)}`, { cause: error })
}

function sentence(error: unknown): string {
  const message = error instanceof Error ? error.message : 'cannot be used'
  const code = codeOf(error)
  if (code === '55P03') return 'is locked by another process'
  if (code === '54000') return 'cannot index a key of more than about 2,700 bytes'
  if (code === '42P01' || code === '42703') return `has been changed by a newer release: ${message}`
  return `cannot be used: ${message}`
}
