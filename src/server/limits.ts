// Token buckets: how often an address, an access key, a pool or a provider may ask, and how much of the last two one
// address may take. A kind of limit is a row of one table. The refusal (AWS's Throttling) is the pipeline's; here is only
// the count.
import { addressNetwork } from '../core/address-network.ts'

export interface Rate {
  /** Tokens that come back each second. */
  readonly perSecond: number
  /** Tokens a bucket holds. */
  readonly burst: number
  /** Buckets kept at most; the bound of the memory (about 200 bytes each). */
  readonly most: number
  /**
   * What happens to a new key when all buckets are in use. `share`: newcomers share one bucket, so that a flood of
   * invented names cannot push a drained bucket out and so refill it. `forget`: the least recently used ones go; for
   * keys that cost an attacker something, where newcomers must not pay for a flood.
   */
  readonly crowd: 'share' | 'forget'
}

/** Settings that bound a rate, in requests a second. */
type RateSetting = 'rate-per-address' | 'rate-per-key' | 'rate-per-pool' | 'rate-per-provider'

/** One kind of limit. */
interface Kind extends Pick<Rate, 'most' | 'crowd'> {
  readonly setting: RateSetting
  /** How much of the setting's rate it has. */
  readonly part: number
  /** What a name counts as; absent, itself. */
  readonly counted?: (name: string) => string
}

/** Of what belongs to many, one address may take the fourth part. */
const ofOneAddress = 1 / 4

/** INVARIANT: a further kind is a further row; nothing else lists the kinds. Only a rate of its own also needs a RateSetting. */
const kinds = {
  address: { setting: 'rate-per-address', part: 1, most: 100_000, crowd: 'forget', counted: addressNetwork },
  key: { setting: 'rate-per-key', part: 1, most: 100_000, crowd: 'forget' },
  pool: { setting: 'rate-per-pool', part: 1, most: 10_000, crowd: 'share' },
  'pool-share': { setting: 'rate-per-pool', part: ofOneAddress, most: 100_000, crowd: 'forget' },
  provider: { setting: 'rate-per-provider', part: 1, most: 10_000, crowd: 'share' },
  'provider-share': { setting: 'rate-per-provider', part: ofOneAddress, most: 100_000, crowd: 'forget' },
} as const satisfies Readonly<Record<string, Kind>>

/** What a bucket is kept for. */
export type LimitKind = keyof typeof kinds

/** Kinds that belong to many: `KIND-share` bounds how much of one an address may take. */
export type SharedKind = LimitKind extends infer K ? (K extends `${infer Shared}-share` ? Shared : never) : never

const names = Object.keys(kinds) as LimitKind[]

/** The kind that bounds one address's share of a shared kind. */
export const shareOf = Object.fromEntries(
  names.filter((name) => name.endsWith('-share')).map((name) => [name.slice(0, -'-share'.length), name]),
) as Readonly<Record<SharedKind, LimitKind>>

export type Rates = Readonly<Record<LimitKind, Rate>>

/** The rate of a kind: what comes back is the operator's to say (`rate-per-…`), a burst is four seconds of it. */
export function rateOf(kind: LimitKind, perSecond: number): Rate {
  const { most, crowd } = kinds[kind]
  return { most, crowd, perSecond, burst: 4 * perSecond }
}

/** The rates of all kinds, by the operator's settings. */
export const ratesOf = (settings: Readonly<Record<RateSetting, number>>): Rates =>
  ofEach((kind) => rateOf(kind, settings[kinds[kind].setting] * kinds[kind].part))

function ofEach<T>(make: (kind: LimitKind) => T): Readonly<Record<LimitKind, T>> {
  return Object.fromEntries(names.map((kind) => [kind, make(kind)])) as Record<LimitKind, T>
}

export interface Limits {
  /** Takes `cost` tokens (1) and says whether they were there. An IPv6 address counts as its /64 network. */
  take(kind: LimitKind, name: string, now: Date, cost?: number): boolean
  /** Takes tokens that were used already, whether they are there or not: a bucket owes a burst at most. */
  charge(kind: LimitKind, name: string, now: Date, cost: number): void
  /** Buckets kept, for the metrics and the tests. */
  size(kind: LimitKind): number
}

interface Bucket {
  tokens: number
  /** Milliseconds since 1970 of the last take. */
  at: number
}

interface Table {
  readonly rate: Rate
  readonly counted: Kind['counted']
  /** Milliseconds in which a bucket fills that owes all it may. */
  readonly fillMs: number
  /** Buckets used since `turnedAt`, and those last used before: dropped together at the next turn. */
  young: Map<string, Bucket>
  old: Map<string, Bucket>
  turnedAt: number
  readonly shared: Bucket
}

export function limits(rates: Rates): Limits {
  const tables = ofEach((kind) => table(rates[kind], (kinds[kind] as Kind).counted))
  const bucketOf = (kind: LimitKind, name: string, now: Date) => {
    const from = tables[kind]
    return filled(from, from.counted === undefined ? name : from.counted(name), now.getTime())
  }
  return {
    take(kind, name, now, cost = 1) {
      const bucket = bucketOf(kind, name, now)
      if (bucket.tokens < cost) return false
      bucket.tokens -= cost
      return true
    },
    charge(kind, name, now, cost) {
      const bucket = bucketOf(kind, name, now)
      bucket.tokens = Math.max(-tables[kind].rate.burst, bucket.tokens - cost)
    },
    size: (kind) => tables[kind].young.size + tables[kind].old.size,
  }
}

function table(rate: Rate, counted: Kind['counted']): Table {
  if (!(rate.perSecond > 0 && rate.burst >= 1 && rate.most >= 2)) throw new TypeError('a rate must be positive')
  // From a burst of debt.
  const fillMs = (2 * rate.burst * 1000) / rate.perSecond
  return { rate, counted, fillMs, young: new Map(), old: new Map(), turnedAt: 0, shared: { tokens: rate.burst, at: 0 } }
}

/** The bucket of a key, with what has come back by now. */
function filled(from: Table, key: string, now: number): Bucket {
  const { perSecond, burst } = from.rate
  const bucket = from.young.get(key) ?? admit(from, key, now)
  // A clock that was set back must not drain or fill a bucket.
  if (now > bucket.at) {
    bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.at) * perSecond) / 1000)
    bucket.at = now
  }
  return bucket
}

/** The bucket of a key not used since the last turn: an old one moves over, a new one begins full. */
function admit(from: Table, key: string, now: number): Bucket {
  const idle = from.old.get(key)
  if (from.rate.crowd === 'forget') {
    if (from.young.size >= from.rate.most / 2) turn(from, now)
  } else if (idle === undefined && isFull(from)) {
    // INVARIANT: a bucket is dropped only after it was idle for as long as it takes to fill, so that dropping it gives
    // no tokens.
    if (now - from.turnedAt >= from.fillMs) turn(from, now)
    if (isFull(from)) return from.shared
  }
  if (idle !== undefined) {
    from.old.delete(key)
    from.young.set(key, idle)
    return idle
  }
  const bucket = { tokens: from.rate.burst, at: now }
  // A key cut from a header would keep the whole header alive; a copy does not.
  from.young.set(Buffer.from(key).toString(), bucket)
  return bucket
}

const isFull = (table: Table) => table.young.size + table.old.size >= table.rate.most

function turn(table: Table, now: number): void {
  table.old = table.young
  table.young = new Map()
  table.turnedAt = now
}
