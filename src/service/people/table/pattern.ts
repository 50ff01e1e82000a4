// Patterns of group names that name a role: `AWS-{account}-{role}`. The account is one of the row's list, so a group's name
// splits in one way only, and the role is a plain IAM role name without a path.
import { foldCase } from '../../../core/case-fold.ts'

/** A pattern's text, and what stands between its two places. */
export interface GroupPattern {
  readonly before: string
  readonly between: string
  readonly after: string
  /** Which of the two stands first. */
  readonly first: 'account' | 'role'
}

const ROLE_NAME = /^[\w+=,.@-]{1,64}$/
const places = { account: '{account}', role: '{role}' } as const

/** Reads a pattern, its text folded: names of groups are compared without regard to case. */
export function readPattern(text: string): GroupPattern | { readonly problem: string } {
  const [account, role] = [text.indexOf(places.account), text.indexOf(places.role)]
  const occurs = (place: string) => text.split(place).length - 1
  if (occurs(places.account) !== 1 || occurs(places.role) !== 1) {
    return { problem: 'must contain {account} and {role}, each once' }
  }
  const first = account < role ? 'account' : 'role'
  const [begin, end] = first === 'account' ? [account, role] : [role, account]
  const next = begin + places[first].length
  const before = text.slice(0, begin)
  const between = text.slice(next, end)
  const after = text.slice(end + places[first === 'account' ? 'role' : 'account'].length)
  if (/[{}]/.test(before + between + after)) return { problem: 'may contain no other braces' }
  if (between === '')
    return { problem: 'must have text between {account} and {role}: else a name splits in several ways' }
  if (before === '' && after === '') {
    return { problem: 'must have text before or after {account} and {role}: else groups made for other things count' }
  }
  return { before: foldCase(before), between: foldCase(between), after: foldCase(after), first }
}

/** Whether names with this account split in one way. `account` is folded. */
export function splitsOneWay({ between, first }: GroupPattern, account: string): boolean {
  return first === 'account'
    ? (account + between).indexOf(between) === account.length
    : (between + account).lastIndexOf(between) === 0
}

/** A group's name taken apart: the account folded, the role as the group writes it. Undefined: it is not of the pattern. */
export function splitName(
  { before, between, after, first }: GroupPattern,
  name: string,
): { readonly account: string; readonly role: string } | undefined {
  // Folding keeps a name's length, so that places in one are places in the other.
  const folded = foldCase(name)
  if (folded.length < before.length + between.length + after.length) return undefined
  if (!folded.startsWith(before) || !folded.endsWith(after)) return undefined
  const [begin, end] = [before.length, folded.length - after.length]
  const middle = folded.slice(begin, end)
  const at = first === 'account' ? middle.indexOf(between) : middle.lastIndexOf(between)
  if (at < 0) return undefined
  const left = [begin, begin + at] as const
  const right = [begin + at + between.length, end] as const
  const [account, role] = first === 'account' ? [left, right] : [right, left]
  return { account: folded.slice(...account), role: name.slice(...role) }
}

/** Whether a role can have this name. */
export const isRoleName = (name: string): boolean => ROLE_NAME.test(name)
