// A provider's keys: uploaded by the operator, or found by discovery (OpenID Connect Discovery 1.0, 4) and cached. A
// stranger's tokens cause at most one fetch from a provider in half a minute, and whoever may change the provider's record
// causes at most one in five seconds, however long each of them takes.
import type { Fetch, Trust } from '../fetch.ts'
import { type DiscoveryRejection, type FailedDiscovery, readDiscovery, urlIn } from './discovery.ts'
import { type KeySet, keyFor, readKeys } from './jwks.ts'
import type { Algorithm } from './token.ts'

/** What finding a provider's keys needs. */
export interface KeyOwner {
  /**
   * Names the provider's record and its version.
   * INVARIANT: keys are cached under this, never under the issuer's URL: another account that registers the same issuer
   * with an authority or keys of its own verifies only its own tokens with them.
   */
  readonly id: string
  /** The issuer, whole. */
  readonly issuer: string
  readonly trust: Trust
  /** An uploaded JWKS document: then nothing is fetched. */
  readonly uploaded?: string | undefined
}

export type KeyRejection = DiscoveryRejection

export type FoundKey =
  | { readonly key: NonNullable<ReturnType<typeof keyFor>> }
  | { readonly rejected: 'no-key' }
  | { readonly rejected: KeyRejection; readonly detail: string }

export interface KeySource {
  find(owner: KeyOwner, kid: string | undefined, algorithm: Algorithm, now: Date): Promise<FoundKey>
}

export interface KeySourceOptions {
  readonly fetch: Fetch
  /** When an attempt ended. */
  readonly clock: () => Date
  /** How many providers' keys are cached. */
  readonly most?: number
}

/** Keys older than this are fetched again in the background. */
const refreshMs = 10 * 60_000
/** Keys older than this are not used, even when the provider cannot be reached. */
const believeMs = 60 * 60_000
/** Unknown key ids cause at most one fetch in this time. */
const unknownMs = 30_000
/** After a failed attempt, a provider without keys is left alone for this time. */
const emptyMs = 5_000

/** The keys of one version of a provider's record. Times are ms of the clock. */
interface CachedKeys {
  set: KeySet | undefined
  /** When the attempt began: keys withdrawn since then may be among them. */
  fetchedAt: number
  failure: { readonly rejected: KeyRejection; readonly detail: string } | undefined
  running: Promise<void> | undefined
  readonly lastAttempt: Attempt
}

/**
 * The last attempt to fetch a provider's keys, under whichever version of its record.
 * INVARIANT: the pause begins when an attempt ends: else a provider that hangs would be asked again at each timeout.
 */
interface Attempt {
  endedAt: number
  running: boolean
}

export function createKeySource({ fetch, clock, most = 2_000 }: KeySourceOptions): KeySource {
  const cache = new Map<string, CachedKeys>()
  const attempts = new Map<string, Attempt>()

  function cachedOf(owner: KeyOwner): CachedKeys {
    const lastAttempt = entryOf(attempts, placeOf(owner), most, () => ({ endedAt: 0, running: false }))
    return entryOf(cache, owner.id, most, () => {
      return { set: undefined, fetchedAt: 0, failure: undefined, running: undefined, lastAttempt }
    })
  }

  /** One fetch at a time: requests that arrive meanwhile wait for it. */
  function refresh(cached: CachedKeys, owner: KeyOwner, now: number): Promise<void> {
    if (cached.running !== undefined) return cached.running
    cached.lastAttempt.running = true
    cached.running = load(owner).then((answer) => {
      Object.assign(cached.lastAttempt, { endedAt: clock().getTime(), running: false })
      cached.running = undefined
      if ('rejected' in answer) cached.failure = answer
      else Object.assign(cached, { set: answer, fetchedAt: now, failure: undefined })
    })
    return cached.running
  }

  async function load(owner: KeyOwner): Promise<KeySet | { rejected: KeyRejection; detail: string }> {
    if (owner.uploaded !== undefined) return keysOf(Buffer.from(owner.uploaded))
    const discovered = await discover(fetch, owner)
    if ('rejected' in discovered) return discovered
    const document = await fetch(discovered.url, owner.trust)
    return 'rejected' in document ? document : keysOf(document.body)
  }

  return {
    async find(owner, kid, algorithm, time) {
      const now = time.getTime()
      const cached = cachedOf(owner)
      const age = now - cached.fetchedAt
      // A clock that is set back must not make keys younger.
      const believed = cached.set !== undefined && age >= 0 && age < believeMs ? cached.set : undefined
      const cachedKey = believed === undefined ? undefined : keyFor(believed, kid, algorithm)
      const { lastAttempt } = cached
      // In both directions: a clock that is set back must not lengthen the pause.
      const rested = (ms: number) => !lastAttempt.running && Math.abs(now - lastAttempt.endedAt) >= ms
      if (cachedKey !== undefined) {
        if (age >= refreshMs && rested(unknownMs) && owner.uploaded === undefined) void refresh(cached, owner, now)
        return { key: cachedKey }
      }
      const pause = believed === undefined ? emptyMs : unknownMs
      const fixed = believed !== undefined && owner.uploaded !== undefined
      if (cached.running !== undefined || (rested(pause) && !fixed)) await refresh(cached, owner, now)
      else if (cached.set === undefined && cached.failure === undefined) {
        return { rejected: 'busy', detail: 'it was asked a moment ago, under an earlier version of its record' }
      }
      const { failure, set, fetchedAt } = cached
      const fresh = set !== undefined && now - fetchedAt < believeMs ? set : undefined
      const key = fresh === undefined ? undefined : keyFor(fresh, kid, algorithm)
      if (key !== undefined) return { key }
      return failure ?? { rejected: 'no-key' }
    },
  }
}

/** Which providers share a pause: all versions of an account's provider; each other owner has its own. */
const placeOf = ({ id, issuer, trust: { owner }, uploaded }: KeyOwner) =>
  owner === undefined || uploaded !== undefined ? id : `${owner} ${issuer}`

/** The entry of that name, made when there is none. Entries are kept in order of use: the first is evicted first. */
function entryOf<T>(all: Map<string, T>, name: string, most: number, make: () => T): T {
  const earlier = all.get(name)
  const entry = earlier ?? make()
  if (earlier !== undefined) all.delete(name)
  else if (all.size >= most) all.delete(all.keys().next().value ?? '')
  all.set(name, entry)
  return entry
}

function keysOf(bytes: Buffer): KeySet | { rejected: KeyRejection; detail: string } {
  const read = readKeys(bytes)
  return 'problem' in read ? { rejected: 'not-a-document', detail: read.problem } : read
}

/** The URL at which the provider says its keys are. */
export async function discover(
  fetch: Fetch,
  provider: Pick<KeyOwner, 'issuer' | 'trust'>,
): Promise<{ readonly url: URL } | FailedDiscovery> {
  const discovery = await readDiscovery(fetch, provider)
  if ('rejected' in discovery) return discovery
  const url = urlIn(discovery, 'jwks_uri', provider.issuer) ?? { rejected: 'not-a-document', detail: 'no jwks_uri' }
  return 'rejected' in url ? url : { url }
}
