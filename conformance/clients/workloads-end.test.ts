// What a machine got ends with it, on every node, and so does everything that it was traded for.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  GetCredentialsForIdentityCommand,
  GetOpenIdTokenForDeveloperIdentityCommand,
} from '@aws-sdk/client-cognito-identity'
import { PutRolePolicyCommand } from '@aws-sdk/client-iam'
import { AssumeRoleWithWebIdentityCommand } from '@aws-sdk/client-sts'
import { listMachines, setMachine } from '../../src/app/operator/machines.ts'
import { listLive, revokeSessions } from '../../src/app/operator/sessions.ts'
import { machineSource } from '../../src/client/workload.ts'
import { allow, keysOf } from './people.ts'
import { makePool } from './pools.ts'
import { nobody, secondNode } from './server.ts'
import { callerOf, fetchFrom, isAlive, joined, profileWithRole, workloadWorld } from './workload-kit.ts'

const world = await workloadWorld({ file: 'shared.sqlite' })
const { server, clock } = world
const { engine } = server
await profileWithRole(world, 'web')
const from = async (name: string) => fetchFrom(machineSource(await joined(world, name), {}, { clock: server.now }))
const live = async () => (await listLive(engine, {})).sessions.map(({ accessKeyId }) => accessKeyId)

describe('a session of a machine', () => {
  test('is dead on another node once that hears of the machine’s end', async () => {
    const second = await secondNode(server, { clock })
    const other = { ...world, server: second }
    const keys = await from('shared')
    assert.match((await callerOf(other, keys)) ?? '', /assumed-role\/web\//)
    await setMachine(engine, { machine: 'shared', isEnabled: false })
    assert.equal(await isAlive(world, keys), 'InvalidClientTokenId')
    // Longer than a node believes what it holds without hearing of changes.
    await second.move(6_000)
    assert.equal(await isAlive(other, keys), 'InvalidClientTokenId')
  })

  test('is listed while it lives, and can be revoked by itself, which leaves the machine', async () => {
    const keys = await from('listed')
    assert((await live()).includes(keys.accessKeyId))
    await revokeSessions(engine, { session: keys.accessKeyId })
    assert.equal(await isAlive(world, keys), 'InvalidClientTokenId')
    const next = await from('listed-2')
    await setMachine(engine, { machine: 'listed-2', isEnabled: false })
    assert(!(await live()).includes(next.accessKeyId))
    const { machines } = await listMachines(engine)
    assert.deepEqual(machines.find(({ name }) => name === 'listed')?.state, 'joined')
  })

  test('can be revoked with all of a workload’s, by its service and id', async () => {
    const keys = await from('revoked')
    const { machines } = await listMachines(engine)
    const id = machines.find(({ name }) => name === 'revoked')?.id ?? ''
    const { ended } = await revokeSessions(engine, { subject: `ec2.amazonaws.com ${id}` })
    assert.equal(ended, 1)
    assert.equal(await isAlive(world, keys), 'InvalidClientTokenId')
  })
})

test('a developer’s OpenID token that a machine asked for ends with the machine, in both flows', async () => {
  const root = server.as(server.root)
  const anyone = server.as(nobody)
  const provider = 'login.my.app'
  const pool = await makePool(root, { DeveloperProviderName: provider, AllowClassicFlow: true })
  const PolicyDocument = allow('cognito-identity:*')
  await root.iam.send(new PutRolePolicyCommand({ RoleName: 'web', PolicyName: 'cognito', PolicyDocument }))
  const keys = await from('developer')
  const { IdentityId = '', Token = '' } = await server.as(keys).cognito.send(
    new GetOpenIdTokenForDeveloperIdentityCommand({
      ...{ IdentityPoolId: pool.IdentityPoolId, Logins: { [provider]: 'ann' }, TokenDuration: 86_400 },
    }),
  )
  const basic = async () => {
    const RoleArn = `arn:aws:iam::${server.account}:role/${pool.people}`
    const asked = { RoleArn, RoleSessionName: 'someone', WebIdentityToken: Token }
    return keysOf((await anyone.sts.send(new AssumeRoleWithWebIdentityCommand(asked))).Credentials)
  }
  const enhanced = () => {
    const Logins = { 'cognito-identity.amazonaws.com': Token }
    return anyone.cognito.send(new GetCredentialsForIdentityCommand({ IdentityId, Logins }))
  }
  const session = { ...keys, ...(await basic()) }
  await enhanced()
  assert.equal(await isAlive(world, session), true)
  await setMachine(engine, { machine: 'developer', isEnabled: false })
  assert.equal(await isAlive(world, session), 'InvalidClientTokenId')
  await assert.rejects(basic(), { name: 'InvalidIdentityTokenException' })
  await assert.rejects(enhanced(), { name: 'NotAuthorizedException' })
})
