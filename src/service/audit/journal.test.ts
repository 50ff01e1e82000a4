// The journal's promises: durable when it resolves, refused when it cannot be, and a flood of strangers that costs little.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { openSqlite } from '../../store/sqlite.ts'
import { type Store, Unavailable } from '../../store/store.ts'
import { frontDoor } from '../../wire/front-door.ts'
import { readEntry } from './entry.ts'
import { AUDIT_JOURNAL, type AuditOptions, createAudit } from './journal.ts'
import { REFUSALS_JOURNAL } from './refusals.ts'
import { assumed, from, now, requestIdAt } from './testing/calls.ts'

const dayMs = 86_400_000

/** A store of which only `append` is there. */
function appender(append: Store['append']): Store {
  return { append } as unknown as Store
}

const auditOf = (store: Store, own: Partial<AuditOptions> = {}) =>
  createAudit({ store, clock: () => now, retentionMs: 90 * dayMs, maxPending: 100, ...own })

async function texts(store: Store, journal: string): Promise<string[]> {
  const entries: string[] = []
  for await (const { text } of store.scan(journal, new Date(0))) entries.push(text)
  return entries
}

const refused = frontDoor('missing-token', 'aws-query')
const nobody = (address: string, time = now) => ({
  exchange: { requestId: requestIdAt(time), from: { ...from, address } },
  contract: { service: 'sts', name: 'AssumeRole' } as const,
  now: time,
})

describe('write', () => {
  test('what was written is read back as it was, each entry one text', async () => {
    await using store = await opened()
    const audit = auditOf(store)
    const entries = [audit.successEntry(assumed()), audit.successEntry(assumed())]
    await audit.write(entries)
    assert.deepEqual(await texts(store, AUDIT_JOURNAL), entries)
    assert.equal(readEntry(entries[0] ?? '').records.length, 2)
  })

  test('rejects when the store cannot take it, and goes on afterwards', async () => {
    let fails = true
    const audit = auditOf(
      appender(async () => {
        if (fails) throw new Unavailable('disk full')
      }),
    )
    await assert.rejects(audit.write(['{}']), Unavailable)
    assert.equal(audit.state().pending, 0)
    fails = false
    await audit.write(['{}'])
  })

  test('is kept until the retention says', async () => {
    let kept: Date | undefined
    const audit = auditOf(
      appender(async (_journal, until) => {
        kept = until
      }),
    )
    await audit.write(['{}'])
    assert.deepEqual(kept, new Date(now.getTime() + 90 * dayMs))
    assert.deepEqual(audit.expiryOf(now), kept)
  })

  const bounds = [
    ['more entries than may wait', { maxPending: 3 }, ['{}']],
    ['more characters than may wait', { maxPendingCharacters: 10 }, ['{"a":12345}']],
  ] as const
  for (const [title, bound, last] of bounds) {
    test(`refuses ${title}, never drops`, async () => {
      const release = Promise.withResolvers<void>()
      const appended: string[] = []
      const audit = auditOf(
        appender(async (_journal, _until, entries) => {
          await release.promise
          appended.push(...entries)
        }),
        bound,
      )
      const taken = [audit.write(['{}', '{}']), audit.write(['{}'])]
      await assert.rejects(audit.write(last), Unavailable)
      release.resolve()
      await Promise.all(taken)
      assert.deepEqual(appended, ['{}', '{}', '{}'])
      assert.equal(audit.state().pending, 0)
      await audit.write(['{}'])
    })
  }

  test('close waits for what is under way', async () => {
    const release = Promise.withResolvers<void>()
    let written = false
    const audit = auditOf(
      appender(async () => {
        await release.promise
        written = true
      }),
    )
    const taken = audit.write(['{}'])
    const closed = audit.close().then(() => written)
    release.resolve()
    assert.equal(await closed, true)
    await taken
  })

  test('a retention shorter than a session is a mistake', () => {
    assert.throws(
      () =>
        auditOf(
          appender(async () => undefined),
          { retentionMs: dayMs },
        ),
      TypeError,
    )
  })
})

describe('refusals of callers that proved nothing', () => {
  test('stand in a journal of their own, with their reason', async () => {
    await using store = await opened()
    const audit = auditOf(store)
    audit.noteUnproven(nobody('203.0.113.1'), refused)
    await audit.close()
    assert.deepEqual(await texts(store, AUDIT_JOURNAL), [])
    const [entry] = (await texts(store, REFUSALS_JOURNAL)).map(readEntry)
    assert.equal(entry?.records[0]?.errorCode, refused.code)
    assert.deepEqual(entry?.records[0]?.userIdentity, { type: 'Unknown' })
    assert.equal(entry?.records[0]?.sourceIPAddress, '203.0.113.1')
  })

  test('a flood in one second is cut, from one address sooner, and counted', async () => {
    await using store = await opened()
    const audit = auditOf(store, { refusals: { perSecond: 20, perAddress: 5 } })
    for (let i = 0; i < 1000; i++) audit.noteUnproven(nobody('203.0.113.1'), refused)
    for (let i = 0; i < 1000; i++) audit.noteUnproven(nobody(`198.51.100.${i % 250}`), refused)
    await audit.close()
    const entries = await texts(store, REFUSALS_JOURNAL)
    const from1 = entries.filter((text) => text.includes('203.0.113.1'))
    assert.equal(from1.length, 5)
    assert.equal(entries.filter((text) => text.includes('"requestID"')).length, 20)
    assert.equal(audit.state().leftOut, 1980)
  })

  test('a flood over days stays within the bytes of each, and says how much is missing', async () => {
    await using store = await opened()
    let time = now.getTime()
    const bytesPerDay = 20_000
    const audit = auditOf(store, {
      clock: () => new Date(time),
      refusals: { perSecond: 10, perAddress: 10, bytesPerDay },
    })
    for (let second = 0; second < 500; second++) {
      for (let i = 0; i < 20; i++) audit.noteUnproven(nobody('203.0.113.1', new Date(time)), refused)
      await audit.close()
      time += 1000
    }
    const first = (await texts(store, REFUSALS_JOURNAL)).filter((text) => text.includes('"requestID"'))
    assert.ok(Buffer.byteLength(first.join('')) <= bytesPerDay)
    assert.equal(first.length + audit.state().leftOut, 10_000)
    time += dayMs
    audit.noteUnproven(nobody('203.0.113.1', new Date(time)), refused)
    await audit.close()
    const notes = (await texts(store, REFUSALS_JOURNAL)).map((text) => JSON.parse(text).leftOut?.count ?? 0)
    assert.equal(
      notes.reduce((sum, count) => sum + count, 0),
      audit.state().leftOut,
    )
  })

  test('a store that fails, or hangs, costs neither an error nor memory', async () => {
    const failing = auditOf(appender(() => Promise.reject(new Unavailable('disk full'))))
    failing.noteUnproven(nobody('203.0.113.1'), refused)
    await failing.close()
    assert.equal(failing.state().leftOut, 1)

    const release = Promise.withResolvers<void>()
    let time = now.getTime()
    let appended = 0
    const hanging = auditOf(
      appender(async (_journal, _until, entries) => {
        await release.promise
        appended += entries.length
      }),
      { clock: () => new Date(time), refusals: { perSecond: 5, perAddress: 5 } },
    )
    for (let second = 0; second < 100; second++) {
      for (let i = 0; i < 5; i++) hanging.noteUnproven(nobody('203.0.113.1', new Date(time)), refused)
      time += 1000
    }
    assert.ok(hanging.state().leftOut >= 490)
    release.resolve()
    await hanging.close()
    // What was taken, and the notes of what was not.
    assert.ok(appended <= 12)
  })
})

async function opened(): Promise<Store & AsyncDisposable> {
  const store = await openSqlite(':memory:', [], { clock: () => now })
  return Object.assign(store, { [Symbol.asyncDispose]: () => store.close() })
}
