// The process: the only file that uses its arguments, environment, clock, terminal and signals, and that names the kinds of
// stores. app/engine.ts puts the floors together.
import { existsSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { World } from './cli/command.ts'
import { run } from './cli/run.ts'
import { word } from './cli/shell.ts'
import { openerOf, question, runProgram } from './cli/terminal.ts'
import { ended, settled } from './process.ts'
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
