// Ring keys from state to state, without a store.
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
  ['nothing that is not due', [key('a', 'pass', 'active'), key('b', 'vault', 'retired')], [], []],
  ['a pending key that nobody need know', pass, [], ['old closing', 'new active']],
  ['a pending key that every live node knows', pass, [node('n', ['new', 'old'])], ['old closing', 'new active']],
  ['no pending key that one of them does not know', pass, [node('n', ['new']), node('o', ['old'])], []],
  ['a pending key without one before it', [key('new', 'pass', 'pending')], [], ['new active']],
  ['a closing key whose time has come', [key('a', 'pass', 'closing', { opensUntil: at })], [], ['a retired']],
  ['no closing key before its time', [key('a', 'pass', 'closing', { opensUntil: at + 1 })], [], []],
  ['no closing key that has no time', [key('a', 'vault', 'closing')], [], []],
] as const) {
  test(`moved on: ${rule}`, () => deepEqual(brief(movedOn(records, live, now)), wanted))
}

test('what closes opens for as long as a session lives; a vault key without end; what retires has no material', () => {
  const [closing] = movedOn(pass, [], now)
  equal((closing?.opensUntil ?? 0) >= at + longestSessionMs, true)
  const vault = [key('old', 'vault', 'active'), key('new', 'vault', 'pending')]
  equal(movedOn(vault, [], now)[0]?.opensUntil, undefined)
  const [retired] = movedOn([key('a', 'pass', 'closing', { opensUntil: at })], [], now)
  deepEqual([retired?.wrapped, retired?.retiredAt], ['', at])
})

const candidates = [key('p', 'pass', 'pending'), key('v', 'vault', 'pending')]

for (const [rule, records, compromised, replaced, created, coming] of [
  ['a key of each purpose comes', [], false, [], ['p pending', 'v pending'], ['p', 'v']],
  ['one that waits already is the one to come', [key('w', 'pass', 'pending')], false, [], ['v pending'], ['w', 'v']],
  [
    'what is compromised retires, waiting keys too, but for the vault’s',
    [key('a', 'pass', 'active'), key('w', 'pass', 'pending'), key('b', 'vault', 'active')],
    true,
    ['a retired', 'w retired'],
    ['p pending', 'v pending'],
    ['p', 'v'],
  ],
] as const) {
  test(`rotated: ${rule}`, () => {
    const done = rotated(records, candidates, compromised, now)
    deepEqual([brief(done.replaced), brief(done.created), done.coming], [replaced, created, coming])
  })
}

test('no key joins a ring that is under another master key, unless all of that has retired', () => {
  throws(() => rotated([key('a', 'pass', 'closing', { master: 'x' })], candidates, false, now), ForeignRing)
  equal(rotated([key('a', 'pass', 'retired', { master: 'x' })], candidates, false, now).created.length, 2)
})

test('a first ring gets what it lacks', () => {
  deepEqual(brief(missing([key('a', 'pass', 'retired')], candidates)), ['v pending'])
})

test('nodes are waited for while they are heard of, and forgotten an hour later', () => {
  const members = [node('now', []), node('late', [], at - 30_000), node('gone', [], at - 3_600_000)]
  const ids = (records: readonly NodeRecord[]) => records.map(({ id }) => id)
  deepEqual(ids(alive(members, now, 30_000)), ['now'])
  deepEqual(ids(forgotten(members, now)), ['gone'])
})

test('one live node that does not say which tokens it opens keeps all at the first version', () => {
  const { tokens: _, ...older } = node('older', [])
  deepEqual([agreedVersion([node('n', [])]), agreedVersion([node('n', []), older])], [2, 1])
})
