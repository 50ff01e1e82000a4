// Runs one command line: finds the command, reads its arguments, turns an error into a message and an exit code.
// 0: done; 1: failed, and standard error says why; 2: the command line or a setting is wrong.
import { readFileSync } from 'node:fs'
import { Failure } from '../app/failure.ts'
import { fileProblem, isSystemError } from '../app/file-problem.ts'
import { BadSettings } from '../config/load.ts'
import { printable } from '../core/printable.ts'
import { Unavailable } from '../store/store.ts'
import { type Command, readArguments, type World } from './command.ts'
import { commands } from './commands.ts'
import { commandHelp, helpText, settingsHelp } from './help.ts'

/** Resolves to the exit code. Rejects only for a bug. */
export async function run(words: readonly string[], world: World): Promise<number> {
  const [first = 'help'] = words
  if (first === 'help' || first === '--help' || first === '-h') return help(words.slice(1), world)
  if (first === '--version' || first === 'version') {
    world.out(version())
    return 0
  }
  const command = findCommand(words)
  if (command === undefined) return unknownCommand(words, world)
  const rest = words.slice(command.name.split(' ').length)
  // What follows `--` is another program's.
  const own = rest.includes('--') ? rest.slice(0, rest.indexOf('--')) : rest
  if (own.includes('--help') || own.includes('-h')) return help(command.name.split(' '), world)
  try {
    return await command.run(await readArguments(command, rest, world), world)
  } catch (error) {
    if (!isForOperator(error)) throw error
    // A message may hold what others chose: a login, a server's words.
    for (const line of (fileProblem(error) ?? error.message).split('\n')) world.err(`hallpass: ${printable(line)}`)
    return error instanceof Failure ? error.exitCode : error instanceof BadSettings ? 2 : 1
  }
}

/** Errors whose message an operator can act on: our own, those of store, master key and key ring, the file system's. */
function isForOperator(error: unknown): error is Error {
  if (error instanceof Failure || error instanceof BadSettings || error instanceof Unavailable) return true
  return error instanceof Error && (['MasterRefused', 'ForeignRing'].includes(error.name) || isSystemError(error))
}

function help(words: readonly string[], world: World): number {
  if (words.length === 0) world.out(helpText(commands))
  else if (words[0] === 'settings') world.out(settingsHelp())
  else {
    const command = findCommand(words)
    if (command === undefined) return unknownCommand(words, world)
    world.out(commandHelp(command))
  }
  return 0
}

function unknownCommand(words: readonly string[], world: World): number {
  const [first = ''] = words
  const family = commands.filter(({ name }) => name.startsWith(`${first} `)).map(({ name }) => `\`${name}\``)
  world.err(
    family.length > 0
      ? `hallpass: ${first} needs a second word: ${family.join(', ')}`
      : `hallpass: there is no command ${first}; \`${world.invocation} help\` lists them`,
  )
  return 2
}

/** The command whose name the words begin with; of `keys` and `keys rotate`, the longer. */
function findCommand(words: readonly string[]): Command | undefined {
  const begins = (name: string) => name.split(' ').every((word, at) => words[at] === word)
  return commands.filter(({ name }) => begins(name)).sort((a, b) => b.name.length - a.name.length)[0]
}

function version(): string {
  const file = new URL('../../package.json', import.meta.url)
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}
