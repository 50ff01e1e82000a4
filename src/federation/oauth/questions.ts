// How often a provider of opaque tokens may be asked. Each question is a call to the outside, and anybody can send a text
// that looks like a token.
import { addressNetwork } from '../../core/address-network.ts'

interface Bucket {
  tokens: number
  /** When it was last filled, in milliseconds since 1970. */
  at: number
}

interface Rate {
  readonly perSecond: number
  readonly burst: number
}

/** For one provider, all addresses together. */
const all: Rate = { perSecond: 20, burst: 60 }
/** For one address (IPv6: one /64) whose tokens are rejected, so that it cannot use up what others need. */
const unproven: Rate = { perSecond: 1, burst: 10 }
/** How many addresses are remembered. */
const mostAddresses = 20_000

export interface Questions {
  /** Takes this many questions; false when the provider or the address has fewer left. */
  take(provider: string, address: string, count: number, now: number): boolean
  /** Gives back what an address took: its token was valid. */
  proven(provider: string, address: string, count: number): void
}

export function createQuestions(): Questions {
  const providers = new Map<string, Bucket>()
  const addresses = new Map<string, Bucket>()
  const place = (provider: string, address: string) => `${provider} ${addressNetwork(address)}`

  function bucketOf(buckets: Map<string, Bucket>, name: string, { perSecond, burst }: Rate, now: number): Bucket {
    const bucket = buckets.get(name) ?? { tokens: burst, at: now }
    bucket.tokens = Math.min(burst, bucket.tokens + (Math.max(0, now - bucket.at) * perSecond) / 1000)
    bucket.at = now
    // Kept in order of use: the first is evicted first.
    buckets.delete(name)
    buckets.set(name, bucket)
    return bucket
  }

  return {
    take(provider, address, count, now) {
      const own = bucketOf(addresses, place(provider, address), unproven, now)
      if (addresses.size > mostAddresses) addresses.delete(addresses.keys().next().value ?? '')
      const common = bucketOf(providers, provider, all, now)
      // More than a bucket can hold is allowed when the bucket is full. Nothing is taken from either where one has too few.
      const [few, many] = [Math.min(count, unproven.burst), Math.min(count, all.burst)]
      if (own.tokens < few || common.tokens < many) return false
      own.tokens -= few
      common.tokens -= many
      return true
    },
    proven(provider, address, count) {
      const own = addresses.get(place(provider, address))
      if (own !== undefined) own.tokens = Math.min(unproven.burst, own.tokens + Math.min(count, unproven.burst))
    },
  }
}
