// Where a provider's keys come from: uploaded by the operator, or fetched by way of discovery (OpenID Connect Discovery
// 1.0, 4) and kept. What a stranger sends can make no more than one look in half a minute at a provider.
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
  /** Providers whose keys are kept. */
  readonly most?: number
}

/** Keys are fetched again, behind the requests' backs, when they are older than this. */
const refreshMs = 10 * 60_000
/** Keys older than this are not believed, whether the provider can be asked or not. */
const believeMs = 60 * 60_000
/** An unknown kid makes no more than one fetch in this time. */
const unknownMs = 30_000
/** After a failure, nothing is asked for this time. */
const failureMs = 5_000

interface Kept {
  set: KeySet | undefined
  /** ms of the clock. */
  fetchedAt: number
  triedAt: number
  failure: { readonly rejected: KeyRejection; readonly detail: string } | undefined
  running: Promise<void> | undefined
}

export function createKeySource({ fetch, most = 2_000 }: KeySourceOptions): KeySource {
  const kept = new Map<string, Kept>()

  function keptOf({ id }: KeyOwner): Kept {
    const known = kept.get(id)
    const one = known ?? { set: undefined, fetchedAt: 0, triedAt: 0, failure: undefined, running: undefined }
    // In order of use: the first is the one that goes.
    if (known !== undefined) kept.delete(id)
    else if (kept.size >= most) kept.delete(kept.keys().next().value ?? '')
    kept.set(id, one)
    return one
  }

  /** One fetch at a time; those who come meanwhile wait for it. */
  function refresh(one: Kept, owner: KeyOwner, now: number): Promise<void> {
    one.running ??= load(owner).then((answer) => {
      one.triedAt = now
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
      const rested = (ms: number) => Math.abs(now - one.triedAt) >= ms
      if (known !== undefined) {
        if (age >= refreshMs && rested(unknownMs) && owner.uploaded === undefined) void refresh(one, owner, now)
        return { key: known }
      }
      const pause = believed === undefined ? failureMs : unknownMs
      const fixed = believed !== undefined && owner.uploaded !== undefined
      if (one.running !== undefined || (rested(pause) && !fixed)) await refresh(one, owner, now)
      const failure = one.failure
      const fresh = one.set !== undefined && now - one.fetchedAt < believeMs ? one.set : undefined
      const key = fresh === undefined ? undefined : keyFor(fresh, kid, algorithm)
      if (key !== undefined) return { key }
      return failure ?? { rejected: 'no-key' }
    },
  }
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
