// Which identity a request is for: guests, logins, several logins, guests who sign in, identities that are merged.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { accounts } from '../../records.ts'
import { refusalOf } from '../../testing/operations-kit.ts'
import { consistent } from '../testing/consistent.ts'
import { ACCOUNT, google, idOf, OTHER, oidc, openKit, poolOf } from '../testing/pools-kit.ts'

const on = await openKit()
const pool = await poolOf(on)
let people = 0
/** A name that no other test uses. */
const somebody = () => `user-${++people}`
const credentials = (IdentityId: string, Logins?: Record<string, string>) =>
  on.run('GetCredentialsForIdentity', { IdentityId, ...(Logins === undefined ? {} : { Logins }) })
const loginsOf = async (IdentityId: string) => (await on.run('DescribeIdentity', { IdentityId })).Logins
const differ =
  "NotAuthorizedException: Logins don't match. Please include at least one valid login for this identity or identity pool."
const forbidden = (id: string) => `NotAuthorizedException: Access to Identity '${id}' is forbidden.`

describe('GetId', () => {
  it('creates another guest each time', async () => assert.notEqual(await idOf(on, pool), await idOf(on, pool)))
  it("names identities by the pool's region", async () =>
    assert.match(await idOf(on, pool), /^eu-west-1:[0-9a-f-]{36}$/))

  it('finds the identity of a login again', async () => {
    const [ann, bob] = [oidc(somebody()), oidc(somebody())]
    const id = await idOf(on, pool, ann)
    assert.equal(await idOf(on, pool, ann), id)
    assert.notEqual(await idOf(on, pool, bob), id)
  })

  it('keeps pools apart: the same login is somebody else in another', async () => {
    const ann = oidc(somebody())
    const other = await poolOf(on)
    assert.notEqual(await idOf(on, pool, ann), await idOf(on, other, ann))
  })

  it('keeps providers apart: the same subject of another is somebody else', async () => {
    const name = somebody()
    assert.notEqual(await idOf(on, pool, oidc(name)), await idOf(on, pool, google(name)))
  })

  it('links a second login to the identity of the first', async () => {
    const [ann, also] = [oidc(somebody()), google(somebody())]
    const id = await idOf(on, pool, ann)
    assert.equal(await idOf(on, pool, { ...ann, ...also }), id)
    assert.equal(await idOf(on, pool, also), id)
    assert.deepEqual(await loginsOf(id), ['idp.example', 'accounts.google.com'])
  })

  it('merges two identities by a login of each: the elder stays, the other leads to it, no login is lost', async () => {
    const [ann, also] = [oidc(somebody()), google(somebody())]
    const elder = await idOf(on, pool, ann)
    await on.move(1000)
    const younger = await idOf(on, pool, also)
    assert.equal(await idOf(on, pool, { ...also, ...ann }), elder)
    assert.equal(await idOf(on, pool, also), elder)
    assert.equal((await credentials(younger, also)).IdentityId, elder)
    assert.equal(await refusalOf(credentials(younger)), forbidden(younger))
    await consistent(on.inner)
  })

  it('refuses a second user of one provider: nobody is two people', async () => {
    const [one, two, also] = [oidc(somebody()), oidc(somebody()), google(somebody())]
    await idOf(on, pool, { ...one, ...also })
    const taken = 'ResourceConflictException: Login is already linked to another account.'
    assert.equal(await refusalOf(idOf(on, pool, { ...two, ...also })), taken)
    await idOf(on, pool, two)
    assert.equal(await refusalOf(idOf(on, pool, { ...two, ...also })), taken)
    await consistent(on.inner)
  })

  const strangers: readonly (readonly [title: string, input: object, refusal: string])[] = [
    [
      'a pool that is not there',
      { IdentityPoolId: 'eu-west-1:0' },
      "ResourceNotFoundException: IdentityPool 'eu-west-1:0' not found.",
    ],
    [
      'another account than the pool is in',
      { IdentityPoolId: pool, AccountId: OTHER },
      `ResourceNotFoundException: IdentityPool '${pool}' not found.`,
    ],
    [
      'a provider that the pool does not list',
      { IdentityPoolId: pool, Logins: { 'idp.other': 'ann' } },
      'NotAuthorizedException: Token is not from a supported provider of this identity pool.',
    ],
    [
      "a developer's user, whom only the developer vouches for",
      { IdentityPoolId: pool, Logins: { 'login.my.app': 'ann' } },
      'NotAuthorizedException: Token is not from a supported provider of this identity pool.',
    ],
    [
      'one good login and one bad',
      { IdentityPoolId: pool, Logins: { ...oidc('ann'), ...google('revoked') } },
      'NotAuthorizedException: Invalid login token. Token has been revoked.',
    ],
    [
      'an expired login',
      { IdentityPoolId: pool, Logins: oidc('expired') },
      `NotAuthorizedException: Invalid login token. Token expired: ${on.now().getTime() / 1000} >= ${on.now().getTime() / 1000 - 60}`,
    ],
    [
      'a provider that does not answer',
      { IdentityPoolId: pool, Logins: oidc('unreachable') },
      'ExternalServiceException: The identity provider of the login could not be asked.',
    ],
    [
      'a member of every object',
      { IdentityPoolId: pool, Logins: { constructor: 'x' } },
      'NotAuthorizedException: Token is not from a supported provider of this identity pool.',
    ],
  ]
  for (const [title, input, refusal] of strangers) {
    it(`refuses ${title}`, async () => {
      const answer = refusalOf(on.run('GetId', input as never))
      const message = await answer
      if (title === 'an expired login')
        assert.match(message, /^NotAuthorizedException: Invalid login token\. Token expired: \d+ >= \d+$/)
      else assert.equal(message, refusal)
    })
  }

  it('refuses guests where the pool has none, in every flow', async () => {
    const open = await poolOf(on)
    const guest = await idOf(on, open)
    await on.run('UpdateIdentityPool', {
      IdentityPoolId: open,
      IdentityPoolName: 'closed',
      AllowUnauthenticatedIdentities: false,
      AllowClassicFlow: true,
    })
    const none = 'NotAuthorizedException: Unauthenticated access is not supported for this identity pool.'
    assert.equal(await refusalOf(idOf(on, open)), none)
    assert.equal(await refusalOf(credentials(guest)), none)
    assert.equal(await refusalOf(on.run('GetOpenIdToken', { IdentityId: guest })), none)
  })

  it('answers Rate exceeded when the pool has used up its rate', async () => {
    const drained = await openKit({ within: (kind, name) => kind !== 'pool' || name === '' })
    const IdentityPoolId = await poolOf(drained)
    assert.equal(await refusalOf(idOf(drained, IdentityPoolId)), 'TooManyRequestsException: Rate exceeded')
    await drained.close()
  })

  it('does not know the pools of a suspended account', async () => {
    const other = await openKit()
    const IdentityPoolId = await poolOf(other)
    await idOf(other, IdentityPoolId)
    await other.inner.transact(async (tx) => {
      const account = await tx.get(accounts, [ACCOUNT])
      if (account !== undefined) await tx.replace(accounts, { ...account, status: 'SUSPENDED' as const })
    })
    const gone = `ResourceNotFoundException: IdentityPool '${IdentityPoolId}' not found.`
    assert.equal(await refusalOf(idOf(other, IdentityPoolId)), gone)
    await other.close()
  })
})

describe('an identity that is named', () => {
  it('does not exist unless somebody created it', async () => {
    const id = 'eu-west-1:00000000-0000-0000-0000-000000000000'
    assert.equal(await refusalOf(credentials(id)), `ResourceNotFoundException: Identity '${id}' not found.`)
  })

  it('lets a guest in without logins, and somebody who signed in never again', async () => {
    const guest = await idOf(on, pool)
    assert.equal((await credentials(guest)).IdentityId, guest)
    assert.equal((await credentials(guest, oidc(somebody()))).IdentityId, guest)
    assert.equal(await refusalOf(credentials(guest)), forbidden(guest))
  })

  it("lets nobody in by somebody else's login, linked or new", async () => {
    const [ann, bob] = [oidc(somebody()), oidc(somebody())]
    const id = await idOf(on, pool, ann)
    await idOf(on, pool, bob)
    assert.equal(await refusalOf(credentials(id, bob)), differ)
    assert.equal(await refusalOf(credentials(id, google(somebody()))), differ)
    assert.deepEqual(await loginsOf(id), ['idp.example'])
  })

  it('gains a login that comes with one of its own', async () => {
    const [ann, also] = [oidc(somebody()), google(somebody())]
    const id = await idOf(on, pool, ann)
    assert.equal((await credentials(id, { ...also, ...ann })).IdentityId, id)
    assert.equal(await idOf(on, pool, also), id)
  })

  it('absorbs another by a login of each, and stays', async () => {
    const [ann, also] = [oidc(somebody()), google(somebody())]
    const elder = await idOf(on, pool, also)
    await on.move(1000)
    const named = await idOf(on, pool, ann)
    assert.equal((await credentials(named, { ...ann, ...also })).IdentityId, named)
    assert.equal((await credentials(elder, also)).IdentityId, named)
    await consistent(on.inner)
  })

  it('of a guest who signs in with a linked login leads to that login’s identity from then on', async () => {
    const ann = oidc(somebody())
    const signedIn = await idOf(on, pool, ann)
    const guest = await idOf(on, pool)
    assert.equal((await credentials(guest, ann)).IdentityId, signedIn)
    assert.equal((await credentials(guest, ann)).IdentityId, signedIn)
    assert.equal(await refusalOf(credentials(guest)), forbidden(guest))
  })

  it('leads through several mergers to the one that is left', async () => {
    const [a, b, c] = [oidc(somebody()), google(somebody()), oidc(somebody())]
    const guest = await idOf(on, pool)
    await credentials(guest, b)
    await on.move(1000)
    const second = await idOf(on, pool, a)
    assert.equal((await credentials(second, { ...a, ...b })).IdentityId, second)
    assert.equal((await credentials(guest, a)).IdentityId, second)
    assert.equal(await refusalOf(credentials(guest, c)), differ)
  })

  it('has at most 20 logins', async () => {
    const [first, full] = [somebody(), 'ResourceConflictException: An identity can have at most 20 logins.']
    const register = (user: string, Logins = {}) =>
      on.run('GetOpenIdTokenForDeveloperIdentity', {
        IdentityPoolId: pool,
        Logins: { 'login.my.app': user, ...Logins },
      })
    const { IdentityId = '', Token = '' } = await register(first)
    for (let at = 1; at < 20; at++) {
      const SourceUserIdentifier = somebody()
      await register(SourceUserIdentifier)
      const users = { SourceUserIdentifier, DestinationUserIdentifier: first }
      await on.run('MergeDeveloperIdentities', {
        ...{ IdentityPoolId: pool, DeveloperProviderName: 'login.my.app' },
        ...users,
      })
    }
    const more = { 'cognito-identity.amazonaws.com': Token, ...google(somebody()) }
    assert.equal(await refusalOf(credentials(IdentityId, more)), full)
  })
})

describe('UnlinkIdentity', () => {
  const unlink = (IdentityId: string, Logins: Record<string, string>, LoginsToRemove: string[]) =>
    on.run('UnlinkIdentity', { IdentityId, Logins, LoginsToRemove })

  it('unlinks a login that the caller still proves', async () => {
    const [ann, also] = [oidc(somebody()), google(somebody())]
    const id = await idOf(on, pool, { ...ann, ...also })
    await unlink(id, also, ['accounts.google.com'])
    assert.deepEqual(await loginsOf(id), ['idp.example'])
    assert.notEqual(await idOf(on, pool, also), id)
    await consistent(on.inner)
  })

  it("unlinks nobody else's login, and none without its token", async () => {
    const [ann, also, bob] = [oidc(somebody()), google(somebody()), oidc(somebody())]
    const id = await idOf(on, pool, { ...ann, ...also })
    await idOf(on, pool, bob)
    assert.equal(await refusalOf(unlink(id, bob, ['idp.example'])), differ)
    assert.equal(await refusalOf(unlink(id, also, ['idp.example'])), differ)
    assert.equal(
      await refusalOf(unlink(id, oidc('expired'), ['idp.example'])).then((message) => message.slice(0, 48)),
      'NotAuthorizedException: Invalid login token. Tok',
    )
    assert.equal((await loginsOf(id))?.length, 2)
  })

  it('lets nobody in to an identity that lost its last login', async () => {
    const ann = oidc(somebody())
    const id = await idOf(on, pool, ann)
    await unlink(id, ann, ['idp.example'])
    assert.equal(await refusalOf(credentials(id)), forbidden(id))
    assert.equal(await refusalOf(credentials(id, ann)), differ)
    assert.notEqual(await idOf(on, pool, ann), id)
  })
})
