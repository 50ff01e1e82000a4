// Developer-authenticated identities: registered, linked, looked up, merged and unlinked by the pool's owner.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Unavailable } from '../../../store/store.ts'
import { chaos } from '../../../store/testing/chaos.ts'
import { refusalOf } from '../../testing/operations-kit.ts'
import { consistent } from '../testing/consistent.ts'
import { google, idOf, OTHER, oidc, openKit, poolOf } from '../testing/pools-kit.ts'

const on = await openKit()
const pool = await poolOf(on)
const provider = 'login.my.app'
let people = 0
const somebody = () => `user-${++people}`
const register = async (user: string, more: object = {}, Logins: Record<string, string> = {}) =>
  (await on.run('GetOpenIdTokenForDeveloperIdentity', {
    IdentityPoolId: pool,
    Logins: { [provider]: user, ...Logins },
    ...more,
  })) as { IdentityId: string; Token: string }
const lookUp = (input: object) => on.run('LookupDeveloperIdentity', { IdentityPoolId: pool, ...input })
const merge = (SourceUserIdentifier: string, DestinationUserIdentifier: string, name = provider) =>
  on.run('MergeDeveloperIdentities', {
    IdentityPoolId: pool,
    DeveloperProviderName: name,
    SourceUserIdentifier,
    DestinationUserIdentifier,
  })
const unlink = (IdentityId: string, DeveloperUserIdentifier: string, more: object = {}) =>
  on.run('UnlinkDeveloperIdentity', {
    IdentityPoolId: pool,
    IdentityId,
    DeveloperProviderName: provider,
    DeveloperUserIdentifier,
    ...more,
  })

/** Another user of somebody's identity. */
async function join(user: string, into: string) {
  await register(user)
  await merge(user, into)
}

describe('GetOpenIdTokenForDeveloperIdentity', () => {
  it('creates an identity for a new user, and finds it again', async () => {
    const ann = somebody()
    const { IdentityId } = await register(ann)
    assert.equal((await register(ann)).IdentityId, IdentityId)
    assert.notEqual((await register(somebody())).IdentityId, IdentityId)
  })

  it('links a user to an identity that is named: a guest, or whose login comes with it', async () => {
    const guest = await idOf(on, pool)
    assert.equal((await register(somebody(), { IdentityId: guest })).IdentityId, guest)
    const login = oidc(somebody())
    const signedIn = await idOf(on, pool, login)
    const user = somebody()
    assert.equal((await register(user, { IdentityId: signedIn }, login)).IdentityId, signedIn)
    assert.equal((await register(user)).IdentityId, signedIn)
  })

  it('links nobody to an identity of others, whose login does not come with it', async () => {
    const differ =
      "NotAuthorizedException: Logins don't match. Please include at least one valid login for this identity or identity pool."
    const user = somebody()
    const others = [await idOf(on, pool, oidc(somebody())), (await register(somebody())).IdentityId]
    for (const IdentityId of others) {
      assert.equal(await refusalOf(register(user, { IdentityId })), differ)
      assert.equal(await refusalOf(register(user, { IdentityId }, google(somebody()))), differ)
    }
    assert.ok(!others.includes((await register(user)).IdentityId))
  })

  it('links logins that come with it, each proved by its token', async () => {
    const [ann, also] = [somebody(), google(somebody())]
    const { IdentityId } = await register(ann, {}, also)
    assert.equal(await idOf(on, pool, also), IdentityId)
    assert.equal(
      await refusalOf(register(somebody(), {}, google('revoked'))),
      'NotAuthorizedException: Invalid login token. Token has been revoked.',
    )
  })

  it('has its own errors where a provider cannot be asked, and where there are too many logins', async () => {
    assert.equal(
      await refusalOf(register(somebody(), {}, google('unreachable'))),
      'NotAuthorizedException: The identity provider of the login could not be asked.',
    )
    const first = somebody()
    await register(first)
    for (let more = 1; more < 20; more++) await join(somebody(), first)
    const full = 'ResourceConflictException: An identity can have at most 20 logins.'
    assert.equal(await refusalOf(join(somebody(), first)), full)
    assert.equal(await refusalOf(register(first, {}, google(somebody()))), full)
  })

  it('refuses a user who is registered with another identity', async () => {
    const ann = somebody()
    await register(ann)
    const other = await idOf(on, pool, oidc(somebody()))
    assert.equal(
      await refusalOf(register(ann, { IdentityId: other })),
      'DeveloperUserAlreadyRegisteredException: The provided developer user identifier is already registered with another identity.',
    )
  })

  it('answers the identity that the one named was merged into', async () => {
    const [a, b] = [somebody(), somebody()]
    const [source, destination] = [await register(a), await register(b)]
    await merge(a, b)
    assert.equal((await register(a, { IdentityId: source.IdentityId })).IdentityId, destination.IdentityId)
  })

  const refusals: readonly (readonly [title: string, input: object, refusal: string])[] = [
    [
      'no developer user',
      { Logins: oidc('ann') },
      'InvalidParameterException: Please provide a login for the developer provider of this identity pool.',
    ],
    [
      'our own token beside the user',
      { Logins: { [provider]: 'ann', 'cognito-identity.amazonaws.com': 'x' } },
      "InvalidParameterException: cognito-identity.amazonaws.com is no login of a developer's user.",
    ],
    [
      'a user with a name too long',
      { Logins: { [provider]: 'x'.repeat(1025) } },
      'InvalidParameterException: A developer user identifier has at most 1024 characters.',
    ],
    [
      'tags that differ in case alone',
      { Logins: { [provider]: 'ann' }, PrincipalTags: { team: '1', Team: '2' } },
      'InvalidParameterException: Duplicate principal tag key: Team',
    ],
    [
      "tags of AWS's own",
      { Logins: { [provider]: 'ann' }, PrincipalTags: { 'aws:x': '1' } },
      'InvalidParameterException: Invalid principal tag key: aws:x',
    ],
    [
      'an identity that is not there',
      { Logins: { [provider]: 'ann' }, IdentityId: 'eu-west-1:0' },
      "ResourceNotFoundException: Identity 'eu-west-1:0' not found.",
    ],
  ]
  for (const [title, input, refusal] of refusals) {
    it(`refuses ${title}`, async () => {
      const call = on.run('GetOpenIdTokenForDeveloperIdentity', { IdentityPoolId: pool, ...input } as never)
      assert.equal(await refusalOf(call), refusal)
    })
  }

  it('refuses an identity of another pool', async () => {
    const id = await idOf(on, await poolOf(on))
    assert.equal(
      await refusalOf(register(somebody(), { IdentityId: id })),
      `ResourceNotFoundException: Identity '${id}' not found.`,
    )
  })

  it("does not know another account's pool", async () => {
    const input = { IdentityPoolId: pool, Logins: { [provider]: 'ann' } }
    assert.equal(
      await refusalOf(on.run('GetOpenIdTokenForDeveloperIdentity', input, { as: OTHER })),
      `ResourceNotFoundException: IdentityPool '${pool}' not found.`,
    )
  })

  it('issues nothing, and leaves nothing half done, when the store fails at any call', async () => {
    for (let failAt = 1; ; failAt++) {
      const user = somebody()
      on.use(chaos(on.inner, { failAt }))
      const answer = await register(user).catch((error: unknown) => error)
      on.use(on.inner)
      await consistent(on.inner)
      if (!(answer instanceof Error)) break
      assert.ok(answer instanceof Unavailable)
      assert.ok((await register(user)).IdentityId)
    }
  })
})

describe('LookupDeveloperIdentity', () => {
  it('finds the identity of a user and the users of an identity, a page at a time', async () => {
    const users = [somebody(), somebody(), somebody()]
    const { IdentityId } = await register(users[0] ?? '')
    for (const user of users.slice(1)) await join(user, users[0] ?? '')
    const byUser = await lookUp({ DeveloperUserIdentifier: users[1] })
    assert.deepEqual(
      [byUser.IdentityId, byUser.DeveloperUserIdentifierList, byUser.NextToken],
      [IdentityId, users, undefined],
    )
    const first = await lookUp({ IdentityId, MaxResults: 2 })
    assert.deepEqual(first.DeveloperUserIdentifierList, users.slice(0, 2))
    const second = await lookUp({ IdentityId, MaxResults: 2, NextToken: first.NextToken })
    assert.deepEqual([second.DeveloperUserIdentifierList, second.NextToken], [users.slice(2), undefined])
    const other = await register(somebody())
    assert.equal(
      await refusalOf(lookUp({ IdentityId: other.IdentityId, NextToken: first.NextToken })),
      'InvalidParameterException: Invalid NextToken.',
    )
  })

  it('repeats a user and an identity that are linked, and says no more', async () => {
    const [ann, also] = [somebody(), somebody()]
    const { IdentityId } = await register(ann)
    await join(also, ann)
    const both = { IdentityId, DeveloperUserIdentifier: also }
    assert.deepEqual(await lookUp(both), { IdentityId, DeveloperUserIdentifierList: [also] })
    const other = await register(somebody())
    assert.equal(
      await refusalOf(lookUp({ ...both, IdentityId: other.IdentityId })),
      'ResourceConflictException: The developer user is not linked to that identity.',
    )
  })

  it('finds nobody else', async () => {
    assert.equal(
      await refusalOf(lookUp({ DeveloperUserIdentifier: 'nobody' })),
      "ResourceNotFoundException: Developer user 'nobody' not found.",
    )
    assert.equal(await refusalOf(lookUp({})), 'InvalidParameterException: Give IdentityId or DeveloperUserIdentifier.')
    const [ann, bob] = [somebody(), somebody()]
    const { IdentityId } = await register(ann)
    await register(bob)
    assert.equal(
      await refusalOf(lookUp({ IdentityId, DeveloperUserIdentifier: bob })),
      'ResourceConflictException: The developer user is not linked to that identity.',
    )
    const elsewhere = await idOf(on, await poolOf(on))
    assert.equal(
      await refusalOf(lookUp({ IdentityId: elsewhere })),
      `ResourceNotFoundException: Identity '${elsewhere}' not found.`,
    )
  })
})

describe('MergeDeveloperIdentities', () => {
  it('keeps the destination; the source leads to it, with all its logins', async () => {
    const [a, b, also] = [somebody(), somebody(), google(somebody())]
    const source = await register(a, {}, also)
    const destination = await register(b)
    assert.equal((await merge(a, b)).IdentityId, destination.IdentityId)
    assert.equal((await register(a)).IdentityId, destination.IdentityId)
    assert.equal(await idOf(on, pool, also), destination.IdentityId)
    assert.equal((await lookUp({ IdentityId: source.IdentityId })).IdentityId, destination.IdentityId)
    await consistent(on.inner)
  })

  it('is done once when it is requested twice at the same time', async () => {
    const [a, b, c] = [somebody(), somebody(), somebody()]
    for (const user of [a, b, c]) await register(user)
    on.use(chaos(on.inner, { yields: true, twice: true }))
    await Promise.allSettled([merge(a, b), merge(b, c), merge(c, a)])
    on.use(on.inner)
    await consistent(on.inner)
    const left = new Set<string>()
    for (const user of [a, b, c]) left.add((await register(user)).IdentityId)
    assert.equal(left.size, 1)
  })

  it('refuses a user who is not registered, two users of one identity, two of one other provider, another provider', async () => {
    const [a, b] = [somebody(), somebody()]
    await register(a, {}, google(somebody()))
    await join(b, a)
    assert.equal(await refusalOf(merge(a, 'nobody')), "ResourceNotFoundException: Developer user 'nobody' not found.")
    assert.equal(await refusalOf(merge(a, b)), 'ResourceConflictException: Both users are linked to the same identity.')
    const c = somebody()
    await register(c, {}, google(somebody()))
    assert.equal(await refusalOf(merge(a, c)), 'ResourceConflictException: Login is already linked to another account.')
    assert.equal(
      await refusalOf(merge(a, c, 'login.other.app')),
      'InvalidParameterException: login.other.app is not the developer provider of this identity pool.',
    )
  })
})

describe('UnlinkDeveloperIdentity', () => {
  it('unlinks the user, who gets a new identity the next time', async () => {
    const ann = somebody()
    const { IdentityId } = await register(ann, {}, google(somebody()))
    await unlink(IdentityId, ann)
    assert.notEqual((await register(ann)).IdentityId, IdentityId)
    await consistent(on.inner)
  })

  it('unlinks nobody who is not linked to that identity, and nobody of another pool', async () => {
    const [ann, bob] = [somebody(), somebody()]
    const { IdentityId } = await register(ann)
    await register(bob)
    assert.equal(
      await refusalOf(unlink(IdentityId, bob)),
      `ResourceNotFoundException: Developer user '${bob}' not found.`,
    )
    const elsewhere = await poolOf(on)
    assert.equal(
      await refusalOf(unlink(IdentityId, ann, { IdentityPoolId: elsewhere })),
      `ResourceNotFoundException: Identity '${IdentityId}' not found.`,
    )
  })
})
