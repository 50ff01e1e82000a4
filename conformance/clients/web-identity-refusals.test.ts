// What a web identity is refused with, code, status and sentence, over the whole server: bad tokens, bad providers, and
// providers of other accounts.
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { describe, test } from 'node:test'
import {
  CreateOpenIDConnectProviderCommand,
  CreateRoleCommand,
  DeleteOpenIDConnectProviderCommand,
  UpdateOpenIDConnectProviderThumbprintCommand,
} from '@aws-sdk/client-iam'
import { discoveryPath, newKey, rawToken, signToken, type TokenChanges } from '../../src/federation/testing/idp.ts'
import { roles } from '../../src/service/records.ts'
import { manager, member, role } from './people.ts'
import { type Refused, refused } from './refused.ts'
import { firstAccount, testServer } from './server.ts'
import {
  assumeWith,
  invalidToken,
  notAuthorized,
  privately,
  register,
  testIdp,
  trusting,
} from './web-identity-servers.ts'

const publicUrl = 'https://hallpass.example'
/** The first account has keys of it by hand. Another's would be fetched from this machine, which a fetch never reaches. */
const air = 'https://127.0.0.1/air-gapped'

const token = (changes?: TokenChanges, by = key, issuer = idp.issuer) => signToken(issuer, by, server.now(), changes)
const arnOf = (issuer: string, account = firstAccount) =>
  `arn:aws:iam::${account}:oidc-provider/${issuer.slice('https://'.length)}`

const [key, forged] = await Promise.all([newKey('RS256', 'one'), newKey('RS256', 'one')])
const idp = await testIdp({ keys: [key] })
const selfSigned = await testIdp({ tls: 'selfsigned', keys: [key] })
const troubled = await testIdp({ keys: [key] })
const providers = [
  { issuer: idp.issuer, account: firstAccount, ...privately },
  { issuer: selfSigned.issuer, account: firstAccount, allow: ['127.0.0.0/8'] },
  { issuer: troubled.issuer, account: firstAccount, ...privately },
  { issuer: air, account: firstAccount, keys: 'air.json' },
  { issuer: 'https://gitlab.com', account: firstAccount, keys: 'air.json' },
]
const server = await testServer({
  providers: { providers },
  files: { 'air.json': JSON.stringify({ keys: [key.jwk] }) },
  settings: { 'public-url': publicUrl },
})
const admin = server.as(server.root)
for (const { issuer } of [idp, troubled]) await register(admin, issuer)
await register(admin, selfSigned.issuer, ['client'], { ThumbprintList: ['0'.repeat(40)] })
await register(admin, air)
const reader = await role(admin, 'reader', trusting(arnOf(idp.issuer)))
const airRole = await role(admin, 'air', trusting(arnOf(air)))
const other = await member(server, await manager(server), 'other')

const notAJwt = 'The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)'
const noKey =
  "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements"
const generic =
  'The web identity token provided could not be validated. See the AssumeRoleWithWebIdentity documentation for requirements.'
const thumbprint = "OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint"
const missing = (issuer: string) => `No OpenIDConnect provider found in your account for ${issuer}`

const claims = () => {
  const seconds = Math.floor(server.now().getTime() / 1000)
  return JSON.stringify({ iss: idp.issuer, sub: 'ann', aud: 'client', iat: seconds, exp: seconds + 600 })
}
const hmac = () => {
  const unsigned = rawToken('{"alg":"HS256","kid":"one"}', claims(), '').slice(0, -1)
  return `${unsigned}.${createHmac('sha256', JSON.stringify(key.jwk)).update(unsigned).digest('base64url')}`
}
const said = (more: object) => () => token({ claims: { ...more } })

describe('tokens', () => {
  const rows: [string, () => string | Promise<string>, string][] = [
    ['an opaque access token', () => 'ya29.opaque', notAJwt],
    ['an encrypted one', () => rawToken('{"alg":"RSA-OAEP","enc":"A256GCM"}', claims(), 'a.b.c'), notAJwt],
    ['a claim twice', () => rawToken('{"alg":"RS256","kid":"one"}', claims().replace('{', '{"sub":"root",')), notAJwt],
    ['a signature with padding behind', async () => `${await token()}==`, notAJwt],
    ['alg none', () => rawToken('{"alg":"none"}', claims()), generic],
    ['HS256 with the public key', hmac, generic],
    ['another key', () => token({}, forged), noKey],
    ['an unknown kid', () => token({ header: { kid: 'two' } }), noKey],
    ['no iss', said({ iss: undefined }), 'Missing a required claim: iss'],
    ['no sub', said({ sub: undefined }), 'Missing a required claim: sub'],
    ['no aud', said({ aud: undefined }), 'Missing a required claim: aud'],
    ['no exp', said({ exp: undefined }), 'Missing a required claim: exp'],
    ['no iat', said({ iat: undefined }), 'Missing a required claim: iat'],
    ['a sub that is no text', said({ sub: ['ann'] }), generic],
    ['the audience of another client', said({ aud: 'another' }), 'Incorrect token audience'],
    [
      'two audiences without azp',
      said({ aud: ['client', 'b'] }),
      'Token audience contains more than one audience while authorized party is not present',
    ],
    ['from the future', said({ nbf: 4_000_000_000 }), generic],
    ['an issuer with a slash more', () => token({ claims: { iss: `${idp.issuer}/` } }), ''],
    ['an issuer without port', () => token({ claims: { iss: 'https://localhost' } }), ''],
    ['an issuer in upper case', () => token({ claims: { iss: idp.issuer.replace('local', 'LOCAL') } }), ''],
    ['an issuer with userinfo', () => token({ claims: { iss: idp.issuer.replace('//', '//a@') } }), ''],
    ['an issuer by http', () => token({ claims: { iss: idp.issuer.replace('https', 'http') } }), ''],
    ['an issuer without scheme', () => token({ claims: { iss: idp.issuer.slice(8) } }), ''],
    ['an issuer that is nobody’s', () => token({ claims: { iss: 'https://evil.example' } }), ''],
    ['a JWT that Hallpass itself gave', () => token({ claims: { iss: `${publicUrl}/issuers/one` } }), generic],
    ['the same in other letters', () => token({ claims: { iss: 'HTTPS://Hallpass.Example/issuers/one' } }), generic],
  ]
  for (const [name, make, sentence] of rows) {
    test(name, async () => {
      const text = await make()
      // Without a sentence: there is no such provider.
      const iss = () => JSON.parse(Buffer.from(text.split('.')[1] ?? '', 'base64url').toString()).iss
      await refused(assumeWith(server, reader, text), invalidToken(sentence === '' ? missing(iss()) : sentence))
    })
  }

  test('expired', async () => {
    const seconds = Math.floor(server.now().getTime() / 1000)
    await refused(assumeWith(server, reader, await token({ claims: { exp: seconds - 60 } })), [
      'ExpiredTokenException',
      400,
      `Token expired: current date/time ${seconds} must be before the expiration date/time ${seconds - 60}`,
    ])
  })

  test('20 KB, and more', async () => {
    const long = await token({ claims: { padding: 'x'.repeat(14_000) } })
    await assumeWith(server, reader, long)
    await assert.rejects(assumeWith(server, reader, `${long}${'x'.repeat(20_000 - long.length + 1)}`), {
      name: 'ValidationError',
    })
  })

  test('with ProviderId: an ID token is no access token, and other providers are none', async () => {
    for (const ProviderId of ['www.amazon.com', 'accounts.google.com', idp.issuer.slice(8)]) {
      await refused(assumeWith(server, reader, await token(), { ProviderId }), invalidToken(generic))
    }
  })

  test('a role ARN that is none', async () => {
    await refused(assumeWith(server, 'nothing-valid-in-here', await token()), [
      'ValidationError',
      400,
      'nothing-valid-in-here is invalid',
    ])
  })
})

describe('providers', () => {
  const down: Refused = ['IDPCommunicationErrorException', 400, 'The identity provider could not be reached.']
  const ask = async () => {
    const more = { claims: { iss: troubled.issuer } }
    return assumeWith(server, reader, await token(more))
  }
  const rows: [string, () => void, Refused][] = [
    ['down', () => void Object.assign(troubled, { down: true }), down],
    [
      'failing',
      () => void troubled.answers.set(discoveryPath, (_request, response) => void response.writeHead(500).end()),
      down,
    ],
    [
      'answering HTML',
      () => void troubled.answers.set(discoveryPath, (_request, response) => void response.end('<html>')),
      invalidToken(noKey),
    ],
    [
      'redirecting',
      () =>
        void troubled.answers.set(
          discoveryPath,
          (_request, response) => void response.writeHead(302, { location: idp.issuer + discoveryPath }).end(),
        ),
      invalidToken(noKey),
    ],
    [
      'that names another issuer',
      () => void Object.assign(troubled, { discovery: { issuer: idp.issuer } }),
      invalidToken(noKey),
    ],
  ]
  for (const [name, arrange, told] of rows) {
    test(`one that is ${name}`, async () => {
      Object.assign(troubled, { down: false, discovery: {} })
      troubled.answers.clear()
      arrange()
      await server.move(60_000)
      await refused(ask(), told)
    })
  }

  test('with a certificate of its own making, until its thumbprint is the one', async () => {
    const signed = () => token({ claims: { iss: selfSigned.issuer } })
    const self = await role(admin, 'self', trusting(arnOf(selfSigned.issuer)))
    await refused(assumeWith(server, self, await signed()), invalidToken(thumbprint))
    const OpenIDConnectProviderArn = arnOf(selfSigned.issuer)
    const { thumbprintOf } = await import('../../src/federation/thumbprint.ts')
    const { certificate } = await import('../../src/federation/testing/idp.ts')
    const der = Buffer.from(certificate('selfsigned').replace(/-----[A-Z ]+-----/g, ''), 'base64')
    await admin.iam.send(
      new UpdateOpenIDConnectProviderThumbprintCommand({
        OpenIDConnectProviderArn,
        ThumbprintList: [thumbprintOf(der)],
      }),
    )
    await server.move(60_000)
    await assumeWith(server, self, await signed())
  })

  test('of addresses that may not be fetched: not at registration either', async () => {
    const Url = 'https://127.0.0.1/latest'
    await refused(admin.iam.send(new CreateOpenIDConnectProviderCommand({ Url, ClientIDList: ['client'] })), [
      'OpenIdIdpCommunicationErrorException',
      400,
      `Could not connect to ${Url}`,
    ])
    const arn = await register(admin, Url, ['client'], { ThumbprintList: ['0'.repeat(40)] })
    await refused(assumeWith(server, reader, await token({ claims: { iss: Url } })), invalidToken(noKey))
    await admin.iam.send(new DeleteOpenIDConnectProviderCommand({ OpenIDConnectProviderArn: arn }))
    await refused(assumeWith(server, reader, await token({ claims: { iss: Url } })), invalidToken(missing(Url)))
  })

  test('built in, or this server’s own, are registered by nobody', async () => {
    for (const Url of [
      'https://accounts.google.com',
      'https://www.amazon.com',
      `${publicUrl}/issuers/one`,
      `${publicUrl}/ISSUERS/one`,
    ]) {
      await assert.rejects(admin.iam.send(new CreateOpenIDConnectProviderCommand({ Url })), {
        name: 'InvalidInputException',
      })
    }
  })
})

describe('accounts', () => {
  test('keys that are uploaded verify, and nothing is fetched', async () => {
    await assumeWith(server, airRole, await token({}, key, air))
  })

  test('an account without the provider knows no token of it', async () => {
    const there = `arn:aws:iam::${other.id}:role/OrganizationAccountAccessRole`
    await refused(assumeWith(server, there, await token()), invalidToken(missing(idp.issuer)))
    await refused(
      assumeWith(server, 'arn:aws:iam::999999999999:role/reader', await token()),
      invalidToken(missing(idp.issuer)),
    )
  })

  test('a provider of another account is no principal, and its token none of ours', async () => {
    await register(other.admin, air, ['client'], { ThumbprintList: ['0'.repeat(40)] })
    await assert.rejects(role(other.admin, 'theirs', trusting(arnOf(air))), {
      name: 'MalformedPolicyDocumentException',
    })
    const theirs = await role(other.admin, 'theirs', trusting(arnOf(air, other.id)))
    // Their record has no uploaded keys, so our token's key is not among what it can verify with.
    await refused(assumeWith(server, theirs, await token({}, key, air)), invalidToken(noKey))
    await refused(assumeWith(server, airRole, await token({}, forged, air)), invalidToken(noKey))
  })

  test('a provider that is in the record, and not in the trust policy', async () => {
    await refused(assumeWith(server, airRole, await token()), notAuthorized())
  })
})

describe('trust policies of issuers that many tenants share', () => {
  const github = `arn:aws:iam::${firstAccount}:oidc-provider/token.actions.githubusercontent.com`
  const make = (Condition: object) =>
    admin.iam.send(new CreateRoleCommand({ RoleName: 'ci', AssumeRolePolicyDocument: trusting(github, Condition) }))
  const sub = 'token.actions.githubusercontent.com:sub'
  for (const [name, condition] of [
    ['none', {}],
    ['the audience alone', { StringEquals: { 'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com' } }],
    ['a wildcard alone', { StringLike: { [sub]: '*' } }],
    ['every repository', { StringLike: { [sub]: 'repo:*' } }],
    ['whoever’s name begins so', { StringLike: { [sub]: 'repo:o*' } }],
    ['only if the claim is there', { StringEqualsIfExists: { [sub]: 'repo:o/r:*' } }],
  ] as const) {
    test(`a condition that names no tenant is refused: ${name}`, () =>
      assert.rejects(make(condition), { name: 'MalformedPolicyDocumentException' }))
  }
  test('one that was stored under older rules admits nobody by it, from its own tenant neither', async () => {
    await register(admin, 'https://gitlab.com')
    const tenant = (sub: string) => trusting(arnOf('https://gitlab.com'), { StringLike: { 'gitlab.com:sub': sub } })
    const runner = await role(admin, 'runner', tenant('project_path:acme/*'))
    const of = (path: string) => token({ claims: { sub: `project_path:${path}:ref` } }, key, 'https://gitlab.com')
    await assumeWith(server, runner, await of('acme/app'))
    await refused(assumeWith(server, runner, await of('stranger/app')), notAuthorized())
    await server.engine.store.transact(async (tx) => {
      const record = await tx.get(roles, [firstAccount, 'runner'])
      assert.ok(record)
      await tx.replace(roles, { ...record, trust: { text: tenant('project_path:*'), principals: {} } })
    })
    for (const path of ['acme/app', 'stranger/app']) {
      await refused(assumeWith(server, runner, await of(path)), notAuthorized())
    }
  })
  test('one that names a tenant is taken', async () => {
    await make({ StringLike: { [sub]: 'repo:o/r:*' } })
  })
  for (const aud of ['us-east-1:*', '*-*', `us-east-1:${'?'.repeat(36)}`]) {
    test(`every identity pool, or every one of a region, is no tenant: ${aud}`, async () => {
      const pools = 'cognito-identity.amazonaws.com'
      const guests = trusting(pools, { StringLike: { [`${pools}:aud`]: aud } })
      await assert.rejects(
        admin.iam.send(new CreateRoleCommand({ RoleName: 'guests', AssumeRolePolicyDocument: guests })),
        {
          name: 'MalformedPolicyDocumentException',
          message: 'A condition block must be present for the Cognito provider',
        },
      )
    })
  }
})
