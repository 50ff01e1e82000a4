// The process: the only file that uses its arguments, environment, clock, terminal and signals, and that names the kinds of
// stores. app/engine.ts puts the floors together.
import { existsSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { setTimeout } from 'node:timers'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { World } from './cli/command.ts'
import { run } from './cli/run.ts'
import { word } from './cli/shell.ts'
import { openerOf, question, runProgram } from './cli/terminal.ts'
import { postgres } from './store/postgres/kind.ts'
import { sqlite } from './store/sqlite/kind.ts'

/** Runs the executable; resolves to its exit code. */
export function main(words: readonly string[]): Promise<number> {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', notRead)
  const world: World = {
    stores: [sqlite, postgres],
    environment: process.env,
    clock: () => new Date(),
    out: (line) => process.stdout.write(`${line}\n`),
    err: (line) => process.stderr.write(`${line}\n`),
    terminal: process.stdout.isTTY === true,
    ...executable(),
    settled,
    ended,
    question,
    openPage: openerOf(process.env, process.platform),
    runProgram,
  }
  return run(words, world)
}

/** Whoever reads may have read enough (`| head`): no reason to end a server, nor to print a stack. */
function notRead(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
}

/** How the user calls this executable, from this folder and from any: by its file in a checkout, by its name otherwise. */
function executable(): Pick<World, 'invocation' | 'executable'> {
  const root = dirname(dirname(fileURLToPath(import.meta.url)))
  if (!existsSync(join(root, 'src', 'main.ts')) || root.includes('node_modules'))
    return { invocation: 'hallpass', executable: 'hallpass' }
  const path = join(root, 'bin', 'hallpass.js')
  const near = relative(process.cwd(), path)
  return { invocation: `node ${word(near.startsWith('..') ? path : near)}`, executable: `node ${word(path)}` }
}

/** Collects garbage once: a server that waits for requests should not keep the source of its modules in memory. */
function settled(): void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as (how: object) => void
  setFlagsFromString('--no-expose-gc')
  collect({ type: 'major', flavor: 'last-resort' })
}

/** Resolves at SIGINT or SIGTERM; a second signal ends the process at once. */
function ended(hangup: () => void): Promise<void> {
  process.on('SIGHUP', hangup)
  return new Promise((resolve) => {
    let signalled = false
    const end = () => {
      if (signalled) process.exit(130)
      signalled = true
      resolve()
      // A server that has not ended in half a minute never will.
      setTimeout(() => process.exit(1), 30_000).unref()
    }
    process.on('SIGINT', end)
    process.on('SIGTERM', end)
  })
}
