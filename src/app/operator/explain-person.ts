// What a person may have, for the operator: their groups, which row gives which role, whether the role is there, and what AWS's own
// decision says when the broker user assumes it for them. A directory is searched with its own bind, without a password; of a provider,
// whoever is signed in is known.
import { nameInArn } from '../../core/arn.ts'
import { foldCase } from '../../core/case-fold.ts'
import type { Person, PersonGroup, PersonRejection } from '../../federation/person.ts'
import { AdminRefusal } from '../../server/admin.ts'
import { createBrokerTrial } from '../../server/broker/trial.ts'
import type {
  AllowedEntitlement,
  AllowedRole,
  BrokerUser,
  Connector,
  PeopleTable,
} from '../../service/contracts/people-table.ts'
import type { ListedSignIn } from '../../service/contracts/sign-ins.ts'
import type { Subject } from '../../service/contracts/subject.ts'
import { MOST_FEDERATED_NAME, MOST_SESSION_NAME, nameOf } from '../../service/people/broker/names.ts'
import { matchesOf } from '../../service/people/table/matches.ts'
import { roles, users } from '../../service/records.ts'
import type { Engine } from '../engine.ts'

export interface ExplainInput {
  /** What the person signs in with. */
  readonly name: string
  readonly connector?: string
}

/** A role or entitlements that the table gives. */
export interface ExplainedGrant {
  /** A role's ARN, or `entitlements in ACCOUNT`. */
  readonly what: string
  /** Rows of the file, and the groups by which the person matches them. */
  readonly rows: readonly { readonly place: string; readonly groups: readonly string[] }[]
  /** The broker user's ARN-like name `ACCOUNT/USER`, or the target. */
  readonly by: string
  readonly sessionSeconds: number
  readonly multiFactor: boolean
  readonly tags: Readonly<Record<string, string>>
  /** `elsewhere`: the target decides, and is not asked. */
  readonly outcome: 'given' | 'refused' | 'elsewhere'
  /** Why it is refused, or what shortens it. */
  readonly says?: string
}

export interface ExplainedPerson {
  readonly connector: string
  /** Why the connector would not let them in; absent: it would. */
  readonly refused?: string
  readonly person?: {
    readonly id: string
    readonly login: string
    readonly sessionName: string
    readonly groups: readonly PersonGroup[]
  }
  readonly grants: readonly ExplainedGrant[]
  /** Rows that match and give nothing. */
  readonly problems: readonly { readonly place: string; readonly problem: string }[]
}

export interface ExplainOutput {
  readonly version: number
  readonly people: readonly ExplainedPerson[]
}

/** Explains the person of that login: at one connector, or at every one that has somebody of the name. */
export async function explainPerson(engine: Engine, { name, connector }: ExplainInput): Promise<ExplainOutput> {
  const table = await engine.people.table()
  const all = table.connectors.map((one) => one.name)
  if (connector !== undefined && !all.includes(connector)) {
    throw new AdminRefusal(`there is no connector ${connector}; there are ${all.join(', ') || 'none'}`)
  }
  if (all.length === 0) throw new AdminRefusal('there are no connectors: apply a file with a section about people')
  const asked = table.connectors.filter((one) => connector === undefined || one.name === connector)
  const people = await Promise.all(asked.map((one) => explainAt(engine, table, one, name)))
  const found = people.filter(({ refused }) => refused === undefined || !unknown.has(refused))
  return { version: table.version, people: found.length > 0 ? found : people }
}

const notSignedIn = 'nobody of that name is signed in, and only a directory can be asked'
const unknown: ReadonlySet<string> = new Set(['unknown', notSignedIn] satisfies (
  | PersonRejection
  | typeof notSignedIn
)[])

async function explainAt(
  engine: Engine,
  table: PeopleTable,
  { name, kind }: Connector,
  login: string,
): Promise<ExplainedPerson> {
  const now = engine.clock()
  const outcome =
    kind === 'directory'
      ? await engine.people.connectors.look(name, login, now)
      : await signedIn(engine, name, login, now)
  if (!('person' in outcome)) {
    const refused = 'unavailable' in outcome ? `unavailable: ${outcome.unavailable}` : outcome.rejected
    return { connector: name, refused, grants: [], problems: [] }
  }
  const { person } = outcome
  const { roles, entitlements, problems } = engine.people.allowed(table, person)
  const groupsOf = groupsByRow(table, person)
  const rowsOf = (places: readonly string[]) => places.map((place) => ({ place, groups: groupsOf.get(place) ?? [] }))
  const explain = createExplain(engine, person, now)
  const grants: ExplainedGrant[] = []
  for (const role of roles)
    grants.push({ ...grantOf(role.arn, role), rows: rowsOf(role.places), ...(await explain.role(role)) })
  for (const entitlement of entitlements) {
    const what = `entitlements in ${entitlement.account}`
    grants.push({
      ...grantOf(what, entitlement),
      rows: rowsOf(entitlement.places),
      ...(await explain.entitlement(entitlement)),
    })
  }
  const { id, groups } = person
  return {
    connector: name,
    person: { id, login: person.login, sessionName: nameOf(person, MOST_SESSION_NAME), groups },
    ...{ grants, problems },
  }
}

type PersonFacts = Omit<Person, 'multiFactor'>

/** The person of the newest sign-in of that login, of a provider that is asked nothing about people. */
async function signedIn(
  { people }: Engine,
  connector: string,
  login: string,
  now: Date,
): Promise<{ readonly person: PersonFacts } | { readonly rejected: string }> {
  const isOf = (one: ListedSignIn) => one.connector === connector && foldCase(one.login) === foldCase(login)
  const listed = (await people.signIns.list(now)).filter(isOf)
  const newest = listed.reduce<ListedSignIn | undefined>(
    (found, one) => (found === undefined || one.startedAt > found.startedAt ? one : found),
    undefined,
  )
  const signIn = newest && (await people.signIns.byId(newest.id, now))
  if (signIn === undefined) return { rejected: notSignedIn }
  const { personId, groups, attributes } = signIn
  return { person: { ...{ connector, id: personId, login: signIn.login, groups, attributes } } }
}

function groupsByRow(table: PeopleTable, person: PersonFacts): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>()
  for (const { row, group } of matchesOf(table, person)) {
    const named = groups.get(row.place) ?? []
    groups.set(row.place, named)
    named.push(group.dn ?? group.name)
  }
  return groups
}

const grantOf = (
  what: string,
  { broker, target, sessionSeconds, multiFactor, tags }: AllowedRole | AllowedEntitlement,
) => ({
  what,
  by: broker === undefined ? `target ${target}` : `${broker.account}/${broker.user}`,
  ...{ sessionSeconds, multiFactor },
  tags: Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value])),
})

type Outcome = Pick<ExplainedGrant, 'outcome' | 'says'>
const given: Outcome = { outcome: 'given' }
const refused = (says: string): Outcome => ({ outcome: 'refused', says })

function createExplain({ parts, services, store }: Engine, person: PersonFacts, now: Date) {
  const trial = createBrokerTrial(parts, services)

  async function brokerSubject(broker: BrokerUser): Promise<(Subject & { readonly kind: 'user' }) | undefined> {
    const user = await store.get(users, [broker.account, broker.user.toLowerCase()])
    const subject = user && (await parts.subjects.byId(broker.account, user.id))
    return subject?.kind === 'user' && subject.account.status === 'ACTIVE' ? subject : undefined
  }
  const noUser = ({ account, user }: BrokerUser) =>
    refused(`the broker user ${user} does not exist in account ${account}`)

  return {
    async role({ arn, account, broker, tags, sessionSeconds }: AllowedRole): Promise<Outcome> {
      if (broker === undefined) return { outcome: 'elsewhere' }
      const record = await store.get(roles, [account, nameInArn(arn).toLowerCase()])
      const subject = await brokerSubject(broker)
      if (subject === undefined) return noUser(broker)
      const name = nameOf(person, MOST_SESSION_NAME)
      const answer = await trial(
        subject,
        'AssumeRole',
        { RoleArn: arn, RoleSessionName: name, SourceIdentity: name, Tags: tags.map((tag) => ({ ...tag })) },
        now,
      )
      if (record === undefined) return refused('there is no such role')
      if (answer !== undefined) return refused(answer.refused)
      return record.maxSessionDuration < sessionSeconds
        ? refused(
            `its sessions last ${record.maxSessionDuration} s at most (MaxSessionDuration), and its rows say ${sessionSeconds} s`,
          )
        : given
    },

    async entitlement({ broker, policy, policyArns, tags, multiFactor }: AllowedEntitlement): Promise<Outcome> {
      if (broker === undefined) return { outcome: 'elsewhere' }
      if (multiFactor)
        return refused('GetFederationToken carries no second factor, and a row asks for one: a role can be assumed')
      const subject = await brokerSubject(broker)
      if (subject === undefined) return noUser(broker)
      const answer = await trial(
        subject,
        'GetFederationToken',
        {
          Name: nameOf(person, MOST_FEDERATED_NAME),
          ...(policy === undefined ? {} : { Policy: policy }),
          PolicyArns: policyArns.map((arn) => ({ arn })),
          Tags: tags.map((tag) => ({ ...tag })),
        },
        now,
      )
      return answer === undefined ? given : refused(answer.refused)
    },
  }
}
