// Lists the people who are signed in, and signs them out.
import { foldCase } from '../../core/case-fold.ts'
import { AdminRefusal } from '../../server/admin.ts'
import { operatorEntry } from '../../service/audit/operator.ts'
import type { ListedSignIn } from '../../service/contracts/sign-ins.ts'
import type { Engine } from '../engine.ts'

export interface PersonChoice {
  /** A login as `people list` shows it, in any case; or the id of a person. */
  readonly person: string
  /** Of one connector; absent: of any, if it is one person's alone. */
  readonly connector?: string
}

export interface SignInRow {
  readonly id: string
  readonly connector: string
  readonly personId: string
  readonly login: string
  readonly client: ListedSignIn['client']
  readonly startedAt: string
  readonly endsAt: string
  /** When the connector last said that they are who they were. */
  readonly confirmedAt: string
  readonly given: readonly string[]
  /** Since when, and why, what was given is not accepted. */
  readonly held?: { readonly since: string; readonly detail: string }
}

export async function listSignIns({ people, clock }: Engine): Promise<{ readonly signIns: readonly SignInRow[] }> {
  const listed = await people.signIns.list(clock())
  return {
    signIns: listed.map(({ startedAt, endsAt, confirmedAt, held, ...rest }) => ({
      ...rest,
      startedAt: startedAt.toISOString(),
      endsAt: endsAt.toISOString(),
      confirmedAt: confirmedAt.toISOString(),
      ...(held === undefined ? {} : { held: { since: held.since.toISOString(), detail: held.detail } }),
    })),
  }
}

export interface EndedPerson {
  readonly connector: string
  readonly personId: string
  readonly ended: number
}

/** Ends the sign-ins of one person. @throws AdminRefusal when nobody, or more than one, has that name */
export async function endPerson(engine: Engine, choice: PersonChoice): Promise<EndedPerson> {
  const { people, clock, audit, parts } = engine
  const now = clock()
  const { connector, personId } = await personOf(engine, choice, now)
  const entry = operatorEntry(now, parts.random)
  await audit.write([entry({ name: 'EndSignIns', parameters: { connector, personId } })])
  const ended = await people.signIns.endOfPerson(connector, personId, 'by an operator', now)
  return { connector, personId, ended }
}

async function personOf({ people }: Engine, { person, connector }: PersonChoice, now: Date) {
  const named = (await people.signIns.list(now)).filter(
    (one) =>
      (connector === undefined || one.connector === connector) &&
      (foldCase(one.login) === foldCase(person) || one.personId === person),
  )
  return oneOf(named, { person, connector }, 'is signed in')
}

/** The one person that these are. `is`: what they all are, for the refusal. @throws AdminRefusal */
export function oneOf<P extends { readonly connector: string; readonly personId: string }>(
  named: readonly P[],
  { person, connector }: { readonly person: string; readonly connector?: string | undefined },
  is: 'is signed in' | 'is known',
): P {
  const [first, ...rest] = new Map(named.map((one) => [`${one.connector} ${one.personId}`, one])).values()
  if (first === undefined) {
    const where = connector === undefined ? '' : ` at ${connector}`
    const hint = is === 'is signed in' ? ': see hallpass people list' : ''
    throw new AdminRefusal(`nobody who ${is} is called ${person}${where}${hint}`)
  }
  if (rest.length > 0) {
    const who = [first, ...rest].map((one) => `${one.personId} at ${one.connector}`).join(', ')
    throw new AdminRefusal(`several people are called ${person}: ${who}. Give --connector, or the id`)
  }
  return first
}
