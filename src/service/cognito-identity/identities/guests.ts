// Removes guests that are not used any more: anybody can create them, and nothing else removes them. Off unless the operator
// sets after how many days.
import { inBatches } from '../../../store/batches.ts'
import type { Key, Store } from '../../../store/store.ts'
import { AUDIT_JOURNAL } from '../../audit/journal.ts'
import { operatorEntry } from '../../audit/operator.ts'
import { isoTime } from '../../records.ts'
import { type IdentityRecord, identities } from '../records.ts'

const dayMs = 86_400_000

/** The day of a moment (ISO 8601): a guest's last use is recorded by the day. */
export const dayOf = (at: string): string => at.slice(0, 10)

export interface GuestExpiryOptions {
  readonly store: Pick<Store, 'list' | 'transact'>
  /** Whole days without use after which a guest is removed. */
  readonly days: number
  readonly random: (bytes: number) => Buffer
  /** When an audit record made now expires. */
  readonly until: (now: Date) => Date
  /** Identities read in one step, and steps of one turn: with a turn a minute, millions are looked at within a day. */
  readonly atOnce?: number
  readonly batches?: number
}

/** Each turn looks at some identities, from where the turn before ended, and answers how many guests it removed. */
export function createGuestExpiry(options: GuestExpiryOptions): (now: Date) => Promise<number> {
  const { store, days, random, until, atOnce = 200, batches = 100 } = options
  let after: Key | undefined

  /** A guest without a recorded use (created by an older version) counts as used today. */
  async function expire(due: readonly IdentityRecord[], today: string, last: string, now: Date): Promise<number> {
    const entry = operatorEntry(now, random)
    return store.transact(async (tx) => {
      const gone = new Map<string, { readonly account: string; count: number }>()
      for (const { account, pool, id } of due) {
        const guest = await tx.get(identities, [account, pool, id])
        // INVARIANT: one that gained a login, or was used, since it was looked at stays.
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
      const due = items.filter(
        (identity) => isGuest(identity) && (identity.usedOn === undefined || identity.usedOn < last),
      )
      const count = due.length === 0 ? 0 : await expire(due, today, last, now)
      after = next
      return { count, more: after !== undefined }
    }, batches)
  }
}

const isGuest = ({ authenticated, mergedInto }: IdentityRecord) => !authenticated && mergedInto === undefined
