// How an operator reads file system errors: a path, a reason, what to do; never the bare error code.
import { equal, match } from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { invoke, newPath, serving } from '../cli/testing/world.ts'
import { fileProblem } from './file-problem.ts'

const serve = (data: string, ...more: string[]) => invoke(['serve', '--data', data, '--listen', '127.0.0.1:0', ...more])
const linux = { skip: process.platform !== 'linux' && 'paths of Linux' }

describe('a start fails with a sentence', linux, () => {
  const file = newPath()
  before(() => {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, 'a file')
  })
  const rows: readonly (readonly [rule: string, run: () => ReturnType<typeof serve>, expected: RegExp])[] = [
    [
      'when the data folder would be inside a file',
      () => serve(join(file, 'data')),
      /data cannot be made: a part of its path is a file, not a folder\. Name another \(ENOTDIR/,
    ],
    [
      'when no folder can be made there',
      () => serve('/proc/hallpass'),
      /\/proc\/hallpass cannot be made: .* \(ENOENT: no such file or directory\)$/,
    ],
    [
      'when symbolic links form a loop',
      () => {
        const link = newPath()
        symlinkSync(link, link)
        return serve(link)
      },
      /cannot be [a-z ]+: its symbolic links form a loop/,
    ],
    [
      'when the master key file is a folder',
      () => serve(newPath(), '--master-key-file', dirname(file)),
      /is not a file/,
    ],
    [
      'when the audit folder is a file',
      () => serve(newPath(), '--audit-folder', file),
      /--audit-folder: .* cannot be made: it exists already/,
    ],
    [
      'when it listens on an address of another machine',
      () => invoke(['serve', '--data', newPath(), '--listen', '192.0.2.1:4600', '--trusted-proxies', '192.0.2.0/24']),
      /cannot listen on 192\.0\.2\.1:4600: 192\.0\.2\.1 is not an address of this machine/,
    ],
  ]
  for (const [rule, run, expected] of rows) {
    test(rule, async () => {
      const { code, err } = await run()
      equal(code, 1)
      match(err, expected)
    })
  }
})

test('every sentence names the path, and keeps the system’s message for a search', () => {
  for (const code of [
    'EPERM',
    'EACCES',
    'EROFS',
    'ENOSPC',
    'EDQUOT',
    'EMFILE',
    'EIO',
    'EBUSY',
    'ENAMETOOLONG',
    'EISDIR',
    'EEXIST',
  ]) {
    const error = Object.assign(new Error(`${code}: what it is, open '/x/y'`), { code, syscall: 'open', path: '/x/y' })
    match(fileProblem(error) ?? '', new RegExp(`^/x/y cannot be opened: .+ \\(${code}: what it is\\)$`))
  }
  equal(fileProblem(new Error('another')), undefined)
})

describe('a data folder of another user', {
  skip: process.geteuid?.() !== 0 && 'only root can be another user',
}, () => {
  const executable = fileURLToPath(new URL('../../bin/hallpass.js', import.meta.url))
  const [open, shut] = [newPath(), newPath()]
  /** Runs the command as a user who owns nothing here. */
  const runAsStranger = (...words: string[]) => {
    const { status, stderr, stdout } = spawnSync(process.execPath, [executable, ...words], {
      encoding: 'utf8',
      env: { HOME: '/', PATH: process.env.PATH },
      uid: 65_534,
      gid: 65_534,
    })
    return { status, output: `${stdout}${stderr}`.trim() }
  }
  const ownerSentence = (path: string) =>
    `${path} belongs to user 0, and hallpass runs as \\w+ \\(65534\\)\\. Run hallpass as the owner, or name a path that \\w+ owns`
  before(async () => {
    for (const data of [open, shut]) await (await serving('serve', data)).stop()
    chmodSync(dirname(open), 0o755)
    chmodSync(open, 0o777)
  })

  test('is not served, and the error names its owner', () => {
    const { status, output } = runAsStranger('serve', '--data', open, '--listen', '127.0.0.1:0')
    equal(status, 1)
    match(
      output,
      new RegExp(
        `^hallpass: ${open} cannot be closed to other users: ${ownerSentence(open)} \\(EPERM: operation not permitted\\)$`,
      ),
    )
  })
  for (const words of [
    ['why', '--last'],
    ['keys', 'list'],
    ['backup', '/tmp/x'],
    ['root', 'reset'],
    ['sessions', 'list'],
    ['env'],
  ]) {
    test(`${words.join(' ')}: says that the folder may not be read, not that there is no store`, () => {
      const { status, output } = runAsStranger(...words, '--data', shut)
      equal(status, 1)
      match(output, new RegExp(`^hallpass: .*(?:${ownerSentence(shut)} \\(EACCES|runs as another user)`))
    })
  }
  test('is reported by doctor, without findings about its content', () => {
    const { output } = runAsStranger('doctor', '--data', shut)
    match(output, new RegExp(`data folder +${shut} cannot be used: ${ownerSentence(shut)}`))
    equal(/does not exist/.test(output), false, output)
  })
})
