// Outbound identity federation: each account can be an OpenID Connect issuer of its own, whose tokens say to others who a
// principal of the account is (IAM User Guide, "Federating AWS identities to external services"). Here: which accounts
// are, and under which URLs, all of them made from the configured public URL and never from what a request says.
import type { SigningSet } from '../../keys/keys.ts'
import type { Collection, Reader } from '../../store/store.ts'
import { refusal } from '../../wire/errors.ts'
import type { Parts } from '../parts.ts'
import { accounts } from '../records.ts'

/** An account's issuer. It keeps its id when it is disabled and enabled again: others have it in their trust policies. */
export interface Issuer {
  readonly account: string
  /** A random UUID: the issuer's URL does not tell the account. */
  readonly id: string
  readonly enabled: boolean
  readonly createdAt: string
}

export const issuers: Collection<Issuer, 'id'> = {
  name: 'outbound_issuer',
  key: (r) => [r.account],
  indexes: { id: { of: (r) => [r.id], unique: true } },
  shape: 1,
  upgrade: (old) => old as Issuer,
}

/** Where issuers are, below the public URL. */
export const issuersPath = '/issuers/'

/** The `iss` of an issuer's tokens. */
export const issuerUrl = (publicUrl: string, { id }: Pick<Issuer, 'id'>) => publicUrl + issuersPath + id

/** The public URL, without which there are no issuers. @throws Refusal */
export function knownUrl({ publicUrl }: Pick<Parts, 'publicUrl'>): string {
  if (publicUrl !== undefined) return publicUrl
  const words = 'This server has no public URL (setting public-url), so it has no issuer that others could verify.'
  throw refusal('ValidationError', 400, words)
}

/** What an account's issuer signs with. */
export const outboundKeys = (account: string): SigningSet => ({
  account,
  purpose: 'outbound',
  algorithms: ['RS256', 'ES384'],
})

/**
 * The issuer of that id, as long as its account lives. A disabled one still has its documents: what it signed before is
 * good until it expires.
 */
export async function issuerById(reader: Reader, id: string): Promise<Issuer | undefined> {
  const found = (await reader.find(issuers, 'id', [id]))?.record
  if (found === undefined) return undefined
  const account = await reader.get(accounts, [found.account])
  return account?.status === 'ACTIVE' ? found : undefined
}

/** Where issuers of this server are: below its public URL, and where the broker's documents are published instead. */
export type OwnUrls = { readonly [K in 'publicUrl' | 'issuerUrl']?: string | undefined }

/**
 * Whether a URL is that of an issuer of this server.
 *
 * INVARIANT: such an issuer is never taken as a web identity provider, neither when one is created nor when a token is
 * verified: a token made from a session of an hour would otherwise buy a new session, longer and of no chain, and a token that
 * the broker shows to others would be good here.
 */
export function isOwnIssuer({ publicUrl, issuerUrl }: OwnUrls, url: string): boolean {
  const below = publicUrl !== undefined && isBelow(publicUrl + issuersPath, url)
  return below || (issuerUrl !== undefined && (isBelow(`${issuerUrl}/`, url) || isBelow(`${issuerUrl}/`, `${url}/`)))
}

/** By name and path alone: scheme and port lead to the same server, or to none. */
function isBelow(base: string, url: string): boolean {
  if (!URL.canParse(url)) return false
  const [own, other] = [new URL(base), new URL(url)]
  return own.hostname === other.hostname && decoded(other.pathname).toLowerCase().startsWith(own.pathname.toLowerCase())
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
