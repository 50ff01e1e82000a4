// Where a provider's keys come from: uploaded by the operator, or fetched by way of discovery (OpenID Connect Discovery
// 1.0, 4) and kept. What a stranger sends can make no more than one look in half a minute at a provider, and whoever may
// change the provider's record no more than one in five seconds, however long each of them takes.
import { readJson } from '../../wire/json-text.ts'
import type { Fetch, FetchRejection, Trust } from '../fetch.ts'
import { type KeySet, keyFor, readKeys } from './jwks.ts'
import type { Algorithm } from './token.ts'

/** A provider as far as its keys go. */
export interface KeyOwner {
  /**
   * Names the provider's record and its version.
   * INVARIANT: keys are kept under this, never under the issuer's URL: whoever else registers the same issuer, with an
   * authority or keys of his own, verifies his own tokens alone.
   */
  readonly id: string
  /** The issuer, whole. */
  readonly issuer: string
  readonly trust: Trust
  /** A JWKS document that was uploaded: then nothing is fetched. */
  readonly uploaded?: string | undefined
}

export type KeyRejection = FetchRejection | 'not-a-document' | 'another-issuer'

export type FoundKey =
  | { readonly key: NonNullable<ReturnType<typeof keyFor>> }
  | { readonly rejected: 'no-key' }
  | { readonly rejected: KeyRejection; readonly detail: string }

export interface KeySource {
  find(owner: KeyOwner, kid: string | undefined, algorithm: Algorithm, now: Date): Promise<FoundKey>
}

export interface KeySourceOptions {
  readonly fetch: Fetch
  /** Read when an attempt ends. */
  readonly clock: () => Date
  /** Providers whose keys are kept. */
  readonly most?: number
}

/** Keys are fetched again, behind the requests' backs, when they are older than this. */
const refreshMs = 10 * 60_000
/** Keys older than this are not believed, whether the provider can be asked or not. */
const believeMs = 60 * 60_000
/** An unknown kid makes no more than one fetch in this time. */
const unknownMs = 30_000
/** After an attempt, one without keys asks for none for this time. */
const emptyMs = 5_000

/** Keys under one version of a provider's record. Times are ms of the clock. */
interface Kept {
  set: KeySet | undefined
  /** When the attempt began: what was withdrawn meanwhile may be among them. */
  fetchedAt: number
  failure: { readonly rejected: KeyRejection; readonly detail: string } | undefined
  running: Promise<void> | undefined
  readonly visits: Visits
}

/**
 * How a provider was asked last, under whatever version of its record.
 * INVARIANT: the pause begins when an attempt ends: a provider that hangs would be asked again as soon as it is given up.
 */
interface Visits {
  endedAt: number
  running: boolean
}

export function createKeySource({ fetch, clock, most = 2_000 }: KeySourceOptions): KeySource {
  const kept = new Map<string, Kept>()
  const visited = new Map<string, Visits>()

  function keptOf(owner: KeyOwner): Kept {
    const visits = used(visited, placeOf(owner), most, () => ({ endedAt: 0, running: false }))
    return used(kept, owner.id, most, () => {
      return { set: undefined, fetchedAt: 0, failure: undefined, running: undefined, visits }
    })
  }

  /** One fetch at a time; those who come meanwhile wait for it. */
  function refresh(one: Kept, owner: KeyOwner, now: number): Promise<void> {
    if (one.running !== undefined) return one.running
    one.visits.running = true
    one.running = load(owner).then((answer) => {
      Object.assign(one.visits, { endedAt: clock().getTime(), running: false })
      one.running = undefined
      if ('rejected' in answer) one.failure = answer
      else Object.assign(one, { set: answer, fetchedAt: now, failure: undefined })
    })
    return one.running
  }

  async function load(owner: KeyOwner): Promise<KeySet | { rejected: KeyRejection; detail: string }> {
    if (owner.uploaded !== undefined) return keysOf(Buffer.from(owner.uploaded))
    const where = await discover(fetch, owner)
    if ('rejected' in where) return where
    const document = await fetch(where.url, owner.trust)
    return 'rejected' in document ? document : keysOf(document.body)
  }

  return {
    async find(owner, kid, algorithm, time) {
      const now = time.getTime()
      const one = keptOf(owner)
      const age = now - one.fetchedAt
      // A clock that was set back makes nothing younger.
      const believed = one.set !== undefined && age >= 0 && age < believeMs ? one.set : undefined
      const known = believed === undefined ? undefined : keyFor(believed, kid, algorithm)
      const { visits } = one
      // In both directions: a clock that was set back must not make a pause of hours.
      const rested = (ms: number) => !visits.running && Math.abs(now - visits.endedAt) >= ms
      if (known !== undefined) {
        if (age >= refreshMs && rested(unknownMs) && owner.uploaded === undefined) void refresh(one, owner, now)
        return { key: known }
      }
      const pause = believed === undefined ? emptyMs : unknownMs
      const fixed = believed !== undefined && owner.uploaded !== undefined
      if (one.running !== undefined || (rested(pause) && !fixed)) await refresh(one, owner, now)
      else if (one.set === undefined && one.failure === undefined) {
        return { rejected: 'busy', detail: 'it was asked a moment ago, under an earlier version of its record' }
      }
      const failure = one.failure
      const fresh = one.set !== undefined && now - one.fetchedAt < believeMs ? one.set : undefined
      const key = fresh === undefined ? undefined : keyFor(fresh, kid, algorithm)
      if (key !== undefined) return { key }
      return failure ?? { rejected: 'no-key' }
    },
  }
}

/** Whom a pause is for: an account's provider, whatever its record says by now; each that is no account's, or uploaded. */
const placeOf = ({ id, issuer, trust: { owner }, uploaded }: KeyOwner) =>
  owner === undefined || uploaded !== undefined ? id : `${owner} ${issuer}`

/** The one of that name, made when it is not there. Kept in order of use: the first is the one that goes. */
function used<T>(all: Map<string, T>, name: string, most: number, make: () => T): T {
  const known = all.get(name)
  const one = known ?? make()
  if (known !== undefined) all.delete(name)
  else if (all.size >= most) all.delete(all.keys().next().value ?? '')
  all.set(name, one)
  return one
}

function keysOf(bytes: Buffer): KeySet | { rejected: KeyRejection; detail: string } {
  const read = readKeys(bytes)
  return 'problem' in read ? { rejected: 'not-a-document', detail: read.problem } : read
}

/** Where the provider says its keys are. */
export async function discover(
  fetch: Fetch,
  { issuer, trust }: Pick<KeyOwner, 'issuer' | 'trust'>,
): Promise<{ readonly url: URL } | { readonly rejected: KeyRejection; readonly detail: string }> {
  const known = URL.canParse(issuer) ? new URL(issuer) : undefined
  if (known === undefined) return { rejected: 'not-a-document', detail: 'the issuer is no URL' }
  // The issuer's text, then the well-known path: what ends in a slash does not get a second one (Discovery, 4.1).
  const document = await fetch(new URL(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`), trust)
  if ('rejected' in document) return document
  const read = readJson(document.body)
  const members = 'value' in read && read.value instanceof Map ? read.value : undefined
  if (members === undefined) return { rejected: 'not-a-document', detail: 'discovery answered no JSON object' }
  if (members.get('issuer') !== issuer) return { rejected: 'another-issuer', detail: 'discovery names another issuer' }
  const uri = members.get('jwks_uri')
  if (typeof uri !== 'string' || !URL.canParse(uri)) return { rejected: 'not-a-document', detail: 'no jwks_uri' }
  const url = new URL(uri)
  // A provider on https does not get its keys over less.
  if (url.protocol !== known.protocol && url.protocol !== 'https:') return { rejected: 'scheme', detail: 'jwks_uri' }
  return { url }
}
