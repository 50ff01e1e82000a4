// What a command of the executable is, and how its arguments are read. Commands stand in one table (commands.ts); `--help`
// and docs/commands.md are written from it.
import { parseArgs } from 'node:util'
import { Failure } from '../app/failure.ts'
import { textFile } from '../app/text-file.ts'
import { loadSettings, readSettings } from '../config/load.ts'
import { type SettingName, type Settings, settingNames, settings } from '../config/settings.ts'
import type { StoreKind } from '../store/kind.ts'

/** The outside world of a command. */
export interface World {
  /** The kinds of stores that settings may choose from. */
  readonly stores: readonly StoreKind[]
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly clock: () => Date
  /** Standard output, for what a script would read; a line. */
  readonly out: (line: string) => void
  /** Standard error, for what a person would; a line. */
  readonly err: (line: string) => void
  /** Standard output is a terminal. */
  readonly terminal: boolean
  /** How the user calls this executable from the current folder: `hallpass`, `node bin/hallpass.js`. */
  readonly invocation: string
  /** Called when a server is up: memory that only starting needed may be given back. */
  readonly settled: () => void
  /** Resolves when the process is asked to end; `hangup` hears SIGHUP. */
  readonly ended: (hangup: () => void) => Promise<void>
}

export interface Option {
  readonly kind: 'text' | 'switch'
  /** Shown after the flag. */
  readonly value?: string
  readonly says: string
  readonly many?: true
}

export interface Command {
  /** `keys rotate`. */
  readonly name: string
  /** One line. */
  readonly says: string
  /** Arguments without flags, as shown: `REQUEST-ID`; in brackets when it may be left out. */
  readonly takes?: string
  readonly options?: Readonly<Record<string, Option>>
  /** Which settings of the server it takes as flags too. */
  readonly settings: readonly SettingName[]
  readonly run: (given: Given, world: World) => Promise<number>
}

/** A command's arguments as read. */
export interface Given {
  readonly settings: Settings
  readonly texts: Readonly<Record<string, string | undefined>>
  readonly lists: Readonly<Record<string, readonly string[]>>
  readonly switches: Readonly<Record<string, boolean | undefined>>
  readonly rest: readonly string[]
}

/** Settings of the commands that ask a running server: where the data is. */
export const dataSettings: readonly SettingName[] = ['data']
/** Settings of the commands that may open the store. */
export const storeSettings: readonly SettingName[] = ['data', 'store', 'master-key-file']

/** Reads a command's arguments. Rejects Failure, with what to do instead, and BadSettings. */
export async function readArguments(command: Command, words: readonly string[], world: World): Promise<Given> {
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
  if (parsed.positionals.length < least || parsed.positionals.length > takes.length) {
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
  return {
    settings: loadSettings({ flags, environment: world.environment, file: await configFile(texts.config, world) }),
    texts,
    lists,
    switches,
    rest: parsed.positionals,
  }
}

/** The first sentence of what Node says, which goes on with its own advice on several lines. */
function argumentProblem({ message }: Error): string {
  const ambiguous = /^Option '(?:-\w, )?(--[\w-]+).*' argument is ambiguous/.exec(message)
  return ambiguous === null
    ? (message.split(/\.\s/)[0] ?? '')
    : `a value that begins with a dash is given as ${ambiguous[1]}=VALUE`
}

async function configFile(flag: string | undefined, world: World) {
  const name = flag ?? world.environment.HALLPASS_CONFIG
  if (name === undefined || name === '') return undefined
  return readSettings({ name, text: textFile(name) })
}
