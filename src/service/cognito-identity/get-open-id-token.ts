// GetOpenIdToken: a token that STS takes for a web identity, the first half of the basic flow (API Reference,
// GetOpenIdToken; Amazon Cognito Developer Guide, "Basic (classic) authflow").
import type { Parts } from '../parts.ts'
import { unsigned } from './define.ts'
import { settle } from './linking.ts'
import { type Named, namedIdentity, sessionTagsOf } from './prove.ts'
import { noClassic } from './refusals.ts'
import { proofOf } from './tokens.ts'

/** Seconds. */
const lifetime = 600

export const getOpenIdToken = (parts: Parts) =>
  unsigned<'GetOpenIdToken'>()<Named>({
    target: async ({ IdentityId, Logins }, call) => {
      const named = await namedIdentity(parts, call, IdentityId, Logins)
      if (!named.view.pool.allowClassic) throw noClassic()
      return named
    },
    checks: 'always',
    handle: async (_, { view, proof, plan, amr }, { now }) => {
      const { id, epoch } = plan.identity
      const { account, id: pool } = view.pool
      const tags = plan.guest ? [] : sessionTagsOf(view, proof, id)
      const from = proof.own?.from
      const wanted = { account, pool, identity: id, epoch, amr, tags, from, duration: lifetime }
      return { IdentityId: id, Token: await parts.cognito.tokens.issue(wanted, now) }
    },
    commit: (_, { plan, asked }) => {
      if (plan.settled) return undefined
      return async (tx) => {
        await settle(tx, asked, plan)
      }
    },
    audit: {
      readOnly: true,
      asker: ({ view, plan, amr }) => proofOf({ pool: view.pool.id, identity: plan.identity.id, amr }),
      also: (_, { view }) => view.pool.account,
    },
  })
