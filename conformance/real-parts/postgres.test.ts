// PostgreSQL as the store: the suites that every store passes, and servers that it must refuse.
import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { readAddress } from '../../src/store/postgres/address.ts'
import { postgresDatabase } from '../../src/store/postgres/kind.ts'
import { openPostgres, type PostgresOptions } from '../../src/store/postgres.ts'
import { type Store, Unavailable } from '../../src/store/store.ts'
import { sourceConformance } from '../../src/store/testing/backups.ts'
import { storeChaos } from '../../src/store/testing/conformance/chaos.ts'
import { counters, createPeople, people, START } from '../../src/store/testing/conformance/suite.ts'
import { storeConformance } from '../../src/store/testing/conformance.ts'
import { describeWith } from './part.ts'
import { proxyTo } from './postgres-proxy.ts'
import { startPostgres } from './postgres-server.ts'

const collections = [people, counters]

describeWith('POSTGRES', 'PostgreSQL', async (bin) => {
  const server = await startPostgres(bin)
  let schemas = 0
  const addressOf = (port = server.port, database = 'postgres') => {
    const address = readAddress(`//${server.user}@127.0.0.1:${port}/${database}`)
    assert.ok(!('refused' in address))
    return address
  }
  const newSchema = () => `s${++schemas}`
  const opened = async (t: TestContext, options: Partial<PostgresOptions> = {}, declared = collections) => {
    const store = await openPostgres(declared, {
      ...{ address: addressOf(), schema: newSchema(), clock: () => START, connections: 4 },
      ...options,
    })
    t.after(() => store.close())
    return store
  }

  const ways: readonly (readonly [string, Partial<PostgresOptions>])[] = [
    ['PostgreSQL', {}],
    ['PostgreSQL, used without partitions and table locks', { without: ['partitions', 'table locks'] }],
  ]
  for (const [title, how] of ways)
    storeConformance(title, async ({ collections: declared, ...options }) => {
      const schema = newSchema()
      const stores: Store[] = []
      const open = async (now = declared) => {
        const store = await openPostgres(now, {
          ...{ address: addressOf(), schema, pollMs: 20, connections: 4 },
          ...{ ...options, ...how },
        })
        stores.push(store)
        return store
      }
      const discard = async () => {
        for (const each of stores) await each.close()
      }
      return {
        store: await open(),
        async reopen(now) {
          await discard()
          return open(now)
        },
        second: () => open(),
        discard,
      }
    })

  storeChaos('PostgreSQL', () =>
    openPostgres(collections, { address: addressOf(), schema: newSchema(), clock: () => START, signals: false }),
  )

  sourceConformance('PostgreSQL', () => postgresDatabase({ address: addressOf(), schema: newSchema() }))

  describe('a server that does not keep its promises is refused:', () => {
    const refused = async (t: TestContext, rewrite: readonly [string, string], why: RegExp) => {
      const proxy = await proxyTo(server.port)
      proxy.rewrite.set(...rewrite)
      const schema = newSchema()
      await assert.rejects(
        opened(t, { address: addressOf(proxy.port), schema }),
        (error) => error instanceof Unavailable && why.test(error.message),
      )
      const source = postgresDatabase({ address: addressOf(), schema })
      assert.equal(await source.isThere(), false, 'no store was made')
    }

    test('SERIALIZABLE that is read committed', (t) =>
      refused(t, ['BEGIN ISOLATION LEVEL SERIALIZABLE', 'BEGIN'.padEnd(34)], /SERIALIZABLE transactions are not/))

    test('SERIALIZABLE that is repeatable read', async (t) => {
      await server.query(`ALTER DATABASE postgres SET default_transaction_isolation = 'repeatable read'`)
      t.after(() => server.query('ALTER DATABASE postgres RESET default_transaction_isolation'))
      await refused(t, ['BEGIN ISOLATION LEVEL SERIALIZABLE', 'BEGIN'.padEnd(34)], /SERIALIZABLE transactions are not/)
    })

    test('a lock that excludes nobody', (t) =>
      refused(t, ['EXCLUSIVE MODE', 'ROW SHARE MODE'], /says that it has locked a table which another/))

    test('an encoding that is not UTF-8', async (t) => {
      await server.query(`CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0`)
      await assert.rejects(opened(t, { address: addressOf(server.port, 'latin') }), /its encoding is LATIN1/)
    })

    test('a standby', async (t) => {
      const standby = await server.standby('s1')
      await assert.rejects(opened(t, { address: addressOf(standby.port) }), /takes no writes: it is a hot standby/)
    })
  })

  test('an engine that cannot lock tables is used without: the first to commit wins', async (t) => {
    const proxy = await proxyTo(server.port)
    proxy.rewrite.set('LOCK TABLE', 'LACK TABLE')
    const retries: string[] = []
    const options = {
      address: addressOf(proxy.port),
      schema: newSchema(),
      onRetry: (code: string) => retries.push(code),
    }
    const stores = [await opened(t, options), await opened(t, options)]
    await stores[0]?.transact((tx) => tx.create(counters, { id: 'x', count: 0 }))
    await Promise.all(
      Array.from({ length: 60 }, (_, n) =>
        stores[n % 2]?.transact(async (tx) => {
          const { count } = (await tx.get(counters, ['x'])) ?? { count: Number.NaN }
          await tx.replace(counters, { id: 'x', count: count + 1 })
        }),
      ),
    )
    assert.equal((await stores[0]?.get(counters, ['x']))?.count, 60)
    assert.ok(retries.includes('40001'), 'some had to begin again')
  })

  test('with table locks, two processes that write at once retry nothing', async (t) => {
    const retries: string[] = []
    const options = { schema: newSchema(), onRetry: (code: string) => retries.push(code) }
    const stores = [await opened(t, options), await opened(t, options)]
    await Promise.all(
      Array.from({ length: 200 }, (_, n) => createPeople(stores[n % 2] as Store, { account: `${n}`, name: 'a' })),
    )
    assert.deepEqual(retries, [])
  })

  test('several processes make the store at once: it is one', async (t) => {
    const options = { schema: newSchema() }
    const stores = await Promise.all([0, 1, 2, 3].map(() => opened(t, options)))
    await Promise.all(stores.map((store, n) => store.transact((tx) => tx.create(counters, { id: `${n}`, count: n }))))
    for (const store of stores)
      assert.equal((await store.list(counters, 'key', { prefix: [], limit: 9 })).items.length, 4)
  })

  test('another program’s schema is left alone, and so is a newer release’s', async (t) => {
    const other = newSchema()
    await server.query(`CREATE SCHEMA ${other}; CREATE TABLE ${other}.state (position int)`)
    await assert.rejects(opened(t, { schema: other }), Unavailable)
    const schema = newSchema()
    await (await opened(t, { schema })).close()
    await server.query(`UPDATE ${schema}.state SET schema = 99`)
    await assert.rejects(opened(t, { schema }), /written by a newer release \(schema 99; this one knows 1\)/)
  })

  test('an older release goes on writing all but the collections whose indexes a newer one has changed', async (t) => {
    const schema = newSchema()
    const older = await opened(t, { schema })
    await createPeople(older, { account: '1', name: 'ann', email: 'ann@x', team: 'red', age: 40 })
    const aged = {
      ...people,
      shape: 2,
      upgrade: (old: unknown) => old as (typeof people)['key'] extends (record: infer R) => unknown ? R : never,
      indexes: {
        ...people.indexes,
        age: { of: ({ age }: { age?: number }) => (age === undefined ? undefined : [age]) },
      },
    }
    const newer = await opened(t, { schema }, [aged, counters] as never)
    assert.equal((await newer.list(aged, 'age', { prefix: [], limit: 9 })).items.length, 1)
    await assert.rejects(
      createPeople(older, { account: '1', name: 'bob' }),
      /a newer release has changed the indexes of people/,
    )
    assert.equal((await older.find(people, 'email', ['ann@x']))?.record.name, 'ann')
    await older.transact((tx) => tx.create(counters, { id: 'x', count: 1 }))
    await older.append('log', new Date(START.getTime() + 3_600_000), ['1'])
    await newer.transact((tx) => tx.create(aged, { account: '1', name: 'cyd', age: 30 }))
    assert.equal((await older.get(counters, ['x']))?.count, 1)
  })

  test('journals are partitions by day, and are dropped whole', async (t) => {
    const schema = newSchema()
    const days = async () =>
      (
        await server.query(`SELECT count(*)::int FROM pg_inherits WHERE inhparent = '${schema}.journal'::regclass`)
      )[0]?.[0]
    let now = START
    const store = await opened(t, { schema, clock: () => now })
    const DAY = 86_400_000
    for (const day of [1, 2, 2, 9]) await store.append('log', new Date(START.getTime() + day * DAY), [`${day}`])
    assert.equal(await days(), 3)
    now = new Date(START.getTime() + 4 * DAY)
    const later = await opened(t, { schema, clock: () => now })
    assert.equal(await days(), 1)
    await store.append('log', new Date(START.getTime() + 2 * DAY), ['late'])
    const texts: string[] = []
    for await (const { text } of later.scan('log', START)) texts.push(text)
    assert.deepEqual(texts, ['9'])
  })

  test('a key longer than PostgreSQL can index is refused, and nothing else of its batch', async (t) => {
    const store = await opened(t)
    const { randomBytes } = await import('node:crypto')
    const outcomes = await Promise.allSettled([
      createPeople(store, { account: '1', name: randomBytes(3_000).toString('hex') }),
      createPeople(store, { account: '1', name: 'ann' }),
    ])
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['rejected', 'fulfilled'],
    )
    assert.match(
      `${(outcomes[0] as PromiseRejectedResult).reason}`,
      /cannot index a key of more than about 2,700 bytes/,
    )
  })
})
