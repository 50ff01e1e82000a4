// `hallpass credential-process` on a machine that has joined, and with a token in a file: what it prints is what AWS's SDK gets from a
// profile.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { newMachineToken, setMachine, setMachineTask } from '../../src/app/operator/machines.ts'
import { invoke } from '../../src/cli/testing/world.ts'
import { joinMachine } from '../../src/client/workload.ts'
import { authority, newKey, signToken } from '../../src/federation/testing/idp.ts'
import { folder } from './folder.ts'
import { role } from './people.ts'
import { privately, register, testIdp, trusting } from './web-identity-servers.ts'
import { callerOf, joined, profileWithRole, serviceRole, trustsService, workloadWorld } from './workload-kit.ts'

const key = await newKey()
const idp = await testIdp({ keys: [key] })
const world = await workloadWorld({
  providers: { providers: [{ issuer: idp.issuer, account: '111122223333', ...privately }] },
})
const { server, clock, front } = world
const admin = server.as(server.root)

interface Printed {
  readonly AccessKeyId: string
  readonly SecretAccessKey: string
  readonly SessionToken: string
  readonly Expiration: string
}
const run = (environment: Record<string, string>, ...words: string[]) =>
  invoke(['credential-process', ...words], { environment, clock: () => clock.now })
async function callerBy(environment: Record<string, string>, ...words: string[]) {
  const { code, out, err } = await run(environment, ...words)
  assert.equal(code, 0, err)
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = JSON.parse(out) as Printed
  const keys = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken }
  return callerOf(world, { ...keys, expiration: new Date(Expiration) })
}
const session = (name: string) => `arn:aws:sts::111122223333:assumed-role/${name}`

test('a machine has its role and those of its tasks, cached until it is disabled', async () => {
  await profileWithRole(world, 'web')
  const taskArn = await serviceRole(world, 'jobs', trustsService('ecs-tasks.amazonaws.com'))
  const enrolment = await joined(world, 'web-1')
  const { machine } = enrolment
  await setMachineTask(server.engine, { machine, task: 'nightly', role: taskArn })
  await server.move(1000)
  const file = join(folder(), 'machine.json')
  writeFileSync(file, JSON.stringify(enrolment))
  const environment = { HOME: folder(), HALLPASS_MACHINE_FILE: file }
  const asked = () => front.seen.filter((one) => one.includes('/workload/credentials')).length
  const hour = ['--machine', '--duration-seconds', '3600']
  assert.equal(await callerBy(environment, ...hour), session(`web/${machine}`))
  assert.equal(await callerBy(environment, ...hour), session(`web/${machine}`))
  assert.equal(asked(), 1)
  assert.equal(await callerBy(environment, '--machine', '--task', 'nightly'), session('jobs/nightly'))
  await server.move(31 * 60_000)
  assert.equal(await callerBy(environment, ...hour), session(`web/${machine}`))
  assert.equal(asked(), 3)
  await setMachine(server.engine, { machine, isEnabled: false })
  await server.move(31 * 60_000)
  const { code, out, err } = await run(environment, ...hour)
  assert.deepEqual([code, out], [1, ''])
  assert.match(err, /^hallpass: .+/)
})

test('a machine that joins again has nothing from before: that ended with its key', async () => {
  const enrolment = await joined(world, 'web-2')
  const { machine } = enrolment
  const file = join(folder(), 'machine.json')
  writeFileSync(file, JSON.stringify(enrolment))
  const environment = { HOME: folder(), HALLPASS_MACHINE_FILE: file }
  assert.equal(await callerBy(environment, '--machine'), session(`web/${machine}`))
  const { joinToken } = await newMachineToken(server.engine, { machine })
  await joinMachine(world.at, joinToken, file)
  assert.equal(await callerBy(environment, '--machine'), session(`web/${machine}`))
})

test('a token in a file is a session of the role that trusts its provider', async () => {
  const at = folder()
  const [token, ca] = [join(at, 'token'), join(at, 'ca.pem')]
  writeFileSync(ca, authority)
  writeFileSync(token, await signToken(idp.issuer, key, server.now()))
  const roleArn = await role(admin, 'pod', trusting(await register(admin, idp.issuer)))
  const words = ['--web-identity-token-file', token, '--role-arn', roleArn, '--role-session-name', 'build']
  const environment = { HOME: at, AWS_ENDPOINT_URL: server.url, AWS_CA_BUNDLE: ca }
  assert.equal(await callerBy(environment, ...words), session('pod/build'))
  writeFileSync(token, 'not.a.token')
  assert.equal(await callerBy(environment, ...words), session('pod/build'), 'cached')
  const { code, err } = await run(environment, ...words, '--no-cache')
  assert.equal(code, 1)
  assert.match(err, /^hallpass: AssumeRoleWithWebIdentity: InvalidIdentityToken/)
})
