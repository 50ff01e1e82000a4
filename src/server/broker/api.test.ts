// The broker's API as programs see it, and what others try with it. The broker itself, and whom connectors know, are the test's.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { afterEach, describe, test } from 'node:test'
import { Validator } from '@seriousme/openapi-schema-validator'
import { base32 } from '../../core/ids.ts'
import type { Secret } from '../../core/secret.ts'
import { codeOf, stepAt } from '../../core/totp.ts'
import type { Person, PersonOutcome } from '../../federation/person.ts'
import type { Allowed, AllowedEntitlement, AllowedRole, SignIn } from '../../service/contracts/people.ts'
import { factorCollections, type PersonFactor, personFactors } from '../../service/people/factor-records.ts'
import { seedPlace } from '../../service/people/factors.ts'
import { oauthCollections } from '../../service/people/oauth-records.ts'
import { createOauthTokens } from '../../service/people/oauth-tokens.ts'
import { ann, corp, disabled, newPeopleWorld, type PeopleWorld } from '../../service/people/testing/people-kit.ts'
import { accountAliases, onces } from '../../service/records.ts'
import { unusedCodes } from '../../service/session/code-attempts.ts'
import { start as NOW } from '../../service/session/testing/world.ts'
import { brokerError, brokerOperations } from '../../wire/broker-api.ts'
import { readAs, type Schema } from '../../wire/json-schema.ts'
import { type Json, readJson } from '../../wire/json-text.ts'
import { createPages } from '../pages/router.ts'
import { exchangeOf } from '../pages/testing/transport.ts'
import { brokerApiPages } from './api.ts'
import type { BrokerApiParts } from './api-parts.ts'
import type { Given, NotGiven } from './broker.ts'

const publicUrl = 'https://example.com/sts'
const account = '000123456789'
const roleArn = (name: string) => `arn:aws:iam::${account}:role/${name}`
const terms = { account, sessionSeconds: 3600, tags: [], multiFactor: false, places: ['people.yaml:1:1'] }
const role = (name: string, more: Partial<AllowedRole> = {}): AllowedRole => ({ ...terms, arn: roleArn(name), ...more })
const entitlement = (more: Partial<AllowedEntitlement> = {}): AllowedEntitlement => ({
  ...{ ...terms, policyArns: [], policy: '{}' },
  ...more,
})
const everything: Allowed = {
  roles: [
    role('Reader'),
    role('Admin', { multiFactor: true }),
    role('teams/Far', { target: 'aws', account: '999900001111' }),
  ],
  entitlements: [entitlement()],
  problems: [],
}
const refusals: PersonOutcome[] = (
  ['unknown', 'password', 'disabled', 'locked', 'password-expired', 'ambiguous', 'attempts', 'input', 'no-id'] as const
).map((rejected) => ({ rejected, detail: `a reason of ${rejected}` }))

interface World {
  readonly allowed?: Allowed
  readonly person?: PersonOutcome
  readonly given?: NotGiven
}

const worlds: PeopleWorld[] = []
afterEach(async () => {
  for (const { store } of worlds.splice(0)) await store.close()
})

async function served({ allowed = everything, person = { person: ann }, given: notGiven }: World = {}) {
  const random = (bytes: number) => randomBytes(bytes)
  const world = await newPeopleWorld([...oauthCollections, ...factorCollections, onces, accountAliases])
  worlds.push(world)
  const { store, vault, told } = world
  const { signIns } = world.people
  world.table = {
    ...world.table,
    connectors: [corp, { ...corp, name: 'idp', kind: 'oidc' }, { ...corp, name: 'saml', kind: 'saml' }] as never,
    targets: [
      {
        ...{ name: 'aws', accounts: ['999900001111'], sts: 'https://sts.example.org', region: 'eu-west-1' },
        ...{ federation: '', console: '', audience: '', allow: [] },
      },
    ],
  }
  const tokens = createOauthTokens({ store, vault, signIns, random })
  const of = { connector: 'corp', personId: ann.id }
  const factor: PersonFactor = {
    ...{ account: 'system', ...of, id: 'app', kind: 'totp', createdAt: 0, ...unusedCodes },
    seed: vault.seal(...seedPlace(of), base32(seed)),
  }
  await store.transact((tx) => tx.create(personFactors, factor))
  const asked: unknown[] = []
  const refused: string[] = []
  const failed: unknown[] = []
  const waits: number[] = []
  const tables = { count: 0 }
  const answer = (what: object, arn: string): Given | NotGiven => {
    asked.push(what)
    return (
      notGiven ?? {
        credentials: {
          ...{ AccessKeyId: 'ASIAEXAMPLE', SecretAccessKey: 'SECRET', SessionToken: 'TOKEN' },
          Expiration: new Date(NOW.getTime() + 3_600_000),
        },
        ...{ arn, requestId: 'BROKER-REQUEST' },
      }
    )
  }
  const unused = () => assert.fail('not a part of this test')
  const parts: BrokerApiParts = {
    ...{ publicUrl, store, tokens, apiUrl: 'https://api.example.com' },
    people: {
      table: async () => {
        tables.count++
        return world.table
      },
      allowed: () => allowed,
      connectors: {
        logIn: async (_connector: string, _login: string, password: Secret) =>
          password.reveal() === 'right' ? person : { rejected: 'password', detail: 'a reason of password' },
        ...{ findAgain: unused, look: unused, check: unused },
      },
      signIns,
    },
    broker: {
      assumeRole: async (_exchange, signIn, { arn }, seconds) =>
        answer({ signIn: signIn.id, arn, seconds }, `arn:aws:sts::${account}:assumed-role/Reader/ann`),
      federationToken: async (_exchange, signIn, { account: of }, seconds) =>
        answer({ signIn: signIn.id, of, seconds }, `arn:aws:sts::${of}:federated-user/ann-abc`),
      consoleLink: async ({ name: target }, _given, _seconds, destination) =>
        `https://${target}.example/?to=${destination}`,
    },
    codeFlows: {
      of: () =>
        ({
          prove: async (token: string) =>
            token === 'good.token'
              ? { person: { ...ann, connector: 'idp' }, use: { key: token, until: NOW.getTime() + 1000 } }
              : { rejected: 'proof', detail: 'a reason of proof' },
        }) as never,
    },
    samlPeople: {
      brought: async (_connector, response) =>
        response === 'GOOD'
          ? ({ person: { ...ann, connector: 'saml', multiFactor: true }, oneUse: undefined } as never)
          : { rejected: 'proof', detail: 'a reason of proof' },
    },
    signInTokens: { issue: async () => ({ token: 'SIGNIN-TOKEN' }) },
    factors: { store, vault, audit: { expiryOf: (now) => now }, random, signIns },
    clock: () => NOW,
    wait: async (ms) => void waits.push(ms),
    refused: (_exchange, reason) => void refused.push(reason),
  }
  const handler = createPages({
    ...{ publicUrl, pages: brokerApiPages(parts), clock: () => NOW },
    limits: { take: () => true, charge: () => {} },
    fail: (error) => void failed.push(error),
  })

  async function send(path: string, body: object | string, headers: Readonly<Record<string, string>> = {}) {
    const reply = await handler(
      exchangeOf({
        ...{ method: 'POST', url: new URL(`${publicUrl}/broker/${path}`) },
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    )
    return { status: reply.status, answer: JSON.parse(String(reply.body)), headers: reply.headers }
  }
  /** The access token of a command line's sign-in. */
  async function bearer(more: { readonly multiFactorAt?: Date } = {}) {
    const origin = exchangeOf({ method: 'GET', url: new URL(publicUrl), headers: {} })
    // A minute ago: the connector is asked again.
    const begun = new Date(NOW.getTime() - 60_000)
    const signIn = await signIns.begin({ person: ann, client: 'command-line', origin, ...more }, begun)
    return { signIn, authorization: `Bearer ${tokens.first(signIn, NOW).accessToken}` }
  }
  /** The sign-ins that live. */
  const live = async (): Promise<readonly SignIn[]> =>
    (await Promise.all((await signIns.list(NOW)).map(({ id }) => signIns.byId(id, NOW)))).flatMap((one) => one ?? [])
  return { tables, send, bearer, asked, refused, failed, waits, told, store, signIns, live, handler }
}

const seed = Buffer.alloc(20, 7)
const codeAt = (steps: number) => codeOf(seed, stepAt(NOW) + steps)
const rightCode = codeAt(0)
const wrongCode = codeAt(-5)
const login = { connector: 'corp', login: 'ann', password: 'right' }
const seen = ({ status, answer }: { status: number; answer: { code?: string } }) => [status, answer.code]

describe('credentials', () => {
  test('of GetFederationToken, for a directory’s login, in a sign-in as long as they are', async () => {
    const { send, asked, live } = await served()
    const { status, answer } = await send('credentials', login)
    assert.equal(status, 200)
    assert.deepEqual(answer, {
      Credentials: {
        ...{ AccessKeyId: 'ASIAEXAMPLE', SecretAccessKey: 'SECRET', SessionToken: 'TOKEN' },
        Expiration: '2026-03-01T13:00:00Z',
      },
      FederatedUser: {
        FederatedUserId: `${account}:ann-abc`,
        Arn: `arn:aws:sts::${account}:federated-user/ann-abc`,
      },
      ...{ requestId: 'BROKER-REQUEST', apiUrl: 'https://api.example.com', region: 'us-east-1' },
    })
    const [signIn] = await live()
    assert.deepEqual(asked, [{ signIn: signIn?.id, of: account, seconds: 3600 }])
    assert.deepEqual([signIn?.client, signIn?.endsAt], ['api', new Date(NOW.getTime() + 3_600_000)])
  })

  test('of a role, whatever case its name is written in', async () => {
    const { send, asked } = await served()
    const { answer } = await send('credentials', { ...login, role: roleArn('READER'), durationSeconds: 900 })
    assert.equal(answer.AssumedRoleUser.Arn, `arn:aws:sts::${account}:assumed-role/Reader/ann`)
    assert.match(answer.SourceIdentity, /^ann-[a-z2-7]{10}$/)
    assert.deepEqual((asked[0] as { arn: string; seconds: number }).arn, roleArn('Reader'))
    assert.equal((asked[0] as { seconds: number }).seconds, 900)
  })

  test('of a role elsewhere say where they are for', async () => {
    const { send } = await served()
    const { answer } = await send('credentials', { ...login, role: roleArn('teams/Far') })
    assert.deepEqual([answer.apiUrl, answer.region], ['https://sts.example.org', 'eu-west-1'])
  })

  test('of everything, the table is read once after the person was proven', async () => {
    const { send, tables } = await served()
    const far = { role: roleArn('teams/Far') }
    for (const [path, wish] of [
      ['credentials', {}],
      ['credentials', far],
      ['roles', {}],
      ['console', far],
    ] as const) {
      tables.count = 0
      assert.equal((await send(path, { ...login, ...wish })).status, 200)
      assert.equal(tables.count, 1, path)
    }
  })

  test('for an ID token, once', async () => {
    const { send, refused } = await served()
    const token = { connector: 'idp', idToken: 'good.token' }
    assert.equal((await send('roles', token)).status, 200)
    assert.equal((await send('credentials', token)).status, 200)
    assert.deepEqual(seen(await send('credentials', token)), [401, 'UnauthorizedException'])
    assert.match(refused.join(), /counts once/)
  })

  test('for a SAML response, with the factor that its provider is believed for', async () => {
    const { send } = await served()
    const response = { connector: 'saml', samlResponse: 'GOOD', role: roleArn('Admin') }
    assert.equal((await send('credentials', response)).status, 200)
  })

  test('for the command line’s sign-in, in that sign-in', async () => {
    const { send, bearer, asked, live } = await served()
    const { signIn, authorization } = await bearer()
    assert.equal((await send('credentials', '', { authorization })).status, 200)
    assert.deepEqual((asked[0] as { signIn: string }).signIn, signIn.id)
    assert.equal((await live()).length, 1)
  })

  test('are not given for a role that is not among the person’s', async () => {
    const { send, asked, live } = await served()
    for (const other of [roleArn('Other'), 'arn:aws:iam::111122223333:role/Reader', roleArn('x/Reader')]) {
      const { status, answer } = await send('credentials', { ...login, role: other })
      assert.deepEqual([status, answer.code], [403, 'AccessDenied'])
      assert.equal(answer.message, `User: corp/ann is not authorized to perform: sts:AssumeRole on resource: ${other}`)
    }
    assert.deepEqual([asked.length, (await live()).length], [0, 0])
  })

  test('are not given for the entitlements of another account', async () => {
    const { send, asked } = await served()
    const wish = { ...login, federationToken: { account: '111122223333' } }
    assert.deepEqual(seen(await send('credentials', wish)), [403, 'AccessDenied'])
    assert.equal(asked.length, 0)
  })

  test('of which of several accounts must be said', async () => {
    const two = { ...everything, entitlements: [entitlement(), entitlement({ account: '111122223333' })] }
    const { send } = await served({ allowed: two })
    const { status, answer } = await send('credentials', login)
    assert.deepEqual([status, answer.code], [400, 'ValidationError'])
    assert.match(answer.message, /one of 000123456789, 111122223333/)
    assert.equal((await send('credentials', { ...login, federationToken: { account } })).status, 200)
  })

  test('are no longer than the table says', async () => {
    const { send } = await served()
    for (const wish of [
      { role: roleArn('Reader'), durationSeconds: 3601 },
      { federationToken: { durationSeconds: 3601 } },
    ]) {
      assert.deepEqual(seen(await send('credentials', { ...login, ...wish })), [400, 'ValidationError'])
    }
  })

  test('that the broker was refused are refused with its words and its request, and the sign-in ends', async () => {
    const no = {
      refused: { code: 'AccessDenied', status: 403, message: 'User: … is not authorized' },
      requestId: 'ITS',
    }
    const { send, live } = await served({ given: no })
    const { status, answer } = await send('credentials', login)
    assert.deepEqual(
      [status, answer],
      [403, { code: 'AccessDenied', message: 'User: … is not authorized', requestId: 'ITS' }],
    )
    assert.equal((await live()).length, 0)
  })
})

describe('a second factor', () => {
  const admin = { role: roleArn('Admin') }

  test('is asked for by a role whose row asks for it', async () => {
    const { send } = await served()
    const { status, answer } = await send('credentials', { ...login, ...admin })
    assert.deepEqual([status, answer.code], [403, 'AccessDenied'])
    assert.match(answer.message, /second factor: send its code/)
  })

  test('that is right gives the role, and is the sign-in’s', async () => {
    const { send, live } = await served()
    assert.equal((await send('credentials', { ...login, ...admin, code: rightCode })).status, 200)
    assert.deepEqual(
      (await live()).map(({ multiFactorAt }) => multiFactorAt),
      [NOW],
    )
  })

  test('that is wrong is refused as a wrong password is', async () => {
    const { send, asked, live, waits } = await served()
    const byCode = await send('credentials', { ...login, ...admin, code: wrongCode })
    const byPassword = await send('credentials', { ...login, ...admin, password: 'wrong', code: rightCode })
    assert.deepEqual(byCode, byPassword)
    assert.deepEqual(waits, [1000, 1000])
    assert.deepEqual([asked.length, (await live()).length], [0, 0])
  })

  test('counts once', async () => {
    const { send } = await served()
    assert.equal((await send('credentials', { ...login, ...admin, code: rightCode })).status, 200)
    assert.equal((await send('credentials', { ...login, ...admin, code: rightCode })).status, 401)
  })

  test('cannot be carried by GetFederationToken, and the answer offers AssumeRole', async () => {
    const { send } = await served({ allowed: { ...everything, entitlements: [entitlement({ multiFactor: true })] } })
    const { status, answer } = await send('credentials', { ...login, code: rightCode })
    assert.deepEqual([status, answer.code], [403, 'AccessDenied'])
    assert.match(answer.message, /GetFederationToken cannot carry a second factor.*AssumeRole/)
  })

  test('of a command line is the one of its sign-in', async () => {
    const { send, bearer } = await served()
    const without = await bearer()
    assert.deepEqual(seen(await send('credentials', admin, { authorization: without.authorization })), [
      403,
      'AccessDenied',
    ])
    const { authorization } = await bearer({ multiFactorAt: NOW })
    assert.equal((await send('credentials', admin, { authorization })).status, 200)
  })
})

describe('who is not signed in', () => {
  test('is told the same whatever was wrong, and the operator is told what', async () => {
    const { send, refused } = await served()
    const first = await send('credentials', { ...login, password: 'wrong' })
    assert.deepEqual(seen(first), [401, 'UnauthorizedException'])
    for (const outcome of refusals) {
      const other = await served({ person: outcome })
      assert.deepEqual(await other.send('credentials', login), first)
      if ('rejected' in outcome) assert.match(other.refused.join(), new RegExp(outcome.rejected))
    }
    assert.deepEqual(await send('credentials', { connector: 'idp', idToken: 'bad' }), first)
    assert.deepEqual(await send('credentials', { connector: 'saml', samlResponse: 'BAD' }), first)
    assert.deepEqual(await send('credentials', { connector: 'saml', idToken: 'good.token' }), first)
    assert.deepEqual(await send('credentials', { connector: 'nobody', idToken: 'good.token' }), first)
    assert.equal(refused.length, 5)
  })

  test('because the directory cannot be asked is told to come again', async () => {
    const { send } = await served({ person: { unavailable: 'no server answers' } })
    const { status, answer } = await send('credentials', login)
    assert.deepEqual([status, answer.code], [503, 'ServiceUnavailable'])
    assert.doesNotMatch(answer.message, /no server/)
  })

  test('is whoever has an access token of a sign-in that has ended, or none', async () => {
    const { send, bearer, signIns } = await served()
    const { signIn, authorization } = await bearer()
    await signIns.end(signIn.id, 'signed out', NOW)
    for (const header of [authorization, 'Bearer', 'Bearer x', 'Basic YTpi', `${authorization}x`]) {
      const answer = await send('credentials', {}, { authorization: header })
      assert.deepEqual(seen(answer), [401, 'UnauthorizedException'], header)
      assert.ok(answer.headers.includes('WWW-Authenticate'))
    }
    assert.deepEqual(seen(await send('credentials', {})), [401, 'UnauthorizedException'])
  })

  test('is whoever the directory no longer lets in', async () => {
    const { send, bearer, told, asked } = await served()
    const { authorization } = await bearer()
    told.answer = disabled
    for (const path of ['credentials', 'roles', 'console']) {
      const body = path === 'console' ? { role: roleArn('Reader') } : {}
      assert.deepEqual(seen(await send(path, body, { authorization })), [401, 'UnauthorizedException'], path)
    }
    assert.equal(asked.length, 0)
  })
})

describe('a request', () => {
  const wrong: readonly (readonly [rule: string, body: object | string, code: string, status?: number])[] = [
    ['that is no JSON', '{"connector":', 'SerializationException'],
    ['that has a member twice', '{"connector":"corp","connector":"corp"}', 'SerializationException'],
    ['that is a list', '[]', 'UnauthorizedException', 401],
    ['with a member that is misspelt', { ...login, durationSecond: 900 }, 'ValidationError'],
    [
      'with a prototype’s name as a member',
      '{"connector":"corp","login":"a","password":"b","__proto__":{}}',
      'ValidationError',
    ],
    ['with two proofs', { ...login, idToken: 'good.token' }, 'ValidationError'],
    ['without a connector', { login: 'ann', password: 'right' }, 'ValidationError'],
    ['with an empty password', { ...login, password: '' }, 'ValidationError'],
    ['with a login that is no text', { ...login, login: 1 }, 'ValidationError'],
    ['with a login of 10 KB', { ...login, login: 'a'.repeat(10_000) }, 'ValidationError'],
    ['with a code that is none', { ...login, code: '12345' }, 'ValidationError'],
    ['with an account that lost its zeros', { ...login, federationToken: { account: 123456789 } }, 'ValidationError'],
    ['with a member of a member that is not known', { ...login, federationToken: { x: 1 } }, 'ValidationError'],
    [
      'for a role and a federation token',
      { ...login, role: roleArn('Reader'), federationToken: {} },
      'ValidationError',
    ],
    ['with a duration of nothing', { ...login, durationSeconds: 900 }, 'ValidationError'],
    ['with a role that is no ARN', { ...login, role: 'Reader' }, 'ValidationError'],
    [
      'with a duration that is too short',
      { ...login, role: roleArn('Reader'), durationSeconds: 899 },
      'ValidationError',
    ],
    [
      'with a duration that is a fraction',
      { ...login, role: roleArn('Reader'), durationSeconds: 900.5 },
      'ValidationError',
    ],
  ]
  for (const [rule, body, code, status = 400] of wrong) {
    test(`${rule} is refused, and what it holds is not said again`, async () => {
      const { send, asked } = await served()
      const refused = await send('credentials', body)
      assert.deepEqual(seen(refused), [status, code])
      assert.deepEqual(Object.keys(refused.answer), ['code', 'message', 'requestId'])
      assert.doesNotMatch(refused.answer.message, /right|good\.token/)
      assert.equal(asked.length, 0)
    })
  }

  test('of another type, or a longer body than any, is refused', async () => {
    const { send } = await served()
    const typed = await send('credentials', login, { 'content-type': 'text/plain' })
    assert.deepEqual(seen(typed), [415, 'UnsupportedMediaType'])
    const coded = await send('credentials', login, { 'content-encoding': 'gzip' })
    assert.deepEqual(seen(coded), [415, 'UnsupportedMediaType'])
    const long = await send('credentials', { connector: 'saml', samlResponse: 'A'.repeat(205_000) })
    assert.deepEqual(seen(long), [413, 'RequestEntityTooLarge'])
  })

  test('of a page in a browser is refused, and no page may read the answer', async () => {
    const { send, asked } = await served()
    for (const headers of [
      { origin: 'https://evil.example' },
      { 'sec-fetch-site': 'cross-site' },
      { origin: 'https://example.com', 'sec-fetch-site': 'same-origin' },
    ]) {
      const refused = await send('credentials', login, headers)
      assert.deepEqual(seen(refused), [403, 'AccessDenied'])
      assert.doesNotMatch(refused.headers.join(), /access-control/i)
    }
    assert.equal(asked.length, 0)
  })

  test('with an access token and a password is refused', async () => {
    const { send, bearer } = await served()
    const { authorization } = await bearer()
    assert.deepEqual(seen(await send('credentials', login, { authorization })), [400, 'ValidationError'])
  })
})

describe('roles', () => {
  test('are what the table gives, and begin no sign-in', async () => {
    const { send, live } = await served()
    const { answer } = await send('roles', login)
    assert.deepEqual(answer, {
      ...{ connector: 'corp', login: 'ann', requestId: 'REQUEST' },
      roles: [
        { arn: roleArn('Reader'), name: 'Reader', account, sessionSeconds: 3600, multiFactor: false },
        { arn: roleArn('Admin'), name: 'Admin', account, sessionSeconds: 3600, multiFactor: true },
        {
          ...{ arn: roleArn('teams/Far'), name: 'Far', account: '999900001111', sessionSeconds: 3600 },
          ...{ multiFactor: false, target: 'aws' },
        },
      ],
      entitlements: [{ account, sessionSeconds: 3600, multiFactor: false }],
      ...{ apiUrl: 'https://api.example.com', region: 'us-east-1' },
    })
    assert.equal((await live()).length, 0)
  })

  test('are of accounts by the names that people know', async () => {
    const named = { ...everything, roles: [role('Reader'), role('Writer')], entitlements: [] }
    const { send, store } = await served({ allowed: named })
    await store.transact((tx) => tx.create(accountAliases, { account, alias: 'reports' }))
    const { answer } = await send('roles', login)
    assert.deepEqual(
      answer.roles.map(({ accountName }: { accountName?: string }) => accountName),
      ['reports', 'reports'],
    )
  })

  test('of a command line say when its sign-in ends', async () => {
    const { send, bearer } = await served()
    const { authorization } = await bearer()
    assert.equal((await send('roles', '', { authorization })).answer.signInEndsAt, '2026-03-01T23:59:00Z')
  })
})

describe('a console', () => {
  const reader = { role: roleArn('Reader') }

  test('of a role here opens by a link of the federation endpoint', async () => {
    const { send } = await served()
    const { answer } = await send('console', { ...login, ...reader, destination: '/sts/console/roles' })
    const url = new URL(answer.url)
    assert.equal(url.origin + url.pathname, `${publicUrl}/federation`)
    assert.deepEqual(
      [...url.searchParams],
      [
        ['Action', 'login'],
        ['SigninToken', 'SIGNIN-TOKEN'],
        ['Destination', `${publicUrl}/console/roles`],
      ],
    )
  })

  test('of a role elsewhere opens there', async () => {
    const { send } = await served()
    const { answer } = await send('console', {
      ...login,
      role: roleArn('teams/Far'),
      destination: 'https://x.example/',
    })
    assert.equal(answer.url, 'https://aws.example/?to=https://x.example/')
  })

  test('leads to no other place, and then nothing is given', async () => {
    const { send, asked } = await served()
    for (const destination of ['https://evil.example/', '//evil.example', '/sts/other', 'javascript:1']) {
      const refused = await send('console', { ...login, ...reader, destination })
      assert.deepEqual(seen(refused), [400, 'ValidationError'], destination)
    }
    assert.equal(asked.length, 0)
  })

  test('of a role that is not among the person’s is refused', async () => {
    const { send } = await served()
    assert.deepEqual(seen(await send('console', { ...login, role: roleArn('Other') })), [403, 'AccessDenied'])
  })
})

describe('the document', () => {
  test('is valid OpenAPI, by a validator that is not ours', async () => {
    const { document } = await describedIn(await served())
    const { valid, errors } = await new Validator().validate(document)
    assert.deepEqual([valid, errors], [true, undefined])
  })

  test('describes every operation, and what each answers', async () => {
    const world = await served()
    const { document } = await describedIn(world)
    const { paths, components } = document as { paths: Record<string, never>; components: { schemas: never } }
    assert.deepEqual(Object.keys(paths), ['/broker/credentials', '/broker/roles', '/broker/console'])
    for (const operation of ['credentials', 'roles', 'console'] as const) {
      const wish = operation === 'console' ? { role: roleArn('Reader') } : {}
      const { status, answer } = await world.send(operation, { ...login, ...wish })
      assert.equal(status, 200)
      const schema = brokerOperations[operation].answer
      assert.ok(!('wrong' in readAs<Schema>(schema, asJson(answer))), operation)
      assert.deepEqual(components.schemas[`${brokerOperations[operation].title}Answer`], asPlain(schema))
    }
    const refusal = (await world.send('credentials', { ...login, password: 'wrong' })).answer
    assert.ok(!('wrong' in readAs<Schema>(brokerError, asJson(refusal))))
  })
})

const asPlain = (value: object) => JSON.parse(JSON.stringify(value))
function asJson(value: object): Json {
  const read = readJson(Buffer.from(JSON.stringify(value)))
  return 'value' in read ? read.value : assert.fail(read.wrong)
}
async function describedIn({ handler }: Awaited<ReturnType<typeof served>>) {
  const url = new URL(`${publicUrl}/broker/openapi.json`)
  const reply = await handler(exchangeOf({ method: 'GET', url, headers: {} }))
  assert.equal(reply.status, 200)
  return { document: JSON.parse(String(reply.body)) as Record<string, unknown> }
}

test('a password, token, response or code is in no refusal, note or failure', async () => {
  const planted = 'PLANTED-7391'
  const sent: readonly object[] = [
    { connector: 'corp', login: 'ann', password: planted },
    { connector: 'corp', login: planted, password: 'x' },
    { connector: 'idp', idToken: planted },
    { connector: 'saml', samlResponse: planted },
    { ...login, code: planted },
    { ...login, [planted]: planted },
    { ...login, federationToken: planted },
  ]
  for (const person of [...refusals, { unavailable: 'no server' }, { person: ann }] satisfies (
    | PersonOutcome
    | { person: Person }
  )[]) {
    const { send, refused, failed } = await served({ person })
    for (const body of sent) {
      for (const path of ['credentials', 'roles']) {
        const { answer } = await send(path, body)
        assert.ok(!JSON.stringify([answer, refused, failed]).includes(planted), JSON.stringify([answer, refused]))
      }
    }
  }
})
