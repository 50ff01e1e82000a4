// What a person may have, for the operator: their groups, which row gives which role, whether the role is there, and what AWS's own
// decision says when the broker user assumes it for them. The person is looked up with the connector's own bind, without a password.
import { nameInArn } from '../../core/arn.ts'
import type { Person, PersonGroup } from '../../federation/person.ts'
import { AdminRefusal } from '../../server/admin.ts'
import { createBrokerTrial } from '../../server/broker/trial.ts'
import type { AllowedEntitlement, AllowedRole, BrokerUser, PeopleTable } from '../../service/contracts/people.ts'
import type { Subject } from '../../service/contracts/subject.ts'
import { matchesOf } from '../../service/people/matches.ts'
import { MOST_FEDERATED_NAME, MOST_SESSION_NAME, nameOf } from '../../service/people/names.ts'
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

/** Explains the person of that login: at one connector, or at every directory that has somebody of the name. */
export async function explainPerson(engine: Engine, { name, connector }: ExplainInput): Promise<ExplainOutput> {
  const table = await engine.people.table()
  const directories = table.connectors.flatMap(({ kind, name }) => (kind === 'directory' ? [name] : []))
  if (connector !== undefined && !table.connectors.some((one) => one.name === connector))
    throw new AdminRefusal(
      `there is no connector ${connector}; there are ${table.connectors.map(({ name }) => name).join(', ') || 'none'}`,
    )
  if (connector !== undefined && !directories.includes(connector))
    throw new AdminRefusal(`${connector} is no directory: whom it would let in is known once they sign in`)
  if (directories.length === 0) throw new AdminRefusal('there is no directory: nobody can be looked up')
  const asked = connector === undefined ? directories : [connector]
  const people = await Promise.all(asked.map((one) => explainAt(engine, table, one, name)))
  const found = people.filter(({ person, refused }) => person !== undefined || refused !== 'unknown')
  return { version: table.version, people: found.length > 0 ? found : people.slice(0, 1) }
}

async function explainAt(
  engine: Engine,
  table: PeopleTable,
  connector: string,
  login: string,
): Promise<ExplainedPerson> {
  const now = engine.clock()
  const outcome = await engine.people.connectors.look(connector, login, now)
  if (!('person' in outcome)) {
    const refused = 'unavailable' in outcome ? `unavailable: ${outcome.unavailable}` : outcome.rejected
    return { connector, refused, grants: [], problems: [] }
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
    connector,
    person: { id, login: person.login, sessionName: nameOf(person, MOST_SESSION_NAME), groups },
    ...{ grants, problems },
  }
}

function groupsByRow(table: PeopleTable, person: Person): ReadonlyMap<string, readonly string[]> {
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

function createExplain({ parts, services, store }: Engine, person: Person, now: Date) {
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
