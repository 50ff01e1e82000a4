// What is changed is what was authorized: a change between authorization and transaction makes the operation fail, and no
// credential is issued on what was true before.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Store } from '../../store/store.ts'
import { operationOf } from '../../wire/contract.ts'
import { refusalOf } from '../testing/operations-kit.ts'
import { consistent } from './testing/consistent.ts'
import { ACCOUNT, google, idOf, oidc, openKit, poolOf } from './testing/pools-kit.ts'

const on = await openKit()

/** Runs `work`, with `meanwhile` between its authorization and its transaction. */
async function between<T>(meanwhile: () => Promise<unknown>, work: () => Promise<T>): Promise<T> {
  const store: Store = {
    ...on.inner,
    async transact(change) {
      on.use(on.inner)
      await meanwhile()
      return on.inner.transact(change)
    },
  }
  on.use(store)
  try {
    return await work()
  } finally {
    on.use(on.inner)
  }
}

const changed = 'ConcurrentModificationException: The pool was changed by another request.'
const update = (IdentityPoolId: string) =>
  on.run('UpdateIdentityPool', { IdentityPoolId, IdentityPoolName: 'x', AllowUnauthenticatedIdentities: true })
const tag = (IdentityPoolId: string, team = 'red') =>
  on.run('TagResource', {
    ResourceArn: `arn:aws:cognito-identity:eu-west-1:${ACCOUNT}:identitypool/${IdentityPoolId}`,
    Tags: { team },
  })

describe('a pool', () => {
  it('is not changed when its tags were', async () => {
    const pool = await poolOf(on)
    assert.equal(
      await refusalOf(
        between(
          () => tag(pool),
          () => update(pool),
        ),
      ),
      changed,
    )
  })

  const others: readonly (readonly [
    'TagResource' | 'SetPrincipalTagAttributeMap',
    (pool: string) => Promise<unknown>,
  ])[] = [
    ['TagResource', (pool) => tag(pool, 'green')],
    [
      'SetPrincipalTagAttributeMap',
      (IdentityPoolId) =>
        on.run('SetPrincipalTagAttributeMap', { IdentityPoolId, IdentityProviderName: 'x', UseDefaults: true }),
    ],
  ]
  for (const [name, work] of others)
    it(`is not changed either by ${name}, which has another error for it, and is tried again`, async () => {
      const pool = await poolOf(on)
      const refused = await refusalOf(
        between(
          () => tag(pool),
          () => work(pool),
        ),
      )
      assert.equal(refused, 'TooManyRequestsException: The pool was changed by another request.')
      assert.ok(operationOf('cognito-identity', name).errors.includes('TooManyRequestsException'))
      assert.ok(!operationOf('cognito-identity', name).errors.includes('ConcurrentModificationException'))
    })

  it('is not changed when its roles were: iam:PassRole was not checked for these', async () => {
    const pool = await poolOf(on)
    const Roles = { authenticated: `arn:aws:iam::${ACCOUNT}:role/other` }
    const set = () => on.run('SetIdentityPoolRoles', { IdentityPoolId: pool, Roles })
    assert.equal(await refusalOf(between(set, () => update(pool))), changed)
  })

  it('is not changed when it was deleted meanwhile', async () => {
    const pool = await poolOf(on)
    const remove = () => on.run('DeleteIdentityPool', { IdentityPoolId: pool })
    const gone = `ResourceNotFoundException: IdentityPool '${pool}' not found.`
    assert.equal(await refusalOf(between(remove, () => update(pool))), gone)
  })
})

describe('an identity', () => {
  const again = 'ResourceConflictException: The identity was changed by another request. Try again.'

  it('that somebody signed in to meanwhile gets no credentials as a guest’s', async () => {
    const pool = await poolOf(on)
    const guest = await idOf(on, pool)
    const [ann, bob] = [oidc('ann'), oidc('bob')]
    const signIn = (Logins: Record<string, string>) => () =>
      on.run('GetCredentialsForIdentity', { IdentityId: guest, Logins })
    assert.match(await refusalOf(between(signIn(ann), signIn(bob))), /^NotAuthorizedException: Logins don't match/)
    await consistent(on.inner)
  })

  it('whose logins changed meanwhile gets no credentials that were decided before', async () => {
    const pool = await poolOf(on)
    const [ann, also] = [oidc('ann'), google('ann')]
    const id = await idOf(on, pool, ann)
    const link = () => on.run('GetCredentialsForIdentity', { IdentityId: id, Logins: { ...ann, ...also } })
    const token = () => on.run('GetOpenIdToken', { IdentityId: id, Logins: { ...ann, ...also } })
    assert.equal(await refusalOf(between(link, token)), 'no refusal')
    const bob = oidc('bob')
    const other = await idOf(on, pool, bob)
    const add = () => on.run('GetOpenIdToken', { IdentityId: other, Logins: { ...bob, ...google('bob') } })
    const register = () =>
      on.run('GetOpenIdTokenForDeveloperIdentity', {
        IdentityPoolId: pool,
        IdentityId: other,
        Logins: { 'login.my.app': 'bob', ...bob },
      })
    assert.equal(await refusalOf(between(register, add)), again)
    await consistent(on.inner)
  })

  it('that was a guest and has logins meanwhile does not become a developer’s user', async () => {
    const pool = await poolOf(on)
    const guest = await idOf(on, pool)
    const become = () => on.run('GetCredentialsForIdentity', { IdentityId: guest, Logins: oidc('cid') })
    const register = () =>
      on.run('GetOpenIdTokenForDeveloperIdentity', {
        IdentityPoolId: pool,
        IdentityId: guest,
        Logins: { 'login.my.app': 'cid' },
      })
    assert.match(await refusalOf(between(become, register)), /^NotAuthorizedException: Logins don't match/)
    await consistent(on.inner)
  })
})
