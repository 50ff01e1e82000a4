// Reads the settings: a flag overrides the environment, the environment the file, and the file the default. All mistakes
// are reported at once, each with its place (flag, variable, or file:line:column).
import { isIP } from 'node:net'
import { quotaTexts } from './quotas.ts'
import {
  type Address,
  environmentName,
  type Setting,
  type SettingName,
  type Settings,
  settingNames,
  settings,
} from './settings.ts'
import { plainOf, readYaml } from './yaml-file.ts'

export interface Sources {
  /** The command line's values, by setting name. */
  readonly flags: Readonly<Record<string, string | undefined>>
  readonly environment: Readonly<Record<string, string | undefined>>
  /** The YAML file, when there is one. */
  readonly file?: SettingsFile | undefined
}

/** Settings that cannot be used: a line with its place for each problem. */
export class BadSettings extends Error {
  readonly problems: readonly string[]
  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.problems = problems
  }
}

/** The values in a YAML file, and what is wrong with it. */
export interface SettingsFile {
  readonly values: ReadonlyMap<SettingName, RawValue>
  readonly problems: readonly string[]
}

/** A setting's value as the operator wrote it, and its place for messages. */
interface RawValue {
  readonly value: unknown
  readonly where: string
}

/** Variables that are no settings: the settings' own file, and what the commands of people read (`hallpass login` and others). */
const otherVariables: ReadonlySet<string> = new Set([
  'HALLPASS_CONFIG',
  'HALLPASS_URL',
  'HALLPASS_KEYRING',
  'HALLPASS_MACHINE_FILE',
])

/** @throws BadSettings with every problem found. */
export function loadSettings(sources: Sources): Settings {
  const problems = [...(sources.file?.problems ?? [])]
  for (const name of Object.keys(sources.environment)) {
    if (name.startsWith('HALLPASS_') && !otherVariables.has(name) && !environmentNames.has(name)) {
      problems.push(`${name}: no such setting; \`hallpass help settings\` lists them`)
    }
  }
  const loaded: Record<string, unknown> = {}
  for (const name of settingNames) {
    const setting: Setting = settings[name]
    const variable = environmentName(name)
    const flag = sources.flags[name]
    const fromEnvironment = sources.environment[variable]
    const raw: RawValue | undefined =
      flag !== undefined
        ? { value: flag, where: `--${name}` }
        : fromEnvironment !== undefined && fromEnvironment !== ''
          ? { value: fromEnvironment, where: variable }
          : sources.file?.values.get(name)
    const read = raw === undefined ? defaultOf(setting) : readValue(setting, raw)
    if (read !== undefined && typeof read === 'object' && 'problem' in read) problems.push(read.problem)
    else loaded[name] = read
  }
  if (problems.length > 0) throw new BadSettings(problems)
  return loaded as Settings
}

const environmentNames: ReadonlySet<string> = new Set(settingNames.map(environmentName))

function defaultOf(setting: Setting): Read | undefined {
  return setting.kind === 'address' && typeof setting.default === 'string'
    ? addressOf(setting.default)
    : setting.default
}

/** Reads a YAML file of settings. `loadSettings` throws what is wrong with it. */
export async function readSettings(file: { readonly name: string; readonly text: string }): Promise<SettingsFile> {
  const { contents, problems, report } = await readYaml(file.name, file.text)
  const values = new Map<SettingName, RawValue>()
  if (contents !== undefined && contents.kind !== 'mapping') {
    report(contents.at, 'the file must be a mapping of settings, such as `listen: 127.0.0.1:4600`')
  }
  for (const { key, at, value } of contents?.kind === 'mapping' ? contents.pairs : []) {
    const isPlain =
      value.kind === 'value' || (value.kind === 'list' && value.items.every(({ kind }) => kind === 'value'))
    if (!Object.hasOwn(settings, key)) report(at, `${key}: no such setting; \`hallpass help settings\` lists them`)
    else if (key === 'quotas' && value.kind === 'mapping') {
      const texts = quotaTexts(value, report)
      if (texts.length > 0) values.set('quotas', { value: texts, where: `${at}: quotas` })
    } else if (isPlain) values.set(key as SettingName, { value: plainOf(value), where: `${at}: ${key}` })
    else report(at, `${key}: must be a value or a list`)
  }
  return { values, problems }
}

type Read = string | number | boolean | readonly string[] | Address | { readonly problem: string }

function readValue(setting: Setting, raw: RawValue): Read {
  const read = readKind(setting, raw)
  const texts = typeof read === 'string' ? [read] : Array.isArray(read) ? (read as readonly string[]) : []
  for (const text of texts) {
    const problem = setting.check?.(text)
    if (problem !== undefined) return { problem: `${raw.where}: ${problem}` }
  }
  return read
}

function readKind(setting: Setting, { value, where }: RawValue): Read {
  const wrong = (expected: string) => ({ problem: `${where}: must be ${expected}` })
  switch (setting.kind) {
    case 'number': {
      const [least, most] = setting.range ?? [0, Number.MAX_SAFE_INTEGER]
      const number = typeof value === 'number' ? value : /^\d{1,15}$/.test(String(value)) ? Number(value) : Number.NaN
      return Number.isInteger(number) && number >= least && number <= most
        ? number
        : wrong(`a whole number from ${least} to ${most}`)
    }
    case 'switch':
      return value === true || value === 'true'
        ? true
        : value === false || value === 'false'
          ? false
          : wrong('true or false')
    case 'list': {
      const list = Array.isArray(value) ? value : typeof value === 'string' ? value.split(',') : undefined
      const texts = list?.map((item) => String(item).trim()).filter((item) => item !== '')
      return texts !== undefined && texts.length > 0 ? texts : wrong('a list, or values separated by commas')
    }
    case 'address':
      return (
        (typeof value === 'string' ? addressOf(value) : undefined) ??
        wrong('HOST:PORT, with an IP address or localhost')
      )
    default:
      return typeof value === 'string' && value !== ''
        ? value
        : typeof value === 'number' && setting.kind === 'text'
          ? wrong('a string: put it in quotes')
          : wrong('a string')
  }
}

/** `127.0.0.1:4600`, `[::1]:4600`, `localhost:4600`. */
export function addressOf(text: string): Address | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text)
  const host = match?.[1] ?? match?.[2]
  const port = Number(match?.[3])
  if (host === undefined || port > 65_535) return undefined
  return isIP(host) !== 0 || host === 'localhost' ? { host, port } : undefined
}
