// What a command of the executable is, and how its arguments are read. commands.ts is the table of all commands; `--help`
// and docs/commands.md are generated from it.
import { parseArgs } from 'node:util'
import { Failure } from '../app/failure.ts'
import { textFile } from '../app/text-file.ts'
import { loadSettings, readSettings } from '../config/load.ts'
import { type SettingName, type Settings, settingNames, settings } from '../config/settings.ts'
import type { StoreKind } from '../store/kind.ts'

/** What a command needs from the process. */
export interface World {
  /** The kinds of stores that the setting `store` may name. */
  readonly stores: readonly StoreKind[]
  readonly environment: Environment
  readonly clock: () => Date
  /** Prints a line on standard output, for scripts. */
  readonly out: (line: string) => void
  /** Prints a line on standard error, for people. */
  readonly err: (line: string) => void
  /** Whether standard output is a terminal. */
  readonly terminal: boolean
  /** How the user calls this executable from the current folder: `hallpass`, `node bin/hallpass.js`. */
  readonly invocation: string
  /** The same from any folder, as a profile's `credential_process` has it. */
  readonly executable: string
  /** Called once a server is up, to free the memory that only the start needed. */
  readonly settled: () => void
  /** Resolves when a signal asks the process to end. Calls `hangup` at SIGHUP. */
  readonly ended: (hangup: () => void) => Promise<void>
  /** Asks on standard error, and reads a line of standard input. Undefined: it has ended. */
  readonly question: (words: string) => Promise<string | undefined>
  /** Opens a page in the browser of whoever sits here. Undefined: they have none on this machine. */
  readonly openPage: ((url: string) => void) | undefined
  /** Runs a program in this one's place: same input and output, signals passed on. Resolves to its exit code. */
  readonly runProgram: (words: readonly string[], environment: Environment) => Promise<number>
}

export type Environment = Readonly<Record<string, string | undefined>>

export interface Option {
  readonly kind: 'text' | 'switch'
  /** The name of its value in help, after the flag. */
  readonly value?: string
  readonly says: string
  readonly many?: true
}

export interface Command {
  /** `keys rotate`. */
  readonly name: string
  /** What it does, in one line of help. */
  readonly says: string
  /** Its arguments without flags, as help shows them: `REQUEST-ID`; in brackets when optional. */
  readonly takes?: string
  readonly options?: Readonly<Record<string, Option>>
  /** Settings of the server that it also takes as flags. */
  readonly settings: readonly SettingName[]
  /** It is no part of the server: its --config names a file of its own, and its flags are no settings. */
  readonly ownConfig?: true
  readonly run: (input: CommandInput, world: World) => Promise<number>
}

/** A command's arguments and settings. */
export interface CommandInput {
  readonly settings: Settings
  readonly texts: Readonly<Record<string, string | undefined>>
  readonly lists: Readonly<Record<string, readonly string[]>>
  readonly switches: Readonly<Record<string, boolean | undefined>>
  readonly rest: readonly string[]
}

/** The setting of commands that need a running server: the data folder. */
export const dataSettings: readonly SettingName[] = ['data']
/** Settings of the commands that may open the store. */
export const storeSettings: readonly SettingName[] = ['data', 'store', 'store-password', 'master-key-file']

/** Reads a command's arguments. Rejects Failure, which says what to do instead, and BadSettings. */
export async function readArguments(command: Command, words: readonly string[], world: World): Promise<CommandInput> {
  const options: NonNullable<Parameters<typeof parseArgs>[0]>['options'] = { config: { type: 'string' } }
  for (const name of command.settings) {
    const { kind, noFlag } = settings[name] as { kind: string; noFlag?: true }
    if (noFlag !== true) options[name] = { type: kind === 'switch' ? 'boolean' : 'string' }
  }
  for (const [name, { kind, many }] of Object.entries(command.options ?? {})) {
    options[name] = {
      type: kind === 'switch' ? 'boolean' : 'string',
      ...(many === undefined ? {} : { multiple: many }),
    }
  }
  let parsed: { values: Record<string, unknown>; positionals: string[] }
  try {
    parsed = parseArgs({ args: [...words], options, allowPositionals: true, strict: true })
  } catch (error) {
    throw new Failure(`${argumentProblem(error as Error)}; see \`hallpass help ${command.name}\``, 2)
  }
  const takes = command.takes?.split(' ') ?? []
  const least = takes.filter((name) => !name.startsWith('[')).length
  const most = command.takes?.endsWith('...]') === true ? Number.POSITIVE_INFINITY : takes.length
  if (parsed.positionals.length < least || parsed.positionals.length > most) {
    const usage = `hallpass ${command.name}${command.takes === undefined ? '' : ` ${command.takes}`}`
    throw new Failure(`expected \`${usage}\`; see \`hallpass help ${command.name}\``, 2)
  }
  const texts: Record<string, string> = {}
  const lists: Record<string, readonly string[]> = {}
  const switches: Record<string, boolean> = {}
  for (const [name, value] of Object.entries(parsed.values)) {
    if (typeof value === 'string') texts[name] = value
    else if (typeof value === 'boolean') switches[name] = value
    else if (Array.isArray(value)) lists[name] = value as string[]
  }
  const flags = Object.fromEntries(settingNames.map((name) => [name, texts[name] ?? switches[name]?.toString()]))
  const given = command.ownConfig ? { flags: {} } : { flags, file: await configFile(texts.config, world) }
  return {
    settings: loadSettings({ ...given, environment: world.environment }),
    texts,
    lists,
    switches,
    rest: parsed.positionals,
  }
}

/** The first sentence of Node's message; the rest is advice on several lines that does not apply here. */
function argumentProblem({ message }: Error): string {
  const ambiguous = /^Option '(?:-\w, )?(--[\w-]+).*' argument is ambiguous/.exec(message)
  return ambiguous === null
    ? (message.split(/\.\s/)[0] ?? '')
    : `write a value that begins with a dash as ${ambiguous[1]}=VALUE`
}

async function configFile(flag: string | undefined, world: World) {
  const name = flag ?? world.environment.HALLPASS_CONFIG
  if (name === undefined || name === '') return undefined
  return readSettings({ name, text: textFile(name) })
}
