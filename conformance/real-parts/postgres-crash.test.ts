// What a PostgreSQL store has after a node was killed, its connection was lost at a COMMIT, or the primary was killed and a
// synchronous standby took over.
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { readAddress } from '../../src/store/postgres/address.ts'
import { openPostgres, type PostgresOptions } from '../../src/store/postgres.ts'
import { type Change, type Store, Unavailable } from '../../src/store/store.ts'
import { counters, people } from '../../src/store/testing/conformance/suite.ts'
import { lines, openLedger, read, write } from '../../src/store/testing/ledger.ts'
import { describeWith } from './part.ts'
import { proxyTo } from './postgres-proxy.ts'
import { startPostgres } from './postgres-server.ts'

const PROGRAM = fileURLToPath(new URL('../../src/store/testing/ledger.ts', import.meta.url))
const upTo = (count: number) => Array.from({ length: count }, (_, n) => n)

const open = async (url: string, options: Partial<PostgresOptions> = {}, collections = [lines, counters, people]) => {
  const address = readAddress(url.slice('postgres:'.length))
  assert.ok(!('refused' in address))
  return openPostgres(collections as never, { address, clock: () => new Date(), pollMs: 50, ...options })
}

/** The numbers of a ledger. All ways to read it must agree. */
async function numbersOf(store: Store, ledger: string): Promise<readonly number[]> {
  const [first = [], ...others] = await read(store, ledger)
  for (const other of others) assert.deepEqual(other, first, 'half a transaction')
  return first
}

/** Runs a writer, and kills it when it has printed so many lines. Resolves to the numbers that were acknowledged. */
async function killedAfter(url: string, ledger: string, count: number): Promise<readonly number[]> {
  const child = spawn(execPath, [PROGRAM, url, ledger, '1000000'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const numbers: number[] = []
  let rest = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const all = (rest + text).split('\n')
    rest = all.pop() ?? ''
    for (const line of all) {
      assert.match(line, /^\d+$/)
      if (numbers.push(Number(line)) >= count) child.kill('SIGKILL')
    }
  })
  await new Promise((resolve) => child.on('close', resolve))
  return numbers
}

describeWith('POSTGRES', 'a PostgreSQL store', async (bin) => {
  const server = await startPostgres(bin)

  for (const count of [1, 20, 150])
    test(`loses nothing of two nodes that are killed after ${count} acknowledged commits, and has no half of one`, async (t) => {
      const url = server.url(await server.database())
      await (await openLedger(url)).close()
      const acknowledged = await Promise.all(['a', 'b'].map((ledger) => killedAfter(url, ledger, count)))
      const store = await openLedger(url)
      t.after(() => store.close())
      for (const [at, ledger] of ['a', 'b'].entries()) {
        const found = await numbersOf(store, ledger)
        // A writer has three under way, which commit in any order; the next three begin when all have.
        const whole = Math.floor((found.at(-1) ?? 0) / 3) * 3
        assert.deepEqual(found.slice(0, whole), upTo(whole), 'a hole')
        for (const number of acknowledged[at] ?? []) assert.ok(found.includes(number), `${number} is lost`)
        assert.ok((acknowledged[at]?.length ?? 0) >= count)
      }
    })

  for (const when of ['before', 'after'] as const)
    test(`doubles and loses nothing when connections are lost at COMMIT, ${when} the server has it`, async (t) => {
      const proxy = await proxyTo(server.port)
      const database = await server.database()
      const store = await open(`postgres://${server.user}@127.0.0.1:${proxy.port}/${database}`, { signals: false })
      t.after(() => store.close())
      await store.transact((tx) => tx.create(counters, { id: 'x', count: 0 }))
      for (const n of upTo(12)) {
        proxy.cutCommits(when, n % 3)
        await store.transact(async (tx) => {
          const { count } = (await tx.get(counters, ['x'])) ?? { count: Number.NaN }
          await tx.replace(counters, { id: 'x', count: count + 1 })
          tx.append('log', new Date('2999-01-01'), [`${n}`])
        })
      }
      assert.equal(proxy.cut, 12)
      assert.equal((await store.get(counters, ['x']))?.count, 12)
      const texts: string[] = []
      for await (const { text } of store.scan('log', new Date(0))) texts.push(text)
      assert.deepEqual(texts, upTo(12).map(String))
    })

  test('answers Unavailable, and says why, when it cannot tell whether a COMMIT was made', async (t) => {
    const proxy = await proxyTo(server.port)
    const database = await server.database()
    const url = `postgres://${server.user}@127.0.0.1:${proxy.port}/${database}`
    const store = await open(url, { signals: false, unknownMs: 300 })
    t.after(() => store.close())
    proxy.cutCommits('after', 1)
    const writing = store.transact((tx) => tx.create(counters, { id: 'x', count: 1 }))
    while (proxy.cut === 0) await delay(1)
    proxy.sever()
    await assert.rejects(
      writing,
      (error) => error instanceof Unavailable && /whether it was made cannot be told/.test(error.message),
    )
    await assert.rejects(store.get(counters, ['x']), Unavailable)
    proxy.mend()
    const late = Date.now() + 10_000
    while (Date.now() < late && (await store.get(counters, ['x']).catch(() => undefined)) === undefined) await delay(50)
    assert.deepEqual(await store.get(counters, ['x']), { id: 'x', count: 1 })
    await assert.rejects(
      store.transact((tx) => tx.create(counters, { id: 'x', count: 2 })),
      { name: 'Conflict' },
    )
  })

  test('has every change in its feed, of two nodes that write at once', async (t) => {
    const url = server.url(await server.database())
    const stores = [await open(url), await open(url)] as const
    const heard = stores.map((store) => {
      const names = new Set<string>()
      store.watch((change: Change) => names.add(change === 'resync' ? change : change.key.join()))
      return names
    })
    t.after(() => Promise.all(stores.map((store) => store.close())))
    await Promise.all(
      upTo(600).map((n) => (stores[n % 2] as Store).transact((tx) => tx.create(counters, { id: `${n}`, count: n }))),
    )
    const late = Date.now() + 5_000
    while (Date.now() < late && heard.some((names) => names.size < 600)) await delay(20)
    for (const names of heard)
      assert.deepEqual(
        [...names].map(Number).sort((a, b) => a - b),
        upTo(600),
      )
  })

  test('goes on after the server is killed and started again', async (t) => {
    const own = await startPostgres(bin)
    const store = await openLedger(own.url('postgres'))
    t.after(() => store.close())
    const acknowledged: number[] = []
    let n = 0
    const writeSome = async (count: number) => {
      for (const stop = n + count; n < stop; n++)
        await write(store, 'a', n).then(
          () => acknowledged.push(n),
          async (error) => {
            assert.ok(error instanceof Unavailable, `${error}`)
            await delay(5)
          },
        )
    }
    await writeSome(20)
    const writing = writeSome(20)
    await own.kill()
    await writing
    await own.start()
    const late = Date.now() + 15_000
    while (Date.now() < late && acknowledged.length < 60) await writeSome(1)
    assert.ok(acknowledged.length >= 60)
    const found = new Set(await numbersOf(store, 'a'))
    for (const number of acknowledged) assert.ok(found.has(number), `${number} is lost`)
  })

  test('goes on with a synchronous standby when the primary is killed, and has all that was acknowledged', async (t) => {
    const primary = await startPostgres(bin)
    const standby = await primary.standby('s1')
    await primary.query(`ALTER SYSTEM SET synchronous_standby_names = 's1'`)
    await primary.query('SELECT pg_reload_conf()')
    // The standby comes first: it takes no writes, so that the primary is found behind it.
    const store = await openLedger(standby.url('postgres', primary))
    t.after(() => store.close())
    const acknowledged: number[] = []
    let over = false
    const writer = async (first: number) => {
      for (let n = first; !over; n += 3)
        await write(store, 'a', n).then(
          () => acknowledged.push(n),
          async (error) => {
            assert.ok(error instanceof Unavailable, `${error}`)
            await delay(20)
          },
        )
    }
    const writers = [0, 1, 2].map(writer)
    while (acknowledged.length < 60) await delay(5)
    await primary.kill()
    await standby.promote()
    const before = acknowledged.length
    const late = Date.now() + 30_000
    while (Date.now() < late && acknowledged.length < before + 60) await delay(20)
    over = true
    await Promise.all(writers)
    assert.ok(acknowledged.length >= before + 60, 'it goes on')
    const found = new Set(await numbersOf(store, 'a'))
    for (const number of acknowledged) assert.ok(found.has(number), `${number} is lost`)
    assert.equal(new Set(acknowledged).size, acknowledged.length)
  })

  test('that is frozen in the middle of a commit does not stop the others', async (t) => {
    const url = server.url(await server.database())
    const store = await open(url, { deadlines: { idle: 500 } })
    t.after(() => store.close())
    await store.transact((tx) => tx.create(counters, { id: 'x', count: 0 }))
    const { default: pg } = await import('pg')
    const frozen = new pg.Client({ connectionString: url })
    frozen.on('error', () => {})
    await frozen.connect()
    // What a node does first in a commit, and then nothing.
    await frozen.query(
      `SET idle_in_transaction_session_timeout = 500; BEGIN; LOCK TABLE hallpass.turn IN EXCLUSIVE MODE`,
    )
    await store.transact((tx) => tx.replace(counters, { id: 'x', count: 1 }))
    assert.equal((await store.get(counters, ['x']))?.count, 1)
    await frozen.end().catch(() => {})
  })

  test('is dumped with pg_dump while it is written, and restored with pg_restore into an empty database', async (t) => {
    const [from, to] = [await server.database(), await server.database()]
    const store = await openLedger(server.url(from))
    t.after(() => store.close())
    for (const n of upTo(50)) await write(store, 'a', n)
    let over = false
    const writing = (async () => {
      for (let n = 50; !over; n++) await write(store, 'a', n)
    })()
    const file = join(server.data, 'dump')
    const flags = ['-h', '127.0.0.1', '-p', `${server.port}`, '-U', server.user]
    const env = { PATH: process.env.PATH ?? '' }
    execFileSync(join(bin, 'pg_dump'), [...flags, '-Fc', '--schema=hallpass', '-f', file, from], { env })
    over = true
    await writing
    execFileSync(join(bin, 'pg_restore'), [...flags, '--exit-on-error', '-d', to, file], { env })
    const copy = await openLedger(server.url(to))
    t.after(() => copy.close())
    const found = await numbersOf(copy, 'a')
    assert.ok(found.length >= 50)
    assert.deepEqual(found, upTo(found.length))
    await write(copy, 'b', 0)
    assert.deepEqual(await numbersOf(copy, 'b'), [0])
    assert.deepEqual(await numbersOf(store, 'b'), [], 'they are two stores')
  })
})
