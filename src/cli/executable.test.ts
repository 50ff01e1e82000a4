// The executable itself, in a process of its own.
import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { newPath } from './testing/world.ts'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const executable = join(root, 'bin', 'hallpass.js')
const children = new Set<ChildProcess>()
after(() => {
  for (const child of children) child.kill('SIGKILL')
})

/** Starts the executable and waits for a line; collects its output until it ends. */
async function started(words: readonly string[], line: RegExp) {
  const child = spawn(process.execPath, [executable, ...words], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  children.add(child)
  const output = { out: '', err: '' }
  const exit = once(child, 'exit')
  await new Promise<void>((resolve, reject) => {
    const collect = (stream: 'out' | 'err') => (chunk: Buffer) => {
      output[stream] += chunk
      if (line.test(output[stream])) resolve()
    }
    child.stdout?.on('data', collect('out'))
    child.stderr?.on('data', collect('err'))
    exit.then(() => reject(new Error(`it ended: ${output.err}`)), reject)
  })
  return {
    output,
    pid: child.pid,
    async end(signal: NodeJS.Signals) {
      child.kill(signal)
      const [code] = (await exit) as [number | null]
      children.delete(child)
      return code
    },
  }
}

const hallpass = (...words: readonly string[]) =>
  execFileSync(process.execPath, [executable, ...words], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })

test('serve starts, answers a request, prints no secret to a pipe, and ends in order', async () => {
  const data = newPath()
  const serve = await started(['serve', '--data', data, '--listen', '127.0.0.1:0'], /serves .* at http:\S+\n/)
  const variables = JSON.parse(hallpass('env', '--json', '--data', data)) as Record<string, string>
  const { SecretAccessKey } = JSON.parse(readFileSync(join(data, 'root-credentials.json'), 'utf8')) as Record<
    string,
    string
  >
  equal(variables.AWS_SECRET_ACCESS_KEY, SecretAccessKey)
  match(hallpass('keys', 'rotate', '--data', data), /pass +active/)
  match(hallpass('doctor', '--data', data), new RegExp(`✓ server +pid ${serve.pid} `))
  equal(await serve.end('SIGTERM'), 0)
  equal(serve.output.out, '')
  ok(!serve.output.err.includes(SecretAccessKey ?? 'none'))
  match(serve.output.err, /hallpass is stopping/)
})

test('after a kill the next start works by itself', async () => {
  const data = newPath()
  const words = ['serve', '--data', data, '--listen', '127.0.0.1:0']
  const first = await started(words, /serves .* at http/)
  const before = hallpass('env', '--json', '--data', data)
  await first.end('SIGKILL')
  const second = await started(words, /serves .* at http/)
  const id = (text: string) => (JSON.parse(text) as Record<string, string>).AWS_ACCESS_KEY_ID
  equal(id(hallpass('env', '--json', '--data', data)), id(before))
  equal(await second.end('SIGINT'), 0)
})

test('a shell can evaluate what env prints', { skip: process.platform === 'win32' && 'a POSIX shell' }, async () => {
  const data = join(newPath(), "it's a folder")
  const dev = await started(['dev', '--data', data, '--listen', '127.0.0.1:0'], /Ctrl-C stops it/)
  const script = `set -eu; AWS_PROFILE=x; eval "$(node '${executable}' env --profile alice)"; echo "$AWS_ACCESS_KEY_ID $AWS_ENDPOINT_URL \${AWS_PROFILE-none}"`
  const path = `${dirname(process.execPath)}:${process.env.PATH}`
  const out = execFileSync('sh', ['-c', script], { encoding: 'utf8', env: { PATH: path, HALLPASS_DATA: data } })
  match(out, /^AKIA[A-Z2-7]{16} http:\/\/127\.0\.0\.1:\d+ none\n$/)
  equal(await dev.end('SIGTERM'), 0)
})

test('a reader that has read enough gets no stack', async () => {
  const child = spawn(process.execPath, [executable, 'help'], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  children.add(child)
  child.stdout.destroy()
  const [[code], err] = await Promise.all([once(child, 'exit'), text(child.stderr)])
  children.delete(child)
  deepEqual([code, err], [0, ''])
})
