// Two nodes of one store: what proves somebody once is used at both of them, at once and one after the other, and counts once. Then what
// all of this was done with is looked for in everything that the nodes leave.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, test } from 'node:test'
import { enrolPerson } from '../../src/app/operator/enrol.ts'
import { invoke } from '../../src/cli/testing/world.ts'
import { unbase32 } from '../../src/core/ids.ts'
import { codeOf, stepAt } from '../../src/core/totp.ts'
import { type Browser, browser, type Shown } from '../../src/server/pages/testing/browser.ts'
import { oauthPaths } from '../../src/wire/sign-in-oauth.ts'
import { askBroker, askOauth, loggedIn, refreshed } from './command-line-kit.ts'
import { adminArn, bindPassword, brokerAndRoles, company, passwordOf, personEntry, readerArn } from './company.ts'
import { publicUrl, toServer } from './console-tools.ts'
import { textsOf } from './journals.ts'
import { secondNode, type TestServer, testServer } from './server.ts'

const clock = { now: new Date('2026-09-01T12:00:05.500Z') }
const settings = { 'public-url': publicUrl }
const corp = await company()
const one = await testServer({ file: 'shared.sqlite', clock, node: 'one', settings })
const two = await secondNode(one, { clock, settings })
await brokerAndRoles(one.as(one.root))
await corp.apply(one, {
  roles: [
    ['admins', adminArn, { 'second-factor': true }],
    ['readers', readerArn],
  ],
  more: { 'device-networks': ['127.0.0.0/8'] },
})
beforeEach(async () => {
  await one.move(4_000_000)
  await two.move(0)
})

/** What no file, journal or output may hold. */
const planted = new Map<string, string>([['the bind password', bindPassword]])
function plant(what: string, secret: string): string {
  assert.ok(secret.length >= 8, `${what}: ${secret}`)
  planted.set(`${what} ${planted.size}`, secret)
  return secret
}

let people = 0
/** A person of their own for each test, in both groups. */
function newPerson(): string {
  const login = `admin${++people}`
  corp.directory.entries.push(personEntry(login, `30000000-0000-4000-8000-${String(people).padStart(12, '0')}`))
  const all = Array.from({ length: people }, (_, n) => `admin${n + 1}`)
  for (const group of ['admins', 'readers']) corp.setMembers(group, ['ann', ...all])
  plant('a password', passwordOf(login))
  return login
}

const factorPage = (person: Browser) =>
  person.open(`${publicUrl}/signin/factor?${new URLSearchParams({ roleIndex: adminArn })}`)

/** Signs in at the node, and opens the page of the second factor there. */
async function atFactor(node: TestServer, login: string): Promise<{ person: Browser; page: Shown }> {
  const person = browser(toServer(node))
  const form = await person.open(`${publicUrl}/signin`)
  assert.equal((await person.send(form, { login, password: passwordOf(login) })).status, 303)
  plant('a cookie', person.jar.value(publicUrl, '__Host-hallpass-people') ?? '')
  return { person, page: await factorPage(person) }
}

async function codeFor(person: string): Promise<string> {
  const output = await enrolPerson(one.engine, { person })
  assert.ok('code' in output)
  plant('an enrolment code', output.code.replaceAll('-', ''))
  return plant('an enrolment code', output.code)
}

function seedIn({ text }: Shown): Buffer {
  const spelled = /Key: <code>([A-Z2-7 ]+)<\/code>/.exec(text)?.[1] ?? assert.fail(text)
  const seed = unbase32(plant('a seed', spelled.replaceAll(' ', ''))) ?? assert.fail()
  plant('a seed', seed.toString('hex'))
  plant('a seed', seed.toString('latin1'))
  return seed
}
const appCode = (seed: Buffer) => codeOf(seed, stepAt(clock.now))
const statusesOf = (all: readonly { readonly status: number }[]) => all.map(({ status }) => status).sort()

describe('at two nodes at once', () => {
  test('an enrolment code sets up one factor, in whichever sign-in', async () => {
    const login = newPerson()
    const code = await codeFor(login)
    const both = await Promise.all([one, two].map((node) => atFactor(node, login)))
    const shown = await Promise.all(both.map(({ person, page }) => person.send(page, { 'enrolment-code': code })))
    const sent = await Promise.all(
      both.map(({ person }, n) => {
        const page = shown[n] ?? assert.fail()
        return person.send(page, { answer: appCode(seedIn(page)) })
      }),
    )
    assert.deepEqual(statusesOf(sent), [303, 409])
  })

  test('an app’s code lets one of them in, and none of them afterwards', async () => {
    const login = newPerson()
    const code = await codeFor(login)
    const first = await atFactor(one, login)
    const shown = await first.person.send(first.page, { 'enrolment-code': code })
    const seed = seedIn(shown)
    assert.equal((await first.person.send(shown, { answer: appCode(seed) })).status, 303)
    await one.move(60_000)
    const both = await Promise.all([one, two, one, two].map((node) => atFactor(node, login)))
    const answer = appCode(seed)
    const sent = await Promise.all(both.map(({ person, page }) => person.send(page, { answer })))
    assert.deepEqual(statusesOf(sent), [303, 403, 403, 403])
    const again = await atFactor(two, login)
    assert.equal((await again.person.send(again.page, { answer })).status, 403)
  })

  test('a device’s code gives nothing that lasts, and its person’s answer counts once', async () => {
    const login = newPerson()
    const { body } = await askOauth(one, 'device', {})
    const device_code = plant('a device code', String(body.device_code))
    const user_code = plant('a user code', String(body.user_code))
    plant('a user code', user_code.replace('-', ''))
    const both = await Promise.all(
      [one, two].map(async (node) => {
        const { person } = await atFactor(node, login)
        const asked = await person.send(await person.open(publicUrl + oauthPaths.devicePage), { code: user_code })
        return { person, asked }
      }),
    )
    const answers = await Promise.all(both.map(({ person, asked }) => person.send(asked, { answer: 'allow' })))
    assert.deepEqual(statusesOf(answers), [200, 400])
    await one.move(10_000)
    const form = { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code }
    const polled = await Promise.all([one, two, one, two].map((node) => askOauth(node, 'token', form)))
    for (const { body } of polled.filter(({ status }) => status === 200)) {
      const last = await askOauth(two, 'token', form)
      assert.equal(last.body.error, 'invalid_grant')
      assert.equal((await askBroker(one, 'roles', {}, String(body.access_token))).status, 401)
    }
  })

  test('a link to the console opens one', async () => {
    const login = newPerson()
    const proof = { connector: 'corp', login, password: passwordOf(login), role: readerArn }
    const { status, body, text } = await askBroker(one, 'console', proof)
    assert.equal(status, 200, text)
    const link = new URL(String(body.url))
    plant('a sign-in token', link.searchParams.get('SigninToken') ?? '')
    const opened = await Promise.all([one, two, one, two].map((node) => browser(toServer(node)).open(link.href)))
    assert.equal(opened.filter(({ text: page }) => page.includes('as <b>Reader</b>')).length, 1)
    assert.doesNotMatch((await browser(toServer(two)).open(link.href)).text, /as <b>Reader<\/b>/)
  })
})

test('two operators who apply at once lose no version: each is kept, and recorded by what it changed', async () => {
  const before = (await one.engine.people.table()).version
  const roles = (minutes: number) => ({
    graceMinutes: minutes,
    roles: [
      ['admins', adminArn, { 'second-factor': true }],
      ['readers', readerArn],
    ] as const,
    more: { 'device-networks': ['127.0.0.0/8'] },
  })
  await Promise.all([corp.apply(one, roles(1)), corp.apply(two, roles(2)), corp.apply(one, roles(3))])
  for (const node of [one, two]) assert.equal((await node.engine.people.table()).version, before + 3)
  const { out } = await invoke(['people', 'versions', '--json', '--data', one.data])
  for (const version of [1, 2, 3]) assert.match(out, new RegExp(`"version": ${before + version}\\b`))
  const records = (await textsOf(one.engine.store, 'audit')).filter((text) =>
    text.includes('"eventName":"ApplyPeople"'),
  )
  assert.deepEqual(
    records.slice(-3).map((text) => /"changed":\["connector corp"\]/.test(text)),
    [true, true, true],
  )
  await corp.apply(one, roles(0))
})

test('a page that somebody was signed in on changes nothing after the sign-out, at no node', async () => {
  const { person, page } = await atFactor(one, newPerson())
  const roles = await person.open(`${publicUrl}/signin/roles`)
  const cookie = `__Host-hallpass-people=${person.jar.value(publicUrl, '__Host-hallpass-people')}`
  assert.equal((await person.send(roles, {}, '/out')).status, 200)
  for (const node of [one, two]) {
    const thief = browser(async (sent) => toServer(node)({ ...sent, headers: { ...sent.headers, cookie } }))
    for (const [shown, fields, path] of [
      [roles, { roleIndex: readerArn }, '/roles'],
      [page, { 'enrolment-code': 'aaaaa-aaaaa-aaaaa-aaaaa' }, '/enrol'],
    ] as const) {
      const { status, headers } = await thief.send(shown, fields, path)
      assert.deepEqual([status, headers.get('location')], [303, '/hallpass/signin'])
    }
  }
})

test('nothing that was secret is in a file, a journal, a report or what a command prints', async () => {
  const login = newPerson()
  const { form, tokens } = await loggedIn(one, login)
  for (const [what, secret] of Object.entries({ ...form, ...tokens }))
    if (/code|token$|verifier/.test(what) && what !== 'token_type') plant(what, String(secret))
  const next = await refreshed(two, tokens.refresh_token)
  plant('a refresh token', String(next.body.refresh_token))
  plant('a wrong password', 'planted-wrong-password')
  const proof = { connector: 'corp', login }
  await askBroker(one, 'roles', { ...proof, password: 'planted-wrong-password' })
  await askBroker(one, 'roles', { ...proof, login: plant('in the wrong field', 'Planted-Login-7'), password: 'x' })
  const given = await askBroker(two, 'credentials', { ...proof, password: passwordOf(login), role: readerArn })
  const { SecretAccessKey, SessionToken } = given.body.Credentials as Record<string, string>
  plant('a secret key', SecretAccessKey ?? '')
  plant('a session token', SessionToken ?? '')
  await corp.directory.kill()
  await askBroker(one, 'roles', { ...proof, password: passwordOf(login) })
  await corp.directory.restart()
  await one.move(60_000)
  await two.move(60_000)

  const printed: string[] = []
  for (const words of [
    ['people', 'list'],
    ['people', 'list', '--json'],
    ['people', 'explain', login],
    ['people', 'versions'],
    ['sessions', 'list'],
    ['doctor'],
  ]) {
    const { out, err } = await invoke([...words, '--data', one.data])
    printed.push(out, err)
  }
  const files = [one.data, two.data].flatMap((data) =>
    readdirSync(data, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name)),
  )
  assert.ok(files.some((name) => name.endsWith('shared.sqlite')))
  const texts = [
    ...(await textsOf(one.engine.store, 'audit')),
    ...(await textsOf(one.engine.store, 'refusals')),
    ...[...one.reported, ...two.reported, ...printed],
    ...files.map((name) => readFileSync(name, 'latin1')),
  ]
  assert.ok(planted.size > 40, `${planted.size}`)
  for (const [what, secret] of planted)
    assert.equal(
      texts.some((text) => text.includes(secret)),
      false,
      what,
    )
})
