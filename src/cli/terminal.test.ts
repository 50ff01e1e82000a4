import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { pageOpener, runProgram } from './terminal.ts'

for (const [what, environment, platform, program] of [
  ['Linux with a display', { DISPLAY: ':0' }, 'linux', 'xdg-open'],
  ['Linux with Wayland', { WAYLAND_DISPLAY: 'wayland-0' }, 'linux', 'xdg-open'],
  ['macOS', {}, 'darwin', 'open'],
  ['Windows', {}, 'win32', 'rundll32'],
  ['Linux without a display', {}, 'linux', undefined],
  [
    'SSH, though the display is forwarded',
    { DISPLAY: ':10', SSH_CONNECTION: '192.0.2.1 1 192.0.2.2 22' },
    'linux',
    undefined,
  ],
  ['SSH to macOS', { SSH_TTY: '/dev/ttys001' }, 'darwin', undefined],
  ['WSL', { DISPLAY: ':0', WSL_DISTRO_NAME: 'Ubuntu' }, 'linux', undefined],
] as const) {
  test(`a page on ${what} opens with ${program ?? 'nothing: its person opens it'}`, () => {
    assert.equal(pageOpener(environment, platform)?.[0], program)
  })
}

const node = process.execPath
test('a program keeps its exit code, its environment is the one that it is given, and a signal is 128 and its number', async () => {
  const code = (script: string, environment = {}) => runProgram([node, '-e', script], environment)
  assert.equal(await code('process.exit(7)'), 7)
  assert.equal(
    await code('process.exit(Object.keys(process.env).includes("PATH") ? 1 : Number(process.env.GIVEN))', {
      GIVEN: '9',
    }),
    9,
  )
  assert.equal(await code('process.kill(process.pid, "SIGKILL")'), 137)
})

test('what cannot be run ends as in a shell', async () => {
  assert.equal(await runProgram(['/nowhere/at/all'], {}), 127)
  assert.equal(await runProgram(['/etc/passwd'], {}), 126)
})

test('signals go on to the program, which ends as it likes', async () => {
  const script =
    'process.on("SIGTERM", () => process.exit(3)); process.kill(process.ppid, "SIGTERM"); setInterval(() => {}, 1000)'
  assert.equal(await runProgram([node, '-e', script], {}), 3)
})

test('a program waits for its input', async () => {
  const module = JSON.stringify(new URL('terminal.ts', import.meta.url).href)
  // It reads at once, as Python does; a shell would make the input blocking again.
  const program = `const b = Buffer.alloc(9); console.log("ready"); console.log("got", b.toString("utf8", 0, require("fs").readSync(0, b)))`
  const script = `import(${module}).then((it) => it.runProgram([process.execPath, '-e', ${JSON.stringify(program)}], process.env))`
  const child = spawn(node, ['--disable-warning=ExperimentalWarning', '-e', script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let printed = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (!printed.includes('ready') && text.includes('ready')) child.stdin.end('a line')
    printed += text
  })
  await once(child, 'close')
  assert.equal(printed, 'ready\ngot a line\n')
})
