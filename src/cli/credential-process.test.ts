import { deepEqual, equal, match, notEqual, ok } from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { awsFiles, readSections } from '../client/aws-files.ts'
import { invoke, newPath, serving } from './testing/world.ts'

const { data, url } = await serving('dev', newPath())
const role = 'arn:aws:iam::444455556666:role/deployer'
const assume = ['--role-arn', role, '--external-id', 'example-release']

/** The environment of a user with a new home folder and alice's keys. */
function home(more: Record<string, string> = {}) {
  const { aws_access_key_id: id = '', aws_secret_access_key: secret = '' } =
    readSections(awsFiles(data).credentials).get('alice') ?? {}
  return {
    HOME: newPath(),
    AWS_ENDPOINT_URL: url,
    AWS_ACCESS_KEY_ID: id,
    AWS_SECRET_ACCESS_KEY: secret,
    ...more,
  }
}
type Home = ReturnType<typeof home>

interface Printed {
  readonly Version: number
  readonly AccessKeyId: string
  readonly SecretAccessKey: string
  readonly SessionToken: string
  readonly Expiration: string
}
const call = (environment: Record<string, string>, words: readonly string[], clock?: () => Date) =>
  invoke(['credential-process', ...words], { environment, ...(clock && { clock }) })
async function credentials(environment: Record<string, string>, words: readonly string[], clock?: () => Date) {
  const { code, out, err } = await call(environment, words, clock)
  equal(code, 0, err)
  return JSON.parse(out) as Printed
}
const whoIs = async ({ AccessKeyId, SecretAccessKey, SessionToken }: Printed) => {
  const keys = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken }
  const client = new STSClient({ endpoint: url, region: 'us-east-1', credentials: keys })
  after(() => client.destroy())
  return (await client.send(new GetCallerIdentityCommand({}))).Arn
}
const folder = ({ HOME }: Home) => join(HOME, '.cache', 'hallpass', 'credentials')
const files = (userHome: Home) => readdirSync(folder(userHome)).filter((name) => name.endsWith('.json'))

test('prints credentials of the role in the form that SDKs read, and they work', async () => {
  const printed = await credentials(home(), [...assume, '--role-session-name', 'release', '--duration-seconds', '900'])
  equal(printed.Version, 1)
  equal(await whoIs(printed), 'arn:aws:sts::444455556666:assumed-role/deployer/release')
  const seconds = (Date.parse(printed.Expiration) - Date.now()) / 1000
  ok(seconds > 880 && seconds <= 901)
})

test('without a role it prints a session of the caller', async () => {
  equal(await whoIs(await credentials(home(), [])), 'arn:aws:iam::111122223333:user/developers/alice')
})

test('a profile of the credentials file provides the keys, and overrides the environment', async () => {
  const words = ['--source-profile', 'bob', '--region', 'eu-west-1']
  const printed = await credentials(home({ AWS_SHARED_CREDENTIALS_FILE: awsFiles(data).credentials }), words)
  equal(await whoIs(printed), 'arn:aws:iam::111122223333:user/developers/bob')
})

test('every parameter reaches the server', async () => {
  const deny = JSON.stringify({
    Version: '2012-10-17',
    Statement: { Effect: 'Deny', Action: '*', Resource: '*' },
  })
  const words = ['--role-arn', 'arn:aws:iam::111122223333:role/team-data', '--tag', 'team=orders', '--tag', 'cost=a=b']
  const more = [
    '--transitive-tag-key',
    'team',
    '--policy',
    deny,
    '--policy-arn',
    'arn:aws:iam::aws:policy/ReadOnlyAccess',
  ]
  const userHome = home()
  match((await whoIs(await credentials(userHome, [...words, ...more]))) ?? '', /assumed-role\/team-data\/hallpass/)
  const { out } = await invoke(['sessions', 'list', '--json', '--data', data])
  const { sessions } = JSON.parse(out) as { sessions: { requestId: string }[] }
  const entry = (await invoke(['why', sessions.at(-1)?.requestId ?? '', '--json', '--data', data])).out
  const { records } = JSON.parse(entry) as { records: { requestParameters: Record<string, unknown> }[] }
  deepEqual(records[0]?.requestParameters.tags, [
    { key: 'team', value: 'orders' },
    { key: 'cost', value: 'a=b' },
  ])
  deepEqual(records[0]?.requestParameters.transitiveTagKeys, ['team'])
  deepEqual(records[0]?.requestParameters.policyArns, [{ arn: 'arn:aws:iam::aws:policy/ReadOnlyAccess' }])
})

test('cached credentials are printed until five minutes before they expire', async () => {
  const userHome = home()
  const words = [...assume, '--duration-seconds', '900']
  const first = await credentials(userHome, words)
  deepEqual(await credentials(userHome, words), first)
  const end = Date.parse(first.Expiration)
  deepEqual(await credentials(userHome, words, () => new Date(end - 301_000)), first)
  const later = await credentials(userHome, words, () => new Date(end - 299_000))
  notEqual(later.AccessKeyId, first.AccessKeyId)
  notEqual((await credentials(userHome, [...words, '--no-cache'])).AccessKeyId, later.AccessKeyId)
})

test('each different request has a cache file of its own, 0600 in a folder 0700', async () => {
  const userHome = home()
  const printed = [
    await credentials(userHome, assume),
    await credentials(userHome, [...assume, '--role-session-name', 'other']),
    await credentials(userHome, [...assume, '--duration-seconds', '1800']),
    await credentials(userHome, [...assume, '--region', 'eu-west-1']),
    await credentials({ ...userHome, AWS_ENDPOINT_URL: url.replace('127.0.0.1', 'localhost') }, assume),
    await credentials({ ...userHome, AWS_SHARED_CREDENTIALS_FILE: awsFiles(data).credentials }, [
      ...assume,
      '--source-profile',
      'bob',
    ]),
  ]
  equal(new Set(printed.map(({ AccessKeyId }) => AccessKeyId)).size, printed.length)
  equal(files(userHome).length, printed.length)
  if (process.platform === 'win32') return
  equal(statSync(folder(userHome)).mode & 0o777, 0o700)
  for (const name of readdirSync(folder(userHome))) equal(statSync(join(folder(userHome), name)).mode & 0o777, 0o600)
})

test('twenty processes at once send one request', async () => {
  const userHome = home()
  const all = await Promise.all(Array.from({ length: 20 }, () => credentials(userHome, assume)))
  equal(new Set(all.map(({ AccessKeyId }) => AccessKeyId)).size, 1)
  equal(files(userHome).length, 1)
})

test('a torn or foreign file in the cache counts as absent', async () => {
  const userHome = home()
  const first = await credentials(userHome, assume)
  const file = join(folder(userHome), files(userHome)[0] ?? '')
  for (const text of [
    readFileSync(file, 'utf8').slice(0, 100),
    '{}',
    'null',
    '{"Version":1,"Expiration":"2999-01-01T00:00:00Z"}',
  ]) {
    writeFileSync(file, text)
    notEqual((await credentials(userHome, assume)).AccessKeyId, first.AccessKeyId)
  }
})

test('a cache folder that cannot be made is reported, and costs only the cache', async () => {
  const userHome = home()
  mkdirSync(userHome.HOME)
  const file = join(userHome.HOME, '.cache')
  writeFileSync(file, 'a file')
  const { code, out, err } = await call(userHome, assume)
  equal(code, 0)
  equal(await whoIs(JSON.parse(out) as Printed), 'arn:aws:sts::444455556666:assumed-role/deployer/hallpass')
  match(err, /^hallpass: .*credentials cannot be used \((EEXIST|ENOTDIR)[^)]*\): the credentials are not cached$/)
})

const linux = { skip: process.platform !== 'linux' && '/proc is of Linux' }

test('it does not try for ever where a folder can be looked up but never made', linux, async () => {
  const { code, err } = await call(home({ XDG_CACHE_HOME: '/proc/foo' }), assume)
  equal(code, 0)
  match(err, /^hallpass: \/proc\/foo\/hallpass\/credentials cannot be used \(ENOENT[^)]*\)/)
})

test('a refusal is printed on standard error with its request id, without a credential, and is not cached', async () => {
  const userHome = home()
  const { code, out, err } = await call(userHome, ['--role-arn', role])
  deepEqual([code, out], [1, ''])
  match(err, /^hallpass: AssumeRole: AccessDenied: User: .* \(request [0-9a-f-]{36}\)$/)
  deepEqual(files(userHome), [])
  const wrong = await call({ ...userHome, AWS_SECRET_ACCESS_KEY: 'planted/secret' }, assume)
  equal(wrong.code, 1)
  match(wrong.err, /SignatureDoesNotMatch/)
  ok(!wrong.err.includes('planted'))
})

/** A server that gives every request the same answer. */
async function answering(status: number, body: string): Promise<string> {
  const server = createServer((_, response) => response.writeHead(status).end(body))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  after(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** A home folder with these files in ~/.aws, and an environment with these variables only. */
function homeWith(config: string, credentialsFile = '', more: Record<string, string> = {}) {
  const HOME = newPath()
  mkdirSync(join(HOME, '.aws'), { recursive: true })
  writeFileSync(join(HOME, '.aws', 'config'), config)
  if (credentialsFile !== '') writeFileSync(join(HOME, '.aws', 'credentials'), credentialsFile)
  return { HOME, ...more }
}
const keysIn = (name: string) => {
  const { aws_access_key_id: id, aws_secret_access_key: secret } =
    readSections(awsFiles(data).credentials).get(name) ?? {}
  return `aws_access_key_id = ${id}\naws_secret_access_key = ${secret}\n`
}
const elsewhere = 'http://127.0.0.1:9'
const services = (where: string) => `[services h]\nsts =\n  endpoint_url = ${where}\n`
const bob = ['--source-profile', 'bob']

/** Whose keys it uses, at which endpoint. Each row is one way in which AWS's own tools find them. */
const sources: readonly (readonly [
  rule: string,
  where: () => Record<string, string>,
  words: readonly string[],
  as: string,
])[] = [
  [
    'the keys and endpoint of a profile in the config file',
    () => homeWith(`[profile bob]\nendpoint_url = ${url}\n${keysIn('bob')}`),
    bob,
    'bob',
  ],
  [
    'keys of the credentials file over those of the config file',
    () => homeWith(`[profile bob]\nendpoint_url = ${url}\n${keysIn('alice')}`, `[bob]\n${keysIn('bob')}`),
    bob,
    'bob',
  ],
  [
    'the default profile, under its short name',
    () => homeWith(`[default]\nendpoint_url = ${url}\n${keysIn('bob')}`, '', { AWS_PROFILE: 'default' }),
    [],
    'bob',
  ],
  [
    'the default profile when nothing names a profile',
    () => homeWith(`[default]\nendpoint_url = ${url}\n`, `[default]\n${keysIn('bob')}`),
    [],
    'bob',
  ],
  [
    '[profile default] over [default]',
    () =>
      homeWith(`[default]\nendpoint_url = ${elsewhere}\n[profile default]\nendpoint_url = ${url}\n${keysIn('bob')}`),
    [],
    'bob',
  ],
  [
    'AWS_PROFILE',
    () => homeWith(`[profile bob]\nendpoint_url = ${url}\n${keysIn('bob')}`, '', { AWS_PROFILE: 'bob' }),
    [],
    'bob',
  ],
  [
    '--source-profile over AWS_PROFILE',
    () => homeWith(`[profile bob]\nendpoint_url = ${url}\n${keysIn('bob')}[profile eve]\n`, '', { AWS_PROFILE: 'eve' }),
    bob,
    'bob',
  ],
  [
    'keys in the environment over those of AWS_PROFILE, but its endpoint',
    () => ({
      ...home(),
      AWS_ENDPOINT_URL: '',
      ...homeWith(`[profile bob]\nendpoint_url = ${url}\n${keysIn('bob')}`),
      AWS_PROFILE: 'bob',
    }),
    [],
    'alice',
  ],
  [
    'the endpoint of STS in the services section over the general one',
    () => homeWith(`[profile bob]\nendpoint_url = ${elsewhere}\nservices = h\n${keysIn('bob')}${services(url)}`),
    bob,
    'bob',
  ],
  [
    'the general endpoint where the services section has none for STS',
    () =>
      homeWith(
        `[profile bob]\nendpoint_url = ${url}\nservices = h\n${keysIn('bob')}[services h]\ns3 =\n  endpoint_url = ${elsewhere}\n`,
      ),
    bob,
    'bob',
  ],
  [
    'AWS_ENDPOINT_URL over the profile',
    () =>
      homeWith(`[profile bob]\nservices = h\n${keysIn('bob')}${services(elsewhere)}`, '', { AWS_ENDPOINT_URL: url }),
    bob,
    'bob',
  ],
  [
    'AWS_ENDPOINT_URL_STS over AWS_ENDPOINT_URL',
    () => homeWith(`[profile bob]\n${keysIn('bob')}`, '', { AWS_ENDPOINT_URL: elsewhere, AWS_ENDPOINT_URL_STS: url }),
    bob,
    'bob',
  ],
  [
    'the files that the environment names, with ~ as the home folder',
    () => {
      const userHome = homeWith('', '')
      writeFileSync(join(userHome.HOME, 'c'), `[profile bob]\nendpoint_url = ${url}\n`)
      writeFileSync(join(userHome.HOME, 'k'), `[bob]\n${keysIn('bob')}`)
      return { ...userHome, AWS_CONFIG_FILE: '~/c', AWS_SHARED_CREDENTIALS_FILE: join(userHome.HOME, 'k') }
    },
    bob,
    'bob',
  ],
]
for (const [rule, where, words, as] of sources) {
  test(`like AWS's tools it uses ${rule}`, async () => {
    equal(await whoIs(await credentials(where(), words)), `arn:aws:iam::111122223333:user/developers/${as}`)
  })
}

const ways: readonly (readonly [settings: string, says: RegExp])[] = [
  [
    'sso_session = corp',
    /the profile bob signs in at IAM Identity Center \(sso_session\), which hallpass does not support/,
  ],
  ['sso_start_url = https://x', /signs in at IAM Identity Center/],
  ['login_session = x', /signs in with `aws login`/],
  ['credential_process = hallpass credential-process', /runs a program for its credentials, which might be this one/],
  ['role_arn = arn:aws:iam::1:role/r\nsource_profile = alice', /assumes a role for its credentials/],
  ['role_arn = x\nweb_identity_token_file = /t', /gets its credentials with a web identity/],
  ['role_arn = x\ncredential_source = Ec2InstanceMetadata', /gets its credentials from a machine/],
  ['region = us-east-1', /the profile bob has no access key: name one with aws_access_key_id/],
  ['aws_access_key_id = AKIA', /the profile bob has no aws_secret_access_key, though it has the other half/],
]
for (const [settings, says] of ways) {
  test(`a profile with ${settings.split('\n').join(', ')} is refused with the reason, and no request is sent`, async () => {
    const where = homeWith(`[profile bob]\nendpoint_url = ${elsewhere}\n${settings}\n`)
    const { code, out, err } = await call(where, bob)
    deepEqual([code, out], [1, ''])
    match(err, says)
  })
}

test('configured endpoints are ignored when a setting says so, and then no request is sent', async () => {
  for (const [line, more] of [
    ['ignore_configured_endpoint_urls = true', {}],
    ['', { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'TRUE' }],
  ] as const) {
    const { code, err } = await call(
      homeWith(`[profile bob]\nendpoint_url = ${url}\n${line}\n${keysIn('bob')}`, '', more),
      bob,
    )
    equal(code, 2)
    match(err, /^hallpass: where is Hallpass\? give --endpoint-url/)
  }
})

const wrongs: [
  rule: string,
  environment: () => Promise<Record<string, string>>,
  words: string[],
  code: number,
  says: RegExp,
][] = [
  [
    'no endpoint',
    async () => home({ AWS_ENDPOINT_URL: '' }),
    assume,
    2,
    /give --endpoint-url, set AWS_ENDPOINT_URL, or give the profile default an endpoint_url in .*\.aws\/config/,
  ],
  ['an endpoint of another kind', async () => home(), ['--endpoint-url', 'ftp://x'], 2, /is not an http or https URL/],
  ['no keys', async () => home({ AWS_ACCESS_KEY_ID: '' }), assume, 2, /whose keys\? give --source-profile/],
  [
    'a profile that does not exist',
    async () => home(),
    ['--source-profile', 'eve'],
    1,
    /there is no profile eve in .*\.aws\/credentials and none in .*\.aws\/config/,
  ],
  [
    'a code without its device',
    async () => home(),
    ['--token-code', '123456'],
    2,
    /--token-code goes with --serial-number/,
  ],
  [
    'a parameter of a role without the role',
    async () => home(),
    ['--external-id', 'x'],
    2,
    /--external-id goes with --role-arn/,
  ],
  ['a tag without a value', async () => home(), [...assume, '--tag', 'team'], 2, /--tag: team is not KEY=VALUE/],
  [
    'a port on which nothing listens',
    async () => home({ AWS_ENDPOINT_URL: 'http://127.0.0.1:9' }),
    assume,
    1,
    /did not answer: /,
  ],
  [
    'a server that does not speak AWS’s protocol',
    async () => home({ AWS_ENDPOINT_URL: await answering(404, 'gone') }),
    assume,
    1,
    /status 404 that is not an AWS error/,
  ],
  [
    'an empty answer',
    async () => home({ AWS_ENDPOINT_URL: await answering(200, '<x/>') }),
    assume,
    1,
    /answered without credentials/,
  ],
]
for (const [rule, environment, words, code, says] of wrongs) {
  test(`fails with the reason for ${rule}`, async () => {
    const done = await call(await environment(), words)
    deepEqual([done.code, done.out], [code, ''])
    match(done.err, says)
  })
}
