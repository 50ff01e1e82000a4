// Reads one row of the table of who may have what.
import { plainOf, textOf, type YamlNode } from '../../../../config/yaml-file.ts'
import type { Section } from '../../../../config/yaml-members.ts'
import { isAccountId, parseArn } from '../../../../core/arn.ts'
import { foldCase } from '../../../../core/case-fold.ts'
import { checkSessionPolicy } from '../../../../core/policy/grammar.ts'
import { isBelow, normalDn } from '../../../../federation/directory/dn.ts'
import type { Assignment, Connector, Entitlement, GroupMatch } from '../../../contracts/people-table.ts'
import { parsePolicyArn } from '../../../principals/names.ts'
import { connectorNamed } from '../named.ts'
import { isRoleName, readPattern, splitsOneWay } from '../pattern.ts'
import type { Reading } from './reading.ts'

const members = [
  ...['connector', 'group', 'pattern', 'base', 'any-name', 'accounts', 'roles', 'session-duration', 'tags'],
  ...['second-factor', 'broker', 'entitlements'],
]

/** Longest name of a group, as an operator writes it. */
const MOST_CHARACTERS = 1024

/** Undefined for a row whose group cannot be read: nobody matches it. */
export function readRow(
  read: Reading,
  path: string,
  node: YamlNode,
  connectors: readonly Connector[],
): Assignment | undefined {
  const section = read.section(path, node, members)
  const name = read.text(section, 'connector', 'must')
  const connector = connectorNamed({ connectors }, name)
  if (name !== undefined && connector === undefined)
    read.wrong(section, 'connector', 'the name of one of the connectors')
  const isPattern = section.members.has('pattern')
  if (isPattern === section.members.has('group')) {
    read.problem(section, 'group', 'a row has either a group or a pattern')
    return undefined
  }
  const roles = readRoles(read, section)
  const entitlements = read
    .items(section, 'entitlements')
    .map((item, at) => readEntitlement(read, `${section.path}.entitlements[${at}]`, item))
  if (isPattern) {
    for (const member of ['roles', 'entitlements'])
      if (section.members.has(member))
        read.problem(section, member, 'a pattern gives the roles that groups are named after')
  } else if (roles.length + entitlements.length === 0) read.problem(section, 'roles', 'must be given, or entitlements')
  const more = {
    sessionSeconds: read.number(section, 'session-duration', [900, 43_200], 3600),
    tags: read.tags(section, 'tags'),
    multiFactor: read.choice(section, 'second-factor'),
  }
  const broker = read.account(section, 'broker')
  const match =
    connector === undefined
      ? undefined
      : isPattern
        ? patternOf(read, section, connector)
        : groupOf(read, section, connector)
  if (match === undefined || connector === undefined) return undefined
  return {
    ...{ place: section.at, connector: connector.name, match, roles, entitlements, ...more },
    ...(broker === undefined ? {} : { broker }),
  }
}

/** INVARIANT: a directory's group is a DN below the base under which groups count. A name alone could be anybody's group. */
function groupOf(read: Reading, section: Section, connector: Connector): GroupMatch | undefined {
  for (const member of ['base', 'any-name', 'accounts'])
    if (section.members.has(member)) read.problem(section, member, 'belongs to a pattern')
  const isShort = (text: string) => text.length <= MOST_CHARACTERS
  const group = read.checked(section, 'group', isShort, 'shorter', 'must')
  if (group === undefined || connector.kind !== 'directory') return group === undefined ? undefined : { group }
  const { base } = connector.directory.groups
  if ((normalDn(group) ?? '') === '') read.wrong(section, 'group', 'the DN of a group')
  else if (normalDn(base) !== undefined && !isBelow(group, base))
    read.problem(section, 'group', `is not below groups.base of ${connector.name}, ${base}: nobody is ever found in it`)
  return { group }
}

/** INVARIANT: a pattern of a directory counts below a base alone: else who may make a group anywhere names any role. */
function patternOf(read: Reading, section: Section, connector: Connector): GroupMatch | undefined {
  const text = read.text(section, 'pattern', 'must') ?? ''
  const pattern = readPattern(text)
  if ('problem' in pattern || text.length > MOST_CHARACTERS)
    read.problem(section, 'pattern', 'problem' in pattern ? pattern.problem : 'must be shorter')
  const base = readPatternBase(read, section, connector)
  const accounts = read.pairs(section, 'accounts')
  if (accounts.size === 0)
    read.problem(section, 'accounts', 'must say which accounts {account} may name, and by which names')
  const seen = new Set<string>()
  for (const [name, id] of accounts) {
    const says = (words: string) => read.problem(section, 'accounts', `${name}: ${words}`)
    if (!isAccountId(id)) says('must be 12 digits, in quotes')
    else if (isAccountId(name) && name !== id) says('is the id of another account')
    if (name === '') says('is no name')
    if (seen.has(foldCase(name))) says('appears twice: names are compared without regard to case')
    seen.add(foldCase(name))
    if (!('problem' in pattern) && !splitsOneWay(pattern, foldCase(name)))
      says('holds the text between {account} and {role}: a group’s name would split in several ways')
  }
  return { pattern: text, ...(base === undefined ? {} : { base }), accounts }
}

function readPatternBase(read: Reading, section: Section, connector: Connector): string | undefined {
  if (connector.kind !== 'directory') {
    if (section.members.has('base'))
      read.problem(section, 'base', `${connector.name} is no directory: its groups have no DN`)
    if (!read.choice(section, 'any-name'))
      read.problem(section, 'any-name', 'must be true: every group that the provider names so counts, whoever made it')
    return undefined
  }
  if (section.members.has('any-name')) read.problem(section, 'any-name', 'is not for a directory: give base')
  const isBase = (text: string) => (normalDn(text) ?? '') !== ''
  const base = read.checked(section, 'base', isBase, 'the DN below which groups of the pattern count', 'must')
  const { base: all } = connector.directory.groups
  if (base !== undefined && normalDn(all) !== undefined && !isBelow(base, all))
    read.problem(section, 'base', `is not below groups.base of ${connector.name}, ${all}: no group is ever found there`)
  return base
}

function readRoles(read: Reading, section: Section): readonly string[] {
  const roles = read.texts(section, 'roles') ?? []
  const seen = new Set<string>()
  for (const arn of roles) {
    if (!isRoleArn(arn))
      read.wrong(section, 'roles', 'a list of ARNs of roles, such as arn:aws:iam::111122223333:role/Admin')
    else if (seen.has(arn.toLowerCase())) read.problem(section, 'roles', `${arn} appears twice`)
    seen.add(arn.toLowerCase())
  }
  return roles
}

export function isRoleArn(text: string): boolean {
  const arn = parseArn(text)
  if (arn === undefined || arn.service !== 'iam' || arn.region !== '' || !isAccountId(arn.account)) return false
  if (!/^aws(?:-[a-z]+)*$/.test(arn.partition) || !arn.resource.startsWith('role/')) return false
  const [name = '', ...path] = arn.resource.slice('role/'.length).split('/').toReversed()
  return isRoleName(name) && path.every((part) => /^[\x21-\x7e]+$/.test(part) && !/[*?]/.test(part))
}

function readEntitlement(read: Reading, path: string, node: YamlNode): Entitlement {
  const section = read.section(path, node, ['account', 'policy-arns', 'policy'])
  const account = read.account(section, 'account', 'must') ?? ''
  const policyArns = read.texts(section, 'policy-arns') ?? []
  for (const arn of policyArns) {
    const parsed = parsePolicyArn(arn)
    if (parsed === undefined || (parsed.account !== 'aws' && parsed.account !== account))
      read.wrong(section, 'policy-arns', 'a list of ARNs of managed policies, AWS’s or of the account')
  }
  const policy = readPolicy(read, section)
  if (policyArns.length === 0 && !section.members.has('policy'))
    read.problem(section, 'policy', 'must be given, or policy-arns: without a session policy nothing is allowed')
  return { account, policyArns, ...(policy === undefined ? {} : { policy }) }
}

/** The policy as compact JSON: what was checked is what is kept, and several of them can be put together. */
function readPolicy(read: Reading, section: Section): string | undefined {
  const node = section.members.get('policy')?.value
  if (node === undefined) return undefined
  const text = textOf(node) ?? (node.kind === 'mapping' ? JSON.stringify(plainOf(node)) : '')
  const fault = checkSessionPolicy(text)
  if (fault !== undefined) {
    read.problem(section, 'policy', fault.message)
    return undefined
  }
  const document = JSON.parse(text) as { Version?: string }
  if (document.Version !== '2012-10-17') read.wrong(section, 'policy', 'of Version 2012-10-17')
  return JSON.stringify(document)
}
