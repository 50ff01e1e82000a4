// Export to files: every record once, in its day's file, whatever fails and whenever the process ends.
import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, readFile, rm, rmdir, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, test } from 'node:test'
import { openFileSink } from '../../sinks/file.ts'
import type { Sink } from '../../sinks/sink.ts'
import { openSqlite } from '../../store/sqlite.ts'
import { createExporter, type ExportOptions } from './export.ts'
import { createAudit } from './journal.ts'
import { assumeAudit, assumed, here, now } from './testing/calls.ts'

const dayMs = 86_400_000
const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const clean of cleanups.splice(0)) await clean()
})

async function scene() {
  const folder = join(await mkdtemp(join(tmpdir(), 'hallpass-export-')), 'audit')
  let time = now
  const clock = () => time
  const store = await openSqlite(':memory:', [], { clock })
  const audit = createAudit({ store, clock, retentionMs: 90 * dayMs, maxPending: 10_000 })
  cleanups.push(
    () => store.close(),
    () => rm(folder, { recursive: true, force: true }),
  )
  const ids: string[] = []
  return {
    folder,
    ids,
    tick: (ms: number) => {
      time = new Date(time.getTime() + ms)
    },
    /** Appends calls; each within one account leaves one record. */
    async happen(count: number) {
      const entries = Array.from({ length: count }, () => audit.successEntry(assumed({ operation: assumeAudit(here) })))
      for (const text of entries) for (const { eventID } of JSON.parse(text).records) ids.push(eventID)
      await audit.write(entries)
    },
    exporter: (own: Partial<ExportOptions> = {}) =>
      createExporter({
        store,
        clock,
        sink: openFileSink({ folder, prefix: 'audit' }),
        retentionDays: 30,
        settleMs: 1000,
        ...own,
      }),
    async exported() {
      const names = (await readdir(folder)).filter((name) => name.endsWith('.jsonl')).sort()
      const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))
      return {
        names,
        ids: texts
          .join('')
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line).eventID),
      }
    },
  }
}

/** A sink that fails at one of its steps, once. */
function failing(sink: Sink, after: 'before' | 'after', at: number): Sink {
  let puts = 0
  return {
    ...sink,
    async put(...what) {
      puts += 1
      if (puts === at && after === 'before') throw new Error('disk full')
      await sink.put(...what)
      if (puts === at) throw new Error('killed')
    },
  }
}

describe('the exporter', () => {
  test('writes each record once, one JSON line each, readable by nobody else', async () => {
    const { folder, ids, tick, happen, exporter, exported } = await scene()
    await happen(7)
    tick(2000)
    const exporting = exporter()
    assert.equal(await exporting.pass(), 7)
    assert.equal(await exporting.pass(), 0)
    assert.deepEqual(await exported(), { names: ['audit-2023-07-18.jsonl'], ids })
    const [line] = (await readFile(join(folder, 'audit-2023-07-18.jsonl'), 'utf8')).split('\n')
    assert.equal(JSON.parse(line ?? '').eventName, 'AssumeRole')
    assert.equal(JSON.parse(line ?? '').trace, undefined)
    assert.equal((await stat(join(folder, 'audit-2023-07-18.jsonl'))).mode & 0o777, 0o600)
    assert.equal((await stat(folder)).mode & 0o777, 0o700)
    await exporting.close()
  })

  test('leaves what has not settled for the next pass', async () => {
    const { ids, tick, happen, exporter, exported } = await scene()
    await happen(2)
    tick(900)
    await happen(3)
    tick(200)
    const exporting = exporter()
    assert.equal(await exporting.pass(), 2)
    tick(2000)
    assert.equal(await exporting.pass(), 3)
    assert.deepEqual((await exported()).ids, ids)
    await exporting.close()
  })

  test('goes on where it was after a restart, also in the middle of a moment', async () => {
    const { ids, tick, happen, exporter, exported } = await scene()
    for (let round = 0; round < 4; round++) {
      // The same millisecond: the mark counts entries within it.
      await happen(5)
      const exporting = exporter({ settleMs: 0, batchCharacters: 1 })
      assert.equal(await exporting.pass(), 5)
      await exporting.close()
    }
    tick(dayMs)
    await happen(1)
    const exporting = exporter({ settleMs: 0 })
    await exporting.pass()
    await exporting.close()
    assert.deepEqual(await exported(), { names: ['audit-2023-07-18.jsonl', 'audit-2023-07-19.jsonl'], ids })
  })

  test('turns to a new file with the day, and drops those past their days', async () => {
    const { tick, happen, exporter, exported } = await scene()
    for (let day = 0; day < 5; day++) {
      await happen(1)
      const exporting = exporter({ settleMs: 0, retentionDays: 2 })
      await exporting.pass()
      await exporting.close()
      tick(dayMs)
    }
    assert.deepEqual((await exported()).names, [
      'audit-2023-07-20.jsonl',
      'audit-2023-07-21.jsonl',
      'audit-2023-07-22.jsonl',
    ])
  })

  for (const when of ['before', 'after'] as const) {
    for (const at of [1, 2, 3]) {
      test(`that fails ${when} its put number ${at} loses no record and writes none twice`, async () => {
        const { folder, ids, tick, happen, exporter, exported } = await scene()
        await happen(6)
        tick(5000)
        const sink = failing(openFileSink({ folder, prefix: 'audit' }), when, at)
        const exporting = exporter({ sink, batchCharacters: 2000 })
        await assert.rejects(exporting.pass(), { message: when === 'before' ? 'disk full' : 'killed' })
        // Once on, as it is; once more after a restart.
        await exporting.pass()
        await exporting.close()
        await happen(1)
        tick(5000)
        const next = exporter()
        await next.pass()
        await next.close()
        assert.deepEqual((await exported()).ids, ids)
      })
    }
  }

  test('killed between lines and mark, it reads back what stands there; a torn line is written whole', async () => {
    const { folder, ids, tick, happen, exporter, exported } = await scene()
    await happen(2)
    tick(5000)
    const exporting = exporter()
    await exporting.pass()
    await exporting.close()
    const mark = await readFile(join(folder, '.audit-position.json'), 'utf8')
    await happen(4)
    tick(5000)
    const two = exporter()
    await two.pass()
    await two.close()
    const file = join(folder, 'audit-2023-07-18.jsonl')
    const whole = await readFile(file, 'utf8')
    // As the disk looks after each possible end between the two writes.
    const from = Buffer.byteLength(whole.split('\n').slice(0, 2).join('\n')) + 1
    for (const length of [from, from + 1, from + 2000, whole.length - 1, whole.length]) {
      await writeFile(file, whole.slice(0, length))
      await writeFile(join(folder, '.audit-position.json'), mark)
      const again = exporter()
      await again.pass()
      await again.close()
      assert.deepEqual((await exported()).ids, ids, `cut at ${length}`)
      assert.equal(await readFile(file, 'utf8'), whole)
    }
  })

  test('a sink that cannot be written to rejects and is tried again', async () => {
    const { folder, ids, tick, happen, exporter, exported } = await scene()
    await happen(1)
    tick(5000)
    const exporting = exporter()
    await exporting.pass()
    await happen(1)
    tick(dayMs)
    // A folder stands where the new day's file should be.
    await happen(1)
    tick(5000)
    await mkdir(join(folder, 'audit-2023-07-19.jsonl'))
    await assert.rejects(exporting.pass(), { code: 'EISDIR' })
    await rmdir(join(folder, 'audit-2023-07-19.jsonl'))
    await exporting.pass()
    await exporting.close()
    assert.deepEqual((await exported()).ids, ids)
  })

  test('a mark that cannot be read stops it: it does not begin again', async () => {
    const { folder, tick, happen, exporter } = await scene()
    await happen(1)
    tick(5000)
    const exporting = exporter()
    await exporting.pass()
    await exporting.close()
    await writeFile(join(folder, '.audit-position.json'), '{"at":')
    await assert.rejects(exporter().pass(), SyntaxError)
  })

  test('two passes requested at once run as one', async () => {
    const { ids, tick, happen, exporter, exported } = await scene()
    await happen(3)
    tick(5000)
    const exporting = exporter()
    assert.deepEqual(await Promise.all([exporting.pass(), exporting.pass()]), [3, 3])
    await exporting.close()
    assert.deepEqual((await exported()).ids, ids)
  })
})
