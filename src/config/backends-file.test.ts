import { deepEqual, equal, rejects } from 'node:assert/strict'
import { describe, test } from 'node:test'
import { readBackendsFile } from './backends-file.ts'
import { BadSettings } from './load.ts'

const read = (text: string) => readBackendsFile({ name: 'backends.yaml', text })

const plain = {
  name: 'a',
  service: 'dynamodb',
  endpoint: 'https://a.example:8043',
  accounts: ['111122223333'],
  regions: ['us-east-1'],
  credentials: 'keys',
}
/** A file of such backends, a member a line: the name of the first stands in line 2, that of the second in line 8. */
const fileOf = (...rows: readonly object[]) => {
  const lines = rows.flatMap((row) =>
    Object.entries({ ...plain, ...row }).map(
      ([name, value], at) => `${at === 0 ? '  - ' : '    '}${name}: ${JSON.stringify(value)}`,
    ),
  )
  return ['backends:', ...lines].join('\n')
}

describe('the file about backends', () => {
  test('says where they stand, for whom, and how they are reached', async () => {
    const { backends, where } = await read(`
backends:
  - name: alternator
    service: dynamodb
    endpoint: https://alternator.corp.example:8043
    accounts: ['111122223333']
    regions: [eu-central-1]
    credentials: alternator-keys
    ca: corp-ca.pem
    certificate: gateway.pem
    key: gateway-key.pem
    connections: 8
    deadline-seconds: 5
  - { name: local, service: dynamodb, endpoint: 'http://localhost:8000/', accounts: ['222233334444', '333344445555'], regions: [us-east-1],
      region: local, credentials: { environment: LOCAL }, shared: true }
`)
    deepEqual(backends, [
      {
        name: 'alternator',
        service: 'dynamodb',
        endpoint: 'https://alternator.corp.example:8043',
        accounts: ['111122223333'],
        regions: ['eu-central-1'],
        region: 'eu-central-1',
        credentials: { file: 'alternator-keys' },
        ca: 'corp-ca.pem',
        certificate: 'gateway.pem',
        key: 'gateway-key.pem',
        connections: 8,
        deadlineSeconds: 5,
        shared: false,
      },
      {
        name: 'local',
        service: 'dynamodb',
        endpoint: 'http://localhost:8000',
        accounts: ['222233334444', '333344445555'],
        regions: ['us-east-1'],
        region: 'local',
        credentials: { environment: 'LOCAL' },
        connections: 64,
        deadlineSeconds: 30,
        shared: true,
      },
    ])
    const [first] = backends
    equal(first && where(first, 'ca'), 'backends.yaml:9:5: backends[0].ca')
  })

  test('may be empty', async () => deepEqual((await read('')).backends, []))

  const good: readonly (readonly [string, ...object[]])[] = [
    ['other credentials at the same place', {}, { name: 'b', accounts: ['222233334444'], credentials: 'others' }],
    ['another region at the same place', {}, { name: 'b', accounts: ['222233334444'], region: 'eu-west-1' }],
    ['the same place twice, where it is said', {}, { name: 'b', accounts: ['222233334444'], shared: true }],
    ['another region of an account', {}, { name: 'b', regions: ['eu-west-1'], endpoint: 'https://b.example' }],
    ['two regions, where it is said', { regions: ['us-east-1', 'eu-west-1'], shared: true }],
    ['plain http on this machine', { endpoint: 'http://127.0.0.1:8000' }],
    ['plain http on this machine by its other address', { endpoint: 'http://[::1]:8000' }],
    ['plain http elsewhere, where it is said', { endpoint: 'http://a.example', 'plain-http': true }],
    ['no credentials, where it is said', { credentials: 'none' }],
  ]
  for (const [what, ...rows] of good) {
    test(`allows ${what}`, async () => equal((await read(fileOf(...rows))).backends.length, rows.length))
  }

  const rows: readonly (readonly [string, string, readonly string[]])[] = [
    ['a list', '- a', ['1: the file: must be a mapping']],
    ['an unknown name', 'backend: []', ['1: backend: no such setting']],
    [
      'a backend of nothing',
      'backends: [{}]',
      [
        '1: backends[0].name: must be given',
        '1: backends[0].service: must be given',
        '1: backends[0].regions: must be given',
        '1: backends[0].endpoint: must be given',
        '1: backends[0].accounts: must be given',
        '1: backends[0].credentials: must be given: a file’s name, { environment: NAME }, or none',
      ],
    ],
    ['an unknown member', fileOf({ secret: 'x' }), ['8: backends[0].secret: no such setting']],
    [
      'a name that is none',
      fileOf({ name: 'Älter' }),
      ['2: backends[0].name: must be small letters, digits and hyphens, the first of them a letter'],
    ],
    [
      'two of one name',
      fileOf({}, { accounts: ['222233334444'], endpoint: 'https://b.example' }),
      ['8: backends[1].name: a appears twice'],
    ],
    ['another service', fileOf({ service: 's3' }), ['3: backends[0].service: must be dynamodb']],
    [
      'a number as an account',
      fileOf({ accounts: [111122223333] }),
      ['5: backends[0].accounts: must be a list of strings'],
    ],
    [
      'an account that is none',
      fileOf({ accounts: ['1111'] }),
      ['5: backends[0].accounts: must be a list of accounts: 12 digits, in quotes'],
    ],
    [
      'no account',
      fileOf({ accounts: [] }),
      ['5: backends[0].accounts: must be a list of accounts: 12 digits, in quotes'],
    ],
    ['no region', fileOf({ regions: [] }), ['6: backends[0].regions: must be a list of names of regions']],
    ['a region that is none', fileOf({ region: 'us east' }), ['8: backends[0].region: must be the name of a region']],
    [
      'a region twice',
      fileOf({ regions: ['us-east-1', 'us-east-1'], shared: true }),
      ['6: backends[0].regions: one stands twice'],
    ],
    [
      'a certificate without its key',
      fileOf({ certificate: 'a.pem' }),
      ['8: backends[0].certificate: certificate and key must be given together'],
    ],
    [
      'an authority without TLS',
      fileOf({ endpoint: 'http://localhost', ca: 'a.pem' }),
      ['8: backends[0].ca: the endpoint has no TLS'],
    ],
    [
      'too many connections',
      fileOf({ connections: 5000 }),
      ['8: backends[0].connections: must be a whole number from 1 to 1024'],
    ],
    [
      'two backends for one account and region',
      fileOf({}, { name: 'b', endpoint: 'https://b.example' }),
      ['11: backends[1].accounts: 111122223333 in us-east-1 has the backend a already'],
    ],
    [
      'two accounts at one backend',
      fileOf({ accounts: ['111122223333', '222233334444'] }),
      ['5: backends[0].accounts: all accounts of a backend have the same tables; if that is meant, say `shared: true`'],
    ],
    [
      'two regions at one backend',
      fileOf({ regions: ['us-east-1', 'eu-west-1'] }),
      ['6: backends[0].regions: all regions of a backend have the same tables; if that is meant, say `shared: true`'],
    ],
    [
      'one place for two accounts',
      fileOf({}, { name: 'b', accounts: ['222233334444'], endpoint: 'https://A.example:8043/' }),
      ['10: backends[1].endpoint: a has the same tables; if that is meant, say `shared: true`'],
    ],
    ...['ftp://a.example', 'a.example:80', 'https:a.example'].map(
      (endpoint) =>
        [endpoint, fileOf({ endpoint }), ['4: backends[0].endpoint: must be an http or https URL']] as const,
    ),
    ...[
      'https://a.example/path',
      'https://a.example/?a=b',
      'https://a.example/?',
      'https://a.example/#a',
      'https://key:secret@a.example',
      'https://key@a.example',
      'https://a.example\\b',
    ].map(
      (endpoint) =>
        [
          endpoint,
          fileOf({ endpoint }),
          ['4: backends[0].endpoint: must be a scheme, a host and a port, and no more'],
        ] as const,
    ),
    ...['http://a.example', 'http://127.0.0.1.example', 'http://10.0.0.1:8000', 'http://localhost.example'].map(
      (endpoint) =>
        [
          endpoint,
          fileOf({ endpoint }),
          [
            '4: backends[0].endpoint: plain http beyond this machine shows everything to the network; `plain-http: true` allows it',
          ],
        ] as const,
    ),
    ...[
      { aws_access_key_id: 'AKIA', aws_secret_access_key: 'planted' },
      { environment: 'A', secret: 'planted' },
      {},
    ].map(
      (credentials) =>
        [
          `credentials in the file: ${JSON.stringify(credentials)}`,
          fileOf({ credentials }),
          [
            '7: backends[0].credentials: no credentials in this file: name a file (mode 0600), or { environment: NAME }',
          ],
        ] as const,
    ),
    ...['HALLPASS_ROOT', 'lower', 'A B'].map(
      (environment) =>
        [
          environment,
          fileOf({ credentials: { environment } }),
          [
            '7: backends[0].credentials.environment: must be how the variables’ names begin: capitals, digits, _ (not HALLPASS)',
          ],
        ] as const,
    ),
  ]
  for (const [what, text, expected] of rows) {
    test(`refuses ${what}`, () =>
      rejects(read(text), (error) => {
        const problems = error instanceof BadSettings ? error.problems : []
        deepEqual(
          problems.map((line) => line.replace(/^backends\.yaml:(\d+):\d+: /, '$1: ')),
          expected,
        )
        return true
      }))
  }
})
