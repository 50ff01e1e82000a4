// hallpass people: what a person of a connector may have, and why; and rows for the table, made of another system's list.
import { Failure } from '../app/failure.ts'
import type { ExplainedGrant, ExplainedPerson } from '../app/operator/explain-person.ts'
import { textFile } from '../app/text-file.ts'
import { printable } from '../core/printable.ts'
import { table } from '../core/table.ts'
import { callRoute } from './call-route.ts'
import { type Command, storeSettings } from './command.ts'

export const peopleExplain: Command = {
  name: 'people explain',
  says: 'Explain what a person may have: their groups, which row gives which role, and whether the role’s trust policy agrees.',
  takes: 'NAME',
  options: {
    connector: { kind: 'text', value: 'C', says: 'The connector of the person; all of them by default.' },
    json: { kind: 'switch', says: 'Print JSON.' },
  },
  settings: storeSettings,
  async run(input, world) {
    const [name = ''] = input.rest
    const { connector } = input.texts
    const explained = await callRoute(input, world, 'POST /people/explain', {
      name,
      ...(connector === undefined ? {} : { connector }),
    })
    if (input.switches.json === true) world.out(JSON.stringify(explained, undefined, 2))
    else for (const person of explained.people) for (const line of linesOf(name, person)) world.out(printable(line))
    return explained.people.some(({ person }) => person !== undefined) ? 0 : 1
  },
}

function linesOf(name: string, { connector, refused, person, grants, problems }: ExplainedPerson): readonly string[] {
  if (person === undefined) return [notLetIn(name, connector, refused)]
  const groups = person.groups.map(({ name, dn }) => `  ${dn ?? name}`)
  return [
    `${person.login} of ${connector}, id ${person.id}, in sessions ${person.sessionName}`,
    `groups (${groups.length}):`,
    ...groups,
    ...(grants.length === 0 ? ['The table gives nothing.'] : grants.flatMap(grantLines)),
    ...problems.map(({ place, problem }) => `✗ ${place}: ${problem}`),
  ]
}

function notLetIn(name: string, connector: string, refused = ''): string {
  if (refused === 'unknown') return `${connector} knows nobody called ${name}`
  // One word is the connector's no; a sentence says why it was not asked, or did not answer.
  return /^[a-z-]+$/.test(refused) ? `${connector} does not let ${name} in: ${refused}` : `${connector}: ${refused}`
}

const marks: Readonly<Record<ExplainedGrant['outcome'], string>> = { given: '✓', refused: '✗', elsewhere: '·' }

function grantLines({
  what,
  by,
  rows,
  outcome,
  says,
  sessionSeconds,
  multiFactor,
  tags,
}: ExplainedGrant): readonly string[] {
  const tagText = Object.entries(tags).map(([key, value]) => `${key}=${value}`)
  const facts = [
    ...rows.map(({ place, groups }) => ['row', `${place} for ${groups.join('; ')}`]),
    ['by', by],
    ['session', `${sessionSeconds} s${multiFactor ? ', with a second factor' : ''}`],
    ...(tagText.length === 0 ? [] : [['tags', tagText.join(', ')]]),
    ...(says === undefined ? [] : [[outcome === 'refused' ? 'refused' : 'note', says]]),
    ...(outcome === 'elsewhere' ? [['note', 'the target decides, and is not asked']] : []),
  ]
  return [`${marks[outcome]} ${what}`, ...table(facts, '    ')]
}

export const peopleImport: Command = {
  name: 'people import',
  says: 'Print the rows of a list of groups, accounts and roles (CSV or TSV), for the assignments of a file about people.',
  takes: 'FILE',
  options: { connector: { kind: 'text', value: 'C', says: 'The connector of the groups.' } },
  settings: [],
  async run(input, world) {
    const [name = ''] = input.rest
    const { connector } = input.texts
    if (connector === undefined || !/^[a-z][a-z0-9-]{0,30}$/.test(connector))
      throw new Failure('--connector: name the connector of the groups, as the file about people does', 2)
    // It reads policies' and DNs' grammar: loaded by this command alone.
    const { importedRows } = await import('./people-import.ts')
    const imported = importedRows(name, textFile(name), connector)
    if ('problems' in imported) throw new Failure(imported.problems.join('\n'))
    for (const line of imported.lines) world.out(line)
    return 0
  },
}
