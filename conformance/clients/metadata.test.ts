// AWS's SDK beside the metadata agent: through lifetimes of its credentials no call fails, not when Hallpass is started anew, nor while it
// gives no answer; what ends a machine ends what its programs have.
import { equal, match, ok } from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { PutRolePolicyCommand } from '@aws-sdk/client-iam'
import { fromHttp, fromInstanceMetadata } from '@aws-sdk/credential-providers'
import { setMachine } from '../../src/app/operator/machines.ts'
import { folder } from './folder.ts'
import { agentWorld, callerWith, minute } from './metadata-kit.ts'
import { allow, role } from './people.ts'
import { associate, podsTrust, testCluster } from './pods-kit.ts'

const lifetime = 60
const step = 5

let podTokenFile = ''
const world = await agentWorld(
  [
    () => ({ serves: 'instance-metadata', role: 'web', allowsV1: false }),
    ({ tokenFile }) => ({
      serves: 'container-credentials',
      workloads: [{ name: 'billing', role: 'billing', tokenFile }],
    }),
    () => ({ serves: 'pod-identity', role: 'web', cluster: 'main' }),
  ],
  async (workloads) => {
    const admin = workloads.server.as(workloads.server.root)
    const cluster = await testCluster(workloads.server, 'main')
    const PolicyDocument = allow('eks-auth:AssumeRoleForPodIdentity', cluster.arn)
    await admin.iam.send(new PutRolePolicyCommand({ RoleName: 'web', PolicyName: 'pods', PolicyDocument }))
    await associate(admin, 'main', await role(admin, 'shop', podsTrust()))
    podTokenFile = join(folder(), 'token')
    writeFileSync(podTokenFile, await cluster.token())
  },
)
const { server, lead, urls, tokenFile } = world
const [imds = '', containers = '', pods = ''] = urls
process.env.AWS_EC2_METADATA_SERVICE_ENDPOINT = imds

const faces = [
  {
    name: 'instance metadata',
    arn: /:assumed-role\/web\/i-[0-9a-f]{17}$/,
    provider: fromInstanceMetadata({ timeout: 5000 }),
    /** What it serves now, beside the SDK. */
    async served() {
      const token = await asked(`${imds}/latest/api/token`, { 'x-aws-ec2-metadata-token-ttl-seconds': '60' }, 'PUT')
      const path = `${imds}/latest/meta-data/iam/security-credentials/web`
      return JSON.parse(await asked(path, { 'x-aws-ec2-metadata-token': token }))
    },
  },
  {
    name: 'container credentials',
    arn: /:assumed-role\/billing\/billing$/,
    provider: fromHttp({
      awsContainerCredentialsFullUri: `${containers}/v2/credentials`,
      awsContainerAuthorizationTokenFile: tokenFile,
    }),
    served: async () =>
      JSON.parse(await asked(`${containers}/v2/credentials`, { authorization: 'the-token-of-the-billing-task' })),
  },
  {
    name: 'pod identity',
    arn: /:assumed-role\/shop\/eks-main-/,
    provider: fromHttp({
      awsContainerCredentialsFullUri: `${pods}/v1/credentials`,
      awsContainerAuthorizationTokenFile: podTokenFile,
    }),
    served: async () =>
      JSON.parse(await asked(`${pods}/v1/credentials`, { authorization: readFileSync(podTokenFile, 'utf8') })),
  },
]

async function asked(url: string, headers: Record<string, string>, method = 'GET'): Promise<string> {
  const answer = await fetch(url, { method, headers })
  equal(answer.status, 200, url)
  return answer.text()
}

/** Through so many minutes: each few, every program calls, and what the agent serves has so many minutes left. */
async function through(minutes: number, at = server, least = 20): Promise<number> {
  const keys = new Set<string>()
  for (let passed = 0; passed < minutes; passed += step) {
    await server.move(step * minute)
    for (const { name, arn, call, served } of programs) {
      match((await call(at)) ?? '', arn, name)
      const { AccessKeyId, Expiration } = await served()
      ok(Date.parse(Expiration) - server.now().getTime() >= least * minute, `${name}: ${Expiration}`)
      keys.add(AccessKeyId)
    }
    // Time stands still while a request is under way.
    await world.idle()
  }
  return keys.size
}

const programs = faces.map((face) => ({ ...face, call: callerWith(face.provider) }))

test('through three lifetimes every call is answered', async () => {
  const sets = await through(3 * lifetime)
  // Two or three in each lifetime: each is renewed at half of it.
  ok(sets >= 3 * 2 * 3 && sets <= 3 * 3 * 3, String(sets))
})

test('Hallpass starts anew in the midst of it, and nobody notices', async () => {
  lead(undefined)
  await through(2 * step)
  const second = await world.restarted()
  lead(second)
  await through(2 * lifetime, second)
  lead(server)
})

test('while it gives no answer for half a lifetime, what there was is served as long as it is valid', async () => {
  // From a fresh set on.
  await through(lifetime)
  lead(undefined)
  await through(lifetime / 2, server, 1)
  lead(server)
  await through(lifetime)
  ok(world.reported.some((line) => line.includes('renewed again')))
})

test('a machine that is disabled gets nothing more, and what its programs have ends', async () => {
  await setMachine(server.engine, { machine: 'web-1', isEnabled: false })
  await server.move(minute)
  for (const { call } of programs.slice(0, 2))
    await call(server).then(
      () => ok(false),
      ({ name }) => equal(name, 'InvalidClientTokenId'),
    )
  await server.move(2 * lifetime * minute)
  const token = await asked(`${imds}/latest/api/token`, { 'x-aws-ec2-metadata-token-ttl-seconds': '60' }, 'PUT')
  const headers = { 'x-aws-ec2-metadata-token': token }
  const path = `${imds}/latest/meta-data/iam/security-credentials/web`
  equal(JSON.parse(await asked(path, headers)).Code, 'AssumeRoleUnauthorizedAccess')
  const answer = await fetch(`${containers}/v2/credentials`, {
    headers: { authorization: 'the-token-of-the-billing-task' },
  })
  equal(answer.status, 403)
})
