// Lets a person set up their first second factor, and removes one that is lost.
import { foldCase } from '../../core/case-fold.ts'
import type { PersonRejection } from '../../federation/person.ts'
import { AdminRefusal } from '../../server/admin.ts'
import { AUDIT_JOURNAL } from '../../service/audit/journal.ts'
import { operatorEntry } from '../../service/audit/operator.ts'
import { issueEnrolmentCode } from '../../service/people/factors/enrolment.ts'
import { factorOf, removeFactors } from '../../service/people/factors/factors.ts'
import type { Engine } from '../engine.ts'
import { oneOf, type PersonChoice } from './sign-ins.ts'

export interface EnrolInput extends PersonChoice {
  /** Removes the person's factor, and gives no code. */
  readonly reset?: boolean
}

export type EnrolOutput = { readonly connector: string; readonly personId: string; readonly login: string } & (
  | { readonly code: string; readonly until: string }
  /** How many factors were removed. */
  | { readonly removed: number }
)

/** @throws AdminRefusal when nobody, or more than one, has that name, or a code is of no use to them */
export async function enrolPerson(engine: Engine, input: EnrolInput): Promise<EnrolOutput> {
  const { store, clock, audit, parts, people } = engine
  const now = clock()
  const person = await personOf(engine, input, now)
  const { connector, personId, login } = person
  const entry = operatorEntry(now, parts.random)
  const record = (name: string) => {
    const text = entry({ name, parameters: { connector, personId, login } })
    return (tx: Parameters<Parameters<typeof store.transact>[0]>[0]) =>
      tx.append(AUDIT_JOURNAL, audit.expiryOf(now), [text])
  }
  if (input.reset === true) {
    const factors = { store, signIns: people.signIns }
    return { ...person, removed: await removeFactors(factors, person, record('RemoveSecondFactor'), now) }
  }
  if ((await factorOf({ store }, person)) !== undefined)
    throw new AdminRefusal(`${login} has a second factor: remove it first, with --reset`)
  const { code, until } = await issueEnrolmentCode(
    { store, random: parts.random },
    person,
    record('IssueEnrolmentCode'),
    now,
  )
  return { ...person, code, until: until.toISOString() }
}

interface Named {
  readonly connector: string
  readonly personId: string
  readonly login: string
}

/** Whether a directory that does not say who has the name has somebody of it. */
const isSomebody = (rejected: PersonRejection): boolean => rejected !== 'unknown' && rejected !== 'input'

/** Of the directories, of those who are signed in, and of those who have a factor: whoever left may still have one. */
async function personOf(engine: Engine, choice: PersonChoice, now: Date): Promise<Named> {
  const { people, store } = engine
  const { person, connector } = choice
  const connectors = (await people.table()).connectors.filter(
    ({ name }) => connector === undefined || name === connector,
  )
  const signedIn = (await people.signIns.list(now)).filter(
    (one) => foldCase(one.login) === foldCase(person) || one.personId === person,
  )
  const found: Named[] = []
  for (const { name } of connectors) {
    const byId = { connector: name, personId: person }
    if ((await factorOf({ store }, byId)) !== undefined) found.push({ ...byId, login: person })
  }
  // Later ones of the same person know the login.
  found.push(...signedIn.map(({ connector, personId, login }) => ({ connector, personId, login })))
  for (const { name, kind } of connectors) {
    const looked = kind === 'directory' ? await people.connectors.look(name, person, now) : undefined
    if (looked === undefined) continue
    if ('person' in looked) found.push({ connector: name, personId: looked.person.id, login: looked.person.login })
    else if ('unavailable' in looked) throw new AdminRefusal(`${name} cannot be asked: ${looked.unavailable}`)
    // INVARIANT: whoever has that name there may be the one who is meant: it is not passed over for somebody of another connector.
    else if (isSomebody(looked.rejected) && !found.some((one) => one.connector === name))
      throw new AdminRefusal(
        `${name} does not say who ${person} is (${looked.rejected}: ${looked.detail}). Give the id, or --connector for another one`,
      )
  }
  return oneOf(
    found.filter((one) => connector === undefined || one.connector === connector),
    choice,
    'is known',
  )
}
