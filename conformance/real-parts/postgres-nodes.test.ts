// Whole servers on a PostgreSQL store: the acceptance flows of conformance/clients, and two nodes of one installation.
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { CreateAccessKeyCommand, DeleteRoleCommand, UpdateAccessKeyCommand } from '@aws-sdk/client-iam'
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { revoke } from '../../src/service/session/revoke.ts'
import { allow, assume, person, role, trusts } from '../clients/people.ts'
import { type Clients, type Keys, machineClock, secondNode, testServer } from '../clients/server.ts'
import { describeWith } from './part.ts'
import { proxyTo } from './postgres-proxy.ts'
import { startPostgres } from './postgres-server.ts'

const clients = fileURLToPath(new URL('../clients/', import.meta.url))
/** What a node may take to hear what another has ended. */
const heardMs = 2_000

/** Runs a test file of conformance/clients over a database; resolves to its end, and how many of its tests passed. */
function runOver(
  url: string,
  file: string,
): Promise<{ readonly code: number | null; readonly passed: number; readonly out: string }> {
  const child = spawn(execPath, ['--test', '--test-reporter=tap', join(clients, file)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_TEST_CONTEXT: undefined, HALLPASS_TEST_DATABASE: url },
  })
  let out = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      out += text
    })
  return new Promise((resolve) =>
    child.once('close', (code) => resolve({ code, passed: Number(/^# pass (\d+)$/m.exec(out)?.[1] ?? 0), out })),
  )
}

describeWith('POSTGRES', 'a server on PostgreSQL', async (bin) => {
  const database = await startPostgres(bin)

  for (const [file, least] of [
    ['acceptance.test.ts', 10],
    ['acceptance-sessions.test.ts', 5],
    ['nodes.test.ts', 10],
    ['cognito.test.ts', 5],
  ] as const)
    test(`passes ${file}`, async () => {
      const name = await database.database()
      const { code, passed, out } = await runOver(database.url(name), file)
      assert.equal(code, 0, out.slice(-6_000))
      assert.ok(passed >= least, `${passed} tests`)
      const names = await database.query(`SELECT 1 FROM information_schema.schemata WHERE schema_name LIKE 't%'`, name)
      assert.ok(names.length > 0, 'its store was in the database')
    })

  const proxy = await proxyTo(database.port)
  // They end before their database does.
  describe('two nodes', async () => {
    const shared = await database.database()
    process.env.HALLPASS_TEST_DATABASE = `postgres://${database.user}@127.0.0.1:${proxy.port}/${shared}`
    const clock = machineClock()
    const one = await testServer({ file: 'shared.sqlite', clock, node: 'one' })
    const two = await secondNode(one, { clock })
    delete process.env.HALLPASS_TEST_DATABASE

    const root = one.as(one.root)
    const ann = await person(root, 'ann', allow(['sts:*', 'iam:*']))
    const whoIs = async (node: Clients) => (await node.sts.send(new GetCallerIdentityCommand({}))).Arn
    const isLet = (keys: Keys) =>
      whoIs(two.as(keys)).then(
        () => true,
        () => false,
      )
    /** Waits until the other node refuses keys, as long as it may take. */
    const refusedInTime = async (keys: Keys) => {
      const late = performance.now() + heardMs
      while (performance.now() < late) {
        if (!(await isLet(keys))) return true
        await delay(20)
      }
      return false
    }

    test('a role made on one node is assumed on the other at once', async () => {
      const arn = await role(root, 'Target', trusts(ann.arn))
      const session = await assume(two, two.as(ann.keys), arn)
      assert.equal(await whoIs(one.as(session.keys)), `arn:aws:sts::${one.account}:assumed-role/Target/session`)
    })

    test('a session that is revoked on one node is refused on the other within two seconds', async () => {
      const eve = await person(root, 'eve', allow('sts:*'))
      const session = await assume(one, one.as(eve.keys), await role(root, 'Revoked', trusts(eve.arn)))
      assert.equal(await isLet(session.keys), true)
      const scope = { kind: 'subject', by: eve.id } as const
      await one.engine.store.transact((tx) => revoke(tx, one.account, scope, clock.now))
      assert.equal(await refusedInTime(session.keys), true)
    })

    test('a role that is deleted on one node ends its sessions on the other within two seconds', async () => {
      const session = await assume(one, one.as(ann.keys), await role(root, 'Deleted', trusts(ann.arn)))
      assert.equal(await isLet(session.keys), true)
      await root.iam.send(new DeleteRoleCommand({ RoleName: 'Deleted' }))
      assert.equal(await refusedInTime(session.keys), true)
    })

    test('a key that is disabled on one node is refused on the other within two seconds', async () => {
      const bob = await person(root, 'bob')
      assert.equal(await isLet(bob.keys), true)
      await root.iam.send(
        new UpdateAccessKeyCommand({ UserName: 'bob', AccessKeyId: bob.keys.accessKeyId, Status: 'Inactive' }),
      )
      assert.equal(await refusedInTime(bob.keys), true)
    })

    test('a dump that was restored into another database has everything, and no session once the keys are dropped', async () => {
      const session = await assume(one, one.as(ann.keys), await role(root, 'Dumped', trusts(ann.arn)))
      const [file, to] = [join(one.data, 'dump'), await database.database()]
      const flags = ['-h', '127.0.0.1', '-p', `${database.port}`, '-U', database.user]
      execFileSync(join(bin, 'pg_dump'), [...flags, '-Fc', '-f', file, shared])
      execFileSync(join(bin, 'pg_restore'), [...flags, '--exit-on-error', '-d', to, file])
      process.env.HALLPASS_TEST_DATABASE = database.url(to)
      const restored = await secondNode(one, { clock })
      delete process.env.HALLPASS_TEST_DATABASE
      assert.equal(await whoIs(restored.as(ann.keys)), ann.arn)
      assert.ok(await whoIs(restored.as(session.keys)))
      await restored.engine.ring.rotate(clock.now, { compromised: true })
      await assert.rejects(whoIs(restored.as(session.keys)), { name: 'InvalidClientTokenId' })
      assert.ok(await whoIs(two.as(session.keys)), 'they are two installations now')
    })

    test('nodes that have lost the database issue nothing, and go on when it is back', async () => {
      const arn = await role(root, 'Cut', trusts(ann.arn))
      proxy.sever()
      await assert.rejects(assume(two, two.as(ann.keys), arn), (error: { $metadata?: { httpStatusCode?: number } }) => {
        assert.equal(error.$metadata?.httpStatusCode, 503)
        return true
      })
      proxy.mend()
      const late = performance.now() + 10_000
      let session: Awaited<ReturnType<typeof assume>> | undefined
      while (session === undefined && performance.now() < late) {
        session = await assume(two, two.as(ann.keys), arn).catch(() => undefined)
        await delay(50)
      }
      assert.ok(session)
      await root.iam.send(new CreateAccessKeyCommand({ UserName: 'ann' }))
    })
  })
})
