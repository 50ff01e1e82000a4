import { deepEqual, equal, match, rejects } from 'node:assert/strict'
import { test } from 'node:test'
import { readAgentFile } from './agent-file.ts'
import { BadSettings } from './load.ts'

const read = (text: string) => readAgentFile({ name: 'agent.yaml', text })
const roles = [{ name: 'web', machine: 'state' }]
const imds = { serves: 'instance-metadata', listen: '127.0.0.1:1338', role: 'web' }
const workload = { name: 'a', role: 'web', 'token-file': 'a.token' }
const containers = { serves: 'container-credentials', listen: '127.0.0.1:1339', workloads: [workload] }
const pods = { serves: 'pod-identity', listen: '169.254.170.23:80', role: 'web', cluster: 'prod' }
const file = (more: object) =>
  JSON.stringify({ server: 'https://hallpass.corp.example', roles, listeners: [imds], ...more })

test('the file says whose roles are served where, and what is not said has a default', async () => {
  const said = await read(`
server: https://hallpass.corp.example:4600
ca: corp-ca.pem
instance:
  instance-type: m5.large
  ami-id: ami-0123456789abcdef0
  tags: { Name: web-1 }
roles:
  - name: web
    machine: /var/lib/hallpass-agent
    join-token-file: join-token
  - name: billing
    machine: /var/lib/hallpass-agent
    task: billing
    duration-seconds: 3600
listeners:
  - serves: instance-metadata
    listen: 127.0.0.1:1338
    role: web
    imds-v1: allow
  - serves: container-credentials
    listen: 172.17.0.1:1339
    allow: [172.17.0.0/16]
    names: [metadata.internal]
    hop-limit: 2
    workloads:
      - { name: billing, role: billing, token-file: billing.token }
  - serves: pod-identity
    listen: 169.254.170.23:80
    role: web
    cluster: prod
`)
  deepEqual(said, {
    ...{ server: 'https://hallpass.corp.example:4600', ca: 'corp-ca.pem' },
    instance: { instanceType: 'm5.large', amiId: 'ami-0123456789abcdef0', tags: { Name: 'web-1' } },
    roles: [
      { name: 'web', machine: '/var/lib/hallpass-agent', joinTokenFile: 'join-token' },
      { name: 'billing', machine: '/var/lib/hallpass-agent', task: 'billing', durationSeconds: 3600 },
    ],
    listeners: [
      {
        ...{ serves: 'instance-metadata', role: 'web', allowsV1: true, listen: { host: '127.0.0.1', port: 1338 } },
        ...{ allow: [], names: [], hopLimit: 1 },
      },
      {
        ...{ serves: 'container-credentials', listen: { host: '172.17.0.1', port: 1339 }, allow: ['172.17.0.0/16'] },
        ...{ names: ['metadata.internal'], hopLimit: 2 },
        workloads: [{ name: 'billing', role: 'billing', tokenFile: 'billing.token' }],
      },
      {
        ...{ serves: 'pod-identity', role: 'web', cluster: 'prod', listen: { host: '169.254.170.23', port: 80 } },
        ...{ allow: [], names: [], hopLimit: 1 },
      },
    ],
  })
})

test('version 1 of instance metadata is refused unless the operator allows it', async () => {
  for (const [given, allowed] of [
    [{}, false],
    [{ 'imds-v1': 'refuse' }, false],
    [{ 'imds-v1': 'allow' }, true],
  ] as const) {
    const [listener] = (await read(file({ listeners: [{ ...imds, ...given }] }))).listeners
    equal(listener?.serves === 'instance-metadata' && listener.allowsV1, allowed)
  }
})

const beyond = /listen: others than programs of this machine could reach it: name the peers/
for (const [what, text, says] of [
  ['an empty file', '', /server: must be given/],
  ['no server', file({ server: undefined }), /server: must be given/],
  ['a server with a path', file({ server: 'https://a.example/x' }), /server: must be a scheme, a host and a port/],
  [
    'a server with a password',
    file({ server: 'https://u:p@a.example' }),
    /server: must be a scheme, a host and a port/,
  ],
  ['another setting', file({ servers: 'x' }), /servers: no such setting/],
  ['no role', file({ roles: [] }), /roles: must be a list with a role at least/],
  ['no listener', file({ listeners: [] }), /listeners: must be a list with a listener at least/],
  [
    'a role without a source',
    file({ roles: [{ name: 'web' }] }),
    /roles\[0\]\.machine: give one of machine, certificate, web/,
  ],
  [
    'a role with two sources',
    file({ roles: [{ ...roles[0], 'web-identity-token-file': 'x', 'role-arn': 'arn:x' }] }),
    /web-identity-token-file: give one of/,
  ],
  ['a certificate without its key', file({ roles: [{ name: 'web', certificate: 'x' }] }), /private-key: must be given/],
  [
    'a role that is no ARN',
    file({ roles: [{ name: 'web', 'web-identity-token-file': 'x', 'role-arn': 'web' }] }),
    /role-arn: must be an ARN/,
  ],
  [
    'a task of a token',
    file({ roles: [{ name: 'w', 'web-identity-token-file': 'x', task: 'a' }] }),
    /task: does not go with web/,
  ],
  ['a role twice', file({ roles: [...roles, ...roles] }), /roles\[1\]\.name: web appears twice/],
  [
    'sessions so short that SDKs would use them past their end',
    file({ roles: [{ ...roles[0], 'duration-seconds': 900 }] }),
    /duration-seconds: must be a whole number from 1800 to 43200/,
  ],
  [
    'a role that is not there',
    file({ listeners: [{ ...imds, role: 'x' }] }),
    /role: no role of this file has the name x/,
  ],
  [
    'a service that is none',
    file({ listeners: [{ ...imds, serves: 'x' }] }),
    /serves: must be instance-metadata, cont/,
  ],
  ['a setting of another service', file({ listeners: [{ ...imds, cluster: 'x' }] }), /cluster: no such setting/],
  [
    'a name for an address',
    file({ listeners: [{ ...imds, listen: 'web:80' }] }),
    /listen: must be an address and a port/,
  ],
  ['a listener for everybody', file({ listeners: [{ ...imds, listen: '0.0.0.0:80' }] }), beyond],
  ['a listener for everybody by IPv6', file({ listeners: [{ ...imds, listen: '[::]:80' }] }), beyond],
  ['a listener on a network', file({ listeners: [{ ...pods, listen: '10.0.0.5:80' }] }), beyond],
  ['a listener on a public address', file({ listeners: [{ ...containers, listen: '128.0.0.1:80' }] }), beyond],
  [
    'peers that are everybody',
    file({ listeners: [{ ...imds, listen: '0.0.0.0:80', allow: ['0.0.0.0/0'] }] }),
    /allow: a range of everything would give these credentials to every network/,
  ],
  [
    'peers that are no range',
    file({ listeners: [{ ...pods, allow: ['lan'] }] }),
    /allow: lan is not an address or a CIDR/,
  ],
  [
    'peers of a loopback address',
    file({ listeners: [{ ...imds, allow: ['10.0.0.0/8'] }] }),
    /allow: no peer reaches a loopback address/,
  ],
  ['every name', file({ listeners: [{ ...imds, names: ['*.corp.example'] }] }), /names: must be a list of host names/],
  ['a name with a port', file({ listeners: [{ ...imds, names: ['a.example:80'] }] }), /names: must be a list of host/],
  ['no hop', file({ listeners: [{ ...imds, 'hop-limit': 0 }] }), /hop-limit: must be a whole number from 1 to 64/],
  ['a word for version 1', file({ listeners: [{ ...imds, 'imds-v1': 'yes' }] }), /imds-v1: must be allow or refuse/],
  ['containers of nobody', file({ listeners: [{ ...containers, workloads: [] }] }), /a list with a workload at least/],
  [
    'a workload twice',
    file({ listeners: [{ ...containers, workloads: [workload, workload] }] }),
    /workloads\[1\]\.name: a appears twice/,
  ],
  [
    'a token in the file',
    file({ listeners: [{ ...containers, workloads: [{ ...workload, token: 'x' }] }] }),
    /token: no such setting/,
  ],
  [
    'a cluster that is a path',
    file({ listeners: [{ ...pods, cluster: '../x' }] }),
    /cluster: must be the name of a clus/,
  ],
  ['a control character', file({ instance: { hostname: 'a\nb' } }), /hostname: must be visible ASCII/],
] as const) {
  test(`${what} is a problem, with its place`, async () => {
    await rejects(read(text), (error) => {
      match((error as Error).message, says)
      match((error as Error).message, /^agent\.yaml:\d+:\d+: /)
      return error instanceof BadSettings
    })
  })
}
