// Proofs from outside, over an account's records: which providers it registered, what the operator says of them, and whose
// identity a proof is. What holds becomes the identity that the trust policy is asked about.
import type { Fetch } from '../../federation/fetch.ts'
import type { RegisteredIssuer } from '../../federation/oidc/proof-kinds.ts'
import { thumbprintsOf } from '../../federation/oidc/register.ts'
import { type RejectedProof, verifyProof } from '../../federation/proof.ts'
import { identityOfProof } from '../../federation/proof-identity.ts'
import { type ProofKindOptions, proofKinds } from '../../federation/proof-kinds.ts'
import type { Reach } from '../../federation/reach.ts'
import type { Store } from '../../store/store.ts'
import { accountCache } from '../access/account-cache.ts'
import type { ProviderSettings, WebIdentity, WebIdentityProof } from '../contracts/web-identity.ts'
import { oidcProviders } from '../records.ts'
import { proofRefusal } from './refusals.ts'

export interface WebIdentityOptions extends Omit<ProofKindOptions, 'find' | 'keyOwnerOf'> {
  readonly store: Store
  readonly clock: () => Date
  readonly fetch: Fetch
  /** Where servers of providers may be when nothing is said of them. */
  readonly reach: Reach
  readonly providers: readonly ProviderSettings[]
}

export function createWebIdentity(options: WebIdentityOptions): WebIdentity {
  const { store, clock, fetch, reach } = options
  const settings = new Map(options.providers.map((one) => [`${one.account} ${one.issuer}`, one]))
  const settingsOf = (account: string, issuer: string) => settings.get(`${account} ${issuer}`)

  const records = accountCache<RegisteredIssuer>(store, clock, {
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
        claims: own?.claims,
      }
    },
  })

  const kinds = proofKinds({
    ...options,
    find: (account, url) => records.get(account, url),
    keyOwnerOf(account, issuer) {
      const own = settingsOf(account, issuer)
      // INVARIANT: keys that were said for one account are kept apart from those that all accounts see.
      const id = own === undefined ? `known ${issuer}` : `known ${account} ${issuer}`
      return { id, issuer, trust: { reach: own?.reach ?? reach, ca: own?.ca }, uploaded: own?.keys }
    },
  })

  return {
    async prove(given, now) {
      const proof = (await verifyProof(kinds, given, now)) ?? notTaken(given)
      if ('rejected' in proof) throw proofRefusal(proof, now)
      const limits = proof.limits()
      if ('rejected' in limits) throw proofRefusal(limits, now)
      return identityOfProof(proof, limits)
    },
    verify: async (given, now) => verifyProof(kinds, given, now),
    isReserved: (issuer) => kinds.some(({ reserves }) => reserves?.(issuer) === true),
    settingsOf,
    async thumbprintsOf(account, issuer) {
      const own = settingsOf(account, issuer)
      if (own?.keys !== undefined || issuer.startsWith('http:')) return []
      return thumbprintsOf(fetch, issuer, { reach: own?.reach ?? reach, ca: own?.ca, owner: account })
    },
  }
}

const notTaken = ({ providerId }: WebIdentityProof): RejectedProof => ({
  rejected: 'not-offered',
  detail: `ProviderId ${providerId}`,
})
