// OpenID tokens of identity pools: their claims, who accepts them, and when they stop being accepted.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { dropSigningKeys } from '../../../keys/signers.ts'
import { Refusal } from '../../../wire/errors.ts'
import { refusalOf } from '../../testing/operations-kit.ts'
import { google, idOf, oidc, openKit, poolOf } from '../testing/pools-kit.ts'

const on = await openKit()
const pool = await poolOf(on)
const own = 'cognito-identity.amazonaws.com'
let people = 0
const somebody = () => `user-${++people}`

const part = (token: string, at: number) =>
  JSON.parse(Buffer.from(token.split('.')[at] ?? '', 'base64url').toString()) as Record<string, unknown>
const tokenOf = async (IdentityId: string, Logins?: Record<string, string>) =>
  (await on.run('GetOpenIdToken', { IdentityId, ...(Logins === undefined ? {} : { Logins }) })).Token ?? ''
async function developerToken(user: string, more: object = {}) {
  const input = { IdentityPoolId: pool, Logins: { 'login.my.app': user }, ...more }
  const { Token = '', IdentityId = '' } = await on.run('GetOpenIdTokenForDeveloperIdentity', input)
  return { token: Token, id: IdentityId }
}
/** 'accepted', or why a token is rejected. */
async function standing(token: string): Promise<string> {
  const opened = await on.parts.cognito.tokens.open(token, on.now())
  return 'rejected' in opened ? opened.rejected : 'accepted'
}

describe('a token', () => {
  it('of a guest says so, for ten minutes', async () => {
    const id = await idOf(on, pool)
    const token = await tokenOf(id)
    const { exp, iat, jti, ...claims } = part(token, 1)
    const [head, body] = [part(token, 0), claims]
    assert.equal(head.alg, 'RS512')
    assert.equal(Number(exp) - Number(iat), 600)
    assert.ok(jti)
    assert.deepEqual(body, {
      sub: id,
      aud: pool,
      amr: ['unauthenticated'],
      iss: 'https://cognito-identity.amazonaws.com',
      'https://cognito-identity.amazonaws.com/identity-pool-arn': `arn:aws:cognito-identity:eu-west-1:111122223333:identitypool/${pool}`,
    })
  })

  it('of somebody who signed in names the provider and the user', async () => {
    const ann = somebody()
    const token = await tokenOf(await idOf(on, pool, oidc(ann)), oidc(ann))
    assert.deepEqual(part(token, 1).amr, [
      'authenticated',
      'idp.example',
      `arn:aws:iam::111122223333:oidc-provider/idp.example:OIDC:${ann}`,
    ])
  })

  it("of a developer's user names the developer's provider, and lives as long as requested", async () => {
    const ann = somebody()
    const { token } = await developerToken(ann, { TokenDuration: 86_400, PrincipalTags: { team: 'blue' } })
    const claims = part(token, 1)
    assert.deepEqual(claims.amr, ['authenticated', 'login.my.app', `login.my.app:${pool}:${ann}`])
    assert.equal(Number(claims.exp) - Number(claims.iat), 86_400)
    assert.deepEqual(claims['https://aws.amazon.com/tags'], { principal_tags: { team: ['blue'] } })
    assert.equal(Number(part((await developerToken(ann)).token, 1).exp) - on.now().getTime() / 1000, 900)
  })

  it('is a web identity at STS: pool, identity, how it signed in, and its tags', async () => {
    const { token, id } = await developerToken(somebody(), { PrincipalTags: { team: 'blue' } })
    const proof = await on.webIdentity(token)
    assert.deepEqual([proof.provider, proof.subject, proof.audience], [own, id, pool])
    assert.equal(proof.keys.get(`${own}:aud`), pool)
    assert.equal(proof.keys.get(`${own}:sub`), id)
    assert.deepEqual({ ...proof.tags }, { team: 'blue' })
  })

  it('is rejected by STS where the pool allows the enhanced flow alone', async () => {
    const closed = await poolOf(on, { AllowClassicFlow: false })
    const { Token = '' } = await on.run('GetOpenIdTokenForDeveloperIdentity', {
      IdentityPoolId: closed,
      Logins: { 'login.my.app': 'ann' },
    })
    await assert.rejects(
      on.webIdentity(Token),
      (error) => error instanceof Refusal && error.code === 'InvalidIdentityToken',
    )
  })
})

describe('a token ends no later than what it was issued from', () => {
  const inSeconds = (more: number) => Math.floor(on.now().getTime() / 1000) + more
  const ends = (token: string) => Number(part(token, 1).exp) - on.now().getTime() / 1000
  const until = (subject: string, exp: number) => oidc(`${subject} {"exp":${exp}}`)
  const rows: readonly (readonly [title: string, issue: () => Promise<string>, seconds: number])[] = [
    [
      'a token of the pool',
      async () => {
        const { id, token } = await developerToken(somebody(), { TokenDuration: 8 })
        return tokenOf(id, { [own]: token })
      },
      8,
    ],
    [
      'a token that was issued from another token',
      async () => {
        const { id, token } = await developerToken(somebody(), { TokenDuration: 60 })
        const second = await tokenOf(id, { [own]: token })
        await on.move(52_000)
        return tokenOf(id, { [own]: await tokenOf(id, { [own]: second }) })
      },
      8,
    ],
    [
      'a login',
      async () => {
        const login = until(somebody(), inSeconds(8))
        return tokenOf(await idOf(on, pool, login), login)
      },
      8,
    ],
    [
      'the one of several that ends first',
      async () => {
        const logins = { ...until(somebody(), inSeconds(500)), ...google(`${somebody()} {"exp":${inSeconds(8)}}`) }
        return tokenOf(await idOf(on, pool, logins), logins)
      },
      8,
    ],
    [
      'a token of the pool, whatever login comes with it',
      async () => {
        const { id, token } = await developerToken(somebody(), { TokenDuration: 8 })
        return tokenOf(id, { [own]: token, ...google(`${somebody()} {"exp":${inSeconds(500)}}`) })
      },
      8,
    ],
    [
      'a login that a developer vouches with',
      async () => {
        const user = somebody()
        const Logins = { 'login.my.app': user, ...until(user, inSeconds(8)) }
        return (await developerToken(user, { Logins, TokenDuration: 86_400 })).token
      },
      8,
    ],
    [
      'a login that outlives it',
      async () => {
        const login = until(somebody(), inSeconds(3_600))
        return tokenOf(await idOf(on, pool, login), login)
      },
      600,
    ],
  ]
  for (const [title, issue, seconds] of rows) it(title, async () => assert.equal(ends(await issue()), seconds))

  it('and is not issued from a login that has ended, though within the leeway for clocks', async () => {
    const login = until(somebody(), inSeconds(-1))
    const id = await idOf(on, pool, login)
    assert.match(await refusalOf(tokenOf(id, login)), /^NotAuthorizedException: Invalid login token. Token expired: /)
  })
})

describe('a token stops being accepted', () => {
  const ends: readonly (readonly [
    title: string,
    work: (id: string, login: Record<string, string>) => Promise<unknown>,
    why: string,
  ])[] = [
    ['when it expires', () => on.move(601_000), 'expired'],
    [
      'when any login is unlinked',
      async (IdentityId, login) => {
        const also = google(somebody())
        await on.run('GetCredentialsForIdentity', { IdentityId, Logins: { ...login, ...also } })
        const LoginsToRemove = ['accounts.google.com']
        await on.run('UnlinkIdentity', { IdentityId, Logins: also, LoginsToRemove })
      },
      'stale',
    ],
    [
      'when its login is unlinked',
      (IdentityId, Logins) => on.run('UnlinkIdentity', { IdentityId, Logins, LoginsToRemove: ['idp.example'] }),
      'stale',
    ],
    ['when its identity is removed', (id) => on.run('DeleteIdentities', { IdentityIdsToDelete: [id] }), 'stale'],
    [
      'when its identity is merged into another',
      async (_, login) => {
        const also = google(somebody())
        const other = await idOf(on, pool, also)
        await on.run('GetCredentialsForIdentity', { IdentityId: other, Logins: { ...login, ...also } })
      },
      'stale',
    ],
  ]
  for (const [title, work, why] of ends) {
    it(title, async () => {
      const login = oidc(somebody())
      const id = await idOf(on, pool, login)
      const token = await tokenOf(id, login)
      assert.equal(await standing(token), 'accepted')
      await work(id, login)
      assert.equal(await standing(token), why)
      await assert.rejects(on.webIdentity(token), Refusal)
    })
  }

  it('when the guest it was issued to signs in', async () => {
    const id = await idOf(on, pool)
    const token = await tokenOf(id)
    await on.run('GetCredentialsForIdentity', { IdentityId: id, Logins: oidc(somebody()) })
    assert.equal(await standing(token), 'stale')
  })

  it('when its pool is gone', async () => {
    const other = await poolOf(on)
    const token = await tokenOf(await idOf(on, other))
    await on.run('DeleteIdentityPool', { IdentityPoolId: other })
    assert.equal(await standing(token), 'stale')
  })

  it('when the keys were compromised', async () => {
    const other = await openKit()
    const id = await idOf(other, await poolOf(other))
    const { Token = '' } = await other.run('GetOpenIdToken', { IdentityId: id })
    await other.inner.transact(dropSigningKeys)
    const opened = await other.parts.cognito.tokens.open(Token, other.now())
    assert.equal('rejected' in opened && opened.rejected, 'signature')
    await other.close()
  })
})

describe('a token is still accepted', () => {
  const rows: readonly (readonly [
    title: string,
    work: (id: string, login: Record<string, string>) => Promise<unknown>,
  ])[] = [
    ['when a login is added', (IdentityId, login) => add(IdentityId, { ...login, ...google(somebody()) })],
    [
      'when another identity is merged into its own',
      async (IdentityId, login) => {
        const also = google(somebody())
        await idOf(on, pool, also)
        await add(IdentityId, { ...login, ...also })
      },
    ],
    [
      'when a developer’s user is linked',
      (IdentityId, login) => {
        const user = somebody()
        return developerToken(user, { IdentityId, Logins: { 'login.my.app': user, ...login } })
      },
    ],
  ]
  const add = (IdentityId: string, Logins: Record<string, string>) =>
    on.run('GetCredentialsForIdentity', { IdentityId, Logins })
  for (const [title, work] of rows)
    it(title, async () => {
      const login = oidc(somebody())
      const id = await idOf(on, pool, login)
      const token = await tokenOf(id, login)
      await work(id, login)
      assert.equal(await standing(token), 'accepted')
      assert.equal((await on.webIdentity(token)).subject, id)
    })
})

describe('what is not a token of ours', () => {
  const forged = async (): Promise<readonly (readonly [string, string, string])[]> => {
    const { token } = await developerToken(somebody())
    const [head = '', body = '', tail = ''] = token.split('.')
    const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const other = part(await tokenOf(await idOf(on, pool)), 1)
    const outbound = { account: '111122223333', purpose: 'outbound', algorithms: ['RS256'] } as const
    const system = { account: 'system', purpose: 'cognito-identity', algorithms: ['RS256', 'RS512'] } as const
    return [
      ['nothing', '', 'malformed'],
      ['a text', 'a.b.c', 'malformed'],
      ['a token with a fourth part', `${token}.${tail}`, 'malformed'],
      ['a token whose signature has a second spelling', `${token}=`, 'malformed'],
      ['claims of another token', `${head}.${encoded(other)}.${tail}`, 'signature'],
      ['a token without a signature', `${head}.${body}.`, 'malformed'],
      ['alg none', `${encoded({ ...part(token, 0), alg: 'none' })}.${body}.${tail}`, 'signature'],
      ['another alg', `${encoded({ ...part(token, 0), alg: 'RS256' })}.${body}.${tail}`, 'signature'],
      ['an unknown kid', `${encoded({ ...part(token, 0), kid: 'stranger' })}.${body}.${tail}`, 'signature'],
      [
        "our own outbound issuer's",
        await on.parts.signers.sign(outbound, 'RS256', part(token, 1), on.now()),
        'signature',
      ],
      ['RS256 by a key of ours', await on.parts.signers.sign(system, 'RS256', part(token, 1), on.now()), 'signature'],
      [
        'another issuer by the right key',
        await on.parts.signers.sign(system, 'RS512', { ...part(token, 1), iss: 'https://x' }, on.now()),
        'signature',
      ],
    ]
  }
  it('is refused, each for its reason', async () => {
    for (const [title, token, why] of await forged()) assert.equal(await standing(token), why, title)
  })
})

describe('a token as a login', () => {
  const withToken = (IdentityId: string, token: string) =>
    on.run('GetCredentialsForIdentity', { IdentityId, Logins: { [own]: token } })

  it('lets in to its identity, as often as it is shown while it lives', async () => {
    const { token, id } = await developerToken(somebody())
    for (let time = 0; time < 2; time++) assert.equal((await withToken(id, token)).IdentityId, id)
  })

  it('is not accepted by GetId: it names its identity already', async () => {
    const { token } = await developerToken(somebody())
    assert.equal(
      await refusalOf(idOf(on, pool, { [own]: token })),
      "NotAuthorizedException: Invalid login token. Can't pass in a Cognito token.",
    )
  })

  it('lets in with white space around it, but not within', async () => {
    const { token, id } = await developerToken(somebody())
    assert.equal((await withToken(id, ` ${token}\r\n`)).IdentityId, id)
    assert.match(await refusalOf(withToken(id, token.replace('.', '.\n'))), /^NotAuthorizedException: /)
  })

  it('lets in to no other identity', async () => {
    const { token } = await developerToken(somebody())
    const other = await developerToken(somebody())
    assert.match(await refusalOf(withToken(other.id, token)), /^NotAuthorizedException: Logins don't match/)
  })

  it('is rejected when it is a guest’s', async () => {
    const id = await idOf(on, pool)
    assert.equal(
      await refusalOf(withToken(id, await tokenOf(id))),
      'NotAuthorizedException: Token is not from a supported provider of this identity pool.',
    )
  })

  it('is rejected in another pool', async () => {
    const { token } = await developerToken(somebody())
    const other = await idOf(on, await poolOf(on))
    assert.equal(
      await refusalOf(withToken(other, token)),
      'NotAuthorizedException: Token is not from a supported provider of this identity pool.',
    )
  })

  it('is rejected when it has expired', async () => {
    const { token, id } = await developerToken(somebody(), { TokenDuration: 60 })
    await on.move(61_000)
    assert.equal(await refusalOf(withToken(id, token)), 'NotAuthorizedException: Invalid login token. Token expired.')
  })

  it('brings the tags that the developer gave it, and no more', async () => {
    const { token, id } = await developerToken(somebody(), { PrincipalTags: { team: 'blue' } })
    const { Credentials } = await withToken(id, token)
    const opened = await on.passes.open(Credentials?.SessionToken ?? '', Credentials?.AccessKeyId ?? '', on.now())
    assert.ok('pass' in opened)
    assert.deepEqual({ ...opened.pass.tags }, { team: 'blue' })
  })
})
