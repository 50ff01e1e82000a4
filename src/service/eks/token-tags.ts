// Session tags of tokens of Kubernetes at AssumeRoleWithWebIdentity: of those clusters alone whose operator asked for it, and for roles whose
// trust policy allows sts:TagSession.
// DIVERGES: AWS makes no tags of such tokens.
import { oidcProviderArn } from '../../core/arn.ts'
import { andThen } from '../../core/maybe.ts'
import type { Store } from '../../store/store.ts'
import { accountCache } from '../access/account-cache.ts'
import type { TokenTags } from '../contracts/web-identity.ts'
import { podTags } from './pod-tags.ts'
import { podOf } from './pod-token.ts'
import { type Cluster, clusters } from './records.ts'

/** INVARIANT: a token of such a cluster that names no pod is rejected: without tags, its session would evade what is asked of them. */
export function createTokenTags(store: Store, clock: () => Date): TokenTags {
  const byIssuer = accountCache<Cluster>(store, clock, {
    load: async (reader, account, issuer) => (await reader.find(clusters, 'issuer', [account, issuer]))?.record,
    weight: (cluster) => 500 + 2 * JSON.stringify(cluster).length,
    maxBytes: 4 << 20,
  })
  return (account, { provider, subject, claims }) => {
    const issuer = claims.get('iss')
    // Only of the account's own provider of that very issuer: its keys verified the token.
    if (typeof issuer !== 'string' || provider !== oidcProviderArn(account, issuer.replace(/^https:\/\//, '')))
      return undefined
    return andThen(byIssuer.get(account, issuer), (cluster) => {
      if (cluster?.tagsWebIdentity !== true) return undefined
      const pod = podOf({ subject, claims })
      return 'rejected' in pod ? pod : podTags(cluster, pod)
    })
  }
}
