// Stock clients on a machine that has no key and no configuration: a network namespace, the agent in it, and the firewall rules that it
// prints. They find the role as they do on EC2; what is further away than the hop limit, and what is no peer, gets nothing.
import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import {
  AddRoleToInstanceProfileCommand,
  CreateInstanceProfileCommand,
  CreateRoleCommand,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam'
import { folder } from '../clients/folder.ts'
import { freePort } from '../clients/free-port.ts'
import { allow } from '../clients/people.ts'
import { cable, forwards, type Namespace, namespace, script } from './namespaces.ts'
import { describeWith, partPath } from './part.ts'
import { type Ended, program } from './real.ts'
import { account, type Served, serve } from './served.ts'

const hallpass = fileURLToPath(new URL('../../bin/hallpass.js', import.meta.url))
const whoAmI = fileURLToPath(new URL('./who-am-i.js', import.meta.url))

describeWith('NETWORK', 'a machine without a key', async () => {
  const served = await serve({ pages: true })
  await instanceProfile(served)
  const home = folder()
  const machine = namespace('hpm')
  const [outside, near, far, neighbour] = ['hpo', 'hpc', 'hpd', 'hpn'].map(namespace) as Namespace[] as [
    Namespace,
    Namespace,
    Namespace,
    Namespace,
  ]
  cable(outside, '10.231.0.1/24', machine, '10.231.0.2/24')
  // A container that the agent answers, one behind it, and one of somebody else.
  cable(machine, '10.232.0.1/24', near, '10.232.0.2/24')
  cable(near, '10.233.0.1/24', far, '10.233.0.2/24')
  cable(machine, '10.234.0.1/24', neighbour, '10.234.0.2/24')
  for (const one of [machine, near]) await forwards(one)
  await run(near, ['nft', '-f', '-'], {}, masquerade)
  const api = await reachable(served, machine)
  const config = await agentFile(served, home)
  const agent = await machine.start([execPath, hallpass, 'metadata', '--config', config], /hallpass serves .*\n/, {
    HOME: home,
  })

  /** Of this machine's variables only PATH; of AWS's only where STS is, which at AWS nobody says. */
  const bare = {
    ...{ PATH: process.env.PATH ?? '', HOME: home, LC_ALL: 'C.UTF-8', AWS_PAGER: '' },
    ...{ AWS_ENDPOINT_URL: api, AWS_ENDPOINT_URL_STS: api },
  }
  const rules = async (kind: string) =>
    (await run(machine, [execPath, hallpass, 'metadata', '--config', config, '--firewall', kind], bare)).out

  const askedFrom = (from: Namespace, base: string) => from.run(script(imds, base), bare)
  const gets = async (from: Namespace, base = 'http://169.254.169.254') => JSON.parse((await askedFrom(from, base)).out)

  test('before the rules are applied nobody finds it', async () => {
    assert.deepEqual(await gets(machine), { failed: 'TimeoutError' })
  })

  for (const kind of ['iptables', 'nftables'] as const) {
    const apply = kind === 'nftables' ? ['nft', '-f', '-'] : ['sh']
    test(`with the rules for ${kind}, applied twice, programs of the machine and of its containers get the role`, async () => {
      const text = await rules(kind)
      for (let times = 0; times < 2; times++) await run(machine, apply, {}, text)
      for (const from of [machine, near])
        assert.deepEqual(await gets(from), { token: 200, role: 'web', code: 'Success' })
    })

    test(`with the rules for ${kind}, a token’s answer ends after one hop: what is behind a container gets nothing`, async () => {
      assert.deepEqual(await gets(far), { failed: 'TimeoutError' })
      assert.deepEqual(await gets(far, 'http://10.232.0.1:1338'), { failed: 'TimeoutError' })
    })

    test(`with the rules for ${kind}, the container of a neighbour gets nothing`, async () => {
      assert.deepEqual(await gets(neighbour), { failed: 'TimeoutError' })
      assert.deepEqual(await gets(neighbour, 'http://10.232.0.1:1338'), { token: 403 })
    })

    if (kind === 'iptables')
      test('the rules for iptables can be taken back', async () => {
        await run(machine, ['sh', '-c', 'iptables -w -t nat -F; iptables -w -t mangle -F'])
        assert.deepEqual(await gets(machine), { failed: 'TimeoutError' })
      })
  }

  // Most clients take the region from nowhere but their configuration.
  const withRegion = { ...bare, AWS_REGION: 'eu-central-1', AWS_DEFAULT_REGION: 'eu-central-1' }
  const arn = new RegExp(`^arn:aws:sts::${account}:assumed-role/web/i-[0-9a-f]{17}$`)
  const identity = ({ code, out, err }: Ended) => {
    assert.equal(code, 0, `${err}\n${agent.said()}`)
    assert.match(JSON.parse(out).Arn, arn)
  }

  test('the SDK for JavaScript is the role', async () => {
    const { out, err } = await machine.run([execPath, whoAmI], withRegion, 'who\n')
    assert.match(JSON.parse(out).Arn ?? out, arn, err)
  })
  if (process.env.HALLPASS_REAL_PYTHON_CLIENTS !== undefined) {
    test('the AWS CLI 1 is the role', async () => {
      identity(await machine.run([program('aws'), 'sts', 'get-caller-identity', '--output', 'json'], withRegion))
    })
    test('boto3 is the role, with the region of the machine', async () => {
      const { out, err } = await machine.run([program('python'), '-c', boto3], bare)
      assert.deepEqual(JSON.parse(out || '{}').region, 'eu-central-1', err)
      assert.match(JSON.parse(out).Arn, arn)
    })
  }
  if (process.env.HALLPASS_REAL_AWS_CLI_V2 !== undefined) {
    test('the AWS CLI 2 is the role', async () => {
      const aws = partPath('AWS_CLI_V2')
      identity(await machine.run([aws, 'sts', 'get-caller-identity', '--output', 'json'], withRegion))
    })
  }
  if (process.env.HALLPASS_REAL_GO_PROGRAM !== undefined) {
    test('the SDK for Go is the role', async () => {
      identity(await machine.run([partPath('GO_PROGRAM')], withRegion))
    })
  }
  if (process.env.HALLPASS_REAL_JAVA_PROGRAM !== undefined) {
    test('the SDK for Java is the role', async () => {
      const java = ['java', '-XX:TieredStopAtLevel=1', '-cp', partPath('JAVA_PROGRAM'), 'Program']
      identity(await machine.run(java, withRegion))
    })
  }
  test('a container of the machine is its own task: the SDK asks 169.254.170.2 with the token from its file', async () => {
    const { out, err } = await near.run(
      script(container, 'http://169.254.170.2/v2/credentials', join(home, 'task.token')),
      bare,
    )
    assert.equal(JSON.parse(out || '{}').RoleArn, `arn:aws:iam::${account}:role/task`, err)
  })
})

/** What a program in a namespace does to get the role; it says how far it came. */
const imds = `
const base = process.argv[1]
const ask = (path, method, headers) => fetch(base + path, { method, headers, signal: AbortSignal.timeout(1500) })
const said = {}
try {
  const token = await ask('/latest/api/token', 'PUT', { 'x-aws-ec2-metadata-token-ttl-seconds': '60' })
  said.token = token.status
  if (token.status === 200) {
    const headers = { 'x-aws-ec2-metadata-token': await token.text() }
    const path = '/latest/meta-data/iam/security-credentials/'
    said.role = await (await ask(path, 'GET', headers)).text()
    said.code = (await (await ask(path + said.role, 'GET', headers)).json()).Code
  }
} catch (error) { said.failed = error.name }
console.log(JSON.stringify(said))
process.exit()`

const container = `
const { readFileSync } = require('node:fs')
fetch(process.argv[1], { headers: { authorization: readFileSync(process.argv[2], 'utf8') }, signal: AbortSignal.timeout(1500) })
  .then((answer) => answer.text()).then(console.log)`

const boto3 = `
import boto3, json
session = boto3.Session()
from botocore.utils import IMDSRegionProvider
region = IMDSRegionProvider(session._session).provide()
sts = session.client('sts', region_name=region)
print(json.dumps({'region': region, 'Arn': sts.get_caller_identity()['Arn']}))`

/** What leaves the container comes from its own address, as of one that hosts others. */
const masquerade = `table ip nat {
  chain postrouting { type nat hook postrouting priority 100; oifname "hpc-hpm" masquerade; }
}`

async function run(
  from: Namespace,
  words: readonly string[],
  env: Record<string, string> = {},
  input = '',
): Promise<Ended> {
  const ended = await from.run(words, env, input)
  assert.equal(ended.code, 0, `${words.join(' ')}: ${ended.err}`)
  return ended
}

/** A role for the machine in its instance profile, one for its task. */
async function instanceProfile(served: Served): Promise<void> {
  const { iam } = served.as(served.root)
  for (const [RoleName, Service] of [
    ['web', 'ec2.amazonaws.com'],
    ['task', 'ecs-tasks.amazonaws.com'],
  ] as const) {
    const Statement = [{ Effect: 'Allow', Principal: { Service }, Action: 'sts:AssumeRole' }]
    await iam.send(
      new CreateRoleCommand({
        RoleName,
        AssumeRolePolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement }),
      }),
    )
  }
  // The programs on the SDKs for Go and Java list roles too.
  const PolicyDocument = allow('iam:ListRoles')
  await iam.send(new PutRolePolicyCommand({ RoleName: 'web', PolicyName: 'list', PolicyDocument }))
  await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: 'web' }))
  await iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName: 'web', RoleName: 'web' }))
}

/**
 * Hallpass listens on this machine's loopback, which no namespace has. In the namespace a program takes its place, at its own port for the
 * agent, and without TLS for clients; both end in a Unix socket. The answer is the URL without TLS.
 */
async function reachable({ url }: Served, machine: Namespace): Promise<string> {
  const path = join(folder(), 'relay.sock')
  const port = Number(new URL(url).port)
  const relay = createServer((socket) => {
    const server = connect(port, '127.0.0.1')
    socket.pipe(server).pipe(socket)
    for (const end of [socket, server]) end.on('error', () => end.destroy())
  })
  await new Promise<void>((resolve) => relay.listen(path, resolve))
  after(() => relay.close())
  const plain = await freePort()
  await machine.start(script(relayText, path, String(port), String(plain)), /ready/)
  return `http://127.0.0.1:${plain}`
}

const relayText = `
const net = require('node:net'), tls = require('node:tls')
const [, path, port, plain] = process.argv
const serve = (at, open, then) => net.createServer((socket) => {
  const server = open()
  socket.pipe(server).pipe(socket)
  for (const end of [socket, server]) end.on('error', () => end.destroy())
}).listen(at, '127.0.0.1', then)
serve(+port, () => net.connect(path), () =>
  serve(+plain, () => tls.connect({ path, servername: 'localhost', rejectUnauthorized: false }), () => console.log('ready')))`

/** The agent's file, with the files that it names. */
async function agentFile({ publicUrl, ca, operate }: Served, home: string): Promise<string> {
  const secret = (name: string, text: string) => {
    writeFileSync(join(home, name), text, { mode: 0o600 })
    chmodSync(join(home, name), 0o600)
  }
  mkdirSync(join(home, '.aws'))
  const added = ['machines', 'add', 'web-1', '--account', account, '--region', 'eu-central-1', '--profile', 'web']
  secret('join-token', operate(...added, '--task', 'billing=task').trim())
  secret('task.token', 'the-token-of-the-billing-task')
  const machine = { machine: 'state', 'join-token-file': 'join-token' }
  const file = {
    ...{ server: publicUrl, ca },
    roles: [
      { name: 'web', ...machine },
      { name: 'billing', ...machine, task: 'billing' },
    ],
    listeners: [
      { serves: 'instance-metadata', listen: '127.0.0.1:1338', role: 'web' },
      { serves: 'instance-metadata', listen: '10.232.0.1:1338', allow: ['10.232.0.0/24'], role: 'web' },
      {
        ...{ serves: 'container-credentials', listen: '10.232.0.1:1339', allow: ['10.232.0.0/24'] },
        workloads: [{ name: 'billing', role: 'billing', 'token-file': 'task.token' }],
      },
    ],
  }
  writeFileSync(join(home, 'agent.yaml'), JSON.stringify(file))
  return join(home, 'agent.yaml')
}
