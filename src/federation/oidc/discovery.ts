// What a provider says of itself (OpenID Connect Discovery 1.0, 3 and 4), and the URLs in it.
import { type Json, readJson } from '../../wire/json-text.ts'
import type { FailedFetch, Fetch, FetchRejection, Trust } from '../fetch.ts'

export type DiscoveryRejection = FetchRejection | 'not-a-document' | 'another-issuer'

export interface FailedDiscovery {
  readonly rejected: DiscoveryRejection
  readonly detail: string
}

export type Discovery = ReadonlyMap<string, Json>

/** The document, if it is the issuer's. */
export async function readDiscovery(
  fetch: Fetch,
  { issuer, trust }: { readonly issuer: string; readonly trust: Trust },
): Promise<Discovery | FailedDiscovery> {
  if (!URL.canParse(issuer)) return { rejected: 'not-a-document', detail: 'the issuer is not a URL' }
  // An issuer that ends in a slash does not get a second one before the well-known path (Discovery, 4.1).
  const document = await fetch(new URL(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`), trust)
  if ('rejected' in document) return document satisfies FailedFetch
  const read = readJson(document.body)
  const members = 'value' in read && read.value instanceof Map ? (read.value as Discovery) : undefined
  if (members === undefined) return { rejected: 'not-a-document', detail: 'discovery answered no JSON object' }
  if (members.get('issuer') !== issuer) return { rejected: 'another-issuer', detail: 'discovery names another issuer' }
  return members
}

/** A URL of the document. Undefined: it has none. */
export function urlIn(discovery: Discovery, name: string, issuer: string): URL | FailedDiscovery | undefined {
  const text = discovery.get(name)
  if (text === undefined) return undefined
  if (typeof text !== 'string' || !URL.canParse(text)) return { rejected: 'not-a-document', detail: `no ${name}` }
  const url = new URL(text)
  // INVARIANT: of a provider on https nothing is asked over http.
  if (url.protocol !== 'https:' && url.protocol !== new URL(issuer).protocol)
    return { rejected: 'scheme', detail: name }
  return url
}
