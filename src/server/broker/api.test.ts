// The broker's API as programs see it, and what others try with it.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Validator } from '@seriousme/openapi-schema-validator'
import type { Person, PersonOutcome } from '../../federation/person.ts'
import { ann, disabled } from '../../service/people/testing/people-kit.ts'
import { accountAliases } from '../../service/records.ts'
import { start as NOW } from '../../service/session/testing/world.ts'
import { apiError } from '../../wire/api-answers.ts'
import { brokerOperations } from '../../wire/broker-api.ts'
import { readAs, type Schema } from '../../wire/json-schema.ts'
import { type Json, readJson } from '../../wire/json-text.ts'
import { exchangeOf } from '../pages/testing/transport.ts'
import { account, everything, login, publicUrl, refusals, role, roleArn, seen, served } from './testing/api-kit.ts'

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
    assert.ok(!('wrong' in readAs<Schema>(apiError, asJson(refusal))))
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
