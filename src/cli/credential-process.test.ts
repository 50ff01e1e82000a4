// `hallpass credential-process`: what it prints, keeps, and says where it fails.
import { deepEqual, equal, match, notEqual, ok } from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { awsFiles } from '../client/aws-files.ts'
import {
  assume,
  call,
  credentials,
  data,
  files,
  folder,
  home,
  type Printed,
  role,
  url,
  whoIs,
} from './testing/credential-process-kit.ts'
import { invoke } from './testing/world.ts'

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

test('cached credentials are printed until half of their lifetime has passed', async () => {
  const userHome = home()
  const words = [...assume, '--duration-seconds', '900']
  const first = await credentials(userHome, words)
  deepEqual(await credentials(userHome, words), first)
  const end = Date.parse(first.Expiration)
  deepEqual(await credentials(userHome, words, () => new Date(end - 460_000)), first)
  const later = await credentials(userHome, words, () => new Date(end - 440_000))
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
    '{"at":0,"credentials":{"expiration":"2999-01-01T00:00:00Z"}}',
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
