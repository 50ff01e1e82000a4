// The thumbprint of a provider that is registered without one (IAM API Reference, CreateOpenIDConnectProvider): that of the
// top certificate which the server of its keys sends.
// DIVERGES: AWS takes whatever certificate it meets; here the connection must be vouched for by an authority that is
// known, public or the operator's. A provider with a certificate of its own making is registered with its thumbprint.
import { aim, type Fetch, type Trust } from '../fetch.ts'
import { sentChain, thumbprintOf } from '../thumbprint.ts'
import { discover, type KeyRejection } from './key-source.ts'

/** Why the provider cannot be reached, or is not the one that its URL names. */
export interface NoThumbprints {
  readonly rejected: KeyRejection
  readonly detail: string
}

export async function thumbprintsOf(
  fetch: Fetch,
  issuer: string,
  trust: Trust,
): Promise<readonly string[] | NoThumbprints> {
  const discovered = await discover(fetch, { issuer, trust })
  if ('rejected' in discovered) return discovered
  const { url } = discovered
  const keys = await fetch(url, trust)
  if ('rejected' in keys) return keys
  const target = await aim(url, trust.reach)
  if ('rejected' in target) return target
  const top = (await sentChain(url, target.addresses, trust.reach, AbortSignal.timeout(5_000))).at(-1)
  return top === undefined
    ? { rejected: 'unreachable', detail: `${url.host}: no certificate was sent` }
    : [thumbprintOf(top)]
}
