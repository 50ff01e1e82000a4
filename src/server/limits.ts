// Token buckets: how often an address, an access key, a pool or a provider may ask, and how much of the last two one
// address may take. The refusal (AWS's Throttling) is the pipeline's; here is only the count.
import { addressNetwork } from '../core/address-network.ts'

/** What a bucket is kept for. */
export type LimitKind = 'address' | 'key' | 'pool' | 'provider' | 'pool-share' | 'provider-share'

/** What belongs to many, and how much of it one address may take. */
export const shareOf = { pool: 'pool-share', provider: 'provider-share' } as const satisfies Partial<
  Record<LimitKind, LimitKind>
>

/** Of a pool's or provider's rate, one address has the fourth part. */
const addressesToFill = 4

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

export type Rates = Readonly<Record<LimitKind, Rate>>

const crowds: Readonly<Record<LimitKind, Pick<Rate, 'most' | 'crowd'>>> = {
  address: { most: 100_000, crowd: 'forget' },
  key: { most: 100_000, crowd: 'forget' },
  pool: { most: 10_000, crowd: 'share' },
  provider: { most: 10_000, crowd: 'share' },
  'pool-share': { most: 100_000, crowd: 'forget' },
  'provider-share': { most: 100_000, crowd: 'forget' },
}

/** The rate of a kind: what comes back is the operator's to say (`rate-per-…`), a burst is four seconds of it. */
export const rateOf = (kind: LimitKind, perSecond: number): Rate => ({
  ...crowds[kind],
  perSecond,
  burst: 4 * perSecond,
})

/** The rates of all kinds, by what the operator says of each. */
export const ratesOf = (perSecond: Readonly<Record<'address' | 'key' | 'pool' | 'provider', number>>): Rates => ({
  address: rateOf('address', perSecond.address),
  key: rateOf('key', perSecond.key),
  pool: rateOf('pool', perSecond.pool),
  provider: rateOf('provider', perSecond.provider),
  'pool-share': rateOf('pool-share', perSecond.pool / addressesToFill),
  'provider-share': rateOf('provider-share', perSecond.provider / addressesToFill),
})

export interface Limits {
  /** Takes `cost` tokens (1) and says whether they were there. An IPv6 address counts as its /64 network. */
  take(kind: LimitKind, key: string, now: Date, cost?: number): boolean
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
  /** Milliseconds in which an empty bucket fills. */
  readonly fillMs: number
  /** Buckets used since `turnedAt`, and those last used before: dropped together at the next turn. */
  young: Map<string, Bucket>
  old: Map<string, Bucket>
  turnedAt: number
  readonly shared: Bucket
}

export function limits(rates: Rates): Limits {
  const tables: Readonly<Record<LimitKind, Table>> = {
    address: table(rates.address),
    key: table(rates.key),
    pool: table(rates.pool),
    provider: table(rates.provider),
    'pool-share': table(rates['pool-share']),
    'provider-share': table(rates['provider-share']),
  }
  return {
    take(kind, key, now, cost = 1) {
      return takeFrom(tables[kind], kind === 'address' ? addressNetwork(key) : key, now.getTime(), cost)
    },
    size: (kind) => tables[kind].young.size + tables[kind].old.size,
  }
}

function table(rate: Rate): Table {
  if (!(rate.perSecond > 0 && rate.burst >= 1 && rate.most >= 2)) throw new TypeError('a rate must be positive')
  const fillMs = (rate.burst / rate.perSecond) * 1000
  return { rate, fillMs, young: new Map(), old: new Map(), turnedAt: 0, shared: { tokens: rate.burst, at: 0 } }
}

function takeFrom(from: Table, key: string, now: number, cost: number): boolean {
  const { perSecond, burst } = from.rate
  const bucket = from.young.get(key) ?? admit(from, key, now)
  // A clock that was set back must not drain or fill a bucket.
  if (now > bucket.at) {
    bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.at) * perSecond) / 1000)
    bucket.at = now
  }
  if (bucket.tokens < cost) return false
  bucket.tokens -= cost
  return true
}

/** The bucket of a key not used since the last turn: an old one moves over, a new one begins full. */
function admit(from: Table, key: string, now: number): Bucket {
  const known = from.old.get(key)
  if (from.rate.crowd === 'forget') {
    if (from.young.size >= from.rate.most / 2) turn(from, now)
  } else if (known === undefined && isFull(from)) {
    // INVARIANT: a bucket is dropped only after it was idle for as long as it takes to fill, so that dropping it gives
    // no tokens.
    if (now - from.turnedAt >= from.fillMs) turn(from, now)
    if (isFull(from)) return from.shared
  }
  if (known !== undefined) {
    from.old.delete(key)
    from.young.set(key, known)
    return known
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
