// What a person who is signed in has of it: credentials for programs, roles, consoles, and the end.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { devNull } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { desk, kept, process } from './testing/desk.ts'
import { fakeSignInServer, role, visit } from './testing/sign-in-server.ts'
import { invoke } from './testing/world.ts'

test('no command prints a token or a secret that was not asked for', async () => {
  const server = await fakeSignInServer()
  const at = desk()
  const said: string[] = []
  for (const words of [
    ['login', '--url', server.url],
    ['roles'],
    ['roles', '--json'],
    ['console'],
    ['exec', 'true'],
    ['logout'],
  ]) {
    const { out, err } = await invoke(words, at)
    said.push(out, err)
  }
  assert.ok(server.secrets.length >= 4)
  for (const secret of server.secrets) assert.ok(!said.join('\n').includes(secret))
})

test('tokens without a keyring are in a file that its owner alone may read', async () => {
  const server = await fakeSignInServer()
  const at = desk()
  const { err } = await invoke(['login', '--url', server.url], at)
  assert.match(err, /no keyring/)
  assert.equal(statSync(kept(at)).mode & 0o777, 0o700)
  for (const name of readdirSync(kept(at))) assert.equal(statSync(join(kept(at), name)).mode & 0o777, 0o600, name)
})

test('the profile serves for as long as the sign-in lasts: credentials and tokens renew, and are asked for no more often', async () => {
  const server = await fakeSignInServer()
  const at = desk()
  await invoke(['login', '--url', server.url], at)
  const clock = () => server.now
  const seen = new Set<string>()
  for (let hours = 0; hours < 3; hours++) {
    for (let use = 0; use < 2; use++) {
      const { code, out, err } = await process(at, 'hallpass', { clock })
      assert.equal(code, 0, err)
      seen.add((JSON.parse(out) as { AccessKeyId: string }).AccessKeyId)
    }
    server.now = new Date(server.now.getTime() + 3_600_000)
  }
  assert.equal(seen.size, 3)
  assert.equal(server.requests.filter((path) => path === '/broker/credentials').length, 3)
})

test('processes at once ask for one renewal and one set of credentials', async () => {
  const server = await fakeSignInServer()
  const at = desk()
  await invoke(['login', '--url', server.url], at)
  server.now = new Date(server.now.getTime() + 3_600_000)
  const before = server.requests.length
  const outcomes = await Promise.all(
    Array.from({ length: 8 }, () => process(at, 'hallpass', { clock: () => server.now })),
  )
  assert.equal(new Set(outcomes.map(({ out }) => out)).size, 1)
  assert.deepEqual(server.requests.slice(before), ['/signin/oauth/token', '/broker/credentials'])
})

test('an ended sign-in says which limit ended it, and what to do', async () => {
  const server = await fakeSignInServer()
  const at = desk()
  await invoke(['login', '--url', server.url], at)
  server.over = 'The sign-in has reached its end.'
  const { code, out, err } = await process(at, 'hallpass', { clock: () => new Date(server.now.getTime() + 3_600_000) })
  assert.equal(code, 1)
  assert.equal(out, '')
  assert.match(
    err,
    /ann is not signed in any more at .*The sign-in has reached its end\. Sign in again with: hallpass login --url /,
  )
})

test('roles prints what a server answers as text', async () => {
  const server = await fakeSignInServer()
  server.roles = [role('reader\u001b]0;title\u0007'), role('b', '1\u009b2J')]
  const at = desk()
  await invoke(['login', '--url', server.url, '--profile', 'x', '--role', 'b'], at)
  const { out } = await invoke(['roles'], at)
  assert.match(out, /reader\\u001b/)
  assert.doesNotMatch(out, /[\u0007\u001b\u009b]/)
})

test('roles lists what there is, as a table and as JSON', async () => {
  const server = await fakeSignInServer()
  server.roles = [role('reader', '000123456789', { multiFactor: true, sessionSeconds: 1800 })]
  const at = desk()
  assert.match((await invoke(['roles'], at)).err, /nobody is signed in here: hallpass login --url URL/)
  await invoke(['login', '--url', server.url], at)
  const { out, err } = await invoke(['roles'], at)
  assert.match(out, /^ACCOUNT +ROLE +LASTS +SECOND FACTOR +AT\n000123456789 +reader +30 min +needed +here$/)
  assert.match(err, /Signed in at http.* as ann \(corp\) until /)
  const { roles } = JSON.parse((await invoke(['roles', '--json'], at)).out) as { roles: { account: string }[] }
  assert.deepEqual(
    roles.map(({ account }) => account),
    ['000123456789'],
  )
})

test('console opens the link, or prints it where that was asked for', async () => {
  const server = await fakeSignInServer()
  const at = desk()
  await invoke(['login', '--url', server.url], at)
  const opened = await invoke(['console', '--destination', '/console/roles'], at)
  assert.equal(opened.code, 0, opened.err)
  assert.equal(opened.out, '')
  assert.equal(at.opened.at(-1), `${server.url}/console/once`)
  assert.deepEqual(server.sent.at(-1)?.body, { role: role('reader').arn, destination: '/console/roles' })
  assert.equal((await invoke(['console', '--no-browser'], at)).out, `${server.url}/console/once`)
  assert.equal((await invoke(['console'], { ...at, openPage: undefined })).code, 2)
})

test('logout ends the sign-in at the server, and leaves nothing of it here', async () => {
  const server = await fakeSignInServer()
  const at = desk()
  await invoke(['login', '--url', server.url], at)
  await process(at)
  const cache = join(at.environment.HOME ?? '', '.cache', 'hallpass', 'sign-ins')
  assert.equal(readdirSync(cache).length, 1)
  const { code, err } = await invoke(['logout'], at)
  assert.equal(code, 0, err)
  const { token = '' } = (server.sent.at(-1)?.body ?? {}) as { readonly token?: string }
  assert.ok(server.secrets.includes(token))
  assert.deepEqual(readdirSync(cache), [])
  assert.deepEqual(
    readdirSync(kept(at)).filter((name) => !name.endsWith('.lock')),
    [],
  )
  assert.match((await process(at)).err, /nobody is signed in at .* here: hallpass login --url /)
})

test('logout forgets the sign-in though the server cannot be asked, and says so', async () => {
  const server = await fakeSignInServer()
  const at = desk()
  await invoke(['login', '--url', server.url], at)
  const record = readdirSync(kept(at)).find((name) => name.endsWith('.json')) ?? ''
  const path = join(kept(at), record)
  writeFileSync(path, readFileSync(path, 'utf8').replace(server.url, 'http://127.0.0.1:1'))
  const { code, err } = await invoke(['logout'], at)
  assert.equal(code, 1)
  assert.match(err, /has forgotten the sign-in, but the server has not ended it/)
})

test('exec gives a program an endpoint and nothing else that leads to credentials', async () => {
  const server = await fakeSignInServer()
  const at = desk(
    {},
    {
      AWS_ACCESS_KEY_ID: 'AKIA',
      AWS_PROFILE: 'x',
      AWS_ENDPOINT_URL_S3: 'http://elsewhere',
      AWS_REGION: 'us-west-2',
      PATH: '/bin',
    },
  )
  await invoke(['login', '--url', server.url], at)
  let ran: readonly string[] = []
  const { code } = await invoke(['exec', '--role', 'reader', '--', 'tool', '--help', '-x'], {
    ...at,
    runProgram: async (words, environment) => {
      ran = words
      const {
        AWS_CONTAINER_CREDENTIALS_FULL_URI: uri = '',
        AWS_CONTAINER_AUTHORIZATION_TOKEN: secret = '',
        ...rest
      } = environment
      const file = devNull
      assert.deepEqual(
        { ...rest, HOME: '' },
        {
          ...{ HOME: '', PATH: '/bin', AWS_REGION: 'us-west-2', AWS_DEFAULT_REGION: 'us-west-2' },
          ...{ AWS_ENDPOINT_URL: `${server.url}/api`, AWS_ENDPOINT_URL_STS: `${server.url}/api` },
          ...{ AWS_CONFIG_FILE: file, AWS_SHARED_CREDENTIALS_FILE: file, AWS_EC2_METADATA_DISABLED: 'true' },
        },
      )
      assert.equal((await visit(uri)).status, 401)
      const { status, text } = await visit(uri, { authorization: secret })
      assert.equal(status, 200)
      assert.ok(server.secrets.includes((JSON.parse(text) as { Token: string }).Token))
      return 7
    },
  })
  assert.equal(code, 7)
  assert.deepEqual(ran, ['tool', '--help', '-x'])
})

test('exec runs nothing when the person may not have the role', async () => {
  const server = await fakeSignInServer()
  const at = desk()
  await invoke(['login', '--url', server.url], at)
  const runProgram = () => assert.fail('it ran')
  for (const role of ['admin', 'arn:aws:iam::111122223333:role/READER']) {
    const { code, err } = await invoke(['exec', '--role', role, '--', 'tool'], { ...at, runProgram })
    assert.equal(code, 1)
    assert.match(err, /ann has no role .*: `hallpass roles` lists what there is/)
  }
})
