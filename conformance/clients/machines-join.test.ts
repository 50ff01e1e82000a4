// A machine joins once. Attacks on the join token, and what another joining ends.
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { AssumeRoleCommand } from '@aws-sdk/client-sts'
import { forgetMachine, newMachineToken, setMachine } from '../../src/app/operator/machines.ts'
import { SourceRefused } from '../../src/client/credential-source.ts'
import { joinMachine, machineSource, readEnrolment } from '../../src/client/workload.ts'
import { folder } from './folder.ts'
import { textsOf } from './journals.ts'
import { keysOf, trusts } from './people.ts'
import {
  added,
  asked,
  fetchFrom,
  isAlive,
  joined,
  lastDetail,
  profileWithRole,
  serviceRole,
  told,
  workloadWorld,
} from './workload-kit.ts'

const world = await workloadWorld()
const { server } = world
const { engine } = server
const clock = server.now
const roleArn = await profileWithRole(world, 'web')

const newKey = (namedCurve = 'P-256') => generateKeyPairSync('ec', { namedCurve }).publicKey.export({ format: 'jwk' })
const joins = (token: string, publicKey: object = newKey()) => asked(world, 'join', { token, publicKey })
const notGood = [401, 'UnauthorizedException']

describe('a join token', () => {
  test('lets its machine in, once', async () => {
    const { joinToken, id } = await added(world, 'once')
    const first = await joins(joinToken)
    assert.deepEqual([first.status, first.body.machine, first.body.account], [200, id, server.account])
    assert.deepEqual(await told(joins(joinToken)), notGood)
    assert.match(await lastDetail(world), /used before/)
  })

  test('that two use at once lets one of them in', async () => {
    const { joinToken } = await added(world, 'both')
    const answers = await Promise.all([joins(joinToken), joins(joinToken), joins(joinToken), joins(joinToken)])
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 401, 401, 401])
  })

  test('ends', async () => {
    const { joinToken } = await added(world, 'late', { minutes: 5 })
    await server.move(5 * 60_000)
    assert.deepEqual(await told(joins(joinToken)), notGood)
    assert.match(await lastDetail(world), /time is over/)
  })

  test('is nothing when it is cut, lengthened, changed, of another server, or none', async () => {
    const { joinToken } = await added(world, 'whole')
    const other = await workloadWorld()
    await profileWithRole(other, 'web')
    const foreign = (await added(other, 'whole')).joinToken
    const changed = joinToken.slice(0, -1) + (joinToken.endsWith('A') ? 'B' : 'A')
    for (const token of [
      joinToken.slice(0, -1),
      `${joinToken}A`,
      changed,
      foreign,
      joinToken.toUpperCase(),
      'x',
      '%00',
    ])
      assert.deepEqual(await told(joins(token)), notGood, token)
    assert.equal((await joins(joinToken)).status, 200)
  })

  test('is replaced by the next', async () => {
    const { joinToken, name } = await added(world, 'replaced')
    const next = await newMachineToken(engine, { machine: name })
    assert.deepEqual(await told(joins(joinToken)), notGood)
    assert.equal((await joins(next.joinToken)).status, 200)
  })

  test('of a machine that was removed, or disabled, lets nobody in', async () => {
    const removed = await added(world, 'removed')
    await forgetMachine(engine, { machine: removed.id })
    assert.deepEqual(await told(joins(removed.joinToken)), notGood)
    const disabled = await added(world, 'off')
    await setMachine(engine, { machine: 'off', isEnabled: false })
    assert.deepEqual(await told(joins(disabled.joinToken)), notGood)
    await setMachine(engine, { machine: 'off', isEnabled: true })
    assert.deepEqual(await told(joins(disabled.joinToken)), notGood, 'disabling ends the token')
    await assert.rejects(
      (async () => {
        await setMachine(engine, { machine: 'off', isEnabled: false })
        return newMachineToken(engine, { machine: 'off' })
      })(),
      /hallpass machines enable off/,
    )
  })

  test('enrols a key of P-256, and nothing else', async () => {
    const { joinToken } = await added(world, 'curves')
    const { x, ...half } = newKey()
    for (const key of [
      newKey('P-384'),
      half,
      { ...newKey(), y: x },
      { ...newKey(), d: 'AAAA' },
      { kty: 'oct', k: 'AAAA' },
    ])
      assert.deepEqual(await told(joins(joinToken, key)), [400, 'ValidationError'])
    assert.equal((await joins(joinToken)).status, 200)
  })

  test('is in no record and in no store, and the joining is on record', async () => {
    const { joinToken, id } = await added(world, 'noted')
    await joins(joinToken)
    const texts = await textsOf(engine.store, 'audit')
    assert(texts.every((text) => !text.includes(joinToken)))
    const record = texts
      .map((text) => JSON.parse(text).records[0])
      .find(({ eventName, requestParameters }) => {
        return eventName === 'JoinMachine' && requestParameters.machine === id
      })
    assert.deepEqual(
      [record.userIdentity.invokedBy, record.recipientAccountId, record.sourceIPAddress],
      ['hallpass', server.account, '127.0.0.1'],
    )
    assert.deepEqual(record.requestParameters.name, 'noted')
  })
})

describe('the client', () => {
  test('keeps key and enrolment in a file that nobody else reads', async () => {
    const { joinToken, id } = await added(world, 'kept')
    const file = join(folder(), 'state', 'machine.json')
    await joinMachine(world.at, joinToken, file)
    assert.equal(statSync(file).mode & 0o777, 0o600)
    assert.deepEqual([readEnrolment(file).machine, readEnrolment(file).audience], [id, world.at.url])
    assert.equal(existsSync(`${file}.joining`), false)
  })

  test('reads authorities anew from the file that they came from', async () => {
    const { joinToken } = await added(world, 'bundled')
    const [file, bundle] = [join(folder(), 'machine.json'), join(folder(), 'ca.pem')]
    writeFileSync(bundle, world.at.ca ?? '')
    await joinMachine(world.at, joinToken, file, bundle)
    assert.doesNotMatch(readFileSync(file, 'utf8'), /BEGIN CERTIFICATE/)
    await fetchFrom(machineSource(readEnrolment(file), {}, { clock }))
    writeFileSync(bundle, 'replaced')
    assert.equal(readEnrolment(file).ca, 'replaced')
  })

  test('says what a file is that is no enrolment', () => {
    const file = join(folder(), 'machine.json')
    for (const text of ['', 'x', '[]', 'null', '{"machine":"i-0"}']) {
      writeFileSync(file, text)
      assert.throws(() => readEnrolment(file), /is not the enrolment of a machine: join again with/)
    }
    assert.throws(() => readEnrolment(join(folder(), 'none')), /there is no such file/)
  })

  test('leaves the enrolment that is there when the token is not good', async () => {
    const file = join(folder(), 'machine.json')
    await joinMachine(world.at, (await added(world, 'stays')).joinToken, file)
    const before = readFileSync(file, 'utf8')
    await assert.rejects(joinMachine(world.at, 'hallpass-join-x', file), (error: SourceRefused) => {
      assert(error instanceof SourceRefused)
      assert.match(error.message, /hallpass machines token NAME/)
      return true
    })
    assert.equal(readFileSync(file, 'utf8'), before)
    assert.equal(existsSync(`${file}.joining`), false)
  })
})

describe('a machine that joins again, having lost its key', () => {
  test('has a new key: what the old one got ends, and what descends from that, and the old one proves nothing', async () => {
    const before = await joined(world, 'lost')
    const keys = await fetchFrom(machineSource(before, {}, { clock }))
    const next = await serviceRole(world, 'Next', trusts(roleArn))
    const chained = await server.as(keys).sts.send(new AssumeRoleCommand({ RoleArn: next, RoleSessionName: 'chained' }))
    const descendant = { ...keysOf(chained.Credentials), sessionToken: chained.Credentials?.SessionToken ?? '' }
    const live = { ...descendant, expiration: keys.expiration }
    assert.equal(await isAlive(world, live), true)
    const { joinToken } = await newMachineToken(engine, { machine: 'lost' })
    assert.equal(await isAlive(world, keys), true, 'a token that is out ends nothing')
    const after = await joinMachine(world.at, joinToken, join(folder(), 'machine.json'))
    assert.equal(after.machine, before.machine)
    assert.equal(await isAlive(world, keys), 'InvalidClientTokenId')
    assert.equal(await isAlive(world, live), 'InvalidClientTokenId')
    await assert.rejects(fetchFrom(machineSource(before, {}, { clock })), { code: 'UnauthorizedException' })
    assert.equal(await isAlive(world, await fetchFrom(machineSource(after, {}, { clock }))), true)
  })
})
