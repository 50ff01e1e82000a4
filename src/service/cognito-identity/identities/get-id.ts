// GetId: the identity of a login, found or made; a new guest without one (API Reference, GetId).
import type { Parts } from '../../parts.ts'
import { unsigned } from '../define.ts'
import { invalidLogin, noPool } from '../refusals.ts'
import { newId } from './ids.ts'
import { type Asked, settle } from './linking.ts'
import { ownProvider, voucherOf } from './logins.ts'
import { admit, askedOf, poolOf, prove } from './prove.ts'

export const getId = (parts: Parts) =>
  unsigned<'GetId'>()<Asked>({
    load: async ({ AccountId, IdentityPoolId, Logins }, call) => {
      const view = await poolOf(parts, IdentityPoolId)
      if (AccountId !== undefined && AccountId !== view.pool.account) throw noPool(IdentityPoolId)
      // It names its identity already.
      if (Object.hasOwn(Logins ?? {}, ownProvider)) throw invalidLogin("Can't pass in a Cognito token.")
      const proof = await prove(parts, view, Logins, call)
      admit(call, view, proof)
      return { ...askedOf(view, proof, call.now), newId: newId(view.pool.region, call.now, parts.random) }
    },
    checks: 'always',
    change: async (tx, _, asked) => ({ IdentityId: (await settle(tx, asked)).identity.id }),
    audit: {
      readOnly: false,
      vouched: ({ logins }) => voucherOf(logins.map(({ provider }) => provider)) === 'account',
      copyTo: (_, { pool }) => pool.account,
    },
  })
