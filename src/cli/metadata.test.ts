// The command line of the metadata agent: its flags and its file, what it prints and ends with.
import { deepEqual, equal, match } from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { invoke, newPath } from './testing/world.ts'

const server = ['--server', 'https://hallpass.corp.example']

test('flags for one role say the same as a file', async () => {
  const { code, out } = await invoke([
    'metadata',
    ...server,
    '--join-token-file',
    'join-token',
    '--state',
    's',
    '--check',
  ])
  equal(code, 0)
  deepEqual(JSON.parse(out), {
    ...{ server: 'https://hallpass.corp.example', instance: { tags: {} } },
    roles: [{ name: 'instance', machine: 's', joinTokenFile: 'join-token' }],
    listeners: [
      {
        ...{ listen: { host: '127.0.0.1', port: 1338 }, allow: [], names: [], hopLimit: 1 },
        ...{ serves: 'instance-metadata', role: 'instance', allowsV1: false },
      },
    ],
  })
})

test('a file’s files are beside it', async () => {
  const folder = newPath()
  mkdirSync(folder)
  const file = join(folder, 'agent.yaml')
  writeFileSync(
    file,
    `server: https://hallpass.corp.example
ca: ca.pem
roles: [{ name: web, machine: state, join-token-file: join }]
listeners:
  - { serves: container-credentials, listen: '127.0.0.1:0', workloads: [{ name: a, role: web, token-file: a.token }] }
`,
  )
  const { ca, roles, listeners } = JSON.parse((await invoke(['metadata', '--config', file, '--check'])).out)
  deepEqual(
    [ca, roles[0].machine, roles[0].joinTokenFile, listeners[0].workloads[0].tokenFile],
    [...['ca.pem', 'state', 'join', 'a.token'].map((name) => join(folder, name))],
  )
})

for (const [words, says] of [
  [[], /where is Hallpass\? give --server, or --config with a file/],
  [['--config', 'x.yaml', ...server], /--server is for one role, without --config/],
  [['--config', 'nowhere.yaml'], /nowhere\.yaml: there is no such file/],
  [[...server, '--listen', '0.0.0.0:80'], /^hallpass: --listen: others than programs of this machine could reach it/],
  [
    [...server, '--listen', '10.0.0.5:80', '--allow', 'lan'],
    /^hallpass: --allow: lan is not an address or a CIDR range/,
  ],
  [[...server, '--imds-v1', 'yes'], /^hallpass: --imds-v1: must be allow or refuse/],
  [['--server', 'ftp://a.example'], /^hallpass: --server: must be a URL/],
  [[...server, '--firewall', 'pf'], /--firewall: pf is neither nftables nor iptables/],
] as const) {
  test(`metadata ${words.join(' ')} says what is wrong`, async () => {
    const { code, err } = await invoke(['metadata', ...words])
    match(err, says)
    equal(code === 0, false)
  })
}

test('its rules for a firewall are printed, and nothing is started', async () => {
  const { code, out } = await invoke(['metadata', ...server, '--firewall', 'nftables'])
  equal(code, 0)
  match(out, /^table inet hallpass_metadata \{$/m)
})

test('it does not take the server’s settings for its own file', async () => {
  const environment = { HALLPASS_CONFIG: join(newPath(), 'hallpass.yaml') }
  equal((await invoke(['metadata', ...server, '--check'], { environment })).code, 0)
})
