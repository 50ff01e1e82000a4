// A store in which something goes wrong under machines and services, certificates and pods: the Nth call fails, for every N. Nothing is given
// without its record, nothing is half-written, and whoever tries again gets through.
import assert from 'node:assert/strict'
import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { describe, test } from 'node:test'
import { newMachineToken } from '../../src/app/operator/machines.ts'
import { newService } from '../../src/app/operator/services.ts'
import { assertionOf } from '../../src/client/workload.ts'
import { clusters, type PodIdentityAssociation, podIdentityAssociations } from '../../src/service/eks/records.ts'
import {
  certificateSubjects,
  profiles,
  revocationLists,
  trustAnchors,
} from '../../src/service/rolesanywhere/records.ts'
import { machines } from '../../src/service/workloads/records.ts'
import type { AnyCollection, Store } from '../../src/store/store.ts'
import { chaos } from '../../src/store/testing/chaos.ts'
import { bundle, certificateWorld, idIn } from './certificates-kit.ts'
import { entriesOf, textsOf } from './journals.ts'
import { failingEach, type Misfortune, misfortune } from './misfortune.ts'
import { role, trusts } from './people.ts'
import { associate, assumeForPod, podsTrust, testCluster } from './pods-kit.ts'
import { type Answer, send, signed } from './raw.ts'
import { asked, joined, profileWithRole, serviceRole, trustsService, workloadWorld } from './workload-kit.ts'

/** Does it so; where no call failed it succeeded. */
const everyCall = <P, T extends { readonly status: number }>(
  store: Misfortune,
  prepare: () => Promise<P>,
  work: (prepared: P) => Promise<T>,
  check: (answer: T, failed: number, prepared: P) => Promise<void>,
) =>
  failingEach(store, prepare, work, async (answer, failed, prepared) => {
    await check(answer, failed, prepared)
    if (failed === 0) assert.ok(answer.status < 300, `${answer.status}`)
  })

/** Credentials in an answer, whatever names their form gives them. */
const hasCredentials = (text: string) => /secretaccesskey/i.test(text)

describe('of the workload API', async () => {
  let store = undefined as unknown as Misfortune
  const world = await workloadWorld({
    over(made) {
      store = misfortune(made)
      return store
    },
  })
  const { server, front } = world
  await profileWithRole(world, 'web')
  const machine = await joined(world, 'web-1')
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const name = 'backup.corp.example'
  await newService(server.engine, {
    ...{ name, accounts: [server.account] },
    proof: { key: publicKey.export({ format: 'pem', type: 'spki' }) as string },
  })
  const RoleArn = await serviceRole(world, 'Backup', trustsService(name))
  const recordOf = async () => store.get(machines, [server.account, machine.machine])

  test('whoever guesses at tokens and proofs makes nobody wait who writes', async () => {
    const { kty, crv, x, y } = publicKey.export({ format: 'jwk' })
    const { privateKey: key } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const forged = (who: string) => assertionOf({ who, audience: front.url, key }, server.now())
    store.through((inner) => ({ ...inner, transact: () => assert.fail('a transaction') }))
    const statuses = [
      await asked(world, 'join', { token: `hallpass-join-${'A'.repeat(43)}`, publicKey: { kty, crv, x, y } }),
      await asked(world, 'credentials', { assertion: forged(machine.machine) }),
      await asked(world, 'assumeRole', {
        ...{ RoleArn, RoleSessionName: 'nightly', SourceAccount: server.account, assertion: forged(name) },
      }),
    ].map(({ status }) => status)
    store.through()
    assert.deepEqual(statuses, [401, 401, 401])
  })

  test('a join that fails spends no token and enrols no key', async () => {
    const key = () => {
      const { kty, crv, x, y } = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' })
      return { kty, crv, x, y }
    }
    const failed = await everyCall(
      store,
      async () => {
        const { joinToken } = await newMachineToken(server.engine, { machine: 'web-1' })
        return { joinToken, before: await recordOf() }
      },
      ({ joinToken }) => asked(world, 'join', { token: joinToken, publicKey: key() }),
      async ({ status, body }, at, { before }) => {
        const after = await recordOf()
        if (status !== 200) return assert.deepEqual(after, before, `call ${at}: ${status} ${body.code}`)
        assert.equal(after?.incarnation, (before?.incarnation ?? 0) + 1)
        assert.equal((await entriesOf(store, body.requestId as string)).length, 1)
      },
    )
    assert.ok(failed > 2, `${failed}`)
  })

  const issued = async () => (await textsOf(store, 'audit')).filter((text) => text.includes('"issued"')).length
  const own = await joined(world, 'web-2')
  const key = createPrivateKey(own.privateKey)
  const rows: readonly (readonly [string, () => ReturnType<typeof asked>])[] = [
    [
      'a machine',
      () =>
        asked(world, 'credentials', {
          assertion: assertionOf({ who: own.machine, audience: front.url, key }, server.now()),
        }),
    ],
    [
      'a service',
      () =>
        asked(world, 'assumeRole', {
          ...{ RoleArn, RoleSessionName: 'nightly', SourceAccount: server.account },
          assertion: assertionOf({ who: name, audience: front.url, key: privateKey }, server.now()),
        }),
    ],
  ]
  for (const [what, work] of rows)
    for (const cold of [true, false])
      test(`${what} is given credentials with their record alone, ${cold ? 'with nothing' : 'with all'} kept`, async () => {
        const failed = await everyCall(
          store,
          async () => {
            if (cold) await server.move(90_000)
            return issued()
          },
          work,
          async ({ status, body }, at, before) => {
            const text = JSON.stringify(body)
            assert.equal(hasCredentials(text), status === 200, `call ${at}: ${status} ${text}`)
            assert.ok(status === 200 || status === 503, `call ${at}: ${status} ${text}`)
            assert.equal((await issued()) - before, status === 200 ? 1 : 0, `call ${at}`)
          },
        )
        assert.ok(failed >= 3, `${failed}`)
      })
})

describe('of signed operations', async () => {
  let store = undefined as unknown as Misfortune
  const world = await certificateWorld({
    over(made) {
      store = misfortune(made)
      return store
    },
  })
  const { server, root, request, call, anchorArn, profileArn, roleArn } = world
  const admin = server.as(server.root)
  const cluster = await testCluster(server, 'main')
  const first = await role(admin, 'Pods', podsTrust())
  const target = await role(admin, 'Target', trusts(first, ['sts:AssumeRole', 'sts:TagSession'] as never))
  await associate(admin, 'main', first)
  await associate(admin, 'main', first, { serviceAccount: 'chained', targetRoleArn: target })
  const shown = async (collection: AnyCollection) =>
    (await store.list(collection, 'key', { prefix: [server.account], limit: 100 })).items
  const all = async () =>
    Promise.all(
      [clusters, podIdentityAssociations, trustAnchors, profiles, revocationLists, certificateSubjects].map(shown),
    )

  /** Of a call that failed, nothing is there; of one that was answered, its one record. */
  async function recorded({ status, text, headers }: Answer, before: unknown, at: number) {
    const entries = await entriesOf(store, String(headers['x-amzn-requestid']))
    if (status < 300) return assert.equal(entries.length, 1, `call ${at}: answered without a record`)
    assert.ok(status === 503, `call ${at}: ${status} ${text}`)
    assert.ok(!hasCredentials(text))
    for (const { issued, records } of entries) {
      assert.equal(issued, undefined)
      for (const { errorCode } of records) assert.match(errorCode ?? '', /Unavailable/)
    }
    assert.deepEqual(await all(), before, `call ${at}`)
  }

  const eks = (method: string, path: string, body?: object, service = 'eks') =>
    send(
      server.port,
      signed(server.port, {
        ...{ keys: server.root, now: server.now(), method, target: path },
        ...{ body: body === undefined ? '' : JSON.stringify(body), headers: { 'content-type': 'application/json' } },
        signer: { service, region: 'us-east-1' },
      }),
    )
  const associations = '/clusters/main/pod-identity-associations'
  let made = 0
  type Kept = Awaited<ReturnType<typeof all>>
  const rows: readonly (readonly [string, (before: Kept) => Promise<Answer>])[] = [
    [
      'CreateSession',
      () => send(server.port, request({ by: root.issue({ subject: ['O=Example', `CN=web-${++made}`] }) })),
    ],
    [
      'CreateTrustAnchor',
      () => call('POST', '/trustanchors', { name: 'another', enabled: true, source: bundle(root.pem) }),
    ],
    ['DisableTrustAnchor', () => call('POST', `/trustanchor/${idIn(anchorArn)}/disable`)],
    ['EnableTrustAnchor', () => call('POST', `/trustanchor/${idIn(anchorArn)}/enable`)],
    ['UpdateProfile', () => call('PATCH', `/profile/${idIn(profileArn)}`, { roleArns: [roleArn, first] })],
    [
      'ImportCrl',
      () =>
        call('POST', '/crls', {
          ...{ name: 'list', enabled: true, trustAnchorArn: anchorArn },
          crlData: root.revoke([0x77n]).der.toString('base64'),
        }),
    ],
    ['DeleteTrustAnchor', () => call('DELETE', `/trustanchor/${idIn(anchorArn)}`)],
    [
      'CreatePodIdentityAssociation',
      () => eks('POST', associations, { namespace: 'shop', serviceAccount: `made-${++made}`, roleArn: first }),
    ],
    [
      'DeletePodIdentityAssociation',
      ([, kept = []]) => {
        const one = (kept as readonly PodIdentityAssociation[]).find((one) => one.serviceAccount.startsWith('made-'))
        return eks('DELETE', `${associations}/${one?.id}`)
      },
    ],
  ]
  for (const [what, work] of rows)
    test(`${what}: whole with its record, or not at all`, async () => {
      const failed = await everyCall(store, all, work, async (answer, at, before) => recorded(answer, before, at))
      assert.ok(failed >= 2, `${failed}`)
    })

  for (const [what, serviceAccount] of [
    ['its role', 'web'],
    ['its target role', 'chained'],
  ] as const)
    test(`a pod gets credentials of ${what} with their record alone`, async () => {
      const pod = { namespace: 'shop', serviceAccount, name: 'web-1', uid: '3c0f9a4e-59a7-4d6e-9d6e-0f0c5c1f2a11' }
      const failed = await everyCall(
        store,
        () => server.move(90_000),
        async () => assumeForPod(server, server.root, 'main', await cluster.token(pod)),
        async (answer, at) => {
          const { status, text } = answer
          assert.equal(hasCredentials(text), status === 200, `call ${at}`)
          assert.ok(status === 200 || status === 503, `call ${at}: ${status} ${text}`)
          if (status === 200)
            assert.equal((await entriesOf(store, String(answer.headers['x-amzn-requestid']))).length, 1)
        },
      )
      assert.ok(failed >= 3, `${failed}`)
    })
})

describe('every transaction runs twice, others in between', () => {
  const over = (made: Store) => chaos(made, { twice: true, yields: true })
  const ones = (statuses: readonly number[], status: number) => statuses.filter((one) => one === status).length

  test('a join token lets one of many in, and an assertion counts once', async () => {
    const world = await workloadWorld({ over })
    const { server, front } = world
    await profileWithRole(world, 'web')
    const { machine, privateKey } = await joined(world, 'web-1')
    const assertion = assertionOf(
      { who: machine, audience: front.url, key: createPrivateKey(privateKey) },
      server.now(),
    )
    const asks = await Promise.all(Array.from({ length: 5 }, () => asked(world, 'credentials', { assertion })))
    const statuses = asks.map(({ status }) => status)
    assert.deepEqual([ones(statuses, 200), ones(statuses, 401)], [1, 4])

    const { joinToken: token } = await newMachineToken(server.engine, { machine: 'web-1' })
    const { kty, crv, x, y } = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' })
    const join = { token, publicKey: { kty, crv, x, y } }
    const joins = await Promise.all(Array.from({ length: 5 }, () => asked(world, 'join', join)))
    assert.equal(
      ones(
        joins.map(({ status }) => status),
        200,
      ),
      1,
    )
    const record = await server.engine.store.get(machines, [server.account, machine])
    assert.equal(record?.incarnation, 2)
    assert.deepEqual(server.reported, [])
  })

  test('a subject that comes five times at once is one, and so is an association, and a last place below a quota', async () => {
    const world = await certificateWorld({ over })
    const { server, root, session, call } = world
    const by = root.issue({ subject: ['O=Example', 'CN=web-1'] })
    const sessions = await Promise.all(Array.from({ length: 5 }, () => session({ by })))
    assert.equal(
      ones(
        sessions.map(({ status }) => status),
        201,
      ),
      5,
    )
    const range = { prefix: [server.account], limit: 10 }
    assert.equal((await server.engine.store.list(certificateSubjects, 'key', range)).items.length, 1)

    const list = { crlData: root.revoke([]).der.toString('base64'), trustAnchorArn: world.anchorArn, name: 'list' }
    const lists = await Promise.all(Array.from({ length: 5 }, () => call('POST', '/crls', list)))
    assert.equal(
      ones(
        lists.map(({ status }) => status),
        201,
      ),
      2,
    )

    const admin = server.as(server.root)
    await testCluster(server, 'main')
    const pods = await role(admin, 'Pods', podsTrust())
    const made = await Promise.allSettled(Array.from({ length: 5 }, () => associate(admin, 'main', pods)))
    assert.equal(made.filter(({ status }) => status === 'fulfilled').length, 1)
    const [cluster] = (await server.engine.store.list(clusters, 'key', range)).items
    assert.equal(cluster?.associations, 1)
    assert.deepEqual(server.reported, [])
  })
})
