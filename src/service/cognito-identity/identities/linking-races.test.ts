// Logins that are linked at the same time, and a store that fails on the way: one winner, nothing lost, nothing half done.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Unavailable } from '../../../store/store.ts'
import { chaos } from '../../../store/testing/chaos.ts'
import { consistent } from '../testing/consistent.ts'
import { google, idOf, oidc, openKit, poolOf } from '../testing/pools-kit.ts'

const on = await openKit()
const pool = await poolOf(on)
let people = 0
/** A name that no other test uses. */
const somebody = () => `user-${++people}`
const credentials = (IdentityId: string, Logins?: Record<string, string>) =>
  on.run('GetCredentialsForIdentity', { IdentityId, ...(Logins === undefined ? {} : { Logins }) })
const loginsOf = async (IdentityId: string) => (await on.run('DescribeIdentity', { IdentityId })).Logins

/** Runs all at once over a store that lets the others run at every call. */
async function race<T>(works: () => readonly Promise<T>[]): Promise<PromiseSettledResult<T>[]> {
  on.use(chaos(on.inner, { yields: true, twice: true }))
  const ended = await Promise.allSettled(works())
  on.use(on.inner)
  return ended
}
const valuesOf = <T>(ended: readonly PromiseSettledResult<T>[]) =>
  ended.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))

describe('at the same time', () => {
  it('one login that comes twice is one identity', async () => {
    const ann = oidc(somebody())
    const ended = await race(() => [1, 2, 3].map(() => idOf(on, pool, ann)))
    const ids = valuesOf(ended)
    assert.equal(ids.length, 3)
    assert.equal(new Set(ids).size, 1)
    await consistent(on.inner)
  })

  it('two mergers of the same identities end in one winner, and nothing is lost', async () => {
    const [ann, also] = [oidc(somebody()), google(somebody())]
    const ids = [await idOf(on, pool, ann), await idOf(on, pool, also)]
    const ended = await race(() => [
      credentials(ids[0] ?? '', { ...ann, ...also }).then(({ IdentityId }) => IdentityId),
      credentials(ids[1] ?? '', { ...also, ...ann }).then(({ IdentityId }) => IdentityId),
      idOf(on, pool, { ...ann, ...also }),
    ])
    assert.ok(valuesOf(ended).length >= 1)
    await consistent(on.inner)
    const winner = await idOf(on, pool, ann)
    assert.equal(await idOf(on, pool, also), winner)
    assert.ok(ids.includes(winner))
    for (const id of ids) assert.equal((await credentials(id, ann)).IdentityId, winner)
  })

  it('a guest whom two people claim becomes one of them', async () => {
    const guest = await idOf(on, pool)
    const claims = [oidc(somebody()), oidc(somebody())]
    const ended = await race(() => claims.map((login) => credentials(guest, login)))
    assert.equal(valuesOf(ended).filter(({ IdentityId }) => IdentityId === guest).length, 1)
    await consistent(on.inner)
    assert.deepEqual(await loginsOf(guest), ['idp.example'])
  })

  it('a login that is linked while it is unlinked is linked or not, and not both', async () => {
    const [ann, also] = [oidc(somebody()), google(somebody())]
    const id = await idOf(on, pool, { ...ann, ...also })
    await race<unknown>(() => [unlinkGoogle(id, also), credentials(id, { ...ann, ...also })])
    await consistent(on.inner)
  })
  const unlinkGoogle = (IdentityId: string, Logins: Record<string, string>) =>
    on.run('UnlinkIdentity', { IdentityId, Logins, LoginsToRemove: ['accounts.google.com'] })
})

describe('when the store fails at its Nth call, for every N', () => {
  const works: readonly (readonly [title: string, work: () => Promise<() => Promise<string | undefined>>])[] = [
    ['GetId for a guest', async () => () => idOf(on, pool)],
    [
      'GetId for a new login',
      async () => {
        const ann = oidc(somebody())
        return () => idOf(on, pool, ann)
      },
    ],
    [
      'GetId that merges',
      async () => {
        const [ann, also] = [oidc(somebody()), google(somebody())]
        await idOf(on, pool, ann)
        await idOf(on, pool, also)
        return () => idOf(on, pool, { ...ann, ...also })
      },
    ],
    [
      'a guest who signs in',
      async () => {
        const ann = oidc(somebody())
        const guest = await idOf(on, pool)
        return async () => (await credentials(guest, ann)).IdentityId
      },
    ],
    [
      'UnlinkIdentity',
      async () => {
        const [ann, also] = [oidc(somebody()), google(somebody())]
        const id = await idOf(on, pool, { ...ann, ...also })
        return async () => {
          await on.run('UnlinkIdentity', { IdentityId: id, Logins: also, LoginsToRemove: ['accounts.google.com'] })
          return id
        }
      },
    ],
  ]
  for (const [title, prepare] of works) {
    it(`${title} is done whole or not at all`, async () => {
      let failed = 0
      for (let failAt = 1; ; failAt++) {
        const work = await prepare()
        on.use(chaos(on.inner, { failAt }))
        const answer = await work().then(
          (id) => ({ id }),
          (error: unknown) => ({ error }),
        )
        on.use(on.inner)
        await consistent(on.inner)
        if ('id' in answer) break
        assert.ok(answer.error instanceof Unavailable, String(answer.error))
        failed++
        assert.ok(await work())
        await consistent(on.inner)
      }
      assert.ok(failed >= 2)
    })
  }
})
