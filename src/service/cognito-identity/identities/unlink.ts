// UnlinkIdentity: removes logins from an identity, each with a token that still proves it (API Reference, UnlinkIdentity).
import type { Transaction } from '../../../store/store.ts'
import type { PoolView } from '../../contracts/identity-pools.ts'
import type { Parts } from '../../parts.ts'
import { isoTime } from '../../records.ts'
import { unsigned } from '../define.ts'
import { type IdentityRecord, identities, type Login, loginLinks } from '../records.ts'
import { invalidParameter, loginsDiffer, noIdentity } from '../refusals.ts'
import { homeOf } from './linking.ts'
import { voucherOf } from './logins.ts'
import { admit, type ProvenLogins, poolOfIdentity, prove } from './prove.ts'

/**
 * Nobody gets in to an identity that loses its last login: it stays `authenticated`.
 * DIVERGES: whether AWS ends the tokens of an identity when a login is unlinked is not known; here all of them end.
 */
export async function removeLogins(
  tx: Transaction,
  identity: IdentityRecord,
  gone: readonly Login[],
  at: string,
): Promise<void> {
  const isGone = (login: Login) =>
    gone.some(({ provider, subject }) => provider === login.provider && subject === login.subject)
  const logins = identity.logins.filter((login) => !isGone(login))
  await tx.replace(identities, { ...identity, logins, modifiedAt: at, epoch: identity.epoch + 1 })
  for (const { provider, subject } of identity.logins.filter(isGone)) {
    await tx.delete(loginLinks, [identity.account, identity.pool, provider, subject])
  }
}

interface Target {
  readonly view: PoolView
  readonly proof: ProvenLogins
}

export const unlinkIdentity = (parts: Parts) =>
  unsigned<'UnlinkIdentity'>()<Target>({
    load: async ({ IdentityId, Logins, LoginsToRemove }, call) => {
      if (LoginsToRemove.length === 0) throw invalidParameter('LoginsToRemove must not be empty.')
      const { view } = await poolOfIdentity(parts, IdentityId)
      const proof = await prove(parts, view, Logins, call)
      admit(call, view, proof)
      return { view, proof }
    },
    checks: 'always',
    change: async (tx, { IdentityId, LoginsToRemove }, { view, proof }, { now }) => {
      const identity = await homeOf(tx, IdentityId)
      if (identity === undefined || identity.pool !== view.pool.id) throw noIdentity(IdentityId)
      const gone = LoginsToRemove.map((name) => {
        const login = proof.verified.find(({ provider }) => provider === name)
        if (login === undefined) throw loginsDiffer(`no token for ${name} was presented`)
        const { provider, subject } = login
        // INVARIANT: nobody unlinks what is not their own.
        const own = identity.logins.some((linked) => linked.provider === provider && linked.subject === subject)
        if (!own) throw loginsDiffer(`${name} is not linked to ${identity.id} by that user`)
        return { provider, subject }
      })
      await removeLogins(tx, identity, gone, isoTime(now))
      return {}
    },
    audit: {
      readOnly: false,
      vouched: ({ proof }) => voucherOf(proof.verified.map(({ provider }) => provider)) === 'account',
      copyTo: (_, { view }) => view.pool.account,
    },
  })
