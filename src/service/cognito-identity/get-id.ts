// GetId: the identity of a login, found or made; a new guest without one (API Reference, GetId).
import type { Parts } from '../parts.ts'
import { unsigned } from './define.ts'
import { newId } from './ids.ts'
import { type Asked, settle } from './linking.ts'
import { askedOf, poolOf, prove } from './prove.ts'
import { noPool } from './refusals.ts'

export const getId = (parts: Parts) =>
  unsigned<'GetId'>()<Asked>({
    target: async ({ AccountId, IdentityPoolId, Logins }, call) => {
      const view = await poolOf(parts, call, IdentityPoolId)
      if (AccountId !== undefined && AccountId !== view.pool.account) throw noPool(IdentityPoolId)
      const proof = await prove(parts, view, Logins, call.now)
      return { ...askedOf(view, proof, call.now), newId: newId(view.pool.region, call.now, parts.random) }
    },
    checks: 'always',
    change: async (tx, _, asked) => ({ IdentityId: (await settle(tx, asked)).identity.id }),
    audit: {
      readOnly: false,
      also: (_, { pool }) => pool.account,
    },
  })
