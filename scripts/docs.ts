// Writes the generated pages of docs/: operations, settings, commands and divergences, from the tables and comments in
// src/. `npm run docs` writes them; `--check` fails when a page differs from what it would write.
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { servicesOf } from '../src/app/services.ts'
import { commands } from '../src/cli/commands.ts'
import { flagRow, optionRows, usage } from '../src/cli/help.ts'
import { environmentName, type Setting, type SettingName, settingNames, settings } from '../src/config/settings.ts'
import { quotaNames, quotaTable } from '../src/core/quotas.ts'
import { awsManagedPolicies } from '../src/service/aws-managed/policies.ts'
import type { Parts } from '../src/service/parts.ts'
import { contractOf } from '../src/wire/contract.ts'
import { serviceNames, services } from '../src/wire/services.ts'
import { gatewayPage } from './gateway-docs.ts'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const generated = '<!-- Written by `npm run docs`. -->'

type Cells = readonly string[]

/** A Markdown table. A bar in a cell would end it. */
function table(head: Cells, rows: readonly Cells[]): string {
  const line = (cells: Cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

function operations(): string {
  // Only the tables are read and no operation is run, so they need no parts.
  const tables = servicesOf({} as Parts)
  const sections = serviceNames.map((service) => {
    const entries = tables[service]
    const contract = contractOf(service)
    const names = Object.keys(entries).sort()
    const offered = names.flatMap((name) => {
      const entry = entries[name]
      if (entry === undefined || 'unsupported' in entry) return []
      const errors = contract.operation(name)?.errors.map((error) => contract.error(error)?.code ?? error) ?? []
      const does = entry.audit.issued !== undefined ? 'issues credentials' : 'change' in entry ? 'changes' : 'reads'
      return [[`\`${name}\``, does, signatures[entry.signature], errors.map((code) => `\`${code}\``).join(', ')]]
    })
    const missing = new Map<string, string[]>()
    for (const name of names) {
      const entry = entries[name]
      if (entry === undefined || !('unsupported' in entry)) continue
      const reason = entry.unsupported.replace(/^./, (first) => first.toUpperCase()).replace(/[^.]$/, '$&.')
      missing.set(reason, [...(missing.get(reason) ?? []), name])
    }
    const left = names.length - offered.length
    return [
      `## ${services[service].title}`,
      '',
      `API version ${contract.version}. ${offered.length} of ${names.length} operations are offered.`,
      '',
      table(['Operation', 'Does', 'Caller', 'Errors of its own'], offered),
      '',
      ...(left === 0 ? [] : [`Not offered (answered with an unknown-action error), ${left} operations:`, '']),
      ...[...missing].map(([reason, names]) => `- ${reason} ${names.map((name) => `\`${name}\``).join(', ')}`),
    ].join('\n')
  })
  const intro =
    'Which operations of AWS’s APIs are offered, and which are not, with the reason. Names, shapes and errors are AWS’s.'
  const managed = awsManagedPolicies.map(({ arn }) => `- \`${arn}\``)
  const policies = ['## AWS-managed policies', '', 'Only these exist:', '', ...managed].join('\n')
  return [
    '# Operations',
    '',
    generated,
    '',
    intro,
    '',
    [...sections, policies].map((one) => one.trimEnd()).join('\n\n'),
  ].join('\n')
}

const signatures = {
  required: 'signed',
  none: 'not signed: brings its own proof',
  optional: 'signed or anonymous',
  certificate: 'signed with a certificate',
} as const

function settingsPage(): string {
  const rows = settingNames.map((name) => {
    const setting: Setting = settings[name]
    const flag =
      setting.noFlag === true ? 'none' : `\`--${name}${setting.value === undefined ? '' : ` ${setting.value}`}\``
    const value = setting.default === undefined ? '' : `\`${setting.default}\``
    return [flag, `\`${environmentName(name)}\``, `\`${name}\``, value, setting.says]
  })
  return [
    '# Settings',
    '',
    generated,
    '',
    'Every setting has three names. A flag overrides the environment, the environment the YAML file that `--config FILE` or',
    '`HALLPASS_CONFIG` names, and the file the default. A mistake is reported with its place: flag, variable, or',
    'file:line:column.',
    '',
    table(['Flag', 'Environment', 'YAML key', 'Default', 'What it is'], rows),
    '',
    ...quotasSection(),
  ].join('\n')
}

function quotasSection(): readonly string[] {
  const rows = quotaNames.map((name) => {
    const { standard, most, aws, says }: { standard: number; most: number; aws?: number; says: string } =
      quotaTable[name]
    return [`\`${name}\``, String(standard), aws === undefined ? 'no' : `to ${aws}`, String(most), says]
  })
  return [
    '## Quotas',
    '',
    'AWS’s default quotas apply unless `quotas` sets other numbers, for the whole installation or for single accounts:',
    '',
    '```yaml',
    'quotas:',
    '  RolesPerAccount: 5000',
    '  accounts:',
    "    '111122223333': { RolesPerAccount: 9000, PoliciesPerRole: 20 }",
    '```',
    '',
    'The same as a flag: `--quotas RolesPerAccount=5000,111122223333:RolesPerAccount=9000`. The names are those in refusals',
    '(`Cannot exceed quota for RolesPerAccount: 1000`); GetAccountSummary shows the numbers that apply. A lower number removes nothing that',
    'exists already. Sizes and attachments have a ceiling, because they bound the work of every decision about a principal.',
    'Software that must also work with AWS should not need more than the number to which AWS raises a quota.',
    '',
    table(['Quota', 'AWS’s default', 'Raised by AWS', 'Most here', 'What it bounds'], rows),
  ]
}

function commandsPage(): string {
  const sections = commands.map((command) => {
    const own = optionRows(command)
    const server = command.settings.length === settingNames.length
    const flags = server ? [] : command.settings.map((name: SettingName) => flagRow(name))
    const rows = [...own, ...flags].map(([flag, says]) => [`\`${flag}\``, says])
    return [
      `## hallpass ${usage(command)}`,
      '',
      command.says,
      '',
      ...(rows.length === 0 ? [] : [table(['Option', 'What it does'], rows), '']),
      ...(server ? ['It takes every [setting](settings.md) too.', ''] : []),
    ].join('\n')
  })
  return [
    '# Commands',
    '',
    generated,
    '',
    'In a checkout, `node bin/hallpass.js COMMAND` from its folder; installed, `hallpass COMMAND`. Exit codes: 0 done, 1 not',
    'done (standard error says why), 2 the command line or a setting is wrong. Commands that read or change a data folder call',
    'the server that runs on it, over the admin socket in the folder, and work on the store themselves when no server runs.',
    '',
    sections.join('\n'),
  ].join('\n')
}

/** Every `DIVERGES:` in the source's comments: from the mark to the end of its comment or paragraph. */
function divergences(): string {
  const files = globSync('src/**/*.ts', { cwd: root })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => !file.endsWith('.test.ts') && !file.endsWith('.gen.ts'))
    .sort()
  const rows = files.flatMap((file) =>
    divergencesIn(readFileSync(join(root, file), 'utf8')).map((text) => [text, `[${file}](../${file})`]),
  )
  return [
    '# Where Hallpass differs from AWS',
    '',
    generated,
    '',
    'Collected from the `DIVERGES:` comments in the source, each of which stands beside the code that it describes.',
    '',
    table(['What', 'Where'], rows),
  ].join('\n')
}

function divergencesIn(text: string): readonly string[] {
  const divergences: string[] = []
  let current: string[] | undefined
  const end = () => {
    if (current !== undefined) divergences.push(current.join(' ').trim())
    current = undefined
  }
  for (const line of text.split('\n')) {
    const comment =
      /^\s*(?:\/\/|\/\*\*?|\*(?!\/))\s?(.*?)\s*(\*\/)?\s*$/.exec(line) ?? /\/\/\s(.*DIVERGES:.*)$/.exec(line)
    const words = comment?.[1] ?? ''
    const mark = words.indexOf('DIVERGES:')
    if (comment === null || words === '' || /^(?:INVARIANT:|@)/.test(words)) end()
    if (mark >= 0) {
      end()
      current = [words.slice(mark + 'DIVERGES:'.length).trim()]
    } else if (comment !== null && words !== '') current?.push(words)
    if (comment?.[2] !== undefined) end()
  }
  end()
  return divergences.map((text) => text.replace(/^./, (first) => first.toUpperCase()))
}

const gateway = await gatewayPage(table)

const pages: Readonly<Record<string, () => string>> = {
  'docs/operations.md': operations,
  'docs/gateway.md': () => ['# Gateway', '', generated, '', gateway].join('\n'),
  'docs/settings.md': settingsPage,
  'docs/commands.md': commandsPage,
  'docs/divergences.md': divergences,
}

const check = process.argv.includes('--check')
const stale: string[] = []
for (const [name, write] of Object.entries(pages)) {
  const file = join(root, name)
  const text = `${write().trimEnd()}\n`
  if (existsSync(file) && readFileSync(file, 'utf8') === text) continue
  stale.push(name)
  if (!check) writeFileSync(file, text)
}
if (check && stale.length > 0) {
  console.error(`out of date: ${stale.join(', ')}. Run \`npm run docs\`.`)
  process.exitCode = 1
} else console.log(check ? 'generated pages are up to date' : `wrote ${stale.join(', ') || 'nothing: all up to date'}`)
