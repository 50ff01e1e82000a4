// GetId: the identity of a login, found or made; a new guest without one (API Reference, GetId).
import type { Parts } from '../../parts.ts'
import { unsigned } from '../define.ts'
import { invalidLogin, noPool } from '../refusals.ts'
import { newId } from './ids.ts'
import { type IdentityRequest, settle } from './linking.ts'
import { ownProvider, voucherOf } from './logins.ts'
import { admit, poolOf, prove, requestOf } from './prove.ts'

export const getId = (parts: Parts) =>
  unsigned<'GetId'>()<IdentityRequest>({
    load: async ({ AccountId, IdentityPoolId, Logins }, call) => {
      const view = await poolOf(parts, IdentityPoolId)
      if (AccountId !== undefined && AccountId !== view.pool.account) throw noPool(IdentityPoolId)
      // A token of ours names its identity already.
      if (Object.hasOwn(Logins ?? {}, ownProvider)) throw invalidLogin("Can't pass in a Cognito token.")
      const proof = await prove(parts, view, Logins, call)
      admit(call, view, proof)
      return { ...requestOf(view, proof, call.now), newId: newId(view.pool.region, call.now, parts.random) }
    },
    checks: 'always',
    change: async (tx, _, request) => ({ IdentityId: (await settle(tx, request)).identity.id }),
    audit: {
      readOnly: false,
      vouched: ({ logins }) => voucherOf(logins.map(({ provider }) => provider)) === 'account',
      copyTo: (_, { pool }) => pool.account,
    },
  })
