// Answers that are not passed on as they come.
import { asCallersKnow } from './arns.ts'
import type { Plan } from './plan.ts'

/** The answer's JSON as the plan wants it. Throws SyntaxError for what is no JSON. */
export function rewritten(text: string, { answered, at }: Plan): string {
  if (answered === undefined) return text
  if (answered === 'arns') return asCallersKnow(text, at)
  return typeof answered === 'function' ? answered(text) : withTablesAsGiven(text, answered)
}

const byTable = ['Responses', 'UnprocessedKeys', 'UnprocessedItems', 'ItemCollectionMetrics']

/**
 * Tables under the names by which the request called them. INVARIANT: what was not processed of another account's table is not answered
 * under its bare name: sent again, it would be written to the caller's own table of that name.
 */
function withTablesAsGiven(text: string, asGiven: ReadonlyMap<string, string>): string {
  const fields = JSON.parse(text) as Record<string, unknown>
  for (const member of byTable) {
    const tables = fields[member]
    if (typeof tables !== 'object' || tables === null) continue
    fields[member] = Object.fromEntries(
      Object.entries(tables).map(([name, value]) => [asGiven.get(name) ?? name, value]),
    )
  }
  return JSON.stringify(fields)
}
