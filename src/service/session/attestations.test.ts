import assert from 'node:assert/strict'
import { test } from 'node:test'
import { attestationsOf } from './attestations.ts'

const of = (id: string) => ({ id, principal: 'p', version: 1, account: '111122223333' })
const now = new Date(0)

test('an attestation is asked for where its kind is kept, and one of a kind that nobody keeps is dead', () => {
  const asked: string[] = []
  const attestations = attestationsOf({
    machine: (_, id) => {
      asked.push(id)
      return id === 'i-1'
    },
  })
  assert.equal(attestations.lives(of('machine/i-1'), now), true)
  assert.equal(attestations.lives(of('machine/i-2/x'), now), false)
  assert.deepEqual(asked, ['i-1', 'i-2/x'])
  for (const id of ['service/s', 'constructor/x', '/x', 'Machine/i-1'])
    assert.equal(attestations.lives(of(id), now), false)
})
