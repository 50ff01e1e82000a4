// Finds the entry of a request. A request id is a UUIDv7 and carries its time (RFC 9562 5.7), journals are ordered by
// time: looking one up reads from just before it, not from the beginning.
import { timeOfUuid7 } from '../../core/ids.ts'
import type { Store } from '../../store/store.ts'
import { type AuditEntry, idOf, readEntry } from './entry.ts'
import { AUDIT_JOURNAL } from './journal.ts'
import { REFUSALS_JOURNAL } from './refusals.ts'
import { unhurried } from './unhurried.ts'

/** What the journals hold of a request. Everything, both accounts' sides: for the operator alone. */
export interface WhyAnswer {
  readonly at: Date
  readonly entry: AuditEntry
}

/** An entry is appended after its id was made; another node's clock may be this far behind, in ms. */
const before = 10_000
/** How long after a request came its entry is looked for, in ms: the longest that an API's answer takes. */
const usual = 60_000
/** The same for an operator, who may ask after a transfer through the gateway: its entry is appended when it ends. */
export const OPERATORS_PATIENCE_MS = 15 * 60_000

/**
 * The entry of a request, or undefined when the id is none, its entry is too old, was appended later than `patienceMs`
 * after it, or was left out of the sample. An id of nothing costs a reading of all entries of that time: what callers
 * can ask for has the short patience.
 */
export async function why(store: Store, requestId: string, patienceMs = usual): Promise<WhyAnswer | undefined> {
  const made = timeOfUuid7(requestId)
  if (made === undefined) return undefined
  for (const journal of [AUDIT_JOURNAL, REFUSALS_JOURNAL]) {
    for await (const { at, text } of unhurried(store.scan(journal, new Date(made - before)))) {
      if (at.getTime() > made + patienceMs) break
      // By its place in the text: the id may also stand in what others sent.
      if (idOf(text) === requestId) return { at, entry: readEntry(text) }
    }
  }
  return undefined
}
