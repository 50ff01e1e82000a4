// How ring keys change state, without a store.
import { deepEqual, equal, throws } from 'node:assert/strict'
import { test } from 'node:test'
import { longestSessionMs } from '../core/identity.ts'
import type { KeyState, Purpose } from './keys.ts'
import { ForeignRing, type NodeRecord, type RingKeyRecord } from './records.ts'
import { agreedVersion, alive, forgotten, missing, movedOn, rotated } from './ring-states.ts'

const now = new Date('2026-01-01T00:00:00Z')
const at = now.getTime()

const key = (id: string, purpose: Purpose, state: KeyState, more: Partial<RingKeyRecord> = {}): RingKeyRecord => {
  return { id, purpose, state, wrapped: `${id} wrapped`, master: 'm', createdAt: at - 1, ...more }
}
const node = (id: string, keys: readonly string[], seenAt = at): NodeRecord => ({ id, seenAt, keys, tokens: 2 })
const brief = (records: readonly RingKeyRecord[]) => records.map(({ id, state }) => `${id} ${state}`)

const pass = [key('old', 'pass', 'active'), key('new', 'pass', 'pending')]

for (const [rule, records, live, wanted] of [
  ['a key that is not due keeps its state', [key('a', 'pass', 'active'), key('b', 'vault', 'retired')], [], []],
  ['a pending key becomes active when no node lives', pass, [], ['old closing', 'new active']],
  [
    'a pending key becomes active once every live node knows it',
    pass,
    [node('n', ['new', 'old'])],
    ['old closing', 'new active'],
  ],
  ['a pending key waits for a live node that does not know it', pass, [node('n', ['new']), node('o', ['old'])], []],
  [
    'a pending key becomes active where its purpose has no active key',
    [key('new', 'pass', 'pending')],
    [],
    ['new active'],
  ],
  ['a closing key retires at its time', [key('a', 'pass', 'closing', { opensUntil: at })], [], ['a retired']],
  ['a closing key does not retire before its time', [key('a', 'pass', 'closing', { opensUntil: at + 1 })], [], []],
  ['a closing key without a time never retires', [key('a', 'vault', 'closing')], [], []],
] as const) {
  test(rule, () => deepEqual(brief(movedOn(records, live, now)), wanted))
}

test('a closing key opens as long as a session can live, a vault key for ever; a retired key has no material', () => {
  const [closing] = movedOn(pass, [], now)
  equal((closing?.opensUntil ?? 0) >= at + longestSessionMs, true)
  const vault = [key('old', 'vault', 'active'), key('new', 'vault', 'pending')]
  equal(movedOn(vault, [], now)[0]?.opensUntil, undefined)
  const [retired] = movedOn([key('a', 'pass', 'closing', { opensUntil: at })], [], now)
  deepEqual([retired?.wrapped, retired?.retiredAt], ['', at])
})

const candidates = [key('p', 'pass', 'pending'), key('v', 'vault', 'pending')]

for (const [rule, records, compromised, replaced, created, coming] of [
  ['it adds a key of each purpose', [], false, [], ['p pending', 'v pending'], ['p', 'v']],
  [
    'it adds none where a pending key waits already',
    [key('w', 'pass', 'pending')],
    false,
    [],
    ['v pending'],
    ['w', 'v'],
  ],
  [
    'after a compromise every key retires, pending ones too, except vault keys',
    [key('a', 'pass', 'active'), key('w', 'pass', 'pending'), key('b', 'vault', 'active')],
    true,
    ['a retired', 'w retired'],
    ['p pending', 'v pending'],
    ['p', 'v'],
  ],
] as const) {
  test(`a rotation: ${rule}`, () => {
    const done = rotated(records, candidates, compromised, now)
    deepEqual([brief(done.replaced), brief(done.created), done.coming], [replaced, created, coming])
  })
}

test('a ring wrapped by another master key gets no new key, unless all its keys have retired', () => {
  throws(() => rotated([key('a', 'pass', 'closing', { master: 'x' })], candidates, false, now), ForeignRing)
  equal(rotated([key('a', 'pass', 'retired', { master: 'x' })], candidates, false, now).created.length, 2)
})

test('a first ring gets a key of each purpose that it lacks', () => {
  deepEqual(brief(missing([key('a', 'pass', 'retired')], candidates)), ['v pending'])
})

test('a node counts as alive while it reports, and its record is deleted an hour later', () => {
  const members = [node('now', []), node('late', [], at - 30_000), node('gone', [], at - 3_600_000)]
  const ids = (records: readonly NodeRecord[]) => records.map(({ id }) => id)
  deepEqual(ids(alive(members, now, 30_000)), ['now'])
  deepEqual(ids(forgotten(members, now)), ['gone'])
})

test('while one live node does not report which tokens it opens, all nodes seal the first version', () => {
  const { tokens: _, ...older } = node('older', [])
  deepEqual([agreedVersion([node('n', [])]), agreedVersion([node('n', []), older])], [2, 1])
})
