// What the table gives a person. Several rows may give one role: then what refuses more holds. The shortest session, a second
// factor when any of the rows asks for one, and no role at all when their tags or broker users contradict each other.
// Whether a role may be assumed is the trust policy's decision still.
import { nameInArn } from '../../../core/arn.ts'
import { foldCase } from '../../../core/case-fold.ts'
import { isTagValue, MOST_SESSION_TAGS } from '../../../core/tag-texts.ts'
import type { Person } from '../../../federation/person.ts'
import type {
  Allowed,
  AllowedEntitlement,
  AllowedRole,
  Assignment,
  BrokerUser,
  Entitlement,
  PeopleTable,
} from '../../contracts/people-table.ts'
import type { Tag } from '../../records.ts'
import { type Match, matchesOf } from './matches.ts'
import { connectorNamed } from './named.ts'

type PersonFacts = Pick<Person, 'connector' | 'id' | 'login' | 'groups' | 'attributes'>
type Problem = Allowed['problems'][number]

/** Session policies that GetFederationToken takes by ARN. */
const MOST_POLICY_ARNS = 10

/** What holds for one role, or for one account's entitlements, after all of its rows. */
interface Terms {
  readonly broker?: BrokerUser
  readonly sessionSeconds: number
  readonly tags: readonly Tag[]
  readonly multiFactor: boolean
  readonly places: readonly string[]
}

/** Everything that the table gives this person. */
export function allowed(table: PeopleTable, person: PersonFacts): Allowed {
  const matches = matchesOf(table, person)
  const problems = new Map<string, Problem>()
  const refuse = (rows: Iterable<Assignment>, problem: string) => {
    for (const { place } of rows) problems.set(`${place}\n${problem}`, { place, problem })
  }
  for (const { row, problem } of matches) if (problem !== undefined) refuse([row], problem)
  const termsOf = createTerms(table, person)

  const roles: AllowedRole[] = []
  for (const { arn, account, rows } of roleRows(matches)) {
    const target = targetOf(table, account)
    const terms = termsOf(rows, target === undefined ? (all) => roleBroker(table, account, all) : undefined)
    if ('problem' in terms) refuse(rows, `${arn}: ${terms.problem}`)
    else roles.push({ arn, account, ...(target === undefined ? {} : { target }), ...terms })
  }

  const entitlements: AllowedEntitlement[] = []
  for (const [account, given] of entitlementRows(matches)) {
    const rows = given.map(({ row }) => row)
    const target = targetOf(table, account)
    const terms = termsOf(rows, target === undefined ? () => brokerIn(table, account) : undefined)
    const policies = mergedPolicies(given.map(({ entitlement }) => entitlement))
    if ('problem' in terms) refuse(rows, `entitlements in ${account}: ${terms.problem}`)
    else if (policies.policyArns.length > MOST_POLICY_ARNS) {
      refuse(rows, `entitlements in ${account}: more than ${MOST_POLICY_ARNS} policy ARNs together`)
    } else entitlements.push({ account, ...(target === undefined ? {} : { target }), ...policies, ...terms })
  }

  return {
    roles: roles.sort((a, b) => compare(a.account, b.account) || compare(nameInArn(a.arn), nameInArn(b.arn))),
    entitlements: entitlements.sort((a, b) => compare(a.account, b.account)),
    problems: [...problems.values()],
  }
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

/**
 * The rows of each role. IAM's names are unique without regard to case: a role that two groups spell differently is one, and
 * has the restrictions of both; a row that lists it decides the spelling.
 */
function roleRows(matches: readonly Match[]) {
  const roles = new Map<string, { arn: string; listed: boolean; account: string; rows: Set<Assignment> }>()
  for (const { row, roles: arns } of matches) {
    const listed = 'group' in row.match
    for (const arn of arns) {
      const key = arn.toLowerCase()
      const role = roles.get(key) ?? { arn, listed, account: arn.split(':')[4] ?? '', rows: new Set() }
      roles.set(key, role)
      role.rows.add(row)
      const better = listed === role.listed ? arn < role.arn : listed
      if (better) Object.assign(role, { arn, listed })
    }
  }
  return roles.values()
}

function entitlementRows(matches: readonly Match[]) {
  const accounts = new Map<string, { row: Assignment; entitlement: Entitlement }[]>()
  const rows = new Set(matches.flatMap(({ row, problem }) => (problem === undefined ? [row] : [])))
  for (const row of rows) {
    for (const entitlement of row.entitlements) {
      const given = accounts.get(entitlement.account) ?? []
      accounts.set(entitlement.account, given)
      given.push({ row, entitlement })
    }
  }
  return accounts
}

const targetOf = ({ targets }: PeopleTable, account: string): string | undefined =>
  targets.find(({ accounts }) => accounts.includes(account))?.name

type ChooseBroker = (rows: readonly Assignment[]) => BrokerUser | { readonly problem: string }

function createTerms(table: PeopleTable, person: PersonFacts) {
  const own = personTags(table, person)

  return (rows: Iterable<Assignment>, choose: ChooseBroker | undefined): Terms | { readonly problem: string } => {
    const all = [...new Set(rows)]
    const tags = mergedTags(own, all)
    if ('problem' in tags) return tags
    const broker = choose?.(all)
    if (broker !== undefined && 'problem' in broker) return broker
    return {
      ...(broker === undefined ? {} : { broker }),
      sessionSeconds: Math.min(...all.map(({ sessionSeconds }) => sessionSeconds)),
      tags: tags.tags,
      multiFactor: all.some(({ multiFactor }) => multiFactor),
      places: [...new Set(all.map(({ place }) => place))].sort(compare),
    }
  }
}

function brokerIn({ brokers }: PeopleTable, account: string): BrokerUser | { readonly problem: string } {
  return (
    brokers.find((broker) => broker.account === account) ?? { problem: `there is no broker user in account ${account}` }
  )
}

/** The broker user that all the rows of a role mean: the one they name, else the account's own, else the only one there is. */
function roleBroker(table: PeopleTable, account: string, rows: readonly Assignment[]): ReturnType<ChooseBroker> {
  const { brokers } = table
  const only = brokers.length === 1 ? brokers[0]?.account : undefined
  const accounts = new Set(rows.map(({ broker }) => broker ?? only ?? account))
  if (accounts.size > 1) return { problem: `its rows name several broker users: of ${[...accounts].join(' and ')}` }
  const [named = account] = accounts
  return brokerIn(table, named)
}

type PersonTags = ReadonlyMap<
  string,
  { readonly key: string } & ({ readonly value: string } | { readonly problem: string })
>

/** The tags that the connector makes of the person's attributes, by folded key. Who lacks an attribute lacks the tag. */
function personTags(table: PeopleTable, { connector, attributes }: PersonFacts): PersonTags {
  const tags = connectorNamed(table, connector)?.tags ?? new Map<string, string>()
  const made = new Map<string, { key: string; value: string } | { key: string; problem: string }>()
  for (const [key, attribute] of tags) {
    const values = attributes.get(attribute.toLowerCase()) ?? []
    const [value] = values
    if (value === undefined) continue
    if (values.length > 1) made.set(foldCase(key), { key, problem: `${attribute} has ${values.length} values` })
    else if (!isTagValue(value)) made.set(foldCase(key), { key, problem: `${attribute} is not a tag's value` })
    else made.set(foldCase(key), { key, value })
  }
  return made
}

/** INVARIANT: a tag that has two values is not chosen among: policies decide by it. */
function mergedTags(own: PersonTags, rows: readonly Assignment[]): { tags: readonly Tag[] } | { problem: string } {
  const ofRows = new Map<string, { readonly tag: Tag; readonly place: string }>()
  for (const { tags, place } of rows) {
    for (const tag of tags) {
      const before = ofRows.get(foldCase(tag.Key))
      if (before === undefined) ofRows.set(foldCase(tag.Key), { tag, place })
      else if (before.tag.Value !== tag.Value) {
        return { problem: `${before.place} and ${place} give tag ${tag.Key} different values` }
      }
    }
  }
  const merged: Tag[] = []
  for (const [folded, tag] of own) {
    if (ofRows.has(folded)) continue
    if ('problem' in tag) return { problem: `no tag ${tag.key} can be made of the person: ${tag.problem}` }
    merged.push({ Key: tag.key, Value: tag.value })
  }
  for (const { tag } of ofRows.values()) merged.push(tag)
  if (merged.length > MOST_SESSION_TAGS)
    return { problem: `${merged.length} session tags; at most ${MOST_SESSION_TAGS}` }
  return { tags: merged.sort((a, b) => compare(a.Key, b.Key)) }
}

/** Session policies of one federated user: what any of the rows allows and none denies. */
function mergedPolicies(given: readonly Entitlement[]): Pick<AllowedEntitlement, 'policyArns' | 'policy'> {
  const policyArns = [...new Set(given.flatMap(({ policyArns }) => policyArns))].sort(compare)
  const statements = [...new Set(given.flatMap(({ policy }) => (policy === undefined ? [] : statementsOf(policy))))]
  if (statements.length === 0) return { policyArns }
  return { policyArns, policy: `{"Version":"2012-10-17","Statement":[${statements.join(',')}]}` }
}

/** A document's statements as JSON, without the Sids that would have to be unique. The file's reader took no other version. */
function statementsOf(policy: string): readonly string[] {
  const { Statement } = JSON.parse(policy) as { Statement: object | readonly object[] }
  return [Statement].flat().map((statement) => JSON.stringify({ ...statement, Sid: undefined }))
}
