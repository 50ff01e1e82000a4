import { deepEqual, equal, match, notEqual, ok, rejects } from 'node:assert/strict'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { accessKeyId } from '../core/ids.ts'
import { invoke, newPath, serving } from './testing/world.ts'

const rootIn = (data: string) =>
  JSON.parse(readFileSync(join(data, 'root-credentials.json'), 'utf8')) as Record<
    'AccountId' | 'AccessKeyId' | 'SecretAccessKey',
    string
  >

const whoIs = async (url: string, accessKeyId: string, secretAccessKey: string) => {
  const client = new STSClient({ endpoint: url, region: 'us-east-1', credentials: { accessKeyId, secretAccessKey } })
  const { Arn } = await client.send(new GetCallerIdentityCommand({}))
  client.destroy()
  return Arn
}

const unix = { skip: process.platform === 'win32' && 'modes are of Unix' }

test('the first start makes an account and its root key, which works', async () => {
  const { data, url, stop } = await serving('serve', newPath())
  const { AccountId, AccessKeyId, SecretAccessKey } = rootIn(data)
  equal(await whoIs(url, AccessKeyId, SecretAccessKey), `arn:aws:iam::${AccountId}:root`)
  const { code, out, err } = await stop()
  equal(code, 0)
  equal(out, '', 'standard output is no terminal: nothing secret is on it')
  ok(!err.includes(SecretAccessKey))
  match(err, /first start: made account \d{12}; its root credentials are in .*root-credentials\.json/)
})

test('the root secret is printed on a terminal, at the first start only', async () => {
  const data = newPath()
  const first = await (await serving('serve', data, { terminal: true })).stop()
  const { SecretAccessKey } = rootIn(data)
  match(first.out, new RegExp(`AWS_SECRET_ACCESS_KEY=${SecretAccessKey.replaceAll('+', '\\+')}`))
  const second = await (await serving('serve', data, { terminal: true })).stop()
  equal(second.out, '')
  equal(rootIn(data).SecretAccessKey, SecretAccessKey)
})

test(
  'only its owner may use anything in the data folder, even if the folder was open to others before',
  unix,
  async () => {
    const data = newPath()
    mkdirSync(data)
    chmodSync(data, 0o755)
    const { stop } = await serving('serve', data)
    equal(statSync(data).mode & 0o777, 0o700)
    const files = readdirSync(data)
    ok(files.includes('admin.sock'))
    for (const file of files) equal(statSync(join(data, file)).mode & 0o777, 0o600, file)
    await stop()
  },
)

test('only one server serves a folder', async () => {
  const { data } = await serving('serve', newPath())
  const second = await invoke(['serve', '--data', data, '--listen', '127.0.0.1:0'])
  equal(second.code, 1)
  match(second.err, /Another hallpass serves this data folder \(pid \d+\)/)
})

test('of two first starts at once only one serves, and the folder has its root credentials', async () => {
  const data = newPath()
  const both = await Promise.allSettled([serving('serve', data), serving('serve', data)])
  const [served, ...others] = both.filter((start) => start.status === 'fulfilled')
  equal(others.length, 0)
  const [refused] = both.filter((start) => start.status === 'rejected')
  match(String(refused?.reason), /Another hallpass serves this data folder/)
  const { AccountId, AccessKeyId, SecretAccessKey } = rootIn(data)
  equal(await whoIs(served?.value.url ?? '', AccessKeyId, SecretAccessKey), `arn:aws:iam::${AccountId}:root`)
})

test('a first start that fails because of a setting says so and makes no root: the next start prints it', async (t) => {
  const taken = new URL((await serving('serve', newPath())).url).host
  const file = newPath()
  writeFileSync(file, 'a file')
  const none = join(newPath(), 'none.pem')
  const bad: [flags: string[], says: RegExp][] = [
    [['--listen', taken], /port \d+ of 127\.0\.0\.1 is in use; give --listen another/],
    [['--metrics-listen', taken], /port \d+ of 127\.0\.0\.1 is in use; give --metrics-listen another/],
    [['--tls-cert', none, '--tls-key', none], /^hallpass: tls-cert: .*none\.pem: there is no such file$/],
    [
      ['--audit-folder', file],
      /^hallpass: --audit-folder: .* cannot be made: it exists already\. Move it away, or name another \(EEXIST/,
    ],
    [
      ['--audit-folder', join(file, 'in')],
      /^hallpass: --audit-folder: .* cannot be made: a part of its path is a file/,
    ],
  ]
  for (const [flags, says] of bad) {
    await t.test(flags.join(' '), async () => {
      const data = newPath()
      const listen = flags.includes('--listen') ? [] : ['--listen', '127.0.0.1:0']
      const failed = await invoke(['serve', '--data', data, ...listen, ...flags], { terminal: true })
      deepEqual([failed.code, failed.out], [1, ''])
      match(failed.err, says)
      ok(!existsSync(join(data, 'root-credentials.json')))
      const { out } = await (await serving('serve', data, { terminal: true })).stop()
      match(out, /^AWS_SECRET_ACCESS_KEY=.{40}$/m)
    })
  }
})

test('a failure after the root was made does not hide its key', async () => {
  const data = newPath()
  // A folder is where the socket should be: nothing else can fail now.
  mkdirSync(join(data, 'admin.sock', 'x'), { recursive: true })
  const { code, out, err } = await invoke(['serve', '--data', data, '--listen', '127.0.0.1:0'], { terminal: true })
  equal(code, 1)
  match(out, /^AWS_SECRET_ACCESS_KEY=.{40}$/m)
  match(
    err,
    /^first start: made account \d{12}; .*\nhallpass: \S+admin\.sock cannot be removed: it is a folder, not a file/,
  )
})

test('serve refuses a development store, and dev a production store', async () => {
  const [developed, produced] = [newPath(), newPath()]
  await (await serving('dev', developed)).stop()
  await (await serving('serve', produced)).stop()
  await rejects(serving('serve', developed), /holds a development store; `hallpass dev` serves it/)
  await rejects(serving('dev', produced), /holds a production store; `hallpass serve` serves it/)
})

const linux = { skip: process.platform !== 'linux' && '/proc is of Linux' }

test('no server starts when the data folder cannot be made', linux, async () => {
  const { code, err } = await invoke(['serve', '--data', '/proc/foo/data'])
  equal(code, 1)
  match(err, /\/proc\/foo cannot be made: .*ENOENT/)
})

test('dev listens on loopback only', async () => {
  const { code, err } = await invoke(['dev', '--data', newPath(), '--listen', '0.0.0.0:0'])
  equal(code, 2)
  match(err, /dev listens on loopback only, and 0\.0\.0\.0 is not/)
})

test('serve listens beyond loopback only with TLS or trusted proxies, and fails before anything is made', async () => {
  const data = newPath()
  const { code, err } = await invoke(['serve', '--data', data, '--listen', '0.0.0.0:0'])
  equal(code, 2)
  ok(!existsSync(data))
  match(err, /Refusing to listen on 0\.0\.0\.0 without TLS/)
})

const publicName = ['--public-url', 'https://id.example.com']
const settingsThatStop: [rule: string, flags: string[], says: RegExp][] = [
  [
    'a public URL that cannot be part of an issuer',
    ['--public-url', 'https://sts.example.com/?x'],
    /^hallpass: --public-url: https:\/\/sts\.example\.com\/\?x has more than a host, a port and a path$/,
  ],
  ['an invalid API name', ['--api-names', 'bad!'], /^hallpass: --api-names: bad! is not a host name$/],
  [
    "the pages' host as a name of the APIs",
    [...publicName, '--api-names', '*.example.com'],
    /^hallpass: api-names: id\.example\.com is the public URL's host, so it cannot be a name of the APIs$/,
  ],
  [
    'a name of the sign-in endpoint that is the APIs’ too',
    [...publicName, '--api-names', 'sts.example.com', '--signin-names', '*.example.com'],
    /^hallpass: signin-names: id\.example\.com is the public URL's host, so it cannot be a name of the sign-in endpoint$/,
  ],
  [
    'names of the sign-in endpoint that lead nowhere',
    ['--signin-names', 'signin.example.com'],
    /^hallpass: signin-names lead to the public URL: set public-url too$/,
  ],
  [
    'a certificate without its key',
    ['--tls-cert', '/nowhere.pem'],
    /^hallpass: tls-cert and tls-key must be given together$/,
  ],
  ['a key without its certificate', ['--tls-key', '/nowhere.pem'], /^hallpass: tls-cert and tls-key must be given/],
  [
    'a root key id without its secret',
    ['--root-access-key-id', accessKeyId('AKIA', '111122223333', Buffer.alloc(5))],
    /^hallpass: root-access-key-id and root-secret-access-key must be given together$/,
  ],
  [
    'a providers file that does not exist',
    ['--providers-file', '/nowhere.yaml'],
    /^hallpass: providers-file: \/nowhere\.yaml: there is no such file$/,
  ],
]
for (const [rule, flags, says] of settingsThatStop) {
  test(`${rule} is refused before anything is made`, async () => {
    const data = newPath()
    const { code, err } = await invoke(['serve', '--data', data, '--listen', '127.0.0.1:0', ...flags])
    equal(code, err.includes('no such file') ? 1 : 2)
    match(err, says)
    ok(!existsSync(data))
  })
}

test('a metrics port in use is reported', async () => {
  const { url } = await serving('serve', newPath())
  const words = ['--listen', '127.0.0.1:0', '--metrics-listen', new URL(url).host]
  const second = await invoke(['serve', '--data', newPath(), ...words])
  equal(second.code, 1)
  match(second.err, /port \d+ of 127\.0\.0\.1 is in use; give --metrics-listen another/)
})

const account = '111122223333'
const id = accessKeyId('AKIA', account, Buffer.from([1, 2, 3, 4, 5]))
const secret = 'q'.repeat(40)
const chosen = {
  HALLPASS_ROOT_ACCOUNT_ID: account,
  HALLPASS_ROOT_ACCESS_KEY_ID: id,
  HALLPASS_ROOT_SECRET_ACCESS_KEY: secret,
}

test('the root credentials of the settings become the root’s', async () => {
  const data = newPath()
  const first = await serving('serve', data, { environment: chosen })
  equal(await whoIs(first.url, id, secret), `arn:aws:iam::${account}:root`)
  await first.stop()
  equal((await (await serving('serve', data, { environment: chosen })).stop()).code, 0, 'the same again is no mistake')
})

const mismatches: [rule: string, environment: Record<string, string>, says: RegExp][] = [
  ['another account', { ...chosen, HALLPASS_ROOT_ACCOUNT_ID: '999900001111' }, /must be AKIA|first account is/],
  ['another account alone', { HALLPASS_ROOT_ACCOUNT_ID: '999900001111' }, /first account is 111122223333/],
  ['another secret', { ...chosen, HALLPASS_ROOT_SECRET_ACCESS_KEY: 'r'.repeat(40) }, /are not those in the store/],
  [
    'another key id',
    { ...chosen, HALLPASS_ROOT_ACCESS_KEY_ID: accessKeyId('AKIA', account, Buffer.from([9, 9, 9, 9, 9])) },
    /are not those in the store/,
  ],
]
test('no server starts with root credentials other than the stored ones', async (t) => {
  const data = newPath()
  await (await serving('serve', data, { environment: chosen })).stop()
  for (const [rule, environment, says] of mismatches) {
    await t.test(rule, () => rejects(serving('serve', data, { environment }), says))
  }
  await t.test('and the stored ones stay unchanged', async () => {
    const { url } = await serving('serve', data, { environment: chosen })
    equal(await whoIs(url, id, secret), `arn:aws:iam::${account}:root`)
  })
})

const shapes: [rule: string, environment: Record<string, string>, says: RegExp][] = [
  ['a key id that is not AKIA', { ...chosen, HALLPASS_ROOT_ACCESS_KEY_ID: 'ASIAIOSFODNN7EXAMPLE' }, /must be AKIA/],
  [
    'a key id of another account',
    { ...chosen, HALLPASS_ROOT_ACCESS_KEY_ID: accessKeyId('AKIA', '999900001111', Buffer.alloc(5)) },
    /carry the account 111122223333/,
  ],
  ['a key id without its secret', { HALLPASS_ROOT_ACCESS_KEY_ID: id }, /must be given together/],
  ['a short secret', { ...chosen, HALLPASS_ROOT_SECRET_ACCESS_KEY: 'short' }, /must be 40 characters/],
  ['an account id of 11 digits', { HALLPASS_ROOT_ACCOUNT_ID: '11112222333' }, /must be 12 digits/],
]
for (const [rule, environment, says] of shapes) {
  test(`a start is refused for ${rule}, and makes no account`, async () => {
    const data = newPath()
    await rejects(serving('serve', data, { environment }), says)
    const { url } = await serving('serve', data)
    const { AccessKeyId, SecretAccessKey, AccountId } = rootIn(data)
    notEqual(AccountId, account)
    equal(await whoIs(url, AccessKeyId, SecretAccessKey), `arn:aws:iam::${AccountId}:root`)
  })
}

test('a master key that other users may read is refused', unix, async () => {
  const data = newPath()
  await (await serving('serve', data)).stop()
  chmodSync(join(data, 'master.key'), 0o644)
  await rejects(serving('serve', data), /other users may read or write .*master\.key: it needs mode 0600/)
})

test('no master key is made for an existing store: it could not open it', async () => {
  const data = newPath()
  await (await serving('serve', data)).stop()
  rmSync(join(data, 'master.key'))
  for (const words of [
    ['serve', '--listen', '127.0.0.1:0'],
    ['keys', 'list'],
  ]) {
    const { code, err } = await invoke([...words, '--data', data])
    equal(code, 1)
    match(err, /master\.key does not exist, and without its master key the store cannot be opened/)
    equal(existsSync(join(data, 'master.key')), false)
  }
})
