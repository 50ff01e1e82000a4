// A least-recently-used map bounded by bytes, with a share no single owner exceeds, so that one account's traffic cannot
// push out everyone else's entries. Synchronous and without a clock: what an entry means now is its reader's to check.

export interface Lru<V> {
  /** Marks the entry as just used. */
  get(key: string): V | undefined
  /** `size` in bytes, the entry's own estimate; an entry larger than the owner's share is not kept. */
  set(key: string, value: V, size: number, owner?: string): void
  delete(key: string): void
  clear(): void
  readonly bytes: number
  readonly size: number
}

interface Entry<V> {
  readonly value: V
  readonly size: number
  readonly owner: string
}

interface Owner {
  bytes: number
  /** Least recently used first. */
  readonly keys: Set<string>
}

/** `bytes` bounds everything, `share` (0 to 1, 1 unless given) what one owner may hold of it. */
export function createLru<V>(bounds: { readonly bytes: number; readonly share?: number }): Lru<V> {
  const entries = new Map<string, Entry<V>>()
  const owners = new Map<string, Owner>()
  const ownerBytes = Math.floor(bounds.bytes * (bounds.share ?? 1))
  let held = 0

  function remove(key: string): void {
    const entry = entries.get(key)
    if (entry === undefined) return
    entries.delete(key)
    held -= entry.size
    const owner = owners.get(entry.owner)
    if (owner === undefined) return
    owner.bytes -= entry.size
    owner.keys.delete(key)
    if (owner.keys.size === 0) owners.delete(entry.owner)
  }

  function oldest(keys: Iterable<string>): string | undefined {
    for (const key of keys) return key
    return undefined
  }

  return {
    get(key) {
      const entry = entries.get(key)
      if (entry === undefined) return undefined
      entries.delete(key)
      entries.set(key, entry)
      const keys = owners.get(entry.owner)?.keys
      keys?.delete(key)
      keys?.add(key)
      return entry.value
    },
    set(key, value, size, name = '') {
      remove(key)
      if (size > ownerBytes) return
      const owner = owners.get(name) ?? { bytes: 0, keys: new Set<string>() }
      owners.set(name, owner)
      entries.set(key, { value, size, owner: name })
      owner.keys.add(key)
      owner.bytes += size
      held += size
      while (owner.bytes > ownerBytes) remove(oldest(owner.keys) ?? key)
      while (held > bounds.bytes) remove(oldest(entries.keys()) ?? key)
    },
    delete: remove,
    clear() {
      entries.clear()
      owners.clear()
      held = 0
    },
    get bytes() {
      return held
    },
    get size() {
      return entries.size
    },
  }
}
