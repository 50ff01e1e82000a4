import { deepEqual, equal, rejects } from 'node:assert/strict'
import { describe, test } from 'node:test'
import { BadSettings } from './load.ts'
import { readProvidersFile } from './providers-file.ts'

const read = (text: string) => readProvidersFile({ name: 'providers.yaml', text })

describe('the file about identity providers', () => {
  test('configures what AWS’s API has no members for', async () => {
    const { where, ...file } = await read(`
providers:
  - issuer: https://keycloak.corp.example:8443/realms/main
    account: '111122223333'
    ca: corp.pem
    allow: [10.0.0.0/8]
    claims: [groups]
  - { issuer: https://air.example, account: '111122223333', keys: air.json, claims: all }
google: { ca: corp.pem }
saml:
  - { provider: arn:aws:iam::111122223333:saml-provider/Old, sha1: true, response-signature: true }
  - { provider: arn:aws:iam::111122223333:saml-provider/Once, one-use: true, sha1: false }
facebook: { apps: { '1234': secret } }
amazon: { endpoint: https://localhost:1, apps: [amzn1.application.a] }
`)
    const account = '111122223333'
    deepEqual(file, {
      providers: [
        {
          issuer: 'https://keycloak.corp.example:8443/realms/main',
          account,
          ca: 'corp.pem',
          allow: ['10.0.0.0/8'],
          claims: ['groups'],
        },
        { issuer: 'https://air.example', account, keys: 'air.json', claims: 'all' },
      ],
      saml: [
        { provider: `arn:aws:iam::${account}:saml-provider/Old`, sha1: true, responseSignature: true, oneUse: false },
        { provider: `arn:aws:iam::${account}:saml-provider/Once`, sha1: false, responseSignature: false, oneUse: true },
      ],
      google: { ca: 'corp.pem' },
      facebook: { apps: new Map([['1234', 'secret']]) },
      amazon: { endpoint: 'https://localhost:1', apps: new Map([['amzn1.application.a', '']]) },
    })
    equal(where(file.providers[0] as object, 'ca'), 'providers.yaml:5:5: providers[0].ca')
    equal(where(file.google as object, 'ca'), 'providers.yaml:9:11: google.ca')
  })

  test('may be empty', async () => deepEqual((await read('')).providers, []))

  const rows: [string, string, string[]][] = [
    ['a list', '- a', ['1:1: the file: must be a mapping']],
    ['an unknown name', 'provider: []', ['1:1: provider: no such setting']],
    ['providers that are not a list', 'providers: { a: b }', ['1:12: providers: must be a list']],
    [
      'a provider without issuer and account',
      'providers: [{}]',
      ['1:13: providers[0].issuer: must be given', '1:13: providers[0].account: must be given'],
    ],
    [
      'an account without quotes, an issuer that is not a URL, a misspelling',
      'providers:\n  - issuer: idp.example\n    account: 111122223333\n    cas: x',
      [
        '4:5: providers[0].cas: no such setting',
        '2:13: providers[0].issuer: must be a URL',
        '3:14: providers[0].account: must be a string: put it in quotes',
      ],
    ],
    [
      'claims that are a string',
      "providers: [{ issuer: 'https://a', account: '111122223333', claims: groups }]",
      ['1:69: providers[0].claims: must be a list of strings'],
    ],
    [
      'an invalid range',
      'google:\n  allow:\n    - 10.0.0.0/8\n    - intranet',
      ['3:5: google.allow: intranet is not an address or a CIDR range'],
    ],
    ['an app without its secret', "facebook: { apps: { '1': null } }", ['1:26: facebook.apps.1: must be a string']],
    ['an empty section', 'amazon: {}', ['1:9: amazon.apps: must be at least one app']],
    [
      'a SAML provider by another ARN, or none, a switch that is a string, a misspelling',
      "saml:\n- { provider: 'arn:aws:iam::111122223333:role/a', sha-1: true }\n- { one-use: 'true' }",
      [
        '2:51: saml[0].sha-1: no such setting',
        '2:15: saml[0].provider: must be the ARN of a SAML provider',
        '3:3: saml[1].provider: must be given',
        '3:14: saml[1].one-use: must be true or false',
      ],
    ],
    [
      'a repeated SAML provider',
      'saml:\n- { provider: arn:aws:iam::111122223333:saml-provider/a }\n- { provider: arn:aws:iam::111122223333:saml-provider/a }',
      ['3:3: saml[1].provider: arn:aws:iam::111122223333:saml-provider/a appears twice'],
    ],
    [
      'a repeated provider',
      "providers:\n- { issuer: 'https://a', account: '111122223333' }\n- { issuer: 'https://a', account: '111122223333' }",
      ['3:3: providers[1].issuer: https://a of 111122223333 appears twice'],
    ],
  ]
  for (const [name, text, problems] of rows) {
    test(`reports all that is wrong: ${name}`, () =>
      rejects(read(text), (error: unknown) => {
        deepEqual(
          error instanceof BadSettings && error.problems,
          problems.map((problem) => `providers.yaml:${problem}`),
        )
        return true
      }))
  }

  test('refuses a repeated key', () => rejects(read('google: {}\ngoogle: {}'), BadSettings))
})
