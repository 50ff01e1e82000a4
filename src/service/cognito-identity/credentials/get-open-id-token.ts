// GetOpenIdToken: a token that STS accepts as a web identity, the first half of the basic flow (API Reference,
// GetOpenIdToken; Amazon Cognito Developer Guide, "Basic (classic) authflow").
import type { Parts } from '../../parts.ts'
import { unsigned } from '../define.ts'
import { settle } from '../identities/linking.ts'
import { endsOf, type Named, namedIdentity, sessionTagsOf } from '../identities/prove.ts'
import { noClassic, noClassicWithMappings } from '../refusals.ts'
import { lifetimeOf } from './lifetime.ts'
import { mapsRoles } from './role-choice.ts'
import { proofOf } from './tokens.ts'

/** Seconds. */
const usualLifetime = 600

export const getOpenIdToken = (parts: Parts) =>
  unsigned<'GetOpenIdToken'>()<Named>({
    load: async ({ IdentityId, Logins }, call) => {
      const named = await namedIdentity(parts, call, IdentityId, Logins)
      // DIVERGES: AWS was seen to allow the basic flow where AllowClassicFlow was never set; here it must be set to true,
      // since nothing scopes guests down in it.
      // DIVERGES: which of these two errors AWS gives for a pool that also maps roles is not known; here the first, which
      // reveals less.
      if (named.view.pool.allowClassic !== true) throw noClassic()
      if (mapsRoles(named.view)) throw noClassicWithMappings()
      return named
    },
    checks: 'always',
    handle: async (_, { view, proof, plan, amr }, { now }) => {
      const { id, epoch } = plan.identity
      const { account, id: pool } = view.pool
      const tags = plan.guest ? [] : sessionTagsOf(view, proof, id)
      const from = proof.own?.from
      const duration = lifetimeOf(endsOf(proof), usualLifetime, now)
      const wanted = { account, pool, identity: id, epoch, amr, tags, from, duration }
      return { IdentityId: id, Token: await parts.cognito.tokens.issue(wanted, now) }
    },
    commit: (_, { plan, request }) => {
      if (plan.settled) return undefined
      return async (tx) => {
        await settle(tx, request, plan)
      }
    },
    audit: {
      readOnly: true,
      asker: ({ view, proof, plan, amr }) =>
        proofOf({ pool: view.pool.id, identity: plan.identity.id, amr, from: proof.own?.from }),
      copyTo: (_, { view }) => view.pool.account,
    },
  })
