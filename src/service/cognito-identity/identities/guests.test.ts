// Guests that are not used any more are removed after so many days: on a clock that the test moves.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { refusalOf } from '../../testing/operations-kit.ts'
import { identities } from '../records.ts'
import { consistent } from '../testing/consistent.ts'
import { ACCOUNT, google, idOf, oidc, openKit, poolOf } from '../testing/pools-kit.ts'
import { createGuestExpiry } from './guests.ts'

const dayMs = 86_400_000
let people = 0
const somebody = () => `user-${++people}`

async function set() {
  const on = await openKit()
  const pool = await poolOf(on)
  const expire = createGuestExpiry({
    ...{ store: on.inner, days: 30 },
    random: on.parts.random,
    until: (now) => new Date(now.getTime() + dayMs),
  })
  return {
    ...{ on, pool },
    expire: () => expire(on.now()),
    days: (days: number) => on.move(days * dayMs),
    isThere: async (id: string) => (await on.inner.find(identities, 'id', [id])) !== undefined,
    audit: async () => {
      const acts: unknown[] = []
      for await (const { text } of on.inner.scan('audit', new Date(0))) {
        const { records } = JSON.parse(text) as { records: { eventName: string; requestParameters: unknown }[] }
        acts.push(...records.map(({ eventName, requestParameters }) => [eventName, requestParameters]))
      }
      return acts
    },
  }
}

describe('a guest', () => {
  it('is removed when it was not used for so many days, and not before', async () => {
    const { on, pool, expire, days, isThere, audit } = await set()
    const id = await idOf(on, pool)
    await days(30)
    assert.equal(await expire(), 0)
    assert.deepEqual(await audit(), [])
    await days(1)
    assert.equal(await expire(), 1)
    assert.equal(await isThere(id), false)
    assert.equal(
      await refusalOf(on.run('GetCredentialsForIdentity', { IdentityId: id })),
      `ResourceNotFoundException: Identity '${id}' not found.`,
    )
    const parameters = { identityPool: pool, identities: 1, unusedForDays: 30 }
    assert.deepEqual(await audit(), [['ExpireGuestIdentities', parameters]])
    await on.close()
  })

  for (const name of ['GetCredentialsForIdentity', 'GetOpenIdToken'] as const)
    it(`is used by ${name}, which is recorded once a day`, async () => {
      const { on, pool, expire, days, isThere } = await set()
      const id = await idOf(on, pool)
      const version = async () => (await on.inner.find(identities, 'id', [id]))?.version
      await days(20)
      await on.run(name, { IdentityId: id })
      const once = await version()
      await on.run(name, { IdentityId: id })
      assert.equal(await version(), once)
      await days(20)
      assert.equal(await expire(), 0)
      assert.ok(await isThere(id))
      await days(11)
      assert.equal(await expire(), 1)
      await on.close()
    })

  it('that gains a login is kept, even at the moment of its removal', async () => {
    const { on, pool, expire, days, isThere } = await set()
    const id = await idOf(on, pool)
    const last = await idOf(on, pool)
    const joining = await idOf(on, pool)
    const ann = oidc(somebody())
    await days(20)
    await on.run('GetCredentialsForIdentity', { IdentityId: id, Logins: ann })
    await days(40)
    const signIn = async () => {
      await on.run('GetCredentialsForIdentity', { IdentityId: last, Logins: google(somebody()) })
      // Known already: the guest leads to who it is from now on.
      await on.run('GetCredentialsForIdentity', { IdentityId: joining, Logins: ann })
    }
    const late = createGuestExpiry({
      store: {
        ...on.inner,
        async transact(work) {
          await signIn()
          return on.inner.transact(work)
        },
      },
      days: 30,
      random: on.parts.random,
      until: () => on.now(),
    })
    assert.equal(await late(on.now()), 0)
    for (const kept of [id, last, joining]) assert.ok(await isThere(kept))
    assert.equal(await expire(), 0)
    await consistent(on.inner)
    await on.close()
  })

  it('that was merged into an identity still leads to it', async () => {
    const { on, pool, expire, days } = await set()
    const ann = oidc(somebody())
    const signedIn = await idOf(on, pool, ann)
    const guest = await idOf(on, pool)
    await on.run('GetCredentialsForIdentity', { IdentityId: guest, Logins: ann })
    await days(100)
    assert.equal(await expire(), 0)
    const answer = await on.run('GetCredentialsForIdentity', { IdentityId: guest, Logins: ann })
    assert.equal(answer.IdentityId, signedIn)
    await on.close()
  })

  it('without a recorded use counts as used today', async () => {
    const { on, pool, expire, days, isThere } = await set()
    const id = await idOf(on, pool)
    await on.inner.transact(async (tx) => {
      const before = await tx.get(identities, [ACCOUNT, pool, id])
      assert.ok(before)
      const { usedOn: _, ...unknown } = before
      await tx.replace(identities, unknown)
    })
    await days(100)
    assert.equal(await expire(), 0)
    await days(30)
    assert.equal(await expire(), 0)
    assert.ok(await isThere(id))
    await days(1)
    assert.equal(await expire(), 1)
    await on.close()
  })

  it('is one of many: a turn looks at so many, of all pools, and the next turn continues', async () => {
    const { on, pool, days, audit } = await set()
    const other = await poolOf(on)
    for (let made = 0; made < 30; made++) await idOf(on, made % 3 === 0 ? other : pool)
    await days(40)
    const young = await idOf(on, pool)
    const expire = createGuestExpiry({
      ...{ store: on.inner, days: 30, random: on.parts.random, until: () => new Date(on.now().getTime() + dayMs) },
      ...{ atOnce: 8, batches: 2 },
    })
    const counts: number[] = []
    for (let turn = 0; turn < 4; turn++) counts.push(await expire(on.now()))
    assert.equal(
      counts.reduce((all, count) => all + count, 0),
      30,
    )
    assert.ok(Math.max(...counts) <= 16)
    const gone = (await audit()) as [string, { identityPool: string; identities: number }][]
    const ofPool = (id: string) =>
      gone.filter(([, at]) => at.identityPool === id).reduce((all, [, at]) => all + at.identities, 0)
    assert.deepEqual([ofPool(other), ofPool(pool)], [10, 20])
    const left = await on.inner.list(identities, 'key', { prefix: [], limit: 100 })
    assert.deepEqual(
      left.items.map(({ id }) => id),
      [young],
    )
    await on.close()
  })
})
