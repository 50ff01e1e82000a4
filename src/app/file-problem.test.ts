// File system errors as an operator meets them: a path, a reason, what to do; and never the bare name of a number.
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

describe('a start is refused in words', linux, () => {
  const file = newPath()
  before(() => {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, 'a file')
  })
  const rows: readonly (readonly [rule: string, run: () => ReturnType<typeof serve>, says: RegExp])[] = [
    [
      'below a file',
      () => serve(join(file, 'data')),
      /data cannot be made: something in its path is a file and no folder\. Name another \(ENOTDIR/,
    ],
    [
      'where no folder can be made',
      () => serve('/proc/hallpass'),
      /\/proc\/hallpass cannot be made: .* \(ENOENT: no such file or directory\)$/,
    ],
    [
      'by links in a circle',
      () => {
        const link = newPath()
        symlinkSync(link, link)
        return serve(link)
      },
      /cannot be [a-z ]+: its symbolic links lead in a circle/,
    ],
    ['with a master key that is a folder', () => serve(newPath(), '--master-key-file', dirname(file)), /is not a file/],
    [
      'with an audit folder that is a file',
      () => serve(newPath(), '--audit-folder', file),
      /--audit-folder: .* cannot be made: it is there already/,
    ],
    [
      'on an address of another machine',
      () => invoke(['serve', '--data', newPath(), '--listen', '192.0.2.1:4600', '--trusted-proxies', '192.0.2.0/24']),
      /cannot listen on 192\.0\.2\.1:4600: 192\.0\.2\.1 is no address of this machine/,
    ],
  ]
  for (const [rule, run, says] of rows) {
    test(rule, async () => {
      const { code, err } = await run()
      equal(code, 1)
      match(err, says)
    })
  }
})

test('every reason has a sentence that names the path, and keeps the system’s words for a search', () => {
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
  /** The command as a user who owns nothing here. */
  const asAnother = (...words: string[]) => {
    const { status, stderr, stdout } = spawnSync(process.execPath, [executable, ...words], {
      encoding: 'utf8',
      env: { HOME: '/', PATH: process.env.PATH },
      uid: 65_534,
      gid: 65_534,
    })
    return { status, said: `${stdout}${stderr}`.trim() }
  }
  const whose = (path: string) =>
    `${path} belongs to user 0, and this is \\w+ \\(65534\\)\\. Run it as its owner, or name a path of this user's own`
  before(async () => {
    for (const data of [open, shut]) await (await serving('serve', data)).stop()
    chmodSync(dirname(open), 0o755)
    chmodSync(open, 0o777)
  })

  test('is not served, and says whose it is', () => {
    const { status, said } = asAnother('serve', '--data', open, '--listen', '127.0.0.1:0')
    equal(status, 1)
    match(
      said,
      new RegExp(
        `^hallpass: ${open} cannot be closed to other users: ${whose(open)} \\(EPERM: operation not permitted\\)$`,
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
    test(`${words.join(' ')}: no store is missed where it may only not be seen`, () => {
      const { status, said } = asAnother(...words, '--data', shut)
      equal(status, 1)
      match(said, new RegExp(`^hallpass: .*(?:${whose(shut)} \\(EACCES|belongs to another user)`))
    })
  }
  test('doctor says that of the folder, and misses nothing in it', () => {
    const { said } = asAnother('doctor', '--data', shut)
    match(said, new RegExp(`data folder +${shut} cannot be used: ${whose(shut)}`))
    equal(/is not there/.test(said), false, said)
  })
})
