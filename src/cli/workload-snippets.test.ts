// What the documentation of workloads prints, and what deploy/ gives the agent: its files are read as they stand, its policies are taken,
// its commands are commands. That a machine, a container and a pod then get their role: conformance/clients and conformance/real-parts.
import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { parse, parseAllDocuments } from 'yaml'
import { readAgentFile } from '../config/agent-file.ts'
import { documentText, readCommands, snippetsOf } from './testing/snippets.ts'
import { invoke, newPath, serving } from './testing/world.ts'

const snippets = snippetsOf({ 'workloads.md': documentText('workloads.md') })
const of = (kind: string) => snippets.filter((one) => one.kind === kind).map(({ content }) => content)
const deployed = (name: string) => readFileSync(new URL(`../../deploy/${name}`, import.meta.url), 'utf8')

test('there are snippets of every kind', () => {
  deepEqual(
    ['sh', 'yaml', 'ini', 'json', 'js'].map((kind) => of(kind).length),
    [17, 5, 3, 1, 1],
  )
})

const newMachine = parse(deployed('cloud-init/machine.yaml'))
const [, ofNodes] = parseAllDocuments(deployed('kubernetes/agent.yaml')).map((document) => document.toJS())
const [host = '', node = '', certified = ''] = of('yaml').filter((content) => content.includes('listeners:'))

describe('a file of the agent is read as it stands', () => {
  for (const [from, text, serves] of [
    ['of a container host', host, ['instance-metadata', 'container-credentials']],
    ['of a node', node, ['pod-identity']],
    ['of a machine with a certificate', certified, ['instance-metadata']],
    ['of a new machine', writtenBy('/etc/hallpass/agent.yaml'), ['instance-metadata']],
    ['of the nodes of a cluster', ofNodes.data['agent.yaml'], ['pod-identity']],
  ] as const) {
    test(from, async () => {
      const { listeners } = await readAgentFile({ name: 'agent.yaml', text })
      deepEqual(
        listeners.map((one) => one.serves),
        serves,
      )
    })
  }
})

function writtenBy(path: string): string {
  return newMachine.write_files.find((file: { readonly path: string }) => file.path === path).content
}

test('the new machine’s agent finds the token where it is written, and nobody else reads it', () => {
  const token = newMachine.write_files.find(({ content }: { content: string }) => /^hallpass-join-/.test(content))
  match(writtenBy('/etc/hallpass/agent.yaml'), new RegExp(`join-token-file: ${token.path}$`, 'm'))
  equal(token.permissions, '0600')
  ok(token.path.startsWith('/run/'), token.path)
  const [owner, group] = token.owner.split(':')
  equal(owner, group)
  ok(newMachine.users.some(({ name }: { readonly name: string }) => name === owner))
  ok(deployed('systemd/hallpass-metadata.service').includes(`\nUser=${owner}\n`))
})

test('the policies that are shown are taken', async () => {
  const data = newPath()
  await (await serving('serve', data)).stop()
  const key = newPath()
  writeFileSync(
    key,
    generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'pem', type: 'spki' }),
  )
  const declared = await invoke([
    'services',
    'add',
    'backup.example.com',
    '--any-account',
    '--key',
    key,
    '--data',
    data,
  ])
  equal(declared.code, 0, declared.err)
  const roles = of('sh').flatMap((content) =>
    [...content.matchAll(/--role-name (\S+) --assume-role-policy-document '([^']+)'/g)].map(([, name, trust = '']) => ({
      ...{ name, trust: JSON.parse(trust) as object },
    })),
  )
  deepEqual(
    roles.map(({ name }) => name),
    ['web', 'billing', 'orders', 'reports', 'deploy', 'plant', 'backup'],
  )
  const shown = of('json').map((text, at) => [`shown-${at}`, JSON.parse(text) as object])
  const users = [{ name: 'ann', policies: Object.fromEntries(shown) }]
  const file = `${newPath()}.yaml`
  // YAML holds JSON.
  writeFileSync(file, JSON.stringify({ accounts: [{ id: '111122223333', name: 'shop', users, roles }] }))
  const { code, err } = await invoke(['apply', file, '--data', data])
  equal(code, 0, err)
})

test('every command of ours that is shown there is one, with its options', async () => {
  const all = snippets.filter(({ kind }) => kind === 'sh' || kind === 'ini')
  equal(await readCommands(all), 16)
  const ofNewMachine = { from: 'machine.yaml', kind: 'sh', content: newMachine.runcmd.join('\n') }
  equal(await readCommands([ofNewMachine]), 1)
})

test('what CI systems read is YAML, and asks at our endpoint', () => {
  const jobs = of('yaml').filter((content) => !content.includes('listeners:'))
  deepEqual(
    jobs.map((content) => Object.keys(parse(content))),
    [['on', 'permissions', 'jobs'], ['deploy']],
  )
  for (const content of jobs) match(content, /AWS_ENDPOINT_URL_STS: https:/)
})
