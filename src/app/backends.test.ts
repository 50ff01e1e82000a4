import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { chmodSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { folder } from '../../conformance/clients/folder.ts'
import { BadSettings } from '../config/load.ts'
import { authority, certificate, keyText } from '../federation/testing/idp.ts'
import { type Environment, readBackends } from './backends.ts'

const row = {
  name: 'a',
  service: 'dynamodb',
  endpoint: 'https://a.example',
  accounts: ['111122223333'],
  regions: ['us-east-1'],
}
const secret = 'planted-secret'
const keys = `# keys\n[default]\naws_access_key_id = AKIABACKEND\naws_secret_access_key = ${secret}\n`

/** Reads a backends file with these members, beside these files; a name with `!` is open to others. */
async function read(members: object, files: Readonly<Record<string, string>> = {}, environment: Environment = {}) {
  const data = folder()
  for (const [name, text] of Object.entries(files)) {
    const path = join(data, name.replace('!', ''))
    writeFileSync(path, text)
    chmodSync(path, name.startsWith('!') ? 0o640 : 0o600)
  }
  const file = join(data, 'backends.yaml')
  writeFileSync(file, JSON.stringify({ backends: [{ ...row, ...members }] }))
  return { data, ...(await readBackends({ 'backends-file': file }, environment)) }
}

async function problemsOf(...[members, files, environment]: Parameters<typeof read>): Promise<string> {
  try {
    await read(members, files, environment)
  } catch (error) {
    ok(error instanceof BadSettings, String(error))
    const text = error.problems.map((line) => line.replace(/^.*backends\.yaml:1:\d+: backends\[0\]\./, '')).join('\n')
    ok(!text.includes('planted'), text)
    return text
  }
  return 'none'
}

describe('what stands in the files that backends name', () => {
  test('are credentials, authorities, a certificate and its key', async () => {
    const tls = { ca: 'ca.pem', certificate: 'cert.pem', key: 'key.pem' }
    const { backends, warnings } = await read(
      { credentials: 'keys', ...tls },
      { keys, 'ca.pem': authority, 'cert.pem': certificate('server'), 'key.pem': keyText('server') },
    )
    const { access, endpoint, deadlineMs } = backends[0]?.settings ?? {}
    equal(access?.credentials?.accessKeyId, 'AKIABACKEND')
    equal(access?.credentials?.secret.reveal(), secret)
    equal(access?.credentials?.token, undefined)
    equal(access?.ca, authority)
    equal(access?.certificate, certificate('server'))
    equal(access?.key?.reveal(), keyText('server'))
    deepEqual([endpoint?.href, deadlineMs, warnings], ['https://a.example/', 30_000, []])
    equal(backends[0]?.files.length, 4)
  })

  test('may be variables instead', async () => {
    const environment = { A_ACCESS_KEY_ID: 'AKIAENV', A_SECRET_ACCESS_KEY: secret, A_SESSION_TOKEN: 'token' }
    const { backends } = await read({ credentials: { environment: 'A' } }, {}, environment)
    const { credentials } = backends[0]?.settings.access ?? {}
    deepEqual([credentials?.accessKeyId, credentials?.token?.reveal()], ['AKIAENV', 'token'])
  })

  test('are not needed where requests are not signed', async () => {
    const { backends } = await read({ credentials: 'none' })
    equal(backends[0]?.settings.access.credentials, undefined)
  })

  test('may be a key that DynamoDB Local does not take, with a warning', async () => {
    const { warnings } = await read({ credentials: 'keys' }, { keys: keys.replace('AKIABACKEND', 'role_one') })
    equal(warnings.length, 1)
    ok(warnings[0]?.endsWith('has more than letters and digits; DynamoDB Local does not take it, others may'))
  })

  test('are read again, and a bad one changes nothing', async () => {
    const { data, backends } = await read({ credentials: 'keys' }, { keys })
    const [backend] = backends
    const put = (text: string, mode = 0o600) => {
      writeFileSync(join(data, 'next'), text, { mode })
      renameSync(join(data, 'next'), join(data, 'keys'))
    }
    put(keys.replace('AKIABACKEND', 'AKIANEW'))
    const again = backend?.again()
    equal(again !== undefined && 'credentials' in again && again.credentials?.accessKeyId, 'AKIANEW')
    put('')
    ok(backend !== undefined && 'problems' in backend.again())
  })

  const open = '!keys'
  const needs = 'credentials: the file needs a section [default] with aws_access_key_id and aws_secret_access_key'
  const rows: readonly (readonly [string, string, ...Parameters<typeof read>])[] = [
    ['are not there', 'credentials: there is no such file', { credentials: 'planted-as-a-name' }],
    [
      'are open to others',
      'credentials: other users may read or write the file: it needs mode 0600',
      { credentials: 'keys' },
      { [open]: keys },
    ],
    ['are a folder', 'credentials: that is not a file', { credentials: '.' }],
    ['are empty', needs, { credentials: 'keys' }, { keys: '' }],
    ['are of another profile', needs, { credentials: 'keys' }, { keys: keys.replace('default', 'other') }],
    ['have no secret', needs, { credentials: 'keys' }, { keys: keys.replace(secret, '') }],
    ['are too long', 'credentials: the file is too long', { credentials: 'keys' }, { keys: keys.padEnd(70_000, '\n') }],
    ...['AKIA/planted', 'AKIA planted', 'AKIA,planted', 'planted\u00e4'].map(
      (id) =>
        [
          `have the id ${id}`,
          'credentials: the access key id has characters that none has',
          { credentials: 'keys' },
          { keys: keys.replace('AKIABACKEND', id) },
        ] as const,
    ),
    [
      'are in no variable',
      'credentials: the environment needs A_ACCESS_KEY_ID and A_SECRET_ACCESS_KEY',
      { credentials: { environment: 'A' } },
    ],
    [
      'are no authority',
      'ca: no certificate in PEM: error:0480006C:PEM routines::no start line',
      { credentials: 'none', ca: 'ca.pem' },
      { 'ca.pem': 'planted' },
    ],
    [
      'are another’s private key',
      'key: that is not the private key of the certificate, in PEM',
      { credentials: 'none', certificate: 'cert.pem', key: 'key.pem' },
      { 'cert.pem': certificate('server'), 'key.pem': keyText('misnamed') },
    ],
    [
      'are a private key that is open to others',
      'key: other users may read or write the file: it needs mode 0600',
      { credentials: 'none', certificate: 'cert.pem', key: 'key.pem' },
      { 'cert.pem': certificate('server'), '!key.pem': keyText('server') },
    ],
  ]
  for (const [what, expected, ...from] of rows) {
    test(`is refused when they ${what}`, async () => equal(await problemsOf(...from), expected))
  }

  test('is refused when the file about backends is not there', () =>
    rejects(
      readBackends({ 'backends-file': '/nowhere.yaml' }, {}),
      /backends-file: \/nowhere\.yaml: there is no such file/,
    ))
})
