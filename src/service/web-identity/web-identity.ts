// Web identities: proofs from OpenID Connect providers that an account registered, from Google, whom everyone may trust,
// and from Facebook and Amazon by opaque tokens. What holds becomes the identity that the trust policy is asked about.
import { oidcProviderArn } from '../../core/arn.ts'
import type { Keys } from '../../core/identity.ts'
import { isSharedIssuer } from '../../core/policy/tenancy.ts'
import type { Fetch, Trust } from '../../federation/fetch.ts'
import { type Inspector, type OauthProvider, oauthProviders } from '../../federation/oauth/inspect.ts'
import { type ConditionKeys, conditionKeys } from '../../federation/oidc/condition-keys.ts'
import type { KeySource } from '../../federation/oidc/key-source.ts'
import { thumbprintsOf } from '../../federation/oidc/register.ts'
import { sessionClaims } from '../../federation/oidc/session-claims.ts'
import { readToken, type Unverified } from '../../federation/oidc/token.ts'
import { type Issuer, type VerifiedToken, verifyToken } from '../../federation/oidc/verify.ts'
import type { Reach } from '../../federation/reach.ts'
import type { Store } from '../../store/store.ts'
import { accountCache } from '../access/account-cache.ts'
import type { BuiltIn, Proof, ProviderSettings, WebIdentity } from '../contracts/web-identity.ts'
import { oidcProviders } from '../records.ts'
import { invalidToken, noProvider, proofRefusal } from './refusals.ts'

export interface WebIdentityOptions {
  readonly store: Store
  readonly clock: () => Date
  readonly fetch: Fetch
  readonly keys: KeySource
  readonly inspector: Inspector
  /** Where servers of providers may be when nothing is said of them. */
  readonly reach: Reach
  /** How far a provider's clock may be off, in seconds. */
  readonly skewSeconds: number
  readonly providers: readonly ProviderSettings[]
  readonly builtIns: readonly BuiltIn[]
  /**
   * Whether an issuer is this server's own.
   * INVARIANT: what this server vouches for elsewhere proves nothing here: it would turn a short session, of a chain, into
   * a new long one.
   */
  readonly isOwn: (issuer: string) => boolean
}

/** Names of built-in providers that have no `iss` to look at. */
const reservedHosts: ReadonlySet<string> = new Set([...oauthProviders, 'cognito-identity.amazonaws.com'])

const longestIssuer = 263

export function createWebIdentity(options: WebIdentityOptions): WebIdentity {
  const { store, clock, fetch, keys, inspector, reach, skewSeconds, builtIns, isOwn } = options
  const settings = new Map(options.providers.map((one) => [`${one.account} ${one.issuer}`, one]))
  const settingsOf = (account: string, issuer: string) => settings.get(`${account} ${issuer}`)
  const byIssuer = new Map(builtIns.flatMap((one) => one.issuers.map((issuer) => [issuer, one] as const)))
  const verifying = { keys, skewSeconds }

  const records = accountCache<Issuer & { readonly url: string }>(store, clock, {
    weight: ({ clientIds, uploaded = '' }) => 1_000 + 100 * clientIds.length + uploaded.length,
    maxBytes: 16 << 20,
    async load(reader, account, url) {
      const found = await reader.read(oidcProviders, [account, url])
      if (found === undefined) return undefined
      const { record, version } = found
      const own = settingsOf(account, record.issuer)
      return {
        id: `${record.id}#${version}`,
        url: record.url,
        issuer: record.issuer,
        clientIds: record.clientIds,
        trust: { reach: own?.reach ?? reach, ca: own?.ca, thumbprints: record.thumbprints, owner: account },
        uploaded: own?.keys,
      }
    },
  })

  async function registered(account: string, token: Unverified, iss: string, now: Date): Promise<Proof> {
    const url = iss.replace(/^https?:\/\//, '')
    const found = iss.length > longestIssuer || url === iss ? undefined : await records.get(account, url)
    if (found === undefined || found.issuer !== iss) throw noProvider(iss.slice(0, longestIssuer))
    const verified = await verifyToken(token, found, now, verifying)
    if ('rejected' in verified) throw proofRefusal(verified, now)
    const claims = settingsOf(account, found.issuer)?.claims
    const by = { provider: oidcProviderArn(account, url), voucher: isSharedIssuer(url) ? 'trust' : 'account' } as const
    return proofOf(by, verified, conditionKeys(url, verified, claims))
  }

  return {
    async prove({ account, token, providerId, address }, now) {
      if (providerId !== undefined) return opaque(inspector, providerId, token, now, address)
      const read = readToken(token)
      if ('problem' in read) throw proofRefusal({ rejected: read.problem, detail: read.detail }, now)
      const iss = read.claims.get('iss')
      if (typeof iss !== 'string') {
        throw proofRefusal({ rejected: read.claims.has('iss') ? 'bad-claim' : 'missing-claim', detail: 'iss' }, now)
      }
      const builtIn = byIssuer.get(iss)
      if (builtIn !== undefined) return builtIn.prove(read, now)
      if (isOwn(iss)) throw invalidToken(undefined, `issuer: ${iss} is this server's own`)
      return registered(account, read, iss, now)
    },
    async verify(account, url, token, now) {
      const found = await records.get(account, url)
      return found === undefined || isOwn(found.issuer) ? undefined : verifyToken(token, found, now, verifying)
    },
    verifyKnown(account, { issuer, clientIds }, token, now) {
      const own = settingsOf(account, issuer)
      const trust = { reach: own?.reach ?? reach, ca: own?.ca }
      // INVARIANT: keys that were said for one account are kept apart from those that all accounts see.
      const id = own === undefined ? `known ${issuer}` : `known ${account} ${issuer}`
      return verifyToken(token, { id, issuer, clientIds, trust, uploaded: own?.keys }, now, verifying)
    },
    isReserved: (issuer) =>
      byIssuer.has(issuer) || isOwn(issuer) || reservedHosts.has(issuer.replace(/^https?:\/\//, '').toLowerCase()),
    settingsOf,
    async thumbprintsOf(account, issuer) {
      const own = settingsOf(account, issuer)
      if (own?.keys !== undefined || issuer.startsWith('http:')) return []
      return thumbprintsOf(fetch, issuer, { reach: own?.reach ?? reach, ca: own?.ca, owner: account })
    },
  }
}

/** The identity of a verified token. Throws for session tags or a source identity that are misshapen. */
export function proofOf(
  { provider, voucher }: Pick<Proof, 'provider' | 'voucher'>,
  token: VerifiedToken,
  keys: ConditionKeys,
): Proof {
  const session = sessionClaims(token.claims)
  if ('badClaim' in session) throw invalidToken(undefined, `bad-claim: ${session.badClaim}`)
  const tags = Object.create(null) as Record<string, string>
  for (const { Key, Value } of session.tags) tags[Key] = Value
  return {
    kind: 'proof',
    provider,
    subject: token.subject,
    voucher,
    audience: token.audience,
    notAfter: token.expiresAt,
    tags,
    transitive: session.transitive,
    ...(session.sourceIdentity === undefined ? {} : { sourceIdentity: session.sourceIdentity }),
    keys: keys.lasting,
    passing: keys.passing,
    unfilled: keys.unfilled,
  }
}

export interface GoogleOptions {
  readonly issuer: string
  readonly trust: Trust
}

/** Google as an issuer, for these clients of it. */
export function googleIssuer({ issuer, trust }: GoogleOptions, clientIds: Issuer['clientIds']): Issuer {
  const name = 'accounts.google.com'
  const aliases = issuer === `https://${name}` ? [name] : []
  return { id: `built-in ${name}`, issuer, aliases, clientIds, trust }
}

/** Google: known to every account without a record. Which of its clients may come is the trust policy's to say. */
export function googleProvider(
  { issuer, trust }: GoogleOptions,
  verifying: { keys: KeySource; skewSeconds: number },
): BuiltIn {
  const name = 'accounts.google.com'
  const known = googleIssuer({ issuer, trust }, 'any')
  return {
    name,
    issuers: [issuer, ...(known.aliases ?? [])],
    async prove(token, now) {
      const verified = await verifyToken(token, known, now, verifying)
      if ('rejected' in verified) throw proofRefusal(verified, now)
      return proofOf({ provider: name, voucher: 'nobody' }, verified, conditionKeys(name, verified, undefined))
    },
  }
}

const isOauth = (name: string): name is OauthProvider => oauthProviders.some((one) => one === name)

async function opaque(
  inspector: Inspector,
  provider: string,
  token: string,
  now: Date,
  address: string,
): Promise<Proof> {
  if (!isOauth(provider)) throw invalidToken(undefined, `ProviderId ${provider}`)
  const found = await inspector.inspect(provider, token, now, address)
  if ('rejected' in found) throw proofRefusal(found, now)
  const subject = provider === 'www.amazon.com' ? 'user_id' : 'id'
  const keys: Keys = new Map([
    [`${provider}:app_id`, found.app],
    [`${provider}:${subject}`, found.subject],
  ])
  return {
    kind: 'proof',
    provider,
    subject: found.subject,
    voucher: 'nobody',
    audience: found.app,
    ...(found.expiresAt === undefined ? {} : { notAfter: found.expiresAt }),
    tags: {},
    transitive: [],
    keys,
  }
}
