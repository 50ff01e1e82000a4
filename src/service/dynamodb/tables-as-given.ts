// Answers in which tables are called as the request called them.
import type { AnswerChanges } from './changed-answer.ts'

const byTable: ReadonlySet<string> = new Set([
  'Responses',
  'UnprocessedKeys',
  'UnprocessedItems',
  'ItemCollectionMetrics',
])

/**
 * Tables under the names by which the request called them. INVARIANT: what was not processed of another account's table is not answered
 * under its bare name: sent again, it would be written to the caller's own table of that name.
 */
export const tablesAsGiven = (asGiven: ReadonlyMap<string, string>): AnswerChanges => ({
  keysOf: byTable,
  key: (name) => asGiven.get(name) ?? name,
})
