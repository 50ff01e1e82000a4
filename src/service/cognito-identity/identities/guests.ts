// Guests that nobody comes back as: anybody can make one, and nothing else ever removes them. Off unless the operator says
// after how many days they go.
import { inBatches } from '../../../store/batches.ts'
import type { Key, Store } from '../../../store/store.ts'
import { AUDIT_JOURNAL } from '../../audit/journal.ts'
import { operatorEntry } from '../../audit/operator.ts'
import { isoTime } from '../../records.ts'
import { type IdentityRecord, identities } from '../records.ts'

const dayMs = 86_400_000

/** The day of a moment (ISO 8601): as exact as it is known when a guest was used. */
export const dayOf = (at: string): string => at.slice(0, 10)

export interface GuestExpiryOptions {
  readonly store: Pick<Store, 'list' | 'transact'>
  /** Whole days for which nobody came. */
  readonly days: number
  readonly random: (bytes: number) => Buffer
  /** Until when an audit record of a moment is kept. */
  readonly until: (now: Date) => Date
  /** Identities looked at in one step, and steps of one turn: a turn a minute comes by all of millions within a day. */
  readonly atOnce?: number
  readonly batches?: number
}

/** Removes them some at a time, and goes on where the turn before ended. Answers how many a turn removed. */
export function createGuestExpiry(options: GuestExpiryOptions): (now: Date) => Promise<number> {
  const { store, days, random, until, atOnce = 200, batches = 100 } = options
  let after: Key | undefined

  /** Of a guest of whom it is not known (made by a version that did not write it down), it counts from now on. */
  async function tend(some: readonly IdentityRecord[], today: string, last: string, now: Date): Promise<number> {
    const entry = operatorEntry(now, random)
    return store.transact(async (tx) => {
      const gone = new Map<string, { readonly account: string; count: number }>()
      for (const { account, pool, id } of some) {
        const guest = await tx.get(identities, [account, pool, id])
        // INVARIANT: whoever gained a login, or was used, since it was looked at stays.
        if (guest === undefined || !isGuest(guest)) continue
        if (guest.usedOn === undefined) await tx.replace(identities, { ...guest, usedOn: today })
        else if (guest.usedOn < last) {
          await tx.delete(identities, identities.key(guest))
          const { count } = gone.get(pool) ?? { count: 0 }
          gone.set(pool, { account, count: count + 1 })
        }
      }
      const acts = [...gone].map(([identityPool, { account, count }]) =>
        entry({
          name: 'ExpireGuestIdentities',
          parameters: { identityPool, identities: count, unusedForDays: days },
          account,
        }),
      )
      if (acts.length > 0) tx.append(AUDIT_JOURNAL, until(now), acts)
      return [...gone.values()].reduce((all, { count }) => all + count, 0)
    })
  }

  return (now) => {
    const today = dayOf(isoTime(now))
    const last = dayOf(isoTime(new Date(now.getTime() - days * dayMs)))
    return inBatches(async () => {
      const range = { prefix: [], limit: atOnce, ...(after === undefined ? {} : { after }) }
      const { items, next } = await store.list(identities, 'key', range)
      const due = items.filter((one) => isGuest(one) && (one.usedOn === undefined || one.usedOn < last))
      const count = due.length === 0 ? 0 : await tend(due, today, last, now)
      after = next
      return { count, more: after !== undefined }
    }, batches)
  }
}

const isGuest = ({ authenticated, mergedInto }: IdentityRecord) => !authenticated && mergedInto === undefined
