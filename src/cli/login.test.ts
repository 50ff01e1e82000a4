// The commands of a person who signs in, against a server that a test leads.
import assert from 'node:assert/strict'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { readSections } from '../client/aws-files.ts'
import { config, desk, process, profile } from './testing/desk.ts'
import { fakeSignInServer, role, visit } from './testing/sign-in-server.ts'
import { invoke, newPath } from './testing/world.ts'

test('login opens the browser, and writes a profile whose process gives credentials', async () => {
  const server = await fakeSignInServer()
  const at = desk()
  const { code, err, out } = await invoke(['login', '--url', `${server.url}/`], at)
  assert.equal(code, 0, err)
  assert.equal(out, '')
  const page = new URL(at.opened[0] ?? '')
  assert.equal(page.searchParams.get('code_challenge_method'), 'S256')
  assert.match(page.searchParams.get('redirect_uri') ?? '', /^http:\/\/127\.0\.0\.1:\d+\/callback$/)
  const services = `hallpass-${new URL(server.url).host.replace(':', '-')}`
  assert.deepEqual(profile(at), {
    credential_process: `hallpass credential-process --sign-in ${server.url} --role-arn arn:aws:iam::111122223333:role/reader`,
    ...{ region: 'eu-west-1', endpoint_url: `${server.url}/api`, services },
  })
  assert.equal(readSections(config(at)).get(`services ${services}`)?.['sts.endpoint_url'], `${server.url}/api`)
  const printed = await process(at)
  assert.equal(printed.code, 0, printed.err)
  assert.deepEqual(Object.keys(JSON.parse(printed.out)), [
    'Version',
    'AccessKeyId',
    'SecretAccessKey',
    'SessionToken',
    'Expiration',
  ])
})

test('a second login uses the sign-in that there is, for another role in another profile', async () => {
  const server = await fakeSignInServer()
  server.roles = [role('reader'), role('admin'), role('reader', '000123456789')]
  const at = desk()
  const login = (...words: string[]) => invoke(['login', '--url', server.url, ...words], at)
  assert.equal((await login('--role', 'admin')).code, 0)
  assert.equal((await login('--profile', 'zero', '--role', 'reader', '--account', '000123456789')).code, 0)
  assert.equal(at.opened.length, 1)
  assert.match(profile(at)?.credential_process ?? '', /111122223333:role\/admin$/)
  assert.match(profile(at, 'zero')?.credential_process ?? '', /arn:aws:iam::000123456789:role\/reader$/)
  const many = await login('--profile', 'other')
  assert.equal(many.code, 2)
  assert.match(many.err, /which one\? give --role/)
  const chosen = await invoke(['login', '--profile', 'other'], { ...at, question: async () => '2' })
  assert.equal(chosen.code, 0, chosen.err)
  assert.match(profile(at, 'other')?.credential_process ?? '', /role\/admin$/)
  // A profile of ours remembers its role and its server.
  server.over = 'gone'
  assert.equal((await process(at, 'zero', { clock: () => new Date(server.now.getTime() + 7_200_000) })).code, 1)
  server.over = undefined
  assert.equal((await invoke(['login', '--profile', 'zero'], at)).code, 0)
  assert.match(profile(at, 'zero')?.credential_process ?? '', /000123456789/)
})

for (const [what, file, text] of [
  ['keys in the credentials file', 'credentials', '[hallpass]\naws_access_key_id = AKIA\naws_secret_access_key = s\n'],
  ['another credential_process', 'config', '[profile hallpass]\ncredential_process = vault\n'],
  ['an SSO session', 'config', '[profile hallpass]\nsso_session = corp\n'],
  ['a role', 'config', '[profile "hallpass"]\nrole_arn = arn:aws:iam::111122223333:role/a\n'],
] as const) {
  test(`login leaves a profile with ${what} as it is, before anybody signs in`, async () => {
    const server = await fakeSignInServer()
    const at = desk()
    mkdirSync(join(at.environment.HOME ?? '', '.aws'), { recursive: true })
    const path = join(at.environment.HOME ?? '', '.aws', file)
    writeFileSync(path, text)
    const { code, err } = await invoke(['login', '--url', server.url], at)
    assert.equal(code, 2)
    assert.match(err, /is left as it is: choose another with --profile/)
    assert.equal(readFileSync(path, 'utf8'), text)
    assert.deepEqual(server.requests, [])
  })
}

test('login keeps everything else in the config file, to the letter, and its mode', async () => {
  const server = await fakeSignInServer()
  const at = desk()
  mkdirSync(join(at.environment.HOME ?? '', '.aws'), { recursive: true })
  const before =
    '# mine\n[default]\nregion=us-west-2\n\n[profile hallpass]\noutput = json\nregion = x\n# next\n[profile b]\ns3 =\n  max = 1\n'
  writeFileSync(config(at), before)
  chmodSync(config(at), 0o644)
  assert.equal((await invoke(['login', '--url', server.url], at)).code, 0)
  const after = readFileSync(config(at), 'utf8')
  assert.ok(after.startsWith('# mine\n[default]\nregion=us-west-2\n\n[profile hallpass]\n'))
  assert.ok(after.includes('\noutput = json\n# next\n[profile b]\ns3 =\n  max = 1\n'))
  assert.equal(profile(at)?.region, 'eu-west-1')
  assert.equal(statSync(config(at)).mode & 0o777, 0o644)
  // The same again changes nothing.
  assert.equal((await invoke(['login', '--url', server.url], at)).code, 0)
  assert.equal(readFileSync(config(at), 'utf8'), after)
})

for (const [what, lead] of [
  ['a region', { region: 'us-east-1\n[default]\ncredential_process = evil' }],
  ['a role', { roles: [role('x\r\ncredential_process = evil')] }],
  [
    'a target’s role',
    { roles: [role('x', '111122223333', { target: 't' })], region: 'x\u0085credential_process = evil' },
  ],
] as const)
  test(`login writes no setting that a server puts into ${what}`, async () => {
    const server = Object.assign(await fakeSignInServer(), lead)
    const at = desk()
    const { code, err } = await invoke(['login', '--url', server.url, '--profile', 'x'], at)
    assert.equal(code, 1, err)
    assert.match(err, /answers a value for (?:region|credential_process) that no profile can have/)
    assert.equal(existsSync(config(at)), false)
  })

test('without a browser on this machine a code is pasted, and PKCE is the same', async () => {
  const server = await fakeSignInServer()
  let shown = ''
  const { code, err } = await invoke(['login', '--url', server.url], {
    ...desk({ openPage: undefined }),
    question: async () => {
      assert.match(shown, /redirect_uri=http.*code/)
      return (await visit(shown)).text
    },
    onLine: (line) => {
      if (line.includes('/authorize?')) shown = line.trim()
    },
  })
  assert.equal(code, 0, err)
  const { body } = server.sent[0] as { body: Record<string, string> }
  assert.equal(body.redirect_uri, `${server.url}/signin/oauth/code`)
  assert.equal(body.code_verifier?.length, 43)
  const nobody = await invoke(['login', '--url', server.url, '--profile', 'x'], { ...desk({ openPage: undefined }) })
  assert.equal(nobody.code, 1)
  assert.match(nobody.err, /no code: run `hallpass login` again/)
})

test('a device code is for where the server permits it', async () => {
  const server = await fakeSignInServer()
  const refused = await invoke(['login', '--url', server.url, '--device'], desk())
  assert.equal(refused.code, 1)
  assert.match(refused.err, /Device codes are not given here/)
  server.devices = true
  server.pending = ['authorization_pending', 'authorization_pending']
  const { code, err } = await invoke(['login', '--url', server.url, '--device'], desk())
  assert.equal(code, 0, err)
  assert.match(err, /ABCD-EFGH/)
  server.pending = ['access_denied']
  assert.equal((await invoke(['login', '--url', server.url, '--device'], desk())).code, 1)
})

test('a server that is not encrypted, or that is none, is refused before anything is sent', async () => {
  for (const url of [
    'http://hallpass.example',
    'ftp://127.0.0.1',
    'hallpass',
    'https://a@b.example',
    'https://b.example/?x=1',
  ])
    assert.equal((await invoke(['login', '--url', url], desk())).code, 2, url)
  const { code, err } = await invoke(['login'], desk())
  assert.equal(code, 2)
  assert.match(err, /where is Hallpass\? give --url/)
})

test('a config file that is a link stays one', async () => {
  const server = await fakeSignInServer()
  const at = desk()
  const folder = newPath()
  mkdirSync(join(at.environment.HOME ?? '', '.aws'), { recursive: true })
  mkdirSync(folder)
  writeFileSync(join(folder, 'config'), '')
  symlinkSync(join(folder, 'config'), config(at))
  assert.equal((await invoke(['login', '--url', server.url], at)).code, 0)
  assert.ok(lstatSync(config(at)).isSymbolicLink())
  assert.match(readFileSync(join(folder, 'config'), 'utf8'), /credential_process/)
})
