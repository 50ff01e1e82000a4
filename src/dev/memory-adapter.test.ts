// Codes and sessions of the development identity provider: kept for their time, found by what they are kept under.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memory } from './memory-adapter.ts'

function over() {
  const clock = { now: 1_000_000 }
  return { clock, of: memory(() => clock.now) }
}

test('what is kept is found until its time is over', async () => {
  const { clock, of } = over()
  const codes = of('Code')
  await codes.upsert('x', { grantId: 'g' }, 60)
  clock.now += 59_999
  assert.deepEqual(await codes.find('x'), { grantId: 'g' })
  clock.now += 1
  assert.equal(await codes.find('x'), undefined)
})

test('kinds do not see each other’s', async () => {
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

test('a revoked grant takes all that came of it', async () => {
  const { of } = over()
  await of('Code').upsert('x', { grantId: 'g' }, 60)
  await of('Token').upsert('y', { grantId: 'g' }, 60)
  await of('Token').upsert('z', { grantId: 'h' }, 60)
  await of('Code').revokeByGrantId('g')
  const left = await Promise.all([of('Code').find('x'), of('Token').find('y'), of('Token').find('z')])
  assert.deepEqual(left, [undefined, undefined, { grantId: 'h' }])
})

test('what is destroyed is gone', async () => {
  const { of } = over()
  await of('Code').upsert('x', {}, 60)
  await of('Code').destroy('x')
  assert.equal(await of('Code').find('x'), undefined)
})

test('a flood pushes out the oldest, and memory stays bounded', async () => {
  const { of } = over()
  const codes = of('Code')
  for (let i = 0; i <= 2000; i++) await codes.upsert(String(i), {}, 60)
  assert.equal(await codes.find('0'), undefined)
  assert.deepEqual(await codes.find('2000'), {})
})
