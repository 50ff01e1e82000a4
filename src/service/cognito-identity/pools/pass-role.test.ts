// How many roles are read for a caller who may not pass them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Store } from '../../../store/store.ts'
import { passToPools } from './pass-role.ts'

const account = '111122223333'
const arns = Array.from({ length: 250 }, (_, at) => `arn:aws:iam::${account}:role/mapped-${at}`)

function counting() {
  let reads = 0
  const get = async () => {
    reads++
    return undefined
  }
  return { store: { get } as unknown as Store, reads: () => reads }
}

test('roles are read a few at a time: for a caller who may not pass the first, ten of 250', async () => {
  const { store, reads } = counting()
  for await (const checks of passToPools({ store }, account, arns)) {
    assert.equal(checks.length, 10)
    break
  }
  assert.equal(reads(), 10)
})

test('each role is checked once', async () => {
  const { store, reads } = counting()
  const resources: string[] = []
  for await (const checks of passToPools({ store }, account, [
    ...arns,
    ...arns,
    'arn:aws:iam::111122223333:role/last',
  ])) {
    resources.push(...checks.map(({ resource }) => resource))
  }
  assert.deepEqual(resources, [...arns, 'arn:aws:iam::111122223333:role/last'])
  assert.equal(reads(), 251)
})
