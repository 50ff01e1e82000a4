import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BadSettings, loadSettings, readSettings, type Sources } from './load.ts'

const none = { flags: {}, environment: {} }
const load = (sources: Partial<Sources>) => loadSettings({ ...none, ...sources })
const file = (text: string) => readSettings({ name: 'hallpass.yaml', text })

test('a setting that nobody gives has its default, or is off', () => {
  const settings = load({})
  assert.deepEqual(settings.listen, { host: '127.0.0.1', port: 4600 })
  assert.equal(settings['audit-days'], 90)
  assert.equal(settings['tls-cert'], undefined)
})

test('a flag overrides the environment, and the environment overrides the file', async () => {
  const text = 'audit-days: 1\nregions: [eu-west-1]\ndata: from-file\n'
  const environment = { HALLPASS_AUDIT_DAYS: '2', HALLPASS_DATA: 'from-environment' }
  const settings = load({ flags: { 'audit-days': '3' }, environment, file: await file(text) })
  assert.equal(settings['audit-days'], 3)
  assert.equal(settings.data, 'from-environment')
  assert.deepEqual(settings.regions, ['eu-west-1'])
})

test('variables of the commands of people are no settings, and no mistakes', () => {
  const environment = { HALLPASS_URL: 'https://hallpass.example', HALLPASS_KEYRING: 'none', HALLPASS_CONFIG: 'a.yaml' }
  assert.deepEqual(load({ environment }), load({}))
})

test('quotas are a list, or a mapping with an inner one for single accounts', async () => {
  const text = "quotas:\n  RolesPerAccount: 5000\n  accounts:\n    '111122223333': { PolicySize: 7000 }\n"
  const expected = ['RolesPerAccount=5000', '111122223333:PolicySize=7000']
  assert.deepEqual(load({ file: await file(text) }).quotas, expected)
  assert.deepEqual(load({ environment: { HALLPASS_QUOTAS: expected.join(',') } }).quotas, expected)
})

const bad: [rule: string, sources: Partial<Sources>, problem: RegExp][] = [
  [
    'an unknown key is reported with its line',
    { file: await file('data: x\nlisten-on: y\n') },
    /^hallpass\.yaml:2:1: listen-on: no such setting/,
  ],
  [
    'a repeated key is reported with its line',
    { file: await file('data: x\ndata: y\n') },
    /^hallpass\.yaml:2:1: Map keys must be unique/,
  ],
  ['invalid YAML is reported with its line', { file: await file('data: [x\nlisten: y') }, /^hallpass\.yaml:\d+:\d+: /],
  [
    'a file that is not a mapping is refused',
    { file: await file('- data') },
    /^hallpass\.yaml:1:1: the file must be a mapping/,
  ],
  [
    'an account id must be quoted, so that its zeros stay',
    { file: await file('root-account-id: 000123456789') },
    /quotes/,
  ],
  ['a number is a number', { flags: { 'audit-days': '1e3' } }, /^--audit-days: must be a whole number from 2 to 3650$/],
  [
    'a number has its range',
    { environment: { HALLPASS_AUDIT_DAYS: '0' } },
    /^HALLPASS_AUDIT_DAYS: must be a whole number/,
  ],
  ['an address has a port', { flags: { listen: '127.0.0.1' } }, /^--listen: must be HOST:PORT/],
  [
    'a host name is not an address to listen on',
    { flags: { listen: 'example.org:80' } },
    /^--listen: must be HOST:PORT/,
  ],
  ['a port is at most 65535', { flags: { listen: '127.0.0.1:65536' } }, /^--listen: must be HOST:PORT/],
  [
    'an environment variable with our prefix must be a setting',
    { environment: { HALLPASS_DATE: 'x' } },
    /^HALLPASS_DATE: no such setting/,
  ],
  [
    'an unknown quota is reported with its line',
    { file: await file('quotas:\n  RolesPerAccount: 5000\n  RolesQuota: 1\n') },
    /^hallpass\.yaml:3:3: RolesQuota: no such quota/,
  ],
  [
    'a quota of an account out of bounds is reported with its line',
    { file: await file("quotas:\n  accounts:\n    '111122223333':\n      PolicySize: 99999\n") },
    /^hallpass\.yaml:4:7: PolicySize must be a whole number from 1 to 12288$/,
  ],
  [
    'quotas of accounts are listed by account id',
    { file: await file('quotas:\n  accounts: { mine: { PolicySize: 7000 } }\n') },
    /^hallpass\.yaml:2:15: mine: an account id must be 12 digits$/,
  ],
  [
    'a quota is not a list',
    { file: await file('quotas:\n  RolesPerAccount: [5000]\n') },
    /^hallpass\.yaml:2:3: RolesPerAccount must be a whole number/,
  ],
  [
    'a quota on the command line has a number',
    { flags: { quotas: 'RolesPerAccount' } },
    /^--quotas: must be NAME=NUMBER/,
  ],
  [
    'a public URL is an http or https URL',
    { flags: { 'public-url': 'foo' } },
    /^--public-url: foo is not an http or https URL$/,
  ],
  [
    'API names are host names',
    { environment: { HALLPASS_API_NAMES: 'sts.example.com,bad!' } },
    /^HALLPASS_API_NAMES: bad! is not a host name$/,
  ],
  ['a wildcard needs a name behind it', { flags: { 'api-names': '*.' } }, /^--api-names: \*\. is not a host name$/],
  ['a region is a name', { flags: { regions: 'eu/west' } }, /^--regions: eu\/west is not the name of a region$/],
  [
    'trusted proxies are addresses',
    { file: await file('data: x\ntrusted-proxies: [junk]') },
    /^hallpass\.yaml:2:1: trusted-proxies: junk is not an address or a CIDR range$/,
  ],
  [
    'a range of trusted proxies may not include every client',
    { flags: { 'trusted-proxies': '10.0.0.0/8,::/0' } },
    /^--trusted-proxies: ::\/0 would trust every client$/,
  ],
  [
    'the allowed addresses to fetch from are addresses',
    { flags: { 'fetch-allow': '10.0.0.0/8,foo' } },
    /^--fetch-allow: foo is not an address or a CIDR range$/,
  ],
  [
    'a master key is 32 bytes, and the message does not repeat it',
    { environment: { HALLPASS_MASTER_KEY: 'abc' } },
    /^HALLPASS_MASTER_KEY: must be 32 bytes in base64: 44 characters$/,
  ],
  [
    'an account id is 12 digits',
    { environment: { HALLPASS_ROOT_ACCOUNT_ID: '12' } },
    /^HALLPASS_ROOT_ACCOUNT_ID: must be 12 digits$/,
  ],
  [
    "root's key id contains an account",
    { flags: { 'root-access-key-id': 'AKIA' } },
    /^--root-access-key-id: must be AKIA and 16 of A-Z2-7 that carry the account; leave it out to have one made$/,
  ],
  [
    "root's secret is 40 characters, and the message does not repeat it",
    { environment: { HALLPASS_ROOT_SECRET_ACCESS_KEY: 'short' } },
    /^HALLPASS_ROOT_SECRET_ACCESS_KEY: must be 40 characters of A-Za-z0-9\/\+$/,
  ],
]
for (const [rule, sources, problem] of bad) {
  test(rule, () => {
    assert.throws(
      () => load(sources),
      (error) => error instanceof BadSettings && problem.test(error.message),
    )
  })
}

test('all problems are reported at once', async () => {
  const wrong = await file('no: 1')
  assert.throws(
    () => load({ flags: { listen: 'x', 'audit-days': 'x' }, file: wrong }),
    (error) => error instanceof BadSettings && error.problems.length === 3,
  )
})
