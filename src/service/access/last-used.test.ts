import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openSqlite } from '../../store/sqlite.ts'
import { lastUsed } from '../records.ts'
import { createLastUses } from './last-used.ts'

const start = new Date('2026-03-01T12:00:00Z')
const later = (minutes: number) => new Date(start.getTime() + minutes * 60_000)
const key = { kind: 'user', account: '111122223333', principal: 'AIDAX', accessKeyId: 'AKIAX' } as const

async function world() {
  const store = await openSqlite(':memory:', [lastUsed], { clock: () => start })
  return { store, uses: createLastUses(store), read: () => store.get(lastUsed, ['111122223333', 'AKIAX']) }
}

test('a use is written with its time, region and service', async () => {
  const { store, uses, read } = await world()
  uses.note(key, 'sts', 'eu-west-1', start)
  await uses.flush()
  assert.deepEqual(await read(), {
    account: '111122223333',
    id: 'AKIAX',
    at: '2026-03-01T12:00:00Z',
    region: 'eu-west-1',
    service: 'sts',
  })
  await store.close()
})

test('a use within 15 minutes of the last that was noted is not written again', async () => {
  const { store, uses, read } = await world()
  uses.note(key, 'sts', 'eu-west-1', start)
  await uses.flush()
  uses.note(key, 'iam', 'eu-west-1', later(14))
  await uses.flush()
  assert.equal((await read())?.service, 'sts')
  uses.note(key, 'iam', 'eu-west-1', later(15))
  await uses.flush()
  assert.equal((await read())?.service, 'iam')
  await store.close()
})

test('an earlier use does not overwrite a later one that another node wrote', async () => {
  const { store, uses, read } = await world()
  const other = createLastUses(store)
  other.note(key, 'iam', 'eu-west-1', later(5))
  await other.flush()
  uses.note(key, 'sts', 'eu-west-1', start)
  await uses.flush()
  assert.equal((await read())?.service, 'iam')
  await store.close()
})

test('anonymous callers and proofs have no record', async () => {
  const { store, uses } = await world()
  uses.note({ kind: 'anonymous' }, 'sts', 'eu-west-1', start)
  await uses.flush()
  assert.deepEqual((await store.list(lastUsed, 'key', { prefix: [], limit: 10 })).items, [])
  await store.close()
})
