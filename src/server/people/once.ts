// What a sign-in at a provider is begun with counts once: the answer to it may come again, and is refused then.
import { once } from '../../service/session/once.ts'
import type { Store, Transaction } from '../../store/store.ts'

const scope = 'people-sign-in'

/** False when it was used before. `until` in ms: an answer to it is refused after that anyway. */
export const useOnce = (tx: Transaction, key: string, until: number): Promise<boolean> =>
  once(tx, 'system', scope, key, until)

export const useUp = (store: Store, key: string, until: number): Promise<boolean> =>
  store.transact((tx) => useOnce(tx, key, until))
