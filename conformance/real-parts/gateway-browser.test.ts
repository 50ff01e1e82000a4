// Pages in Chromium, with the AWS SDK, before tables behind Hallpass: what somebody signed in for opens rows of their own and no others, with
// the session token in a header or in the query.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'
import { newPath, serving } from '../../src/cli/testing/world.ts'
import { newKey, signToken } from '../../src/federation/testing/idp.ts'
import { dynamodbServer, startDynalite } from '../clients/dynamodb-kit.ts'
import { freePort } from '../clients/free-port.ts'
import { policy, role } from '../clients/people.ts'
import type { Keys } from '../clients/server.ts'
import { privately, testIdp, trusting } from '../clients/web-identity-servers.ts'
import { browserFlags } from './browser-flags.ts'
import { startSite } from './browser-modules.ts'
import { describeWith } from './part.ts'
import { movableClock } from './real.ts'

type Values = Readonly<Record<string, unknown>>

interface Told {
  readonly answer?: { readonly Item?: Values; readonly Items?: readonly Values[] }
  readonly refused?: string
  readonly message?: string
  readonly requestId?: string
}

interface Presigned {
  readonly url: string
  readonly status: number
  readonly body: Values
  readonly readable: readonly string[]
}

interface InPage {
  pool(given: object): Promise<Keys & { readonly identityId: string }>
  webToken(given: object): Promise<Keys>
  ask(credentials: Keys, operation: string, input: object): Promise<Told>
  presigned(credentials: Keys, operation: string, input: object, sent?: object): Promise<Presigned>
}

/** A page of an origin of its own, whose SDK asks `endpoint`. */
async function openApp(browser: Browser, endpoint: string): Promise<InPage> {
  const site = await startSite(fileURLToPath(new URL('gateway-page.js', import.meta.url)))
  after(() => site.close())
  const page = await browser.newPage()
  const wrong: string[] = []
  page.on('pageerror', (error) => wrong.push(String(error)))
  await page.goto(site.origin)
  await page.waitForFunction("document.title === 'ready'").catch((error) => assert.fail(`${error}: ${wrong}`))
  const call = <T>(name: string, given: object) =>
    page.evaluate(`calls.${name}(${JSON.stringify({ endpoint, ...given })})`) as Promise<T>
  return {
    pool: (given) => call('pool', given),
    webToken: (given) => call('webToken', given),
    ask: (credentials, operation, input) => call('ask', { credentials, operation, input }),
    presigned: (credentials, operation, input, sent) => call('presigned', { credentials, operation, input, sent }),
  }
}

function isRefused(told: Told, code: string, message: RegExp) {
  assert.equal(told.refused, code, JSON.stringify(told))
  assert.match(told.message ?? '', message)
  assert.match(told.requestId ?? '', /^[0-9a-f-]{36}$/)
}
const notAllowed = /is not authorized to perform: dynamodb:\w+ on resource: .* because no identity-based policy allows/

describeWith('CHROMIUM', 'pages before tables behind Hallpass', async (executablePath) => {
  const browser = await chromium.launch({ executablePath, args: [...browserFlags, '--no-proxy-server'] })
  after(() => browser.close())
  await theDemonstration(browser)
  await otherProviders(browser)
})

/** `hallpass dev`: its provider, its identity pool, its table. */
async function theDemonstration(browser: Browser) {
  const port = await freePort()
  const base = `http://localhost:${port}`
  const served = await serving('dev', newPath(), {}, ['--listen', `127.0.0.1:${port}`])
  after(() => served.stop())
  const app = await openApp(browser, served.url)
  const TableName = 'notes'
  const note = (writer: string, text: string) => ({ writer: { S: writer }, id: { S: '1' }, text: { S: text } })
  const keyOf = (writer: string) => ({ TableName, Key: { writer: { S: writer }, id: { S: '1' } } })
  const of = (writer: string) => ({
    ...{ TableName, KeyConditionExpression: 'writer = :w', ExpressionAttributeValues: { ':w': { S: writer } } },
  })

  /** Somebody signs in at the provider: the token that the app is given. */
  async function signIn(name: RegExp): Promise<string> {
    const context = await browser.newContext()
    const page: Page = await context.newPage()
    await page.goto(`${base}/sign-in`)
    await page.getByRole('button', { name }).click()
    const token = await page.getByLabel('The token', { exact: true }).textContent()
    await context.close()
    return token ?? ''
  }
  const guestPage = await (await fetch(`${base}/guest`)).text()
  const identityPoolId = /us-east-1:[0-9a-f-]{36}/.exec(guestPage)?.[0]
  const provider = `localhost:${port}/idp`

  test('somebody who signed in at the provider reads and writes rows of their identity, and nobody else’s', async () => {
    const [alice, bob] = await Promise.all(
      [/^Alice/, /^Bob/].map(async (name) => app.pool({ identityPoolId, logins: { [provider]: await signIn(name) } })),
    )
    assert.ok(alice && bob && alice.identityId !== bob.identityId)
    const Item = note(alice.identityId, 'Mine.')
    assert.ok((await app.ask(alice, 'PutItem', { TableName, Item })).answer)
    assert.deepEqual((await app.ask(alice, 'GetItem', keyOf(alice.identityId))).answer?.Item, Item)
    assert.deepEqual((await app.ask(alice, 'Query', of(alice.identityId))).answer?.Items, [Item])
    assert.equal((await app.ask(bob, 'Query', of('everyone'))).answer?.Items?.length, 1)
    for (const [operation, input] of [
      ['GetItem', keyOf(alice.identityId)],
      ['Query', of(alice.identityId)],
      ['GetItem', keyOf('bob')],
      ['PutItem', { TableName, Item: note(alice.identityId, 'Not mine.') }],
      ['DeleteItem', keyOf(alice.identityId)],
      ['Scan', { TableName }],
      [
        'BatchGetItem',
        { RequestItems: { [TableName]: { Keys: [bob, alice].map((one) => keyOf(one.identityId).Key) } } },
      ],
    ] as const) {
      isRefused(await app.ask(bob, operation, input), 'AccessDeniedException', notAllowed)
    }
    assert.deepEqual((await app.ask(alice, 'GetItem', keyOf(alice.identityId))).answer?.Item, Item)
  })

  test('a guest does, and opens no row of a person', async () => {
    const [one, other] = await Promise.all([app.pool({ identityPoolId }), app.pool({ identityPoolId })])
    const Item = note(one.identityId, 'A guest’s.')
    assert.ok((await app.ask(one, 'PutItem', { TableName, Item })).answer)
    assert.deepEqual((await app.ask(one, 'GetItem', keyOf(one.identityId))).answer?.Item, Item)
    isRefused(await app.ask(other, 'GetItem', keyOf(one.identityId)), 'AccessDeniedException', notAllowed)
    isRefused(await app.ask(one, 'GetItem', keyOf('alice')), 'AccessDeniedException', notAllowed)
  })

  test('the token may stand in the query; the signature is of this body alone', async () => {
    const guest = await app.pool({ identityPoolId })
    const Item = note(guest.identityId, 'By a link.')
    const put = await app.presigned(guest, 'PutItem', { TableName, Item })
    assert.equal(put.status, 200, JSON.stringify(put))
    assert.match(put.url, /[?&]X-Amz-Security-Token=/)
    const got = await app.presigned(guest, 'GetItem', keyOf(guest.identityId))
    assert.deepEqual([got.status, got.body.Item], [200, Item])
    const other = await app.presigned(guest, 'GetItem', keyOf('alice'))
    assert.deepEqual([other.status, shortOf(other.body)], [400, 'AccessDeniedException'])
    const changed = await app.presigned(guest, 'GetItem', keyOf(guest.identityId), keyOf('alice'))
    assert.deepEqual([changed.status, shortOf(changed.body)], [400, 'InvalidSignatureException'])
    // What the page may read of an answer.
    for (const name of ['x-amzn-requestid', 'x-amz-crc32']) assert.ok(got.readable.includes(name), String(got.readable))
  })
}

const shortOf = ({ __type }: Values) => String(__type).replace(/^.*#/, '')

/** The policies that AWS documents for Login with Amazon, Facebook and Google, for the table of its examples. */
async function otherProviders(browser: Browser) {
  const key = await newKey()
  const google = await testIdp({ keys: [key] })
  const inspected = await testIdp()
  const clock = movableClock()
  const server = await dynamodbServer(await startDynalite(), {
    clock,
    providers: {
      providers: [],
      google: { issuer: google.issuer, ...privately },
      amazon: { endpoint: inspected.issuer, apps: ['amzn1.application.ours'], ...privately },
      facebook: { endpoint: inspected.issuer, apps: { '1234': 'secret' }, ...privately },
    },
  })
  inspected.answers.set('/auth/o2/tokeninfo', (_, response) => {
    response.end(JSON.stringify({ user_id: 'amzn1.account.A', app_id: 'amzn1.application.ours', exp: 600 }))
  })
  inspected.answers.set('/debug_token', (_, response) => {
    const data = { app_id: '1234', user_id: '42', is_valid: true, type: 'USER', expires_at: 0 }
    response.end(JSON.stringify({ data }))
  })
  const TableName = 'GameScores'
  await server.table({
    TableName,
    AttributeDefinitions: ['UserId', 'GameTitle'].map((name) => ({ AttributeName: name, AttributeType: 'S' })),
    KeySchema: [
      { AttributeName: 'UserId', KeyType: 'HASH' },
      { AttributeName: 'GameTitle', KeyType: 'RANGE' },
    ],
    BillingMode: 'PAY_PER_REQUEST',
  })
  const app = await openApp(browser, server.url)

  const permissions = (own: string) =>
    policy({
      Action: [
        ...['GetItem', 'BatchGetItem', 'Query', 'PutItem', 'UpdateItem', 'DeleteItem', 'BatchWriteItem'],
        ...['PartiQLSelect', 'PartiQLUpdate'],
      ].map((name) => `dynamodb:${name}`),
      Resource: `arn:aws:dynamodb:us-east-1:${server.account}:table/${TableName}`,
      Condition: {
        'ForAllValues:StringEquals': {
          'dynamodb:LeadingKeys': [`\${${own}}`],
          'dynamodb:Attributes': ['UserId', 'GameTitle', 'Wins', 'Losses', 'TopScore'],
        },
        StringEqualsIfExists: {
          'dynamodb:Select': 'SPECIFIC_ATTRIBUTES',
          'dynamodb:ReturnValues': ['NONE', 'UPDATED_OLD', 'UPDATED_NEW'],
        },
      },
    })

  const googled = () =>
    signToken(google.issuer, key, server.now(), {
      claims: { sub: '1234567890', aud: 'app.apps.googleusercontent.com' },
    })
  const providers = [
    {
      ...{ name: 'accounts.google.com', own: 'sub', app: 'aud', appId: 'app.apps.googleusercontent.com' },
      ...{ subject: '1234567890', token: googled },
    },
    {
      ...{ name: 'graph.facebook.com', own: 'id', app: 'app_id', appId: '1234' },
      ...{ subject: '42', token: () => 'EAABopaque' },
    },
    {
      ...{ name: 'www.amazon.com', own: 'user_id', app: 'app_id', appId: 'amzn1.application.ours' },
      ...{ subject: 'amzn1.account.A', token: () => 'Atza|opaque' },
    },
  ] as const

  for (const { name, own, app: appKey, appId, subject, token } of providers) {
    const trust = trusting(name, { StringEquals: { [`${name}:${appKey}`]: appId } })
    const roleArn = await role(server.admin, `players-of-${name}`, trust, {
      permissions: permissions(`${name}:${own}`),
    })
    // An access token names its provider; an ID token says itself whose it is.
    const providerId = name === 'accounts.google.com' ? undefined : name
    const credentials = async () => app.webToken({ roleArn, webIdentityToken: await token(), providerId })
    const keyFor = (user: string) => ({ TableName, Key: { UserId: { S: user }, GameTitle: { S: 'Galaxy' } } })
    const seen = { ProjectionExpression: 'UserId, TopScore' }
    const mine = (user: string) => ({
      ...{ TableName, ...seen, KeyConditionExpression: 'UserId = :u' },
      ExpressionAttributeValues: { ':u': { S: user } },
    })

    test(`${name}: a player writes and reads their scores, and no one else’s`, async () => {
      const keys = await credentials()
      const Item = { ...keyFor(subject).Key, TopScore: { N: '5842' } }
      const asked = (operation: string, input: object) => app.ask(keys, operation, input)
      assert.ok((await asked('PutItem', { TableName, Item })).answer)
      const got = { UserId: { S: subject }, TopScore: { N: '5842' } }
      assert.deepEqual((await asked('GetItem', { ...keyFor(subject), ...seen })).answer?.Item, got)
      assert.deepEqual((await asked('Query', mine(subject))).answer?.Items, [got])
      const won = {
        ...{ ...keyFor(subject), UpdateExpression: 'SET Wins = :one', ConditionExpression: 'TopScore > :one' },
        ...{ ExpressionAttributeValues: { ':one': { N: '1' } }, ReturnValues: 'UPDATED_NEW' },
      }
      assert.ok((await asked('UpdateItem', won)).answer)
      const filtered = { ...mine(subject), FilterExpression: 'attribute_exists(Wins)' }
      assert.deepEqual((await asked('Query', filtered)).answer?.Items, [got])
      const linked = await app.presigned(keys, 'GetItem', { ...keyFor(subject), ...seen })
      assert.deepEqual([linked.status, linked.body.Item], [200, got])
      for (const other of [`${subject}0`, subject.slice(1), subject.toUpperCase() + subject, '*']) {
        for (const told of [
          await asked('GetItem', { ...keyFor(other), ...seen }),
          await asked('Query', mine(other)),
          await asked('PutItem', { TableName, Item: { ...Item, UserId: { S: other } } }),
          await asked('ExecuteStatement', {
            Statement: `SELECT UserId, TopScore FROM "GameScores" WHERE UserId = '${other}'`,
          }),
        ])
          isRefused(told, 'AccessDeniedException', notAllowed)
      }
    })

    test(`${name}: hidden attributes are neither read nor tested`, async () => {
      const keys = await credentials()
      const names = { ExpressionAttributeNames: { '#e': 'Email' } }
      const values = { ':u': { S: subject }, ':a': { S: 'a' } }
      const query = { ...mine(subject), ExpressionAttributeValues: values }
      const before = server.backend.seen.length
      for (const [operation, input] of [
        ['GetItem', keyFor(subject)],
        ['GetItem', { ...keyFor(subject), ProjectionExpression: 'UserId, Email' }],
        ['GetItem', { ...keyFor(subject), ProjectionExpression: 'UserId, #e', ...names }],
        ['Query', { ...query, FilterExpression: 'begins_with(Email, :a)' }],
        ['Query', { ...query, FilterExpression: 'begins_with(#e, :a)', ...names }],
        ['Query', { ...mine(subject), FilterExpression: 'attribute_exists(Email)' }],
        ['Query', { ...mine(subject), FilterExpression: 'size(Email.parts[0]) > TopScore' }],
        [
          'UpdateItem',
          {
            ...keyFor(subject),
            ...{ UpdateExpression: 'SET Wins = :a', ConditionExpression: 'Email > :a' },
            ExpressionAttributeValues: { ':a': { S: 'a' } },
          },
        ],
        ['DeleteItem', { ...keyFor(subject), ReturnValues: 'ALL_OLD' }],
        [
          'DeleteItem',
          {
            ...{ ...keyFor(subject), ConditionExpression: 'attribute_exists(Losses)' },
            ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          },
        ],
        [
          'ExecuteStatement',
          { Statement: `SELECT UserId FROM "GameScores" WHERE UserId = '${subject}' AND Email > 'a'` },
        ],
        ['ExecuteStatement', { Statement: `SELECT * FROM "GameScores" WHERE UserId = '${subject}'` }],
      ] as const) {
        isRefused(await app.ask(keys, operation, input), 'AccessDeniedException', notAllowed)
      }
      assert.equal(server.backend.seen.length, before)
    })

    test(`${name}: PartiQL with comments is refused, before anything is asked`, async () => {
      const keys = await credentials()
      const before = server.backend.seen.length
      for (const Statement of [
        `SELECT UserId FROM "GameScores" WHERE UserId = '${subject}' -- AND TopScore > 0`,
        `SELECT UserId FROM "GameScores" /* "Others" */ WHERE UserId = '${subject}'`,
        `/* */ SELECT UserId FROM "GameScores" WHERE UserId = '${subject}'`,
      ]) {
        isRefused(
          await app.ask(keys, 'ExecuteStatement', { Statement }),
          'ValidationException',
          /Comments are not supported/,
        )
      }
      assert.equal(server.backend.seen.length, before)
    })
  }

  test('a browser is told that it may send what the SDK sends, and read what it reads', async () => {
    const names = [
      ...['content-type', 'x-amz-target', 'authorization', 'x-amz-date', 'x-amz-security-token', 'x-amz-user-agent'],
      ...['x-amz-content-sha256', 'amz-sdk-invocation-id', 'amz-sdk-request'],
    ]
    const headers = {
      ...{ origin: 'https://app.example', 'access-control-request-method': 'POST' },
      'access-control-request-headers': names.join(','),
    }
    const may = await fetch(server.url, { method: 'OPTIONS', headers })
    assert.deepEqual([may.status, may.headers.get('access-control-allow-origin')], [200, '*'])
    const listed = (name: string) => may.headers.get(name)?.toLowerCase().split(',') ?? []
    for (const name of names) assert.ok(listed('access-control-allow-headers').includes(name), name)
    const target = { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'DynamoDB_20120810.ListTables' }
    const answer = await fetch(server.url, {
      method: 'POST',
      headers: { ...target, origin: headers.origin },
      body: '{}',
    })
    const read = answer.headers.get('access-control-expose-headers')?.toLowerCase().split(',') ?? []
    for (const name of ['x-amzn-requestid', 'x-amz-crc32']) assert.ok(read.includes(name), name)
    // Cookies are never asked for: no page signs by what a browser keeps.
    assert.equal(may.headers.get('access-control-allow-credentials'), null)
  })

  test('no session token reached the backend', () => {
    assert.deepEqual(server.backend.refused, [])
    assert.ok(server.backend.seen.length > 0)
    for (const { headers } of server.backend.seen) assert.equal(headers.has('x-amz-security-token'), false)
  })
}
