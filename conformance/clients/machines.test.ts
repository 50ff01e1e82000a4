// Machines: they join once with a token, and get the credentials of the role in their instance profile by the key that they made.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { machineSource } from '../../src/client/workload.ts'
import { callerOf, fetchFrom, joined, profileWithRole, workloadWorld } from './workload-kit.ts'

const world = await workloadWorld()
const { server } = world
const clock = server.now
const roleArn = await profileWithRole(world, 'web')

describe('a machine that has joined', () => {
  test('is the role of its instance profile, in a session of its id', async () => {
    const enrolment = await joined(world, 'web-1')
    const keys = await fetchFrom(machineSource(enrolment, {}, { clock }))
    assert.match(enrolment.machine, /^i-[0-9a-f]{17}$/)
    assert.equal(await callerOf(world, keys), `arn:aws:sts::${server.account}:assumed-role/web/${enrolment.machine}`)
    assert.deepEqual([keys.roleArn, keys.accountId], [roleArn, server.account])
  })
})
