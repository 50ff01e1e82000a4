// The commands of a person who signs in, against a server that a test leads.
import assert from 'node:assert/strict'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { devNull } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { readSections } from '../client/aws-files.ts'
import { fakeSignInServer, role, visit } from './testing/sign-in-server.ts'
import { type Circumstances, invoke, newPath } from './testing/world.ts'

interface Desk extends Circumstances {
  readonly environment: Readonly<Record<string, string>>
  readonly opened: string[]
}

/** A person with a home folder and a browser. */
function desk(more: Partial<Circumstances> = {}, environment: Readonly<Record<string, string>> = {}): Desk {
  const opened: string[] = []
  return {
    environment: { HOME: newPath(), ...environment },
    opened,
    openPage: (url) => {
      opened.push(url)
      void visit(url)
    },
    ...more,
  } as Desk
}
const config = ({ environment: { HOME = '' } }: Desk) => join(HOME, '.aws', 'config')
const kept = ({ environment: { HOME = '' } }: Desk) => join(HOME, '.local', 'state', 'hallpass', 'sign-ins')
const profile = (at: Desk, name = 'hallpass') => readSections(config(at)).get(`profile ${name}`)

/** Runs what the profile's credential_process says. */
async function process(at: Desk, name = 'hallpass', how: Partial<Circumstances> = {}) {
  const [program, ...words] = (profile(at, name)?.credential_process ?? '').split(' ')
  assert.equal(program, 'hallpass')
  return invoke(words, { ...at, ...how })
}

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

test('roles prints what a server answers as text', async () => {
  const server = await fakeSignInServer()
  server.roles = [role('reader\u001b]0;title\u0007'), role('b', '1\u009b2J')]
  const at = desk()
  await invoke(['login', '--url', server.url, '--profile', 'x', '--role', 'b'], at)
  const { out } = await invoke(['roles'], at)
  assert.match(out, /reader\\u001b/)
  assert.doesNotMatch(out, /[\u0007\u001b\u009b]/)
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
