// Tokens of identity pools as a kind of proof: the second half of the basic flow (STS API Reference,
// AssumeRoleWithWebIdentity). Our own tokens, verified here and never fetched.
import { issuerOf } from '../../../federation/oidc/proof-kinds.ts'
import type { ProofKind, RejectedProof } from '../../../federation/proof.ts'
import type { OpenIdTokens } from '../../contracts/identity-pools.ts'
import { ownProvider } from '../identities/logins.ts'
import { mapsRoles } from './role-choice.ts'
import { poolProof, tokenIssuer } from './tokens.ts'

export const poolTokens = (tokens: OpenIdTokens): ProofKind => ({
  name: 'identity pool',
  read(proof) {
    if (issuerOf(proof) !== tokenIssuer) return undefined
    return {
      async verify(now) {
        const opened = await tokens.open(proof.text, now)
        if ('rejected' in opened) {
          const { rejected, detail } = opened
          // STS says of a `revoked` proof that an outside provider rejected it, and none did.
          return { rejected: rejected === 'revoked' ? 'stale' : rejected, detail }
        }
        const { view, identity, amr, tags, from, expiresAt } = opened
        const { pool } = view
        // DIVERGES: what AWS's STS answers to a developer's token of a pool without the basic flow is not known; here it is
        // refused.
        if (pool.allowClassic !== true) return enhancedOnly(`${pool.id} allows the enhanced flow alone`)
        // DIVERGES: what AWS's STS answers to a token from before the mappings, or a developer's, is not known; here
        // both are refused.
        if (mapsRoles(view)) return enhancedOnly(`${pool.id} maps roles: the enhanced flow alone`)
        return poolProof({ pool: pool.id, identity: identity.id, amr, tags, from, expiresAt })
      },
    }
  },
  reserves: (issuer) => issuer.replace(/^https?:\/\//, '').toLowerCase() === ownProvider,
})

const enhancedOnly = (detail: string): RejectedProof => ({ rejected: 'enhanced-flow', detail })
