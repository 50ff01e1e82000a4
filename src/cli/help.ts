// The text of `help`, from the tables of commands and settings.
import { environmentName, type Setting, type SettingName, settingNames, settings } from '../config/settings.ts'
import { table } from '../core/table.ts'
import type { Command } from './command.ts'

export function helpText(commands: readonly Command[]): string {
  return [
    'Hallpass: a Security Token Service you run yourself, wire-compatible with AWS.',
    '',
    'Usage: hallpass COMMAND [OPTIONS]',
    '',
    ...table(
      commands.map((command) => [usage(command), command.says]),
      '  ',
    ),
    '',
    '`hallpass help COMMAND` explains a command; `hallpass help settings` lists every setting of the server.',
  ].join('\n')
}

/** `keys rotate`, `apply FILE`. */
export const usage = (command: Command) =>
  command.takes === undefined ? command.name : `${command.name} ${command.takes}`

/** A row for each of a command's own options: flag and explanation. */
export const optionRows = (command: Command): readonly (readonly [string, string])[] =>
  Object.entries(command.options ?? {}).map(([name, { value, says }]) => [
    `--${name}${value === undefined ? '' : ` ${value}`}`,
    says,
  ])

export function commandHelp(command: Command): string {
  const config: [string, string] = [
    '--config FILE',
    command.ownConfig
      ? "A YAML file of this command's own."
      : 'A YAML file of settings; or HALLPASS_CONFIG in the environment.',
  ]
  return [
    `Usage: hallpass ${usage(command)} [OPTIONS]`,
    '',
    command.says,
    '',
    ...table([...optionRows(command), ...command.settings.filter(hasFlag).map(flagRow), config], '  '),
  ].join('\n')
}

const hasFlag = (name: SettingName) => (settings[name] as Setting).noFlag !== true

/** A setting's row: flag and explanation. */
export function flagRow(name: SettingName): readonly [string, string] {
  const setting: Setting = settings[name]
  const standard = setting.default === undefined ? '' : ` Default: ${setting.default}.`
  return [`--${name}${setting.value === undefined ? '' : ` ${setting.value}`}`, `${setting.says}${standard}`]
}

export function settingsHelp(): string {
  return [
    'Every setting has three names: a flag, an environment variable, and a key in the YAML file (--config FILE).',
    'A flag overrides the environment, and the environment overrides the file.',
    '',
    ...settingNames.map((name) => {
      const [flag, says] = flagRow(name)
      return `${hasFlag(name) ? `${flag}   ` : ''}${environmentName(name)}   ${name}:\n      ${says}`
    }),
  ].join('\n')
}
