// Who is asked about a login's token, and what its answer means.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Inspected } from '../../../federation/oauth/inspect.ts'
import type { Rejection, VerifiedToken } from '../../../federation/oidc/verify.ts'
import type { LoginSource } from '../../contracts/logins.ts'
import type { KnownIssuer } from '../../contracts/web-identity.ts'
import { createLoginVerifier } from './login-verifier.ts'

const account = '111122223333'
const now = new Date('2026-03-01T12:00:00Z')
const userPool = 'cognito-idp.eu-west-1.amazonaws.com/eu-west-1_a'
const oidc: LoginSource = { kind: 'oidc', arn: `arn:aws:iam::${account}:oidc-provider/idp.example/realms/main` }
const publicly = (name: string): LoginSource => ({ kind: 'public', name, app: 'app' })

const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const token = (claims: object = {}) => `${encoded({ alg: 'RS256', kid: 'k' })}.${encoded(claims)}.AAAA`

interface World {
  readonly answer?: Partial<VerifiedToken> | Rejection | undefined
  readonly inspected?: Inspected
}

/** Verifies over providers that answer as they are told; notes who was asked. */
async function verified(source: LoginSource, text: string, world: World = {}) {
  const asked: unknown[] = []
  const good = { subject: 'ann', audience: 'app', originalAudience: undefined, expiresAt: 0, claims: new Map() }
  const answer = 'answer' in world ? world.answer && { ...good, ...world.answer } : good
  const verifier = createLoginVerifier({
    webIdentity: {
      async verify(of, url) {
        asked.push([of, url])
        return answer as VerifiedToken
      },
      async verifyKnown(of: string, { issuer, clientIds }: KnownIssuer) {
        asked.push([of, issuer, clientIds])
        return answer as VerifiedToken
      },
    },
    inspector: {
      async inspect(provider) {
        asked.push(provider)
        return world.inspected ?? { subject: 'ann', app: 'app' }
      },
    },
    google: { issuer: 'https://accounts.google.com', trust: { reach: () => false } },
    verifying: { keys: { find: async () => ({ rejected: 'no-key' }) }, skewSeconds: 0 },
  })
  const found = await verifier.verify(account, source, text, now, '198.51.100.7')
  return { asked, told: 'rejected' in found ? found.rejected : found.subject, found }
}

describe('a login', () => {
  it("of an OpenID Connect provider is verified as that provider's of the pool's account", async () => {
    const { asked, told } = await verified(oidc, token())
    assert.deepEqual([asked, told], [[[account, 'idp.example/realms/main']], 'ann'])
  })

  it('of a user pool is verified as its issuer’s, for the clients of the pool, and must be an ID token', async () => {
    const source: LoginSource = { kind: 'user-pool', name: userPool, clientIds: ['c1', 'c2'], check: false }
    const use = (token_use: string) => ({ answer: { claims: new Map([['token_use', token_use]]) } })
    const good = await verified(source, token(), use('id'))
    assert.deepEqual([good.asked, good.told], [[[account, `https://${userPool}`, ['c1', 'c2']]], 'ann'])
    assert.equal((await verified(source, token(), use('access'))).told, 'malformed')
    assert.equal((await verified(source, token())).told, 'malformed')
  })

  it('of a user pool that must be asked and cannot be counts for nothing', async () => {
    const source: LoginSource = { kind: 'user-pool', name: userPool, clientIds: ['c1'], check: true }
    const { asked, told } = await verified(source, token())
    assert.deepEqual([asked, told], [[], 'unreachable'])
  })

  it('of Apple is verified as its issuer’s', async () => {
    const { asked } = await verified(publicly('appleid.apple.com'), token())
    assert.deepEqual(asked, [[account, 'https://appleid.apple.com', ['app']]])
  })

  it('of Google is verified with Google’s keys', async () => {
    const claims = { iss: 'https://accounts.google.com', sub: 'ann', aud: 'app', iat: 0, exp: now.getTime() }
    assert.equal((await verified(publicly('accounts.google.com'), token(claims))).told, 'signature')
    assert.equal((await verified(publicly('accounts.google.com'), token({ ...claims, aud: 'other' }))).told, 'audience')
  })

  for (const name of ['graph.facebook.com', 'www.amazon.com']) {
    it(`of ${name} is asked about there, and must be for the pool's app`, async () => {
      const good = await verified(publicly(name), 'opaque')
      assert.deepEqual([good.asked, good.told], [[name], 'ann'])
      const other = { inspected: { subject: 'ann', app: 'other' } }
      assert.equal((await verified(publicly(name), 'opaque', other)).told, 'audience')
      const revoked = { inspected: { rejected: 'revoked', detail: '' } } as const
      assert.equal((await verified(publicly(name), 'opaque', revoked)).told, 'revoked')
    })
  }

  for (const source of [
    publicly('api.twitter.com'),
    publicly('www.digits.com'),
    { kind: 'saml', arn: `arn:aws:iam::${account}:saml-provider/corp` } as const,
  ]) {
    it(`that nothing here verifies counts for nothing: ${source.kind === 'saml' ? 'SAML' : 'name' in source && source.name}`, async () => {
      assert.equal((await verified(source, token())).told, 'not-offered')
    })
  }

  it('of a provider that the account has no more counts for nothing', async () => {
    assert.equal((await verified(oidc, token(), { answer: undefined })).told, 'not-offered')
  })

  for (const text of [
    '',
    'a.b',
    'a.b.c',
    `${encoded({ alg: 'none' })}.${encoded({})}.`,
    `${encoded({ alg: 'HS256' })}.${encoded({})}.AAAA`,
  ]) {
    it(`that is no ID token is asked about nowhere: ${JSON.stringify(text.slice(0, 20))}`, async () => {
      const { asked, told } = await verified(oidc, text)
      assert.deepEqual([asked, told], [[], 'malformed'])
    })
  }

  const reasons: readonly (readonly [Rejection['rejected'], string])[] = [
    ['issuer', 'issuer'],
    ['missing-claim', 'missing-claim'],
    ['bad-claim', 'malformed'],
    ['audience', 'audience'],
    ['many-audiences', 'audience'],
    ['expired', 'expired'],
    ['not-yet', 'not-yet'],
    ['signature', 'signature'],
    ['no-key', 'signature'],
    ['thumbprint', 'signature'],
    ['certificate', 'signature'],
    ['address', 'signature'],
    ['timeout', 'unreachable'],
    ['unreachable', 'unreachable'],
  ]
  for (const [why, told] of reasons) {
    it(`that is rejected for ${why} is refused as ${told}`, async () => {
      const { found } = await verified(oidc, token(), { answer: { rejected: why, detail: 'iat' } })
      assert.ok('rejected' in found)
      assert.equal(found.rejected, told)
      assert.equal(found.detail, told === 'missing-claim' ? 'iat' : `${why}: iat`)
    })
  }
})
