// Verifies proofs from outside for an account: with the providers that it registered, and the operator's settings for them.
// A proof that holds becomes the identity that the trust policy decides about.
import { foldCase } from '../../core/policy/casing.ts'
import type { Fetch } from '../../federation/fetch.ts'
import type { RegisteredIssuer } from '../../federation/oidc/proof-kinds.ts'
import { thumbprintsOf } from '../../federation/oidc/register.ts'
import { type ProofAttributes, type RejectedProof, verifyProof } from '../../federation/proof.ts'
import { identityOfProof } from '../../federation/proof-identity.ts'
import { type ProofKindOptions, proofKinds } from '../../federation/proof-kinds.ts'
import type { Reach } from '../../federation/reach.ts'
import type { Store } from '../../store/store.ts'
import { accountCache } from '../access/account-cache.ts'
import type { ProviderSettings, TokenTags, WebIdentity, WebIdentityProof } from '../contracts/web-identity.ts'
import { oidcProviders } from '../records.ts'
import { proofRefusal } from './refusals.ts'

export interface WebIdentityOptions extends Omit<ProofKindOptions, 'find' | 'keyOwnerOf'> {
  readonly store: Store
  readonly clock: () => Date
  readonly fetch: Fetch
  /** The addresses that servers of a provider without settings may have. */
  readonly reach: Reach
  readonly providers: readonly ProviderSettings[]
  /** What more tags a token's session has than the token says in claims of AWS's. */
  readonly tokenTags: TokenTags
}

export function createWebIdentity(options: WebIdentityOptions): WebIdentity {
  const { store, clock, fetch, reach } = options
  const settings = new Map(options.providers.map((provider) => [`${provider.account} ${provider.issuer}`, provider]))
  const settingsOf = (account: string, issuer: string) => settings.get(`${account} ${issuer}`)

  const records = accountCache<RegisteredIssuer>(store, clock, {
    weight: ({ clientIds, uploaded = '' }) => 1_000 + 100 * clientIds.length + uploaded.length,
    maxBytes: 16 << 20,
    async load(reader, account, url) {
      const registered = await reader.read(oidcProviders, [account, url])
      if (registered === undefined) return undefined
      const { record, version } = registered
      const configured = settingsOf(account, record.issuer)
      return {
        id: `${record.id}#${version}`,
        url: record.url,
        issuer: record.issuer,
        clientIds: record.clientIds,
        trust: {
          reach: configured?.reach ?? reach,
          ca: configured?.ca,
          thumbprints: record.thumbprints,
          owner: account,
        },
        uploaded: configured?.keys,
        claims: configured?.claims,
      }
    },
  })

  const kinds = proofKinds({
    ...options,
    find: (account, url) => records.get(account, url),
    keyOwnerOf(account, issuer) {
      const configured = settingsOf(account, issuer)
      // INVARIANT: keys that the operator set for one account are cached apart from those that all accounts use.
      const id = configured === undefined ? `known ${issuer}` : `known ${account} ${issuer}`
      const trust = { reach: configured?.reach ?? reach, ca: configured?.ca }
      return { id, issuer, trust, uploaded: configured?.keys }
    },
  })

  return {
    async prove(given, now) {
      const proof = (await verifyProof(kinds, given, now)) ?? notOffered(given)
      if ('rejected' in proof) throw proofRefusal(proof, now)
      const attributes = proof.sessionAttributes()
      if ('rejected' in attributes) throw proofRefusal(attributes, now)
      const more = await options.tokenTags(given.account, proof)
      if (more === undefined) return identityOfProof(proof, attributes)
      const tagged = 'rejected' in more ? more : withMore(attributes, more)
      if ('rejected' in tagged) throw proofRefusal(tagged, now)
      return identityOfProof(proof, tagged)
    },
    verify: async (given, now) => verifyProof(kinds, given, now),
    isReserved: (issuer) => kinds.some(({ reserves }) => reserves?.(issuer) === true),
    settingsOf,
    async thumbprintsOf(account, issuer) {
      const configured = settingsOf(account, issuer)
      if (configured?.keys !== undefined || issuer.startsWith('http:')) return []
      return thumbprintsOf(fetch, issuer, { reach: configured?.reach ?? reach, ca: configured?.ca, owner: account })
    },
  }
}

/** INVARIANT: a token sets none of those tags itself. */
function withMore(attributes: ProofAttributes, more: ProofAttributes['tags']): ProofAttributes | RejectedProof {
  const own = new Set(attributes.tags.map(({ Key }) => foldCase(Key)))
  const twice = more.find(({ Key }) => own.has(foldCase(Key)))
  if (twice !== undefined) return { rejected: 'bad-claim', detail: `the tag ${twice.Key}` }
  return {
    ...attributes,
    tags: [...attributes.tags, ...more],
    transitive: [...attributes.transitive, ...more.map(({ Key }) => Key)],
  }
}

const notOffered = ({ providerId }: WebIdentityProof): RejectedProof => ({
  rejected: 'not-offered',
  detail: `ProviderId ${providerId}`,
})
