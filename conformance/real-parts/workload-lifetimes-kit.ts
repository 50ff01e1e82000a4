// What tests of long lives run on: Hallpass, the metadata agent as a process, AWS's credential helper, and programs of several SDKs, of
// which none has a key. All have one time, which the test moves.
import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { after } from 'node:test'
import { fileURLToPath } from 'node:url'
import { PutRolePolicyCommand } from '@aws-sdk/client-iam'
import { authority } from '../../src/federation/testing/idp.ts'
import { rootAuthority, rsaKeys } from '../../src/federation/x509/testing/authority.ts'
import { bundle, certificateCalls, certificateRole } from '../clients/certificates-kit.ts'
import { folder } from '../clients/folder.ts'
import { freePort } from '../clients/free-port.ts'
import { allow, role } from '../clients/people.ts'
import { associate, podsTrust, testCluster } from '../clients/pods-kit.ts'
import { relay } from '../clients/relay.ts'
import { secondNode, type TestServer } from '../clients/server.ts'
import { tlsFront } from '../clients/tls-front.ts'
import { added, profileWithRole, serviceRole, trustsService, workloadWorld } from '../clients/workload-kit.ts'
import { movableClock, writeConfig } from './real.ts'
import { ended, withUs } from './served.ts'

const hallpass = fileURLToPath(new URL('../../bin/hallpass.js', import.meta.url))
const taskToken = 'the-token-of-the-billing-task'

/** Where programs find credentials: the variables that say so, and whose they are. */
export interface Endpoint {
  readonly name: string
  readonly env: Readonly<Record<string, string>>
  readonly arn: RegExp
  /** Hallpass is asked by each program itself, so one that starts while there is no answer gets nothing. */
  readonly asksItself?: boolean
}

export interface LongLived {
  readonly endpoints: readonly Endpoint[]
  /** The environment of a program that is to find credentials there, and nowhere else. */
  environment(endpoint: Endpoint): Record<string, string>
  pass(minutes: number): Promise<void>
  /** Whether Hallpass answers those that keep credentials fresh; whoever uses credentials is answered all the time. */
  answers(does: boolean): void
  /** Another server is on the store: nothing of the first one's memory is left. */
  restart(): Promise<void>
  /** What the agent and the helper said. */
  said(): string
}

export async function longLived(library: string, helper: string): Promise<LongLived> {
  const clock = movableClock()
  const api = await tlsFront('127.0.0.1')
  const settings = { 'api-url': api.url }
  const world = await workloadWorld({ file: 'shared.sqlite', clock, node: 'one', settings })
  // What uses credentials, and what the helper asks by.
  const [uses, helped] = [await relay(), await relay()]
  const fronts = [world.front, api, helped]
  let current = world.server
  const lead = (ends: readonly { to: { readonly port: number } | undefined }[], to: TestServer | undefined) => {
    for (const end of ends) end.to = to
  }
  lead([...fronts, uses], current)

  const heard: string[] = []
  const home = folder()
  const time = join(home, 'time')
  const setTime = () => writeFileSync(time, `+${Math.round((clock.now.getTime() - Date.now()) / 1000)}s\n`)
  setTime()
  const moved = {
    ...{ LD_PRELOAD: library, FAKETIME_TIMESTAMP_FILE: time },
    // A Java that read the time's file each time it asks would take seconds to start.
    FAKETIME_CACHE_DURATION: '1',
    ...{ FAKETIME_DONT_FAKE_MONOTONIC: '1', NO_FAKE_STAT: '1' },
    ...{ PATH: process.env.PATH ?? '', LC_ALL: 'C.UTF-8', NO_PROXY: '127.0.0.1,localhost' },
  }

  const file = (name: string, text: string) => {
    writeFileSync(join(home, name), text, { mode: 0o600 })
    return join(home, name)
  }
  const { podToken, proof } = await prepare(world.server)
  const task = await serviceRole(world, 'billing', trustsService('ecs-tasks.amazonaws.com'))
  await profileWithRole(world, 'web')
  await nodeOf(world.server)
  const { joinToken } = await added(world, 'web-1', { region: 'us-east-1', tasks: { billing: task } })
  const ports = await agent()

  /** Starts the agent with a listener of each kind; answers their ports. */
  async function agent(): Promise<readonly number[]> {
    const machine = { machine: 'state', 'join-token-file': file('join-token', joinToken), 'duration-seconds': 3600 }
    const listen = '127.0.0.1:0'
    const tokenFile = file('task.token', taskToken)
    const config = {
      ...{ server: world.at.url, ca: file('ca.pem', authority) },
      roles: [
        { name: 'web', ...machine },
        { name: 'billing', ...machine, task: 'billing' },
      ],
      listeners: [
        { serves: 'instance-metadata', listen, role: 'web' },
        {
          ...{ serves: 'container-credentials', listen },
          workloads: [{ name: 'billing', role: 'billing', 'token-file': tokenFile }],
        },
        { serves: 'pod-identity', listen, role: 'web', cluster: 'main' },
      ],
    }
    const words = [hallpass, 'metadata', '--config', file('agent.yaml', JSON.stringify(config))]
    const text = await start(execPath, words, /hallpass serves .*\n/)
    return [...text.matchAll(/127\.0\.0\.1:(\d+)/g)].map(([, port]) => Number(port))
  }

  /** Starts a program that ends with the tests; resolves to what it said so far, once that matches. */
  function start(program: string, words: readonly string[], until: RegExp): Promise<string> {
    const child = spawn(program, words, { env: { ...moved, HOME: home }, stdio: ['ignore', 'pipe', 'pipe'] })
    withUs(child)
    after(() => ended(child))
    let text = ''
    return new Promise((resolve, reject) => {
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', (part: string) => {
          text += part
          heard.push(part)
          if (until.test(text)) resolve(text)
        })
      }
      child.once('close', (code) => reject(new Error(`${program} ended with ${code}: ${text}`)))
    })
  }

  const proving = [
    ...['--certificate', file('machine.pem', proof.pem), '--private-key', file('machine.key', proof.key)],
    ...['--trust-anchor-arn', proof.anchorArn, '--profile-arn', proof.profileArn, '--role-arn', proof.roleArn],
    ...['--endpoint', helped.url],
  ]
  const serving = await freePort()
  await start(helper, ['serve', '--port', String(serving), ...proving], /listening|Local server started/i)
  mkdirSync(join(home, '.aws'))
  writeConfig(home, { helped: { credential_process: [helper, 'credential-process', ...proving].join(' ') } })

  const metadata = (port: number | undefined) => ({
    AWS_EC2_METADATA_SERVICE_ENDPOINT: `http://127.0.0.1:${port}`,
    AWS_EC2_METADATA_DISABLED: 'false',
  })
  const container = (port: number | undefined, path: string, tokenFile: string) => ({
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://127.0.0.1:${port}${path}`,
    AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: tokenFile,
  })
  return {
    endpoints: [
      { name: 'instance metadata', env: metadata(ports[0]), arn: /:assumed-role\/web\/i-[0-9a-f]{17}$/ },
      {
        ...{ name: 'the container endpoint', arn: /:assumed-role\/billing\/billing$/ },
        env: container(ports[1], '/v2/credentials', join(home, 'task.token')),
      },
      {
        ...{ name: 'Pod Identity', arn: /:assumed-role\/shop\/eks-main-/ },
        env: container(ports[2], '/v1/credentials', file('pod.token', podToken)),
      },
      {
        ...{ name: 'AWS’s helper as credential_process', arn: /:assumed-role\/Plant\/1234$/, asksItself: true },
        env: { AWS_PROFILE: 'helped' },
      },
      { name: 'AWS’s helper as metadata service', arn: /:assumed-role\/Plant\/1234$/, env: metadata(serving) },
    ],
    environment: ({ env }) => ({
      ...{ ...moved, HOME: home, AWS_PAGER: '', AWS_EC2_METADATA_DISABLED: 'true' },
      ...{ AWS_ENDPOINT_URL: uses.url, AWS_ENDPOINT_URL_STS: uses.url },
      ...{ AWS_REGION: 'us-east-1', AWS_DEFAULT_REGION: 'us-east-1' },
      ...env,
    }),
    async pass(minutes) {
      await current.move(minutes * 60_000)
      setTime()
      // Programs look at the file when a second, counted in whole ones, has passed.
      await new Promise((resolve) => setTimeout(resolve, 2100))
    },
    answers: (does) => lead(fronts, does ? current : undefined),
    async restart() {
      lead([...fronts, uses], undefined)
      current = await secondNode(world.server, { clock, settings: { 'public-url': world.front.url, ...settings } })
      lead([...fronts, uses], current)
    },
    said: () => heard.join(''),
  }
}

/** A pod's token, and a certificate with the role that its holder gets. */
async function prepare(server: TestServer) {
  const cluster = await testCluster(server, 'main')
  const admin = server.as(server.root)
  await associate(admin, 'main', await role(admin, 'shop', podsTrust()))
  const root = rootAuthority({ subject: ['O=Example', 'CN=Root'] })
  const { pem, keys } = root.issue({ subject: ['CN=plant-1'], serial: 0x1234n, keys: rsaKeys() })
  const { done } = certificateCalls(server)
  const roleArn = await certificateRole(server, 'Plant')
  const common = { name: 'plant', enabled: true }
  const { trustAnchor } = await done('POST', '/trustanchors', { ...common, source: bundle(root.pem) })
  const { profile } = await done('POST', '/profiles', { ...common, roleArns: [roleArn] })
  return {
    podToken: await cluster.token(),
    proof: {
      ...{ pem, key: keys.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(), roleArn },
      ...{ anchorArn: trustAnchor.trustAnchorArn, profileArn: profile.profileArn },
    },
  }
}

/** Lets the machine ask for the cluster's pods. */
async function nodeOf(server: TestServer): Promise<void> {
  const PolicyDocument = allow('eks-auth:AssumeRoleForPodIdentity')
  const policy = { RoleName: 'web', PolicyName: 'pods', PolicyDocument }
  await server.as(server.root).iam.send(new PutRolePolicyCommand(policy))
}
