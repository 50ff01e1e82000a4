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

/** A user's own circumstances: a home folder of its own, alice's keys. */
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
const files = (one: Home) => readdirSync(folder(one)).filter((name) => name.endsWith('.json'))

test('it prints credentials of the role in the form that SDKs read, and they work', async () => {
  const printed = await credentials(home(), [...assume, '--role-session-name', 'release', '--duration-seconds', '900'])
  equal(printed.Version, 1)
  equal(await whoIs(printed), 'arn:aws:sts::444455556666:assumed-role/deployer/release')
  const seconds = (Date.parse(printed.Expiration) - Date.now()) / 1000
  ok(seconds > 880 && seconds <= 901)
})

test('without a role they are a session of the caller', async () => {
  equal(await whoIs(await credentials(home(), [])), 'arn:aws:iam::111122223333:user/developers/alice')
})

test('a profile of the credentials file gives the keys, and wins over the environment', async () => {
  const words = ['--source-profile', 'bob', '--region', 'eu-west-1']
  const printed = await credentials(home({ AWS_SHARED_CREDENTIALS_FILE: awsFiles(data).credentials }), words)
  equal(await whoIs(printed), 'arn:aws:iam::111122223333:user/developers/bob')
})

test('every parameter arrives', async () => {
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
  const one = home()
  match((await whoIs(await credentials(one, [...words, ...more]))) ?? '', /assumed-role\/team-data\/hallpass/)
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

test('kept credentials are given again until five minutes before they end', async () => {
  const one = home()
  const words = [...assume, '--duration-seconds', '900']
  const first = await credentials(one, words)
  deepEqual(await credentials(one, words), first)
  const end = Date.parse(first.Expiration)
  deepEqual(await credentials(one, words, () => new Date(end - 301_000)), first)
  const later = await credentials(one, words, () => new Date(end - 299_000))
  notEqual(later.AccessKeyId, first.AccessKeyId)
  notEqual((await credentials(one, [...words, '--no-cache'])).AccessKeyId, later.AccessKeyId)
})

test('whatever differs has a file of its own, 0600 in a folder 0700', async () => {
  const one = home()
  const printed = [
    await credentials(one, assume),
    await credentials(one, [...assume, '--role-session-name', 'other']),
    await credentials(one, [...assume, '--duration-seconds', '1800']),
    await credentials(one, [...assume, '--region', 'eu-west-1']),
    await credentials({ ...one, AWS_ENDPOINT_URL: url.replace('127.0.0.1', 'localhost') }, assume),
    await credentials({ ...one, AWS_SHARED_CREDENTIALS_FILE: awsFiles(data).credentials }, [
      ...assume,
      '--source-profile',
      'bob',
    ]),
  ]
  equal(new Set(printed.map(({ AccessKeyId }) => AccessKeyId)).size, printed.length)
  equal(files(one).length, printed.length)
  if (process.platform === 'win32') return
  equal(statSync(folder(one)).mode & 0o777, 0o700)
  for (const name of readdirSync(folder(one))) equal(statSync(join(folder(one), name)).mode & 0o777, 0o600)
})

test('twenty at once ask once', async () => {
  const one = home()
  const all = await Promise.all(Array.from({ length: 20 }, () => credentials(one, assume)))
  equal(new Set(all.map(({ AccessKeyId }) => AccessKeyId)).size, 1)
  equal(files(one).length, 1)
})

test('a torn or foreign file in the cache is as none', async () => {
  const one = home()
  const first = await credentials(one, assume)
  const file = join(folder(one), files(one)[0] ?? '')
  for (const text of [
    readFileSync(file, 'utf8').slice(0, 100),
    '{}',
    'null',
    '{"Version":1,"Expiration":"2999-01-01T00:00:00Z"}',
  ]) {
    writeFileSync(file, text)
    notEqual((await credentials(one, assume)).AccessKeyId, first.AccessKeyId)
  }
})

test('a cache folder that cannot be made costs the cache alone, and is said', async () => {
  const one = home()
  mkdirSync(one.HOME)
  const file = join(one.HOME, '.cache')
  writeFileSync(file, 'a file')
  const { code, out, err } = await call(one, assume)
  equal(code, 0)
  equal(await whoIs(JSON.parse(out) as Printed), 'arn:aws:sts::444455556666:assumed-role/deployer/hallpass')
  match(err, /^hallpass: .*credentials cannot be used \((EEXIST|ENOTDIR)[^)]*\): the credentials are not kept$/)
})

const linux = { skip: process.platform !== 'linux' && '/proc is of Linux' }

test('where folders are looked for but never made, it does not try for ever', linux, async () => {
  const { code, err } = await call(home({ XDG_CACHE_HOME: '/proc/foo' }), assume)
  equal(code, 0)
  match(err, /^hallpass: \/proc\/foo\/hallpass\/credentials cannot be used \(ENOENT[^)]*\)/)
})

test('a refusal is on standard error with its request id, kept nowhere, and without a credential', async () => {
  const one = home()
  const { code, out, err } = await call(one, ['--role-arn', role])
  deepEqual([code, out], [1, ''])
  match(err, /^hallpass: AssumeRole: AccessDenied: User: .* \(request [0-9a-f-]{36}\)$/)
  deepEqual(files(one), [])
  const wrong = await call({ ...one, AWS_SECRET_ACCESS_KEY: 'planted/secret' }, assume)
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

/** A home whose ~/.aws holds these files, with nothing in the environment but what is given. */
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

/** What it answers as: whose keys, at which endpoint. Each is one way in which AWS's own tools find them. */
const found: readonly (readonly [
  rule: string,
  where: () => Record<string, string>,
  words: readonly string[],
  as: string,
])[] = [
  [
    'keys and endpoint of a profile in the config file',
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
    'the default profile without being asked for',
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
    'keys in the environment over AWS_PROFILE, whose endpoint holds',
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
    'files that are named, from the home folder too',
    () => {
      const one = homeWith('', '')
      writeFileSync(join(one.HOME, 'c'), `[profile bob]\nendpoint_url = ${url}\n`)
      writeFileSync(join(one.HOME, 'k'), `[bob]\n${keysIn('bob')}`)
      return { ...one, AWS_CONFIG_FILE: '~/c', AWS_SHARED_CREDENTIALS_FILE: join(one.HOME, 'k') }
    },
    bob,
    'bob',
  ],
]
for (const [rule, where, words, as] of found) {
  test(`it takes what AWS's tools take: ${rule}`, async () => {
    equal(await whoIs(await credentials(where(), words)), `arn:aws:iam::111122223333:user/developers/${as}`)
  })
}

const ways: readonly (readonly [settings: string, says: RegExp])[] = [
  ['sso_session = corp', /the profile bob signs in at IAM Identity Center \(sso_session\), which is not followed here/],
  ['sso_start_url = https://x', /signs in at IAM Identity Center/],
  ['login_session = x', /signs in with `aws login`/],
  ['credential_process = hallpass credential-process', /runs a program for its credentials, which might be this one/],
  ['role_arn = arn:aws:iam::1:role/r\nsource_profile = alice', /assumes a role for its credentials/],
  ['role_arn = x\nweb_identity_token_file = /t', /has a web identity/],
  ['role_arn = x\ncredential_source = Ec2InstanceMetadata', /has the credentials of a machine/],
  ['region = us-east-1', /the profile bob has no access key: name one with aws_access_key_id/],
  ['aws_access_key_id = AKIA', /the profile bob has no aws_secret_access_key, though it has the other half/],
]
for (const [settings, says] of ways) {
  test(`a profile with ${settings.split('\n').join(', ')} is refused in words, and nothing is asked`, async () => {
    const where = homeWith(`[profile bob]\nendpoint_url = ${elsewhere}\n${settings}\n`)
    const { code, out, err } = await call(where, bob)
    deepEqual([code, out], [1, ''])
    match(err, says)
  })
}

test('endpoints that are to be ignored are, and then nothing is asked', async () => {
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
  ['an endpoint of another kind', async () => home(), ['--endpoint-url', 'ftp://x'], 2, /is no http or https URL/],
  ['no keys', async () => home({ AWS_ACCESS_KEY_ID: '' }), assume, 2, /whose keys\? give --source-profile/],
  [
    'a profile that is not there',
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
  ['a tag that is none', async () => home(), [...assume, '--tag', 'team'], 2, /--tag: team is not KEY=VALUE/],
  ['nobody there', async () => home({ AWS_ENDPOINT_URL: 'http://127.0.0.1:9' }), assume, 1, /could not be asked: /],
  [
    'no AWS',
    async () => home({ AWS_ENDPOINT_URL: await answering(404, 'gone') }),
    assume,
    1,
    /status 404 that is no AWS error/,
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
  test(`it fails with words for ${rule}`, async () => {
    const done = await call(await environment(), words)
    deepEqual([done.code, done.out], [code, ''])
    match(done.err, says)
  })
}
