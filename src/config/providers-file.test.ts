import { deepEqual, rejects } from 'node:assert/strict'
import { describe, test } from 'node:test'
import { BadSettings } from './load.ts'
import { readProvidersFile } from './providers-file.ts'

const read = (text: string) => readProvidersFile({ name: 'providers.yaml', text })

describe('the file about identity providers', () => {
  test('says what AWS’s API has no members for', async () => {
    const file = await read(`
providers:
  - issuer: https://keycloak.corp.example:8443/realms/main
    account: '111122223333'
    ca: corp.pem
    allow: [10.0.0.0/8]
    claims: [groups]
  - { issuer: https://air.example, account: '111122223333', keys: air.json, claims: all }
google: { ca: corp.pem }
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
      google: { ca: 'corp.pem' },
      facebook: { apps: new Map([['1234', 'secret']]) },
      amazon: { endpoint: 'https://localhost:1', apps: new Map([['amzn1.application.a', '']]) },
    })
  })

  test('may be empty', async () => deepEqual(await read(''), { providers: [] }))

  const rows: [string, string, string[]][] = [
    ['no mapping', '- a', ['the file: must be a mapping']],
    ['a name it does not know', 'provider: []', ['provider: no such setting']],
    ['providers that are no list', 'providers: { a: b }', ['providers: must be a list']],
    [
      'a provider without issuer and account',
      'providers: [{}]',
      ['providers[0].issuer: must be given', 'providers[0].account: must be given'],
    ],
    [
      'an account that lost its quotes and zeros, an issuer that is none, a misspelling',
      'providers: [{ issuer: idp.example, account: 111122223333, cas: x }]',
      [
        'providers[0].cas: no such setting',
        'providers[0].account: must be a text',
        'providers[0].account: must be given',
        'providers[0].issuer: must be a URL',
      ],
    ],
    [
      'claims that are one text',
      "providers: [{ issuer: 'https://a', account: '111122223333', claims: groups }]",
      ['providers[0].claims: must be a list of texts'],
    ],
    ['an app without its secret', "facebook: { apps: { '1': null } }", ['facebook.apps.1: must be a text']],
    ['no app', 'amazon: {}', ['amazon.apps: must be at least one app']],
    [
      'a provider twice',
      "providers: [{ issuer: 'https://a', account: '111122223333' }, { issuer: 'https://a', account: '111122223333' }]",
      ['https://a of 111122223333 stands twice'],
    ],
  ]
  for (const [name, text, problems] of rows) {
    test(`says all that is wrong: ${name}`, () =>
      rejects(read(text), (error: unknown) => {
        deepEqual(
          error instanceof BadSettings && error.problems,
          problems.map((one) => `providers.yaml: ${one}`),
        )
        return true
      }))
  }

  test('a key that stands twice is wrong', () => rejects(read('google: {}\ngoogle: {}'), BadSettings))
})
