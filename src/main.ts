// The composition root: the only place that names implementations, and the table of commands.
import { readFileSync } from 'node:fs'
import { setTimeout } from 'node:timers'
import { type Command, readArguments, type World } from './cli/command.ts'
import { commands } from './cli/commands.ts'
import { Failure } from './cli/failure.ts'
import { commandHelp, helpText, settingsHelp } from './cli/help.ts'
import { BadSettings } from './config/load.ts'
import { openSqlite } from './store/sqlite.ts'
import { Unavailable } from './store/store.ts'

/** Runs the executable; answers its exit code. */
export async function main(words: readonly string[]): Promise<number> {
  const world: World = {
    openStore: openSqlite,
    environment: process.env,
    clock: () => new Date(),
    out: (line) => process.stdout.write(`${line}\n`),
    err: (line) => process.stderr.write(`${line}\n`),
    terminal: process.stdout.isTTY === true,
    ended,
  }
  const [first = 'help'] = words
  if (first === 'help' || first === '--help' || first === '-h') return help(words.slice(1), world)
  if (first === '--version' || first === 'version') {
    world.out(version())
    return 0
  }
  const command = findCommand(words)
  if (command === undefined) {
    world.err(`hallpass: there is no command ${first}; \`hallpass help\` lists them`)
    return 2
  }
  const rest = words.slice(command.name.split(' ').length)
  if (rest.includes('--help') || rest.includes('-h')) return help(command.name.split(' '), world)
  try {
    return await command.run(readArguments(command, rest, world), world)
  } catch (error) {
    if (
      error instanceof Failure ||
      error instanceof BadSettings ||
      error instanceof Unavailable ||
      isOperational(error)
    ) {
      for (const line of (error as Error).message.split('\n')) world.err(`hallpass: ${line}`)
      return error instanceof Failure ? error.exitCode : 1
    }
    throw error
  }
}

/** Errors whose message an operator can act on, though they are no Failure: master key, key ring, file system. */
const isOperational = (error: unknown) =>
  error instanceof Error && (['MasterRefused', 'ForeignRing'].includes(error.name) || 'syscall' in error)

function help(words: readonly string[], world: World): number {
  if (words.length === 0) world.out(helpText(commands))
  else if (words[0] === 'settings') world.out(settingsHelp())
  else {
    const command = findCommand(words)
    if (command === undefined) {
      world.err(`hallpass: there is no command ${words.join(' ')}; \`hallpass help\` lists them`)
      return 2
    }
    world.out(commandHelp(command))
  }
  return 0
}

/** The command whose name the words begin with; of `keys` and `keys rotate`, the longer. */
function findCommand(words: readonly string[]): Command | undefined {
  const begins = (name: string) => name.split(' ').every((word, at) => words[at] === word)
  return commands.filter(({ name }) => begins(name)).sort((a, b) => b.name.length - a.name.length)[0]
}

/** Resolves at SIGINT or SIGTERM; a second one ends the process at once. */
function ended(hangup: () => void): Promise<void> {
  process.on('SIGHUP', hangup)
  return new Promise((resolve) => {
    let asked = false
    const end = () => {
      if (asked) process.exit(130)
      asked = true
      resolve()
      // What cannot end in half a minute will not.
      setTimeout(() => process.exit(1), 30_000).unref()
    }
    process.on('SIGINT', end)
    process.on('SIGTERM', end)
  })
}

function version(): string {
  const file = new URL('../package.json', import.meta.url)
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}
