// Reads the `people:` section of a file for `hallpass apply`: connectors, broker users, targets, and the table of who may have what.
// Whatever has a mistake is not applied at all. The last check is the decision itself (assignments.ts): for a person of each
// row's group it finds rows that contradict each other, and roles that no broker user assumes.
//
//   people:
//     brokers: [{ account: '111122223333', user: hallpass-broker }]
//     connectors:
//       - name: corp
//         kind: directory
//         preset: active-directory
//         servers: [ldaps://dc1.corp.example, ldaps://dc2.corp.example]
//         bind-name: cn=hallpass,ou=services,dc=corp,dc=example
//         bind-password-file: bind.secret
//         people: { base: 'OU=People,DC=corp,DC=example' }
//         groups: { base: 'OU=Groups,DC=corp,DC=example' }
//     assignments:
//       - { connector: corp, group: 'CN=Admins,OU=Groups,DC=corp,DC=example', roles: ['arn:aws:iam::111122223333:role/Admin'] }
//       - connector: corp
//         pattern: AWS-{account}-{role}
//         base: OU=AWS,OU=Groups,DC=corp,DC=example
//         accounts: { prod: '444455556666' }
import type { YamlFile, YamlNode } from '../../../../config/yaml-file.ts'
import { memberReaders, type Section } from '../../../../config/yaml-members.ts'
import { readProxyRange } from '../../../../core/range-text.ts'
import type { Person } from '../../../../federation/person.ts'
import type { Assignment, PeopleTable } from '../../../contracts/people-table.ts'
import { allowed } from '../assignments.ts'
import { connectorOfKind } from '../named.ts'
import { readPattern } from '../pattern.ts'
import { readConnector } from './connector.ts'
import { createReading, type Given, type Reading } from './reading.ts'
import { readRow } from './row.ts'
import { readBroker, readTarget } from './target.ts'

/** The section as it is written: which version of the table it becomes is not known yet. */
export type PeopleSection = Omit<PeopleTable, 'version'>

/** Most of each. Every pattern is looked at for every group of a person (matches.ts), so there are few. */
const most = { connectors: 32, brokers: 1000, targets: 64, assignments: 10_000 } as const
const MOST_PATTERNS = 64

/** Reads the section; undefined when something was reported. */
export function readPeople(
  { problems, report }: YamlFile,
  node: YamlNode,
  options: { readonly given: Given; readonly development: boolean },
): PeopleSection | undefined {
  const before = problems.length
  const read = createReading({ read: memberReaders(report), ...options })
  const section = read.section('people', node, [...Object.keys(most), 'device-networks'])
  const list = (name: keyof typeof most) => {
    const items = read.items(section, name)
    if (items.length > most[name]) read.problem(section, name, `at most ${most[name]}`)
    return items.slice(0, most[name]).map((item, at) => [`people.${name}[${at}]`, item] as const)
  }
  const connectors = list('connectors').flatMap(([path, item]) => readConnector(read, path, item) ?? [])
  const brokers = list('brokers').map(([path, item]) => readBroker(read, path, item))
  const targets = list('targets').map(([path, item]) => readTarget(read, path, item))
  const assignments = list('assignments').flatMap(([path, item]) => readRow(read, path, item, connectors) ?? [])
  const deviceNetworks = readDeviceNetworks(read, section)

  const once = (name: string, what: string, values: readonly string[]) => {
    const seen = new Set<string>()
    for (const value of values) {
      if (value !== '' && seen.has(value)) read.problem(section, name, `${what} ${value} appears twice`)
      seen.add(value)
    }
  }
  once(
    'connectors',
    'the name',
    connectors.map(({ name }) => name),
  )
  once(
    'brokers',
    'account',
    brokers.map(({ account }) => account),
  )
  once(
    'targets',
    'the name',
    targets.map(({ name }) => name),
  )
  once(
    'targets',
    'account',
    targets.flatMap(({ accounts }) => accounts),
  )
  // A token for one target would else be good at the other.
  once(
    'targets',
    'audience',
    targets.map(({ audience }) => audience),
  )
  for (const { account } of brokers)
    if (targets.some(({ accounts }) => accounts.includes(account)))
      read.problem(section, 'brokers', `account ${account} is at a target: its broker user would be there`)
  for (const { broker, place } of assignments)
    if (broker !== undefined && !brokers.some(({ account }) => account === broker))
      report(place, `broker: there is no broker user in account ${broker}`)
  const patterns = assignments.filter(({ match }) => 'pattern' in match)
  if (patterns.length > MOST_PATTERNS) read.problem(section, 'assignments', `at most ${MOST_PATTERNS} patterns`)

  if (problems.length > before) return undefined
  const table = { connectors, brokers, targets, assignments, deviceNetworks }
  for (const { place, problem } of contradictions({ version: 0, ...table })) report(place, problem)
  return problems.length > before ? undefined : table
}

function readDeviceNetworks(read: Reading, section: Section): readonly string[] {
  const networks = read.texts(section, 'device-networks') ?? []
  for (const network of networks) {
    const range = readProxyRange(network)
    if ('invalid' in range)
      read.problem(
        section,
        'device-networks',
        'a list of CIDR ranges, and none of everything: device codes are for known networks',
      )
  }
  return networks
}

/** What the rows themselves make impossible, each once: found by asking what a person of each row's group would have. */
function contradictions(table: PeopleTable): readonly { readonly place: string; readonly problem: string }[] {
  const found = new Map<string, { place: string; problem: string }>()
  for (const row of table.assignments) {
    for (const group of groupsOf(table, row)) {
      const person: Omit<Person, 'multiFactor'> = {
        ...{ connector: row.connector, id: '', login: '', groups: [group] },
        attributes: new Map(),
      }
      for (const problem of allowed(table, person).problems) found.set(`${problem.place}\n${problem.problem}`, problem)
    }
  }
  return [...found.values()]
}

function groupsOf(table: PeopleTable, { connector, match }: Assignment): readonly Person['groups'][number][] {
  const isDirectory = connectorOfKind(table, connector, 'directory') !== undefined
  if ('group' in match) return [isDirectory ? { name: '', dn: match.group } : { name: match.group }]
  const pattern = readPattern(match.pattern)
  if ('problem' in pattern) return []
  const { before, between, after, first } = pattern
  return [...match.accounts.keys()].map((account) => ({
    name: before + (first === 'account' ? [account, 'Role'] : ['Role', account]).join(between) + after,
    ...(match.base === undefined ? {} : { dn: `cn=group,${match.base}` }),
  }))
}
