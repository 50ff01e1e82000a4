// A new master key for a ring that stays: every key is unwrapped by the old one and wrapped by the new one, in one transaction.
import { everything } from '../store/everything.ts'
import type { Store } from '../store/store.ts'
import type { Master } from './master.ts'
import { context, ForeignRing, ringKeys } from './records.ts'

/**
 * Wraps the ring by another master key. Running nodes keep the keys they know and take new ones only after they were
 * started again with the new master key. Answers how many keys were rewrapped.
 * @throws ForeignRing, when a key is under neither of the two; Unavailable.
 */
export async function rewrap(store: Store, from: Master, to: Master): Promise<number> {
  const before = (await everything(store, ringKeys)).filter(({ state }) => state !== 'retired')
  const after = before.flatMap((record) => {
    if (record.master === to.id) return []
    const plain = from.unwrap(record.wrapped, context(record))
    if (plain === undefined) throw new ForeignRing()
    return [{ was: record.wrapped, record: { ...record, master: to.id, wrapped: to.wrap(plain, context(record)) } }]
  })
  return store.transact(async (tx) => {
    const now = await everything(tx, ringKeys)
    const moved = now.some(({ state, id }) => state !== 'retired' && !before.some((record) => record.id === id))
    if (moved) throw new Error('a key was made meanwhile: rewrap again')
    for (const { was, record } of after) {
      const current = now.find(({ id }) => id === record.id)
      if (current === undefined || current.state === 'retired') continue
      if (current.wrapped !== was) throw new Error('the ring was rewrapped meanwhile: look at it, and rewrap again')
      await tx.replace(ringKeys, { ...current, master: record.master, wrapped: record.wrapped })
    }
    return after.length
  })
}
