// Who vouches for a login's token, and what its rejection means.
import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import type { Inspected } from '../../../federation/oauth/inspect.ts'
import { keyFor, readKeys } from '../../../federation/oidc/jwks.ts'
import { type ProofRejection, verifyProof } from '../../../federation/proof.ts'
import { proofKinds } from '../../../federation/proof-kinds.ts'
import { newKey, type SigningKey, signToken, type TokenChanges } from '../../../federation/testing/idp.ts'
import type { LoginSource } from '../../contracts/logins.ts'
import { createLoginVerifier } from './login-verifier.ts'

const account = '111122223333'
const now = new Date('2026-03-01T12:00:00Z')
const userPool = 'cognito-idp.eu-west-1.amazonaws.com/eu-west-1_a'
const oidc: LoginSource = { kind: 'oidc', arn: `arn:aws:iam::${account}:oidc-provider/idp.example/realms/main` }
const publicly = (name: string): LoginSource => ({ kind: 'public', name, app: 'app' })

const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
let key: SigningKey
before(async () => {
  key = await newKey('ES256', 'k')
})
const token = (issuer = 'https://idp.example/realms/main', claims: TokenChanges['claims'] = {}) =>
  signToken(issuer, key, now, { claims: { aud: 'app', ...claims } })

interface World {
  readonly registered?: false
  readonly inspected?: Inspected
}

/** Verifies with kinds of proof whose keys and answers are fixed; records who was asked. */
async function verified(source: LoginSource, text: string, { registered, inspected }: World = {}) {
  const asked: unknown[] = []
  const set = readKeys(Buffer.from(JSON.stringify({ keys: [key.jwk] })))
  if ('problem' in set) throw new Error(set.problem)
  const trust = { reach: () => false }
  const kinds = proofKinds({
    issuedHere: [],
    find(of, url) {
      asked.push([of, url])
      return registered === false
        ? undefined
        : { id: 'one#1', url, issuer: `https://${url}`, clientIds: ['app'], trust: { ...trust } }
    },
    keyOwnerOf: (of, issuer) => ({ id: `${of} ${issuer}`, issuer, trust }),
    isOwn: () => false,
    google: { issuer: 'https://accounts.google.com', trust },
    verifying: {
      keys: {
        async find({ id }, kid, algorithm) {
          asked.push(id)
          const found = keyFor(set, kid, algorithm)
          return found === undefined ? { rejected: 'no-key' } : { key: found }
        },
      },
      skewSeconds: 0,
    },
    inspector: {
      async inspect(provider, _token, _now, address) {
        asked.push(provider, address)
        return inspected ?? { subject: 'ann', app: 'app' }
      },
    },
  })
  const verifier = createLoginVerifier({ verify: async (given, at) => verifyProof(kinds, given, at) })
  const answer = await verifier.verify(account, source, text, now, '198.51.100.7')
  return { asked, result: 'rejected' in answer ? answer.rejected : answer.subject }
}

describe('a login', () => {
  it("of an OpenID Connect provider is verified as that provider's of the pool's account", async () => {
    const { asked, result } = await verified(oidc, await token())
    assert.deepEqual([asked, result], [[[account, 'idp.example/realms/main'], 'one#1'], 'ann'])
  })

  it('of a user pool is verified as its issuer’s, for the clients of the pool, and must be an ID token', async () => {
    const source: LoginSource = { kind: 'user-pool', name: userPool, clientIds: ['c1', 'c2'], check: false }
    const use = (token_use: string | undefined, aud = 'c2') => token(`https://${userPool}`, { aud, token_use })
    const good = await verified(source, await use('id'))
    assert.deepEqual([good.asked, good.result], [[`${account} https://${userPool}`], 'ann'])
    assert.equal((await verified(source, await use('access'))).result, 'malformed')
    assert.equal((await verified(source, await use(undefined))).result, 'malformed')
    assert.equal((await verified(source, await use('id', 'c3'))).result, 'audience')
    assert.equal((await verified(source, await token())).result, 'issuer')
  })

  it('of a user pool that must be asked, and cannot be, is rejected', async () => {
    const source: LoginSource = { kind: 'user-pool', name: userPool, clientIds: ['c1'], check: true }
    const { asked, result } = await verified(source, await token(`https://${userPool}`))
    assert.deepEqual([asked, result], [[], 'unreachable'])
  })

  for (const [name, of] of [
    ['appleid.apple.com', `${account} https://appleid.apple.com`],
    ['accounts.google.com', 'built-in accounts.google.com'],
  ] as const) {
    it(`of ${name} is verified with that issuer’s keys, and must be for the pool's app`, async () => {
      const { asked, result } = await verified(publicly(name), await token(`https://${name}`))
      assert.deepEqual([asked, result], [[of], 'ann'])
      assert.equal((await verified(publicly(name), await token(`https://${name}`, { aud: 'b' }))).result, 'audience')
      assert.equal((await verified(publicly(name), await token())).result, 'issuer')
    })
  }

  for (const name of ['graph.facebook.com', 'www.amazon.com']) {
    it(`of ${name} is asked about there, and must be for the pool's app`, async () => {
      const good = await verified(publicly(name), 'opaque')
      assert.deepEqual([good.asked, good.result], [[name, '198.51.100.7'], 'ann'])
      const other = { inspected: { subject: 'ann', app: 'other' } }
      assert.equal((await verified(publicly(name), 'opaque', other)).result, 'audience')
      const revoked = { inspected: { rejected: 'revoked', detail: '' } } as const
      assert.equal((await verified(publicly(name), 'opaque', revoked)).result, 'revoked')
    })
  }

  for (const source of [
    publicly('api.twitter.com'),
    publicly('www.digits.com'),
    { kind: 'saml', arn: `arn:aws:iam::${account}:saml-provider/corp` } as const,
  ]) {
    it(`that no kind of proof verifies is rejected: ${source.kind === 'saml' ? 'SAML' : 'name' in source && source.name}`, async () => {
      assert.equal((await verified(source, await token())).result, 'not-offered')
    })
  }

  it('of a provider that the account has deleted is rejected', async () => {
    assert.equal((await verified(oidc, await token(), { registered: false })).result, 'not-offered')
  })

  for (const text of [
    '',
    'a.b',
    'a.b.c',
    `${encoded({ alg: 'none' })}.${encoded({})}.`,
    `${encoded({ alg: 'HS256' })}.${encoded({})}.AAAA`,
  ]) {
    it(`that is not an ID token is rejected without asking anybody: ${JSON.stringify(text.slice(0, 20))}`, async () => {
      const { asked, result } = await verified(oidc, text)
      assert.deepEqual([asked, result], [[], 'malformed'])
    })
  }

  const reasons: readonly (readonly [ProofRejection, string])[] = [
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
  for (const [why, result] of reasons) {
    it(`whose proof is rejected for ${why} is rejected as ${result}`, async () => {
      const verifier = createLoginVerifier({ verify: async () => ({ rejected: why, detail: 'iat' }) })
      const answer = await verifier.verify(account, oidc, 'a token', now, '198.51.100.7')
      assert.ok('rejected' in answer)
      assert.equal(answer.rejected, result)
      assert.equal(answer.detail, result === 'missing-claim' ? 'iat' : `${why}: iat`)
    })
  }
})
