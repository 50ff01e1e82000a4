// A cache whose keys are an account and the rest: what this room keeps of the control plane.
import type { Maybe } from '../../core/maybe.ts'
import { createCache } from '../../store/cache.ts'
import type { Reader, Store } from '../../store/store.ts'

export interface AccountCache<V> {
  get(account: string, rest: string): Maybe<V | undefined>
}

export interface AccountCacheOptions<V> {
  readonly load: (reader: Reader, account: string, rest: string) => Promise<V | undefined>
  /** Bytes of memory a value takes, roughly. */
  readonly weight: (value: V) => number
  readonly maxBytes: number
}

export function accountCache<V>(
  store: Store,
  clock: () => Date,
  { load, weight, maxBytes }: AccountCacheOptions<V>,
): AccountCache<V> {
  const split = (key: string) => key.indexOf('/')
  const cache = createCache<V>({
    store,
    weight,
    maxBytes,
    clock: () => clock().getTime(),
    accountOf: (key) => key.slice(0, split(key)),
    load: (key, reader) => load(reader, key.slice(0, split(key)), key.slice(split(key) + 1)),
  })
  return { get: (account, rest) => cache.get(`${account}/${rest}`) }
}
