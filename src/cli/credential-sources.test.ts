// Whose keys `hallpass credential-process` uses, and at which endpoint: as AWS's own tools find them.
import { deepEqual, equal, match } from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { call, credentials, elsewhere, home, homeWith, keysIn, url, whoIs } from './testing/credential-process-kit.ts'

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
