// The bounded cache: what stays, what goes, and that no owner takes another's share.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createLru } from './lru.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

describe('a least-recently-used map', () => {
  it('drops what was longest unused when it is full', () => {
    const lru = createLru<number>({ bytes: 30 })
    for (const key of ['a', 'b', 'c']) lru.set(key, 1, 10)
    lru.get('a')
    lru.set('d', 1, 10)
    assert.deepEqual([lru.get('a'), lru.get('b'), lru.get('c'), lru.get('d')], [1, undefined, 1, 1])
    assert.equal(lru.bytes, 30)
  })
  it('drops what was longest unused, whoever owns it', () => {
    const lru = createLru<number>({ bytes: 30 })
    for (const key of ['a', 'b', 'c']) lru.set(key, 1, 10, key)
    lru.get('a')
    lru.set('d', 1, 10, 'd')
    assert.deepEqual([lru.get('a'), lru.get('b'), lru.get('c'), lru.get('d')], [1, undefined, 1, 1])
  })
  it('drops an owner’s own entries when the owner exceeds its share', () => {
    const lru = createLru<number>({ bytes: 100, share: 0.5 })
    lru.set('quiet', 1, 10, 'q')
    for (let i = 0; i < 100; i++) lru.set(`loud${i}`, i, 10, 'l')
    assert.equal(lru.get('quiet'), 1)
    assert.equal(lru.bytes, 60)
    assert.deepEqual([lru.get('loud94'), lru.get('loud95')], [undefined, 95])
  })
  it('does not keep what is larger than a share, and forgets what it replaces', () => {
    const lru = createLru<number>({ bytes: 100, share: 0.5 })
    lru.set('a', 1, 10)
    lru.set('a', 2, 51)
    assert.deepEqual([lru.get('a'), lru.bytes, lru.size], [undefined, 0, 0])
  })
  it('counts a replaced, a deleted and a cleared entry once', () => {
    const lru = createLru<number>({ bytes: 100 })
    lru.set('a', 1, 10)
    lru.set('a', 2, 20)
    lru.set('b', 3, 5, 'other')
    assert.equal(lru.bytes, 25)
    lru.delete('a')
    lru.delete('a')
    assert.equal(lru.bytes, 5)
    lru.clear()
    assert.deepEqual([lru.bytes, lru.size, lru.get('b')], [0, 0, undefined])
  })
  for (const [title, share] of [
    ['of its own', 0.5],
    ['of all', 1],
  ] as const) {
    it(`holds no reference to what it evicted ${title}`, async () => {
      const lru = createLru<object>({ bytes: 1000, share })
      const values: WeakRef<object>[] = []
      const fill = () => {
        for (let i = 0; i < 2000; i++) {
          const value = { i }
          values.push(new WeakRef(value))
          lru.set(`key${i}`, value, 10, share === 1 ? `${i}` : 'one')
        }
      }
      fill()
      await turn()
      collectGarbage()
      assert.equal(values.filter((value) => value.deref() !== undefined).length, lru.size)
    })
  }
})
