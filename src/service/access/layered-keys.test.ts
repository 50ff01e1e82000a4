import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { LayeredKeys } from './layered-keys.ts'

const layer = fc
  .array(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.constantFrom('', 'x', 'y')))
  .map((pairs) => new Map(pairs))

test('layers read as if the upper had been written into the lower', () => {
  fc.assert(
    fc.property(layer, layer, layer, (top, middle, bottom) => {
      const layered = new LayeredKeys(top, new LayeredKeys(middle, bottom))
      const whole = new Map<string, unknown>([...bottom, ...middle, ...top])
      for (const name of ['a', 'b', 'c', 'd', 'e']) {
        assert.equal(layered.get(name), whole.get(name))
        assert.equal(layered.has(name), whole.has(name))
      }
      assert.equal(layered.size, whole.size)
      assert.deepEqual(new Map(layered), whole)
      assert.deepEqual([...layered.keys()], [...whole.keys()])
      assert.deepEqual([...layered.values()], [...whole.values()])
      const seen = new Map<string, unknown>()
      layered.forEach((value, name) => void seen.set(name, value))
      assert.deepEqual(seen, whole)
    }),
  )
})
