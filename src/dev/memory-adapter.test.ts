// Storage of the development identity provider's codes and sessions: how long they are kept, and how they are found.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memory } from './memory-adapter.ts'

function over() {
  const clock = { now: 1_000_000 }
  return { clock, of: memory(() => clock.now) }
}

test('an entry is found until it expires', async () => {
  const { clock, of } = over()
  const codes = of('Code')
  await codes.upsert('x', { grantId: 'g' }, 60)
  clock.now += 59_999
  assert.deepEqual(await codes.find('x'), { grantId: 'g' })
  clock.now += 1
  assert.equal(await codes.find('x'), undefined)
})

test('an entry of one kind is not found under another', async () => {
  const { of } = over()
  await of('Code').upsert('x', {}, 60)
  assert.equal(await of('Session').find('x'), undefined)
})

test('a session is found by its uid', async () => {
  const { of } = over()
  await of('Session').upsert('x', { uid: 'u' }, 60)
  assert.deepEqual(await of('Session').findByUid('u'), { uid: 'u' })
  assert.equal(await of('Session').findByUid('v'), undefined)
})

test('a code that was used says so', async () => {
  const { of } = over()
  await of('Code').upsert('x', {}, 60)
  await of('Code').consume('x')
  assert.deepEqual(await of('Code').find('x'), { consumed: 1000 })
})

test('revoking a grant removes its codes and tokens', async () => {
  const { of } = over()
  await of('Code').upsert('x', { grantId: 'g' }, 60)
  await of('Token').upsert('y', { grantId: 'g' }, 60)
  await of('Token').upsert('z', { grantId: 'h' }, 60)
  await of('Code').revokeByGrantId('g')
  const left = await Promise.all([of('Code').find('x'), of('Token').find('y'), of('Token').find('z')])
  assert.deepEqual(left, [undefined, undefined, { grantId: 'h' }])
})

test('a destroyed entry is not found', async () => {
  const { of } = over()
  await of('Code').upsert('x', {}, 60)
  await of('Code').destroy('x')
  assert.equal(await of('Code').find('x'), undefined)
})

test('with too many entries the oldest is dropped, so that memory stays bounded', async () => {
  const { of } = over()
  const codes = of('Code')
  for (let i = 0; i <= 2000; i++) await codes.upsert(String(i), {}, 60)
  assert.equal(await codes.find('0'), undefined)
  assert.deepEqual(await codes.find('2000'), {})
})
