// Changes the master key and keeps the ring: unwraps every key with the old one and wraps it with the new one, in one
// transaction.
import { everything } from '../store/everything.ts'
import type { Store } from '../store/store.ts'
import type { Master } from './master.ts'
import { context, ForeignRing, ringKeys } from './records.ts'

/**
 * Wraps the ring with another master key. Running nodes keep the keys that they know; they can unwrap new ones only after
 * a restart with the new master key. Resolves to the number of keys that it rewrapped.
 * @throws ForeignRing, when neither of the two wrapped a key; Unavailable.
 */
export async function rewrap(store: Store, from: Master, to: Master): Promise<number> {
  const oldRecords = (await everything(store, ringKeys)).filter(({ state }) => state !== 'retired')
  const rewrapped = oldRecords.flatMap((record) => {
    if (record.master === to.id) return []
    const plain = from.unwrap(record.wrapped, context(record))
    if (plain === undefined) throw new ForeignRing()
    return [
      { wrappedBefore: record.wrapped, record: { ...record, master: to.id, wrapped: to.wrap(plain, context(record)) } },
    ]
  })
  return store.transact(async (tx) => {
    const now = await everything(tx, ringKeys)
    const hasNewKey = now.some(({ state, id }) => state !== 'retired' && !oldRecords.some((record) => record.id === id))
    if (hasNewKey) throw new Error('the ring got a new key meanwhile: rewrap again')
    for (const { wrappedBefore, record } of rewrapped) {
      const current = now.find(({ id }) => id === record.id)
      if (current === undefined || current.state === 'retired') continue
      if (current.wrapped !== wrappedBefore)
        throw new Error('somebody else rewrapped the ring meanwhile: list its keys, and rewrap again')
      await tx.replace(ringKeys, { ...current, master: record.master, wrapped: record.wrapped })
    }
    return rewrapped.length
  })
}
