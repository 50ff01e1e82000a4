// What is learnt of a provider when it is registered without thumbprints (IAM API Reference, CreateOpenIDConnectProvider):
// the thumbprint of the top certificate of the server its keys are on.
// DIVERGES: AWS takes whatever certificate it meets; here the connection must be vouched for by an authority that is
// known, public or the operator's. A provider with a certificate of its own making is registered with its thumbprint.
import { aim, type Fetch, type Trust } from '../fetch.ts'
import { sentChain, thumbprintOf } from '../thumbprint.ts'
import { discover, type KeyRejection } from './key-source.ts'

/** Why the provider cannot be reached, or is not who it should be. */
export interface NoThumbprints {
  readonly rejected: KeyRejection
  readonly detail: string
}

export async function thumbprintsOf(
  fetch: Fetch,
  issuer: string,
  trust: Trust,
): Promise<readonly string[] | NoThumbprints> {
  const found = await discover(fetch, { issuer, trust })
  if ('rejected' in found) return found
  const keys = await fetch(found.url, trust)
  if ('rejected' in keys) return keys
  const where = await aim(found.url, trust.reach)
  if ('rejected' in where) return where
  const top = (await sentChain(found.url, where.addresses, trust.reach, AbortSignal.timeout(5_000))).at(-1)
  return top === undefined
    ? { rejected: 'unreachable', detail: `${found.url.host}: no certificate was sent` }
    : [thumbprintOf(top)]
}
