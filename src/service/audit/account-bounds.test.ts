// How much one account's callers may write into the journal: refusals whole, then short, then counted; guests' calls until
// their share is used up; known callers' changes and issuances without a bound.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { openSqlite } from '../../store/sqlite.ts'
import { type Store, Unavailable } from '../../store/store.ts'
import { createDailyShares } from './daily-shares.ts'
import { type AuditEntry, readEntry } from './entry.ts'
import { explainForOperator } from './explain-text.ts'
import { AUDIT_JOURNAL, type AuditOptions, createAudit } from './journal.ts'
import { REFUSALS_JOURNAL } from './refusals.ts'
import {
  alice,
  assumed,
  callOf,
  from,
  here,
  now,
  passOf,
  policy,
  refusedAssume,
  roleSubject,
  there,
  userSubject,
} from './testing/calls.ts'
import { why } from './why.ts'

const dayMs = 86_400_000
const later = (ms: number) => new Date(now.getTime() + ms)

const texts = async (store: Store, journal = AUDIT_JOURNAL) => {
  const entries: string[] = []
  for await (const { text } of store.scan(journal, new Date(0))) entries.push(text)
  return entries
}
const countOf = (note: AuditEntry | undefined) =>
  (note?.records[0]?.requestParameters as { count?: number } | undefined)?.count
const bytesOf = (all: readonly string[]) => all.reduce((sum, text) => sum + Buffer.byteLength(text), 0)

async function opened(options: Partial<AuditOptions> = {}) {
  const store = await openSqlite(':memory:', [], { clock: () => now })
  const audit = createAudit({ store, clock: () => now, retentionMs: 90 * dayMs, maxPending: 100, ...options })
  return { store, audit, [Symbol.asyncDispose]: () => store.close() }
}

/** A refusal of a known caller; by default one whose record is large. */
const refusedCall = (account = here, at = now, principal = 'AIDAAAAAAAAAAAAAAAAAA') => {
  const made = refusedAssume([policy('identity', 'own')], policy('trust', 'trust'))
  const identity = { ...alice, account, principal }
  return { ...made, call: { ...made.call, identity, now: at } }
}
const guest = (account = here, at = now, address = '198.51.100.7') => {
  const pass = passOf({ vouched: false, account })
  const call = callOf({ kind: 'session', pass }, roleSubject(), { now: at, from: { ...from, address } })
  return { call, decided: [] }
}

test('a share comes back evenly over a day, and never more than a day’s', () => {
  const shares = createDailyShares(1000)
  shares.take('a', 1500, now)
  assert.deepEqual([shares.has('a', now), shares.has('b', now)], [false, true])
  assert.equal(shares.has('a', later(dayMs / 2)), false)
  assert.equal(shares.has('a', later(dayMs / 2 + 1000)), true)
  assert.equal(shares.has('a', later(9 * dayMs)), true)
  shares.take('a', 1000, later(9 * dayMs))
  assert.equal(shares.has('a', later(9 * dayMs)), false)
  assert.equal(shares.has('a', now), false, 'a clock that was set back')
})

test('shares of names that anybody can make are forgotten when there are very many, the last used ones last', () => {
  const shares = createDailyShares(1000, 100)
  for (const name of ['drained', 'used']) shares.take(name, 1500, now)
  for (let i = 0; i < 500; i++) {
    shares.has(`other ${i}`, now)
    assert.equal(shares.has('used', now), false)
  }
  assert.equal(shares.has('drained', now), true)
})

describe('refusals of an account’s own callers', () => {
  test('are whole, then short, then counted: a flood stays within its bytes, and says how many are not kept', async () => {
    const bounds = { wholePerDay: 20_000, shortPerDay: 10_000 }
    await using world = await opened({ accounts: bounds })
    const { store, audit } = world
    for (let i = 0; i < 500; i++) await audit.recordRefusal(refusedCall(here, now, `AIDA${i % 8}`))
    const kept = await texts(store)
    const longest = Math.max(...kept.map((text) => Buffer.byteLength(text)))
    assert.ok(bytesOf(kept) <= bounds.wholePerDay + bounds.shortPerDay + 2 * longest, `${bytesOf(kept)}`)
    const entries = kept.map(readEntry)
    const whole = entries.filter(({ trace }) => trace.checks.length > 0)
    assert.ok(whole.length > 2 && whole.length < entries.length)
    await audit.writeGaps()
    const [note, ...more] = (await texts(store)).slice(kept.length).map(readEntry)
    assert.equal(more.length, 0)
    assert.equal(note?.records[0]?.eventName, 'RefusalsNotKept')
    assert.equal(note?.records[0]?.recipientAccountId, here)
    assert.equal(countOf(note), 500 - kept.length)
    assert.equal(audit.state().leftOut, countOf(note))
    await audit.writeGaps()
    assert.equal((await texts(store)).length, kept.length + 1, 'nothing new is noted once')
  })

  test('when kept short say who, what, when, from where and which code, and that the rest is not kept', async () => {
    await using world = await opened({ accounts: { wholePerDay: 0 } })
    const call = refusedCall()
    await world.audit.recordRefusal(call)
    const [text = ''] = await texts(world.store)
    const { records, trace } = readEntry(text)
    const [record] = records
    assert.equal(records.length, 1)
    assert.deepEqual(
      [record?.eventName, record?.errorCode, record?.userIdentity.arn, record?.recipientAccountId, record?.requestID],
      ['AssumeRole', 'AccessDenied', call.call.name.requester.arn, here, call.call.requestId],
    )
    assert.deepEqual(record?.requestParameters, { omitted: true, reason: 'TOO_MANY_REFUSALS' })
    assert.deepEqual(trace.checks, [])
    for (const secret of ['planted', '918273']) assert.ok(!text.includes(secret))
    const explained = await why(world.store, call.call.requestId)
    assert.match(
      explained === undefined ? '' : explainForOperator(explained),
      /not kept: the account had too many refusals/,
    )
  })

  test('are a fourth part of the share where they are one caller’s: who floods first does not hide what others do', async () => {
    const bounds = { wholePerDay: 40_000, shortPerDay: 16_000 }
    await using world = await opened({ accounts: bounds })
    const { store, audit } = world
    for (let i = 0; i < 500; i++) await audit.recordRefusal(refusedCall(here, now, 'AIDAFLOODS'))
    const kept = await texts(store)
    const longest = Math.max(...kept.map((text) => Buffer.byteLength(text)))
    assert.ok(bytesOf(kept) <= (bounds.wholePerDay + bounds.shortPerDay) / 4 + 2 * longest, `${bytesOf(kept)}`)
    await audit.recordRefusal(refusedCall(here, now, 'AIDAOTHER'))
    const other = readEntry((await texts(store)).at(-1) ?? '')
    assert.ok(other.trace.checks.length > 0, 'whole')
    // A session counts as the same caller as the user who began it.
    const made = refusedCall()
    const pass = passOf({ by: 'AIDAFLOODS' })
    await audit.recordRefusal({ ...made, call: { ...made.call, identity: { kind: 'session', pass } } })
    await audit.writeGaps()
    const [note, ...more] = (await texts(store)).slice(kept.length + 1).map(readEntry)
    assert.equal(more.length, 0)
    assert.equal(countOf(note), 500 - kept.length + 1)
    assert.deepEqual(Object(note?.records[0]?.requestParameters).callers, ['AIDAFLOODS'])
  })

  test('of one account take nothing of another’s share', async () => {
    await using world = await opened({ accounts: { wholePerDay: 5_000, shortPerDay: 0 } })
    for (let i = 0; i < 50; i++) await world.audit.recordRefusal(refusedCall(here))
    const before = (await texts(world.store)).length
    await world.audit.recordRefusal(refusedCall(there))
    assert.equal((await texts(world.store)).length, before + 1)
  })

  test('leave room for the records of allowed calls, however many refusals there are', async () => {
    await using world = await opened({ accounts: { wholePerDay: 0, shortPerDay: 0, strangersPerDay: 0 } })
    for (let i = 0; i < 50; i++) await world.audit.recordRefusal(refusedCall())
    assert.deepEqual(await texts(world.store), [])
    assert.equal(world.audit.hasRoomFor(assumed()), true)
    const entry = world.audit.successEntry(assumed())
    await world.audit.write([entry])
    assert.deepEqual(await texts(world.store), [entry])
  })

  test('are kept short when the disk is nearly full', async () => {
    await using world = await opened({ scarce: () => true })
    await world.audit.recordRefusal(refusedCall())
    assert.deepEqual(readEntry((await texts(world.store))[0] ?? '').trace.checks, [])
  })

  test('that could not be counted in the journal are counted the next time', async () => {
    await using world = await opened()
    let fails = true
    const failing: Store = {
      ...world.store,
      append: (...args) => (fails ? Promise.reject(new Unavailable('full')) : world.store.append(...args)),
    }
    const audit = createAudit({
      store: failing,
      clock: () => now,
      retentionMs: 90 * dayMs,
      maxPending: 100,
      accounts: { wholePerDay: 0, shortPerDay: 0 },
    })
    await audit.recordRefusal(refusedCall())
    await assert.rejects(audit.writeGaps(), Unavailable)
    fails = false
    await audit.recordRefusal(refusedCall())
    await audit.close()
    const [note] = (await texts(world.store)).map(readEntry)
    assert.equal(countOf(note), 2)
  })
})

describe('what a guest’s session does', () => {
  test('is admitted while its account’s share lasts, and again when it has come back', async () => {
    await using world = await opened({ accounts: { strangersPerDay: 10_000 } })
    const { audit } = world
    let done = 0
    const from = (address: number) => guest(here, now, `198.51.100.${address}`)
    for (let address = 0; address < 5; address++) {
      while (audit.hasRoomFor(from(address))) {
        audit.countStrangerEntry(from(address), 'x'.repeat(500))
        done++
      }
    }
    assert.equal(done, 20)
    assert.equal(audit.hasRoomFor(guest(there)), true, 'guests of another account')
    assert.equal(audit.hasRoomFor({ call: callOf(alice, userSubject()) }), true, 'a user of the same account')
    assert.equal(audit.hasRoomFor(guest(here, later(dayMs))), true)
  })

  test('has a fourth of the share at one address, so that other addresses keep theirs', async () => {
    await using world = await opened({ accounts: { strangersPerDay: 10_000 } })
    const { audit } = world
    const flood = (address: string) => {
      let done = 0
      for (; audit.hasRoomFor(guest(here, now, address)); done++)
        audit.countStrangerEntry(guest(here, now, address), 'x'.repeat(500))
      return done
    }
    assert.equal(flood('2001:db8::1'), 5)
    assert.equal(flood('2001:db8::ffff'), 0, 'an address of the same network')
    assert.equal(flood('2001:db8:1::1'), 5)
    assert.equal(audit.hasRoomFor(guest(there, now, '2001:db8::1')), true, 'at another account')
  })

  test('is refused when the disk is nearly full, and its refusals are not kept', async () => {
    await using world = await opened({ scarce: () => true })
    assert.equal(world.audit.hasRoomFor(guest()), false)
    const refusal = refusedCall()
    await world.audit.recordRefusal({ ...refusal, call: { ...refusal.call, ...guest().call } })
    await world.audit.close()
    assert.deepEqual([await texts(world.store), await texts(world.store, REFUSALS_JOURNAL)], [[], []])
    assert.equal(world.audit.state().leftOut, 1)
  })

  test('is sampled among strangers’ refusals when it is refused, and those are kept for a week at most', async () => {
    const until: Date[] = []
    await using world = await opened({ refusals: { perSecond: 5, perAddress: 5 } })
    const store: Store = {
      ...world.store,
      append: (journal, last, entries) => {
        until.push(last)
        return world.store.append(journal, last, entries)
      },
    }
    const audit = createAudit({
      store,
      clock: () => now,
      retentionMs: 90 * dayMs,
      maxPending: 100,
      refusals: { perAddress: 5 },
    })
    const refusal = refusedCall()
    for (let i = 0; i < 100; i++) await audit.recordRefusal({ ...refusal, call: { ...refusal.call, ...guest().call } })
    await audit.close()
    assert.deepEqual(await texts(world.store), [])
    assert.equal((await texts(world.store, REFUSALS_JOURNAL)).filter((text) => text.includes('"requestID"')).length, 5)
    for (const last of until) assert.equal(last.getTime(), now.getTime() + 7 * dayMs)
  })
})
