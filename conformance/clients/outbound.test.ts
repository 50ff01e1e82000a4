// Outbound web identity: AWS's clients ask for tokens, a stock OpenID Connect client finds the issuer and verifies them.
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import {
  CreateOpenIDConnectProviderCommand,
  DisableOutboundWebIdentityFederationCommand,
  EnableOutboundWebIdentityFederationCommand,
  GetOutboundWebIdentityFederationInfoCommand,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam'
import { DescribeOrganizationCommand } from '@aws-sdk/client-organizations'
import {
  AssumeRoleWithWebIdentityCommand,
  GetWebIdentityTokenCommand,
  type GetWebIdentityTokenCommandInput,
} from '@aws-sdk/client-sts'
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, type JWTPayload, jwtVerify } from 'jose'
import { allowInsecureRequests, discovery, None } from 'openid-client'
import { accounts, oidcProviders } from '../../src/service/records.ts'
import { freePort } from './free-port.ts'
import { allow, assume, manager, member, type Person, person, policy, role, trusts } from './people.ts'
import { denied, noIdentityPolicy, type Refused, refused } from './refused.ts'
import { type Clients, testServer } from './server.ts'

let deaf = false
let issuer: string
let theirs: string

const tokens = ['sts:GetWebIdentityToken', 'sts:TagGetWebIdentityToken', 'iam:*', 'sts:AssumeRole', 'sts:TagSession']

const port = await freePort()
const publicUrl = `http://localhost:${port}`
const server = await testServer({
  over: (store) => ({ ...store, heardAt: () => (deaf ? new Date(0) : store.heardAt()) }),
  settings: { listen: `127.0.0.1:${port}`, 'public-url': publicUrl },
})
const root = server.as(server.root)
const boss = await manager(server)
const dev = await person(root, 'dev', allow(tokens), '/team/')
const workerArn = await role(root, 'worker', trusts(dev.arn, ['sts:AssumeRole', 'sts:TagSession']), {
  permissions: allow(tokens),
  path: '/jobs/',
  tags: { team: 'orders', Stage: 'test' },
})
const worker = await assume(server, server.as(dev.keys), workerArn, { Tags: [{ Key: 'stage', Value: 'live' }] })
const other = await member(server, boss, 'other')

type Asked = Partial<GetWebIdentityTokenCommandInput>
const audience = 'https://api.example.com'
const get = (clients: Clients, asked: Asked = {}) =>
  clients.sts.send(new GetWebIdentityTokenCommand({ Audience: [audience], SigningAlgorithm: 'RS256', ...asked }))
const tokenOf = async (clients: Clients, asked: Asked = {}) => (await get(clients, asked)).WebIdentityToken ?? ''
const enable = async (clients: Clients) =>
  (await clients.iam.send(new EnableOutboundWebIdentityFederationCommand({}))).IssuerIdentifier ?? ''

/** As a relying party verifies: from the issuer's URL alone, with the client's own discovery. */
async function verified(token: string, expected: { issuer: string; audience?: string }): Promise<JWTPayload> {
  const options = { execute: [allowInsecureRequests] }
  const found = await discovery(new URL(expected.issuer), 'a-relying-party', undefined, None(), options)
  const keys = createRemoteJWKSet(new URL(found.serverMetadata().jwks_uri ?? ''))
  const { payload } = await jwtVerify(token, keys, { audience, ...expected, currentDate: server.now() })
  return payload
}

const disabledInfo: Refused = [
  'FeatureDisabledException',
  404,
  'Outbound web identity federation is not enabled for this account.',
]
const disabledToken: Refused = [
  'OutboundWebIdentityFederationDisabledException',
  403,
  'The outbound web identity federation feature is not enabled for this account. Enable it with EnableOutboundWebIdentityFederation.',
]

describe('an account that has not enabled it', () => {
  test('has no issuer', () => refused(root.iam.send(new GetOutboundWebIdentityFederationInfoCommand({})), disabledInfo))
  test('cannot disable it', () =>
    refused(root.iam.send(new DisableOutboundWebIdentityFederationCommand({})), disabledInfo))
  test('issues no tokens', () => refused(get(worker), disabledToken))
})

describe('an account that enables it', () => {
  test('has an issuer under the public URL, which does not reveal the account', async () => {
    issuer = await enable(root)
    assert.match(issuer.slice(publicUrl.length), /^\/issuers\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
    const info = await root.iam.send(new GetOutboundWebIdentityFederationInfoCommand({}))
    assert.deepEqual([info.IssuerIdentifier, info.JwtVendingEnabled], [issuer, true])
  })

  test('enables it once', () =>
    refused(enable(root), [
      'FeatureEnabledException',
      409,
      'Outbound web identity federation is already enabled for this account.',
    ]))

  test('has another issuer than every other account, and other keys', async () => {
    theirs = await enable(other.admin)
    assert.notEqual(theirs, issuer)
    const token = await tokenOf(other.admin)
    assert.equal((await verified(token, { issuer: theirs })).iss, theirs)
    const keys = createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`))
    await assert.rejects(jwtVerify(token, keys, { currentDate: server.now() }), { code: 'ERR_JWKS_NO_MATCHING_KEY' })
  })
})

describe('a token', () => {
  for (const algorithm of ['RS256', 'ES384'] as const) {
    test(`signed with ${algorithm} is verified by a stock OpenID Connect client`, async () => {
      const token = await tokenOf(worker, { SigningAlgorithm: algorithm })
      const { alg, typ } = decodeProtectedHeader(token)
      assert.deepEqual([alg, typ], [algorithm, 'JWT'])
      assert.equal((await verified(token, { issuer })).sub, workerArn)
    })
  }

  test('of a role’s session names the role, and all that is known of the session', async () => {
    const tags = [{ Key: 'job', Value: '7' }]
    const { Organization } = await root.organizations.send(new DescribeOrganizationCommand({}))
    const { WebIdentityToken = '', Expiration } = await get(worker, { DurationSeconds: 600, Tags: tags })
    const { jti, ...claims } = await verified(WebIdentityToken, { issuer })
    const iat = Math.floor(server.now().getTime() / 1000)
    assert.match(jti ?? '', /^[0-9a-f-]{36}$/)
    assert.deepEqual(claims, {
      iss: issuer,
      sub: workerArn,
      aud: audience,
      iat,
      exp: iat + 600,
      'https://sts.amazonaws.com/': {
        aws_account: server.account,
        source_region: 'us-east-1',
        principal_id: workerArn,
        org_id: Organization?.Id,
        ou_path: `${Organization?.Id}/${Organization?.Id?.replace('o-', 'r-')}/`,
        principal_tags: { team: 'orders', stage: 'live' },
        request_tags: { job: '7' },
        original_session_exp: new Date((iat + 3600) * 1000).toISOString().replace('.000', ''),
      },
    })
    assert.equal(Expiration?.getTime(), (iat + 600) * 1000)
  })

  test('of a user names the user with its path, and has nothing of a session', async () => {
    const claims = decodeJwt(await tokenOf(server.as(dev.keys)))
    assert.equal(claims.sub, dev.arn)
    const own = claims['https://sts.amazonaws.com/'] as Record<string, unknown>
    assert.deepEqual(Object.keys(own), ['aws_account', 'source_region', 'principal_id', 'org_id', 'ou_path'])
  })

  test('of root names the account’s root', async () => {
    assert.equal(decodeJwt(await tokenOf(root)).sub, `arn:aws:iam::${server.account}:root`)
  })

  test('is valid for five minutes by default', async () => {
    const { iat = 0, exp } = decodeJwt(await tokenOf(worker))
    assert.equal(exp, iat + 300)
  })

  test('for several audiences has them all', async () => {
    const { aud } = decodeJwt(await tokenOf(worker, { Audience: [audience, 'b'] }))
    assert.deepEqual(aud, [audience, 'b'])
  })

  test('is different each time', async () => {
    const ids = await Promise.all([tokenOf(worker), tokenOf(worker)])
    assert.equal(new Set(ids.map((token) => decodeJwt(token).jti)).size, 2)
  })

  test('has a tag called __proto__ like any other', async () => {
    const token = await tokenOf(worker, { Tags: [{ Key: '__proto__', Value: 'x' }] })
    assert.match(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString(), /"request_tags":\{"__proto__":"x"\}/)
  })
})

describe('a token is refused', () => {
  test('when it would outlive the session it is made from', async () => {
    const escalation: Refused = [
      'SessionDurationEscalationException',
      403,
      'The requested token duration would extend the session beyond its original expiration time. Ask for a shorter one.',
    ]
    const short = await assume(server, server.as(dev.keys), workerArn, { DurationSeconds: 900 })
    const just = decodeJwt(await tokenOf(short, { DurationSeconds: 900 }))
    assert.equal((just.exp ?? 0) - (just.iat ?? 0), 900)
    await refused(get(short, { DurationSeconds: 901 }), escalation)
  })

  test('when it would be too large', () =>
    refused(get(worker, { Audience: Array.from({ length: 10 }, (_, i) => String(i).repeat(1000)), Tags: many }), [
      'JWTPayloadSizeExceededException',
      400,
      'The requested token payload size exceeds the maximum allowed size. Reduce the number of request tags.',
    ]))
  const many = Array.from({ length: 20 }, (_, i) => ({ Key: `k${i}`, Value: 'v'.repeat(256) }))

  test('for an algorithm that is not offered', () =>
    refused(get(worker, { SigningAlgorithm: 'HS256' }), [
      'ValidationError',
      400,
      "1 validation error detected: Value at 'signingAlgorithm' failed to satisfy constraint: Member must satisfy enum value set: [RS256, ES384]",
    ]))

  test('by a node that does not hear of changes', async () => {
    deaf = true
    const words = 'The request has failed due to a temporary failure of the server.'
    await refused(get(worker), ['ServiceUnavailable', 503, words])
    deaf = false
  })

  for (const [what, asked] of [
    ['no audience', { Audience: [] }],
    ['eleven audiences', { Audience: Array.from({ length: 11 }, String) }],
    ['an empty audience', { Audience: [''] }],
    ['a minute less a second', { DurationSeconds: 59 }],
    ['an hour and a second', { DurationSeconds: 3601 }],
  ] as const) {
    test(`for ${what}`, () => assert.rejects(get(worker, asked as Asked), { name: 'ValidationError' }))
  }

  test('for a tag that stands twice, whatever its letters', () =>
    refused(get(worker, { Tags: [{ Key: 'a', Value: '1' }, { Key: 'A', Value: '2' }] }), [
      'InvalidParameterValue',
      400,
      'Duplicate tag keys found. Please note that Tag keys are case insensitive.',
    ])) // biome-ignore format: a row
})

describe('a token proves nothing here', () => {
  test('not where a role trusts the account’s own issuer', async () => {
    const url = issuer.replace('http://', '')
    const Federated = `arn:aws:iam::${server.account}:oidc-provider/${url}`
    // As if it were registered: no operation would.
    const record = { account: server.account, id: 'own', url, issuer, clientIds: [audience], thumbprints: [], tags: [] }
    await server.engine.store.transact((tx) =>
      tx.create(oidcProviders, { ...record, createdAt: '2026-09-01T00:00:00Z' }),
    )
    const Action = 'sts:AssumeRoleWithWebIdentity'
    const RoleArn = await role(root, 'gullible', policy({ Principal: { Federated }, Action }))
    const WebIdentityToken = await tokenOf(worker)
    const words =
      'The web identity token provided could not be validated. See the AssumeRoleWithWebIdentity documentation for requirements.'
    await refused(
      worker.sts.send(new AssumeRoleWithWebIdentityCommand({ RoleArn, RoleSessionName: 'more', WebIdentityToken })),
      ['InvalidIdentityTokenException', 400, words],
    )
  })

  test('and its issuer is not registered', () =>
    assert.rejects(
      root.iam.send(
        new CreateOpenIDConnectProviderCommand({ Url: issuer.replace('http:', 'https:'), ThumbprintList: [] }),
      ),
      { name: 'InvalidInputException' },
    ))
})

describe('policies decide on', () => {
  let ann: Person
  const may = (Condition: object, Action: string | readonly string[] = 'sts:GetWebIdentityToken') =>
    root.iam.send(
      new PutUserPolicyCommand({
        UserName: 'ann',
        PolicyName: 'own',
        PolicyDocument: policy({ Action, Resource: '*', Condition }),
      }),
    )
  const ask = (asked: Asked) => get(server.as(ann.keys), asked)
  const no = (action = 'sts:GetWebIdentityToken') => denied(ann.arn, action, '*', noIdentityPolicy(action))
  before(async () => {
    ann = await person(root, 'ann')
  })

  test('the operation', () => refused(ask({}), no()))

  test('every audience of the request', async () => {
    await may({ 'ForAllValues:StringEquals': { 'sts:IdentityTokenAudience': [audience, 'b'] } })
    await ask({ Audience: ['b', audience] })
    await refused(ask({ Audience: [audience, 'c'] }), no())
  })

  test('the algorithm', async () => {
    await may({ StringEquals: { 'sts:SigningAlgorithm': 'ES384' } })
    await ask({ SigningAlgorithm: 'ES384' })
    await refused(ask({ SigningAlgorithm: 'RS256' }), no())
  })

  test('the duration, also of one that is not asked for', async () => {
    await may({ NumericLessThanEquals: { 'sts:DurationSeconds': '299' } })
    await ask({ DurationSeconds: 299 })
    await refused(ask({}), no())
  })

  test('tags, by an action of their own', async () => {
    const Tags = [{ Key: 'job', Value: '7' }]
    await may({})
    await refused(ask({ Tags }), no('sts:TagGetWebIdentityToken'))
    await may({ 'ForAllValues:StringEquals': { 'aws:TagKeys': ['job'] } }, [
      'sts:GetWebIdentityToken',
      'sts:TagGetWebIdentityToken',
    ])
    await ask({ Tags })
  })

  test('who enables and disables it', async () => {
    const action = 'iam:DisableOutboundWebIdentityFederation'
    await refused(server.as(ann.keys).iam.send(new DisableOutboundWebIdentityFederationCommand({})), no(action))
  })
})

describe('the issuer’s documents', () => {
  const at = (path: string, host = 'localhost', init: RequestInit = {}) =>
    fetch(`http://${host}:${server.port}${path}`, init)
  const paths = () =>
    ['openid-configuration', 'jwks.json'].map((name) => `${new URL(issuer).pathname}/.well-known/${name}`)

  test('name the configured URL', async () => {
    const [path = ''] = paths()
    assert.deepEqual(await (await at(path)).json(), {
      issuer,
      jwks_uri: `${issuer}/.well-known/jwks.json`,
      response_types_supported: ['id_token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256', 'ES384'],
      claims_supported: ['aud', 'exp', 'iat', 'iss', 'jti', 'sub', 'https://sts.amazonaws.com/'],
    })
  })

  test('are answered under the public URL’s name alone, never under an API’s', async () => {
    for (const path of paths()) {
      assert.equal((await at(path)).status, 200)
      const api = await at(path, '127.0.0.1')
      assert.notEqual(api.status, 200)
      assert.doesNotMatch(await api.text(), /jwks|"kty"/)
    }
  })

  test('may be read from anywhere and kept for an hour, and set no cookie', async () => {
    for (const path of paths()) {
      const { headers } = await at(path)
      const read = ['access-control-allow-origin', 'cache-control', 'content-type', 'set-cookie']
      assert.deepEqual(
        read.map((name) => headers.get(name)),
        ['*', 'public, max-age=3600', 'application/json', null],
      )
    }
  })

  test('do not exist for an issuer that does not', async () => {
    assert.equal((await at('/issuers/00000000-0000-4000-8000-000000000000/.well-known/jwks.json')).status, 404)
    assert.equal((await at(`/issuers/${server.account}/.well-known/jwks.json`)).status, 404)
  })

  test('hold no private key', async () => {
    const { keys } = (await (await at(paths()[1] ?? '')).json()) as { keys: Record<string, string>[] }
    assert.deepEqual(keys.map(({ alg }) => alg).sort(), ['ES384', 'RS256'])
    for (const key of keys) for (const secret of ['d', 'p', 'q', 'dp', 'dq', 'qi']) assert.equal(key[secret], undefined)
  })

  test('answer only GET and HEAD', async () => {
    assert.equal((await at(paths()[0] ?? '', 'localhost', { method: 'HEAD' })).status, 200)
    assert.equal((await at(paths()[0] ?? '', 'localhost', { method: 'POST', body: 'x' })).status, 405)
  })
})

describe('keys of an issuer', () => {
  test('follow one another without a token that cannot be verified', async () => {
    const before = await tokenOf(server.as(dev.keys), { DurationSeconds: 3600 })
    await server.engine.store.transact(await server.engine.signers.rotation(server.now()))
    const kidOf = (token: string) => decodeProtectedHeader(token).kid
    assert.equal(kidOf(await tokenOf(server.as(dev.keys))), kidOf(before))
    await server.move(24 * 3_600_000)
    const next = await tokenOf(server.as(dev.keys))
    assert.notEqual(kidOf(next), kidOf(before))
    await verified(next, { issuer })
    const keys = createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`))
    const early = new Date(server.now().getTime() - 24 * 3_600_000)
    await jwtVerify(before, keys, { currentDate: early })
  })
})

describe('an account that disables it', () => {
  test('gives no tokens; what it gave is still verified; enabled again, it is the same issuer', async () => {
    const token = await tokenOf(server.as(dev.keys))
    await root.iam.send(new DisableOutboundWebIdentityFederationCommand({}))
    await refused(get(server.as(dev.keys)), disabledToken)
    await refused(root.iam.send(new GetOutboundWebIdentityFederationInfoCommand({})), disabledInfo)
    await verified(token, { issuer })
    assert.equal(await enable(root), issuer)
  })

  test('has no documents any more once it is suspended', async () => {
    const url = `${theirs}/.well-known/jwks.json`
    assert.equal((await fetch(url)).status, 200)
    await server.engine.store.transact(async (tx) => {
      const account = await tx.get(accounts, [other.id])
      assert(account)
      await tx.replace(accounts, { ...account, status: 'SUSPENDED' as const })
    })
    assert.equal((await fetch(url)).status, 404)
  })
})

describe('a server without a public URL', () => {
  test('has no issuers, and says so', async () => {
    const plain = await testServer()
    await refused(enable(plain.as(plain.root)), [
      'ValidationError',
      400,
      'This server has no public URL (setting public-url), so it has no issuer that others could verify.',
    ])
  })
})
