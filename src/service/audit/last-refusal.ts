// `hallpass why --last`: the newest request that was refused. The journals are read forwards, so it looks at the last
// minute first, then further back.
import type { Store } from '../../store/store.ts'
import { idOf, readEntry } from './entry.ts'
import { AUDIT_JOURNAL } from './journal.ts'
import { REFUSALS_JOURNAL } from './refusals.ts'
import { unhurried } from './unhurried.ts'
import { OPERATORS_PATIENCE_MS, type WhyAnswer, why } from './why.ts'

const minuteMs = 60_000
/** How far back it looks, in steps: reading through more than the last one takes too long. */
const stepsMs = [minuteMs, 60 * minuteMs, 24 * 60 * minuteMs]

/** Stands in the record of every refusal. A tag may have this name too, so a text that contains it is parsed. */
const errorMark = '"errorCode":"'
const isRefused = (text: string) =>
  text.includes(errorMark) && readEntry(text).records.some(({ errorCode }) => errorCode !== undefined)

/** The newest refusal of the last day, or undefined when nothing was refused. */
export async function lastRefusal(store: Store, now: Date): Promise<WhyAnswer | undefined> {
  for (const step of stepsMs) {
    let newest: { readonly at: number; readonly id: string } | undefined
    for (const journal of [AUDIT_JOURNAL, REFUSALS_JOURNAL]) {
      for await (const { at, text } of unhurried(store.scan(journal, new Date(now.getTime() - step)))) {
        if (at.getTime() >= (newest?.at ?? 0) && isRefused(text)) newest = { at: at.getTime(), id: idOf(text) }
      }
    }
    if (newest !== undefined) return why(store, newest.id, OPERATORS_PATIENCE_MS)
  }
  return undefined
}
