// Identity pools as a provider of web identities: the second half of the basic flow (STS API Reference,
// AssumeRoleWithWebIdentity). Our own tokens, verified here and never fetched.

import type { OpenIdTokens } from '../../contracts/identity-pools.ts'
import type { BuiltIn } from '../../contracts/web-identity.ts'
import { invalidToken, proofRefusal } from '../../web-identity/refusals.ts'
import { ownProvider } from '../identities/logins.ts'
import { mapsRoles } from './role-choice.ts'
import { proofOf, tokenIssuer } from './tokens.ts'

export const cognitoProvider = (tokens: OpenIdTokens): BuiltIn => ({
  name: ownProvider,
  issuers: [tokenIssuer],
  async prove({ text }, now) {
    const opened = await tokens.open(text, now)
    if ('rejected' in opened) {
      const { rejected, detail } = opened
      if (rejected === 'stale' || rejected === 'revoked') throw invalidToken(undefined, detail)
      throw proofRefusal({ rejected, detail }, now)
    }
    const { view, identity, amr, tags, from, expiresAt } = opened
    const { pool } = view
    // DIVERGES: what AWS's STS says to a developer's token of a pool without the basic flow is not known; here it is refused.
    if (pool.allowClassic !== true) throw invalidToken(undefined, `${pool.id} allows the enhanced flow alone`)
    // DIVERGES: what AWS's STS says to a token from before the mappings, or a developer's, is not known; here
    // both are refused.
    if (mapsRoles(view)) throw invalidToken(undefined, `${pool.id} maps roles: the enhanced flow alone`)
    return proofOf({ pool: pool.id, identity: identity.id, amr, tags, from, expiresAt })
  },
})
