// The key ring: one ring whichever node starts first, rotation that fails no request, and what stops at once.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, describe, it } from 'node:test'
import { heads, seal, unseal } from '../core/token/seal.ts'
import { openSqlite } from '../store/sqlite.ts'
import { type Store, Unavailable } from '../store/store.ts'
import { masterOf } from './master.ts'
import { ForeignRing, keyCollections, nodes, ringKeys } from './records.ts'
import { rewrap } from './rewrap.ts'
import { openRing, type Ring, type RingOptions } from './ring.ts'

const folder = mkdtempSync(join(tmpdir(), 'hallpass-ring-'))
after(() => rmSync(folder, { recursive: true }))
const master = masterOf(randomBytes(32).toString('base64'))
const start = new Date('2026-03-01T12:00:00Z')
const later = (ms: number) => new Date(start.getTime() + ms)

let files = 0
const newFile = () => join(folder, `${++files}.db`)
const opened: Store[] = []
afterEach(async () => {
  for (const store of opened.splice(0)) await store.close()
})

/** The feed's timer never fires: a node learns of changes when the test makes it write. */
async function storeOn(file: string): Promise<Store> {
  const store = await openSqlite(file, keyCollections, { clock: () => start, pollMs: 3_600_000 })
  opened.push(store)
  return store
}
async function nodeOn(file: string, node?: string, more: Partial<RingOptions> = {}): Promise<Ring> {
  const store = await storeOn(file)
  return openRing({ store, master, now: start, ...(node === undefined ? {} : { node }), ...more })
}
async function two() {
  const file = newFile()
  return { file, a: await nodeOn(file, 'a'), b: await nodeOn(file, 'b') }
}

const sealed = (ring: Ring) => seal(heads.token1, Buffer.from('x'), ring.sealing('pass'), randomBytes(16), '')
/** Opens a token as a request does: with one refresh for an unknown key id. */
async function opens(ring: Ring, token: string, now: Date): Promise<boolean> {
  const tryOnce = () => unseal(heads.token1, token, '', (id) => ring.key('pass', id))
  const answer = tryOnce()
  if (!('unknownKey' in answer)) return 'bytes' in answer
  return (await ring.refresh(now)) && 'bytes' in tryOnce()
}
const states = async (ring: Ring, purpose = 'pass') =>
  (await ring.list())
    .filter((key) => key.purpose === purpose)
    .map((key) => key.state)
    .sort()

describe('the first start', () => {
  it('makes one key for each purpose, and the next start uses the same ones', async () => {
    const file = newFile()
    const first = await nodeOn(file, 'a')
    const second = await nodeOn(file, 'b')
    assert.equal((await second.list()).length, 2)
    for (const purpose of ['pass', 'vault'] as const)
      assert.equal(first.sealing(purpose).id, second.sealing(purpose).id)
  })
  it('makes one ring when two nodes start at once', async () => {
    const file = newFile()
    const stores = [await storeOn(file), await storeOn(file)]
    const [a, b] = await Promise.all(stores.map((store, i) => openRing({ store, master, now: start, node: `${i}` })))
    assert(a && b)
    assert.equal((await a.list()).length, 2)
    assert(await opens(b, sealed(a), start))
    assert(await opens(a, sealed(b), start))
  })
  it('stores no key in the clear, and lists none', async () => {
    const { a } = await two()
    for (const info of await a.list()) assert(!('wrapped' in info))
    const store = opened[0] as Store
    const { items } = await store.list(ringKeys, 'key', { prefix: [], limit: 9 })
    const bytes = a.sealing('pass').key.export()
    for (const { wrapped } of items) assert(!Buffer.from(wrapped, 'base64url').includes(bytes))
  })
})

describe('a rotation', () => {
  it('by an operator’s process fails no request on either of two nodes, at any step', async () => {
    const { file, a, b } = await two()
    const operator = await nodeOn(file)
    const tokens: string[] = []
    let now = start
    const exchange = async () => {
      tokens.push(sealed(a), sealed(b))
      for (const token of tokens) {
        assert(await opens(a, token, now))
        assert(await opens(b, token, now))
      }
    }
    const used = new Set<string>()
    await exchange()
    for (const round of [1, 2, 3]) {
      await operator.rotate(now)
      for (const ring of [a, b, a, b, b, a]) {
        await exchange()
        now = later(now.getTime() - start.getTime() + 5000)
        await ring.beat(now)
        used.add(ring.sealing('pass').id)
      }
      await exchange()
      assert.equal(used.size, round + 1)
      assert.equal(a.sealing('pass').id, b.sealing('pass').id)
    }
  })
  it('waits for a live node that has not reported the key', async () => {
    const { a, b } = await two()
    const before = a.sealing('pass').id
    await a.rotate(start)
    await a.beat(later(1000))
    assert.equal(a.sealing('pass').id, before)
    assert.deepEqual(await states(a), ['active', 'pending'])
    await b.beat(later(2000))
    assert.notEqual(b.sealing('pass').id, before)
    await a.beat(later(3000))
    assert.equal(a.sealing('pass').id, b.sealing('pass').id)
  })
  it('does not wait for a node that has not reported for 30 seconds', async () => {
    const { a } = await two()
    await a.rotate(start)
    await a.beat(later(29_999))
    assert.deepEqual(await states(a), ['active', 'pending'])
    await a.beat(later(30_000))
    assert.deepEqual(await states(a), ['active', 'closing'])
  })
  it('does not wait for a node that was closed', async () => {
    const { a, b } = await two()
    await a.rotate(start)
    await b.close()
    await a.beat(later(1000))
    assert.deepEqual(await states(a), ['active', 'closing'])
  })
  it('repeated before its keys take over makes no further keys', async () => {
    const { a, b } = await two()
    assert.deepEqual(await a.rotate(start), await b.rotate(later(1)))
  })
  it('retires the previous key when the last token that it sealed has expired, to the millisecond', async () => {
    const a = await nodeOn(newFile(), 'a')
    const token = sealed(a)
    await a.rotate(start)
    await a.beat(start)
    const end = 36 * 3_600_000 + 600_000
    await a.beat(later(end - 1))
    assert(await opens(a, token, later(end - 1)))
    await a.beat(later(end))
    assert(!(await opens(a, token, later(end))))
    assert.deepEqual(await states(a), ['active', 'retired'])
  })
  it('never retires a vault key by itself: it alone opens the long-term secrets', async () => {
    const a = await nodeOn(newFile(), 'a')
    const { id } = a.sealing('vault')
    await a.rotate(start)
    await a.beat(start)
    await a.beat(later(10 * 365 * 86_400_000))
    assert.notEqual(a.sealing('vault').id, id)
    assert.notEqual(a.key('vault', id), undefined)
  })
  it('continues after the store failed while the feed was read', async () => {
    const file = newFile()
    const real = await storeOn(file)
    let fail = false
    const store: Store = {
      ...real,
      list: (...args) => (fail ? Promise.reject(new Unavailable('no')) : real.list(...args)),
    }
    const a = await openRing({ store, master, now: start, node: 'a' })
    const operator = await nodeOn(file)
    const [pending] = await operator.rotate(start)
    fail = true
    await assert.rejects(a.beat(start), Unavailable)
    assert.equal(a.key('pass', pending as string), undefined)
    fail = false
    await a.beat(start)
    assert.equal(a.sealing('pass').id, pending)
  })
})

describe('the format of session tokens', () => {
  /** A node of the previous release: it lives, and reports no formats. */
  const older = (id: string, seenAt: Date) => {
    const store = opened.at(-1) as Store
    const record = { id, seenAt: seenAt.getTime(), keys: [] }
    return store.transact(async (tx) => {
      if (await tx.get(nodes, nodes.key(record))) await tx.replace(nodes, record)
      else await tx.create(nodes, record)
    })
  }

  it('is the newest from the start on a node that is alone', async () => {
    assert.equal((await nodeOn(newFile(), 'a')).tokenVersion(), 2)
  })
  it('of an operator’s command is one that every live node opens', async () => {
    const file = newFile()
    assert.equal((await nodeOn(file)).tokenVersion(), 2)
    await nodeOn(file, 'a')
    assert.equal((await nodeOn(file)).tokenVersion(), 2)
    await older('old', start)
    assert.equal((await nodeOn(file)).tokenVersion(), 1)
  })
  it('is the previous one while a node of the previous release lives, and the newest once it has ended', async () => {
    const file = newFile()
    await storeOn(file)
    await older('old', start)
    const a = await nodeOn(file, 'a')
    assert.equal(a.tokenVersion(), 1)
    await older('old', later(20_000))
    await a.beat(later(49_999))
    assert.equal(a.tokenVersion(), 1)
    await a.beat(later(50_000))
    assert.equal(a.tokenVersion(), 2)
  })
  it('changes at the next beat after the last older node was closed', async () => {
    const { a, b } = await two()
    await older('old', start)
    await a.beat(start)
    assert.deepEqual([a.tokenVersion(), b.tokenVersion()], [1, 2])
    const store = opened.at(-1) as Store
    await store.transact((tx) => tx.delete(nodes, ['system', 'old']))
    await a.beat(start)
    assert.equal(a.tokenVersion(), 2)
  })
  it('is the previous one again from the next beat when a node of the previous release starts later', async () => {
    const { a } = await two()
    assert.equal(a.tokenVersion(), 2)
    await older('old', start)
    await a.beat(start)
    assert.equal(a.tokenVersion(), 1)
  })
  it('waits for every node, however many have reported the newest', async () => {
    const { a, b } = await two()
    for (const ring of [a, b]) await ring.beat(start)
    await older('b', start)
    await a.beat(later(1))
    assert.equal(a.tokenVersion(), 1)
    await b.beat(later(2))
    await a.beat(later(3))
    assert.equal(a.tokenVersion(), 2)
  })
  it('does not become newer when the nodes’ records cannot be read', async () => {
    const real = await storeOn(newFile())
    await older('old', start)
    let fail = false
    const store: Store = {
      ...real,
      list: (collection, ...rest) =>
        fail && collection.name === nodes.name ? Promise.reject(new Unavailable('no')) : real.list(collection, ...rest),
    }
    const a = await openRing({ store, master, now: start, node: 'a' })
    fail = true
    await assert.rejects(a.beat(later(60_000)), Unavailable)
    assert.equal(a.tokenVersion(), 1)
  })
})

describe('a compromised ring', () => {
  it('opens nothing sealed before, from the moment of the rotation', async () => {
    const { a } = await two()
    const token = sealed(a)
    await a.rotate(start, { compromised: true })
    assert(!(await opens(a, token, start)))
    assert.deepEqual(await states(a), ['active', 'retired'])
  })
  it('is dropped by every node once the feed reports it, and new tokens open there', async () => {
    const { file, a, b } = await two()
    const token = sealed(b)
    const operator = await nodeOn(file)
    await operator.rotate(start, { compromised: true })
    await a.beat(start)
    assert(await opens(b, sealed(a), later(1)))
    assert(!(await opens(b, token, later(2))))
  })
  it('is not dropped when a write in the same transaction fails', async () => {
    const { a } = await two()
    const token = sealed(a)
    const along = () => Promise.reject(new Error('the audit is full'))
    await assert.rejects(a.rotate(start, { compromised: true, along }), /the audit is full/)
    assert(await opens(a, token, start))
    assert.deepEqual(await states(a), ['active'])
  })
  it('drops its pending key too', async () => {
    const { a } = await two()
    const [pending] = await a.rotate(start)
    assert.notEqual(a.key('pass', pending as string), undefined)
    await a.rotate(start, { compromised: true })
    assert.equal(a.key('pass', pending as string), undefined)
  })
  it('keeps no material of the keys that it dropped', async () => {
    const { a } = await two()
    await a.rotate(start, { compromised: true })
    const store = opened[0] as Store
    const { items } = await store.list(ringKeys, 'key', { prefix: [], limit: 20 })
    const kept = items.filter(({ state }) => state === 'retired').map(({ wrapped }) => wrapped)
    assert.deepEqual(kept, [''])
  })
  it('keeps its vault keys, so that the long-term secrets still open and can be replaced', async () => {
    const { a } = await two()
    const { id } = a.sealing('vault')
    await a.rotate(start, { compromised: true })
    assert.notEqual(a.key('vault', id), undefined)
  })
})

describe('a key', () => {
  it('opens only what a key of its own purpose sealed', async () => {
    const { a } = await two()
    assert.equal(a.key('pass', a.sealing('vault').id), undefined)
    assert.equal(a.key('vault', a.sealing('pass').id), undefined)
    assert.notEqual(a.key('pass', a.sealing('pass').id), undefined)
  })
  it('that is unknown costs the store one read, however many requests need it at once', async () => {
    const real = await storeOn(newFile())
    let reads = 0
    const list: Store['list'] = (...args) => {
      reads++
      return real.list(...args)
    }
    const a = await openRing({ store: { ...real, list }, master, now: start })
    reads = 0
    await Promise.all(Array.from({ length: 1000 }, () => a.refresh(start)))
    for (let i = 0; i < 1000; i++) await a.refresh(later(249))
    assert.equal(reads, 1)
    assert.equal(await a.refresh(later(249)), false)
    assert.equal(await a.refresh(later(250)), true)
    assert.equal(reads, 2)
  })
})

describe('the master key', () => {
  const other = masterOf(randomBytes(32).toString('base64'))
  it('of another ring is refused at start', async () => {
    const { file } = await two()
    await assert.rejects(nodeOn(file, 'c', { master: other }), ForeignRing)
  })
  it('binds each key to its purpose: a store with two records’ keys exchanged is refused', async () => {
    const file = newFile()
    await nodeOn(file)
    const store = opened.at(-1) as Store
    const { items } = await store.list(ringKeys, 'key', { prefix: [], limit: 9 })
    const [first, second] = items
    assert(first && second)
    await store.transact(async (tx) => {
      await tx.replace(ringKeys, { ...first, wrapped: second.wrapped })
      await tx.replace(ringKeys, { ...second, wrapped: first.wrapped })
    })
    await assert.rejects(nodeOn(file), ForeignRing)
  })
  it('can be replaced while nodes run: they continue, and the next start needs the new one', async () => {
    const { file, a } = await two()
    const token = sealed(a)
    assert.equal(await rewrap(opened[0] as Store, master, other), 2)
    await a.beat(later(1000))
    assert(await opens(a, token, start))
    const again = await nodeOn(file, 'c', { master: other })
    assert(await opens(again, token, start))
    await assert.rejects(nodeOn(file, 'd'), ForeignRing)
  })
  it('makes no key once it was replaced: no node could open a ring wrapped by two master keys', async () => {
    const { a } = await two()
    await rewrap(opened[0] as Store, master, other)
    await assert.rejects(a.rotate(start), ForeignRing)
  })
  it('is not replaced by somebody who gives a wrong old one, and replacing it twice changes nothing', async () => {
    await two()
    const store = opened[0] as Store
    await assert.rejects(rewrap(store, other, masterOf(randomBytes(32).toString('base64'))), ForeignRing)
    await rewrap(store, master, other)
    assert.equal(await rewrap(store, master, other), 0)
  })
  it('if replaced, leaves a new key pending while nodes still run that cannot unwrap it', async () => {
    const { file, a } = await two()
    await rewrap(opened[0] as Store, master, other)
    const operator = await nodeOn(file, undefined, { master: other })
    const [pending] = await operator.rotate(start)
    await a.beat(later(1000))
    assert.notEqual(a.sealing('pass').id, pending)
    assert.deepEqual(await states(a), ['active', 'pending'])
  })
})
