// When an access key or a role was last used: noted in memory for each request, written at most once in 15 minutes a
// record (AWS's granularity), many in one transaction.
import type { Identity } from '../../core/identity.ts'
import type { Store } from '../../store/store.ts'
import { isoTime, type LastUsed, lastUsed } from '../records.ts'

export interface LastUses {
  /** Notes that this caller's key, or its role, was used. Costs a look-up. */
  note(identity: Identity, service: string, region: string, now: Date): void
  /** Writes what is due; by a timer, and at the end. What cannot be written now is kept for the next time. */
  flush(): Promise<void>
}

const everyMs = 15 * 60_000
/** Records remembered as written; beyond, the oldest half is forgotten and may be written again. */
const most = 100_000
const atOnce = 200

export function createLastUses(store: Store): LastUses {
  let young = new Map<string, number>()
  let old = new Map<string, number>()
  const due = new Map<string, LastUsed>()

  return {
    note(identity, service, region, now) {
      const who = usedBy(identity)
      if (who === undefined) return
      const [account, id] = who
      const written = young.get(id) ?? old.get(id)
      if (written !== undefined && now.getTime() - written < everyMs) return
      if (young.size >= most / 2) {
        old = young
        young = new Map()
      }
      young.set(id, now.getTime())
      due.set(id, { account, id, at: isoTime(now), region, service })
    },
    async flush() {
      const all = [...due.values()]
      for (let from = 0; from < all.length; from += atOnce) {
        const some = all.slice(from, from + atOnce)
        await store.transact(async (tx) => {
          for (const use of some) {
            const before = await tx.get(lastUsed, [use.account, use.id])
            if (before === undefined) await tx.create(lastUsed, use)
            // Another node may have seen a later use.
            else if (before.at < use.at) await tx.replace(lastUsed, use)
          }
        })
        for (const use of some) if (due.get(use.id) === use) due.delete(use.id)
      }
    },
  }
}

/** Account and id of what was used: a long-term key, or the role of a session. */
function usedBy(identity: Identity): readonly [string, string] | undefined {
  if (identity.kind === 'user' || identity.kind === 'root')
    return identity.accessKeyId === undefined ? undefined : [identity.account, identity.accessKeyId]
  if (identity.kind === 'session' && identity.pass.kind === 'role')
    return [identity.pass.account, identity.pass.principal]
  return undefined
}
