// What another table changes, for the operator: lines without secrets, in the words of `hallpass apply`.
import { inspect } from 'node:util'
import type { Assignment, PeopleTable } from '../../contracts/people-table.ts'
import type { PeopleSection } from './file/people-file.ts'
import { tableText } from './table-text.ts'

export interface TableChanges {
  readonly created: readonly string[]
  readonly changed: readonly string[]
  readonly removed: readonly string[]
}

/** A thing of the table: its name, and a text that is another's whenever anything of it is another. */
interface Thing {
  readonly name: string
  readonly text: string
  readonly place?: string
}

/** What the table of a file changes of the one in force. */
export function tableChanges(before: PeopleSection, after: PeopleSection): TableChanges {
  const [old, fresh] = [thingsOf(before), thingsOf(after)]
  const [created, changed, removed] = [[] as string[], [] as string[], [] as string[]]
  for (const [name, things] of fresh) {
    const left = [...(old.get(name) ?? [])]
    const unmatched = things.filter(({ text }) => {
      const same = left.findIndex((thing) => thing.text === text)
      if (same >= 0) left.splice(same, 1)
      return same < 0
    })
    for (const thing of unmatched) (left.shift() === undefined ? created : changed).push(lineOf(thing))
    removed.push(...left.map(lineOf))
  }
  for (const [name, things] of old) if (!fresh.has(name)) removed.push(...things.map(lineOf))
  return { created, changed, removed }
}

const lineOf = ({ name, place }: Thing) => (place === undefined ? name : `${name} (${place})`)

/** Things by name. Several rows of one group have one name. */
function thingsOf(table: PeopleSection): ReadonlyMap<string, readonly Thing[]> {
  const things = new Map<string, Thing[]>()
  const add = (thing: Thing) => {
    const named = things.get(thing.name)
    if (named === undefined) things.set(thing.name, [thing])
    else named.push(thing)
  }
  for (const connector of table.connectors)
    add({ name: `connector ${connector.name}`, text: textOf({ connectors: [connector] }) })
  for (const broker of table.brokers)
    add({ name: `broker user ${broker.account}/${broker.user}`, text: textOf({ brokers: [broker] }) })
  for (const target of table.targets) add({ name: `target ${target.name}`, text: textOf({ targets: [target] }) })
  for (const network of table.deviceNetworks) add({ name: `device network ${network}`, text: '' })
  for (const row of table.assignments) {
    const { place, ...rest } = row
    add({
      name: `assignment ${row.connector} ${matchText(row)}`,
      text: textOf({ assignments: [rest as Assignment] }),
      place,
    })
  }
  return things
}

/** With secrets in the clear: compared, and never shown. */
const textOf = (part: Partial<PeopleTable>) => tableText(part as PeopleSection, (_place, text) => text)

/** A row's group or pattern, as messages show it. */
function matchText({ match }: Pick<Assignment, 'match'>): string {
  return inspect('group' in match ? match.group : match.pattern)
}
