// What the embedded store has on disk after its process was killed, the power failed, or the disk was full.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execPath, platform } from 'node:process'
import { describe, type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Unavailable } from './store.ts'
import { lines, openLedger, read, write } from './testing/ledger.ts'

const PROGRAM = fileURLToPath(new URL('./testing/ledger.ts', import.meta.url))

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'store-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return folder
}

const upTo = (count: number) => Array.from({ length: count }, (_, n) => n)

/** The contents of the file, opened as after a crash. All ways to read it must agree. */
async function recovered(file: string, ledger: string): Promise<readonly number[]> {
  const store = await openLedger(file)
  try {
    const [first = [], ...others] = await read(store, ledger)
    for (const other of others) assert.deepEqual(other, first, 'half a transaction')
    return first
  } finally {
    await store.close()
  }
}

/** Runs a writer and calls `onLine` with each line that it prints, which may kill it. Resolves when it has ended. */
async function run(command: string, args: readonly string[], onLine: (line: string, kill: () => void) => void) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let rest = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) onLine(line, () => child.kill('SIGKILL'))
  })
  await new Promise((resolve) => child.on('close', resolve))
}

describe('a process that is killed', () => {
  for (const after of [1, 20, 333])
    test(`after ${after} acknowledged commits, beside another process, loses none and leaves none half-written`, async (t) => {
      const file = join(folderOf(t), 'store.db')
      const acknowledged: Record<string, number[]> = { a: [], b: [] }
      // Both exist before either is killed, so that they work at the same time.
      await Promise.all(
        Object.entries(acknowledged).map(([ledger, numbers]) =>
          run(execPath, [PROGRAM, file, ledger, '1000000'], (line, kill) => {
            assert.match(line, /^\d+$/)
            if (numbers.push(Number(line)) >= after) kill()
          }),
        ),
      )
      for (const [ledger, numbers] of Object.entries(acknowledged)) {
        const found = await recovered(file, ledger)
        assert.ok(numbers.length >= after)
        assert.deepEqual(found, upTo(found.length), 'a hole')
        assert.ok(found.length >= numbers.length, `${found.length} of ${numbers.length} acknowledged`)
      }
    })
})

describe('a loss of power', () => {
  /** Copies the files as they are on disk now: what completed fsyncs have written. */
  function shot(file: string, to: string): void {
    mkdirSync(to)
    for (const end of ['', '-wal']) if (existsSync(file + end)) copyFileSync(file + end, join(to, `store.db${end}`))
  }

  test('right after any acknowledged commit loses nothing', async (t) => {
    const folder = folderOf(t)
    const store = await openLedger(join(folder, 'store.db'))
    for (const n of upTo(25)) {
      await write(store, 'a', n)
      const copy = join(folder, `${n}`)
      shot(join(folder, 'store.db'), copy)
      assert.deepEqual(await recovered(join(copy, 'store.db'), 'a'), upTo(n + 1))
    }
    await store.close()
  })

  // 60 commits stay in the log; of 600, SQLite has moved some to the database and begun the log again.
  for (const commits of [60, 600])
    test(`at any byte of the write to the log (${commits} commits) leaves the earlier commits, each complete`, async (t) => {
      const folder = folderOf(t)
      const store = await openLedger(join(folder, 'store.db'))
      for (let n = 0; n < commits; n += 2) await Promise.all([write(store, 'a', n), write(store, 'a', n + 1)])
      shot(join(folder, 'store.db'), join(folder, 'whole'))
      await store.close()
      const log = readFileSync(join(folder, 'whole', 'store.db-wal'))
      assert.deepEqual(await recovered(copyOf(folder, 'all'), 'a'), upTo(commits))
      let before = -1
      const cuts = Array.from({ length: 24 }, (_, n) => Math.floor((log.length * n) / 24) + ((n * 37) % 60))
      for (const length of cuts) {
        const file = copyOf(folder, `cut-${length}`)
        truncateSync(`${file}-wal`, length)
        const found = await recovered(file, 'a')
        assert.deepEqual(found, upTo(found.length), 'a hole')
        assert.ok(found.length >= before && found.length % 2 === 0, 'commits are kept in their order, batch by batch')
        before = found.length
        // A sector that was torn, with all that follows it in place.
        const torn = copyOf(folder, `torn-${length}`)
        const bytes = Buffer.from(log)
        bytes.fill(0xa5, length, Math.min(length + 512, bytes.length))
        writeFileSync(`${torn}-wal`, bytes)
        const survived = await recovered(torn, 'a')
        assert.deepEqual(survived, upTo(survived.length), 'a hole')
        if (commits === 600) assert.ok(survived.length > 0, 'commits moved to the database are still there')
      }
    })

  function copyOf(folder: string, name: string): string {
    mkdirSync(join(folder, name))
    for (const end of ['', '-wal'])
      copyFileSync(join(folder, 'whole', `store.db${end}`), join(folder, name, `store.db${end}`))
    return join(folder, name, 'store.db')
  }
})

describe('a full disk', () => {
  test('refuses commits that do not fit, keeps those that did, and the store continues', async (t) => {
    const file = join(folderOf(t), 'store.db')
    const store = await openLedger(file, 200_000)
    const done: number[] = []
    let refused: unknown
    for (let n = 0; refused === undefined; n++) {
      assert.ok(n < 1000)
      await write(store, 'a', n).then(
        () => done.push(n),
        (error: unknown) => {
          refused = error
        },
      )
    }
    assert.ok(refused instanceof Unavailable)
    assert.equal((refused.cause as { errcode?: number }).errcode, 13)
    const batch = await Promise.allSettled(upTo(4).map((n) => write(store, 'b', n)))
    assert.deepEqual(
      batch.map((each) => each.status),
      Array(4).fill('rejected'),
    )
    for (const found of await read(store, 'a')) assert.deepEqual(found, done)
    for (const found of await read(store, 'b')) assert.deepEqual(found, [])
    await store.transact(async (tx) => {
      for (const n of done) {
        await tx.delete(lines, ['a', 'debit', n])
        await tx.delete(lines, ['a', 'credit', n])
      }
    })
    await write(store, 'b', 0)
    await store.close()
    assert.deepEqual(await recovered(file, 'b'), [0])
  })

  test('during the commit itself refuses it, keeps earlier commits, and leaves nothing of it', {
    skip: platform === 'win32' && 'limits the size of files by the shell',
  }, async (t) => {
    const file = join(folderOf(t), 'store.db')
    const printed: string[] = []
    // The log may grow to 800 blocks of 512 bytes; a write beyond that is an error of the file system.
    const limited = `ulimit -f 800; exec "$@"`
    await run('/bin/sh', ['-c', limited, 'sh', execPath, PROGRAM, file, 'a', '900'], (line) => printed.push(line))
    const acknowledged = printed.filter((line) => /^\d+$/.test(line)).map(Number)
    const refused = printed.filter((line) => line.startsWith('refused'))
    assert.ok(acknowledged.length > 0 && refused.length > 0, printed.slice(-3).join())
    assert.ok(refused.every((line) => line.endsWith('Unavailable')))
    const own: readonly number[][] = JSON.parse(printed.at(-1)?.replace('read ', '') ?? '[]')
    assert.equal(own.length, 5)
    for (const found of own) assert.deepEqual(found, acknowledged)
    assert.deepEqual(await recovered(file, 'a'), acknowledged)
  })
})
