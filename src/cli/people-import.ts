// Reads a list of groups, accounts and roles (CSV of RFC 4180, or columns divided by tabs) as other systems write it, and makes rows
// for the assignments of a file about people. A mistake is said with its line, and then nothing is printed.
import { isAccountId, parseArn, roleArn } from '../core/arn.ts'
import { foldCase } from '../core/case-fold.ts'
import { normalDn } from '../federation/directory/dn.ts'
import { isRoleArn } from '../service/people/table/file/row.ts'

export type Imported = { readonly lines: readonly string[] } | { readonly problems: readonly string[] }

const columns = ['group', 'account', 'role'] as const

interface Line {
  /** Of the file. */
  readonly at: number
  readonly cells: readonly string[]
}

/** The rows as YAML, one a group, in the order of the list. */
export function importedRows(name: string, text: string, connector: string): Imported {
  const problems: string[] = []
  const report = (at: number, says: string) => void problems.push(`${name}:${at}: ${says}`)
  const [head, ...rest] = cellsOf(text.replace(/^\ufeff/, ''), report)
  const places = columns.map((column) => head?.cells.findIndex((cell) => cell.toLowerCase() === column) ?? -1)
  if (places.includes(-1)) report(head?.at ?? 1, `the first line must name the columns ${columns.join(', ')}`)
  if (problems.length > 0) return { problems }

  const groups = new Map<string, { readonly group: string; readonly roles: Map<string, string> }>()
  for (const { at, cells } of rest) {
    if (cells.every((cell) => cell === '')) continue
    const [group = '', account = '', role = ''] = places.map((place) => cells[place]?.trim() ?? '')
    if (group === '') report(at, 'group: is empty')
    const arn = arnOf(account, role, (says) => report(at, says))
    if (arn === undefined) continue
    const key = normalDn(group) ?? foldCase(group)
    const row = groups.get(key) ?? { group, roles: new Map() }
    groups.set(key, row)
    if (!row.roles.has(arn.toLowerCase())) row.roles.set(arn.toLowerCase(), arn)
  }
  if (problems.length > 0) return { problems }
  return { lines: [...groups.values()].flatMap(({ group, roles }) => rowLines(connector, group, [...roles.values()])) }
}

/** A role by name, by path and name, or by its ARN, which must be of the account. */
function arnOf(account: string, role: string, report: (says: string) => void): string | undefined {
  if (!isAccountId(account)) {
    const lost = /^\d{1,11}$/.test(account)
      ? `: a spreadsheet may have taken zeros, as of ${account.padStart(12, '0')}`
      : ''
    report(`account: must be 12 digits${lost}`)
    return undefined
  }
  if (role.startsWith('arn:')) {
    const isOfAccount = isRoleArn(role) && parseArn(role)?.account === account
    if (!isOfAccount) report('role: must be the ARN of a role in the account')
    return isOfAccount ? role : undefined
  }
  const arn = roleArn(account, '/', role.replace(/^\//, ''))
  if (isRoleArn(arn)) return arn
  report('role: must be the name of a role, with its path or without')
  return undefined
}

const rowLines = (connector: string, group: string, roles: readonly string[]) => [
  `    - connector: ${connector}`,
  `      group: ${JSON.stringify(group)}`,
  '      roles:',
  ...roles.map((arn) => `        - ${arn}`),
]

/** The file's lines of cells. A quoted cell may hold the divider, line ends, and quotes that are doubled. */
function cellsOf(text: string, report: (at: number, says: string) => void): readonly Line[] {
  const [first = ''] = text.split('\n', 1)
  const divider = first.includes('\t') ? '\t' : first.includes(';') && !first.includes(',') ? ';' : ','
  const lines: Line[] = []
  let cells: string[] = []
  let cell = ''
  let [at, begun] = [1, 1]
  let place = 0
  const endLine = () => {
    lines.push({ at: begun, cells: [...cells, cell] })
    cells = []
    cell = ''
  }
  while (place < text.length) {
    const character = text.charAt(place)
    if (character === '"' && cell === '') {
      const end = endOfQuoted(text, place + 1)
      if (end === undefined) {
        report(at, 'a quoted cell does not end')
        return []
      }
      const quoted = text.slice(place + 1, end)
      at += quoted.split('\n').length - 1
      cell = quoted.replaceAll('""', '"')
      place = end + 1
      if (place < text.length && !`${divider}\r\n`.includes(text.charAt(place)))
        report(at, 'text follows a quoted cell')
      continue
    }
    place++
    if (character === divider) {
      cells.push(cell)
      cell = ''
    } else if (character === '\n') {
      endLine()
      at++
      begun = at
    } else if (character !== '\r' || text.charAt(place) !== '\n') cell += character
  }
  if (cell !== '' || cells.length > 0) endLine()
  return lines
}

/** Where the quote stands that ends a cell. */
function endOfQuoted(text: string, from: number): number | undefined {
  for (let at = text.indexOf('"', from); at >= 0; at = text.indexOf('"', at + 2)) {
    if (text.charAt(at + 1) !== '"') return at
  }
  return undefined
}
