// The connector is asked again about somebody who signed in: as something is to be given to them, and every few minutes unasked.
import type { PersonOutcome, PersonRejection } from '../../../federation/person.ts'
import type { People, PeopleConnectors } from '../../contracts/people.ts'
import type { PeopleTable } from '../../contracts/people-table.ts'
import type { SignIn, SignInEnd } from '../../contracts/sign-ins.ts'
import type { Vault } from '../../parts.ts'
import { connectorNamed } from '../table/named.ts'
import { lostOf } from './given.ts'
import { asOnlyOne } from './renewal-claims.ts'
import { keepRenewal, othersOfQuestion, questionOf } from './same-question.ts'
import { authorityOf, openSignIn, SYSTEM, sealContent } from './sign-in-content.ts'
import { type Ending, type EndingParts, endSignIn } from './sign-in-end.ts'
import { liftAnswered, type Silence } from './sign-in-hold.ts'
import { type SignInRecord, signIns } from './sign-in-records.ts'

export interface RenewalParts extends EndingParts {
  readonly vault: Vault
  readonly table: People['table']
  readonly allowed: People['allowed']
  readonly findAgain: PeopleConnectors['findAgain']
  /** Lets time pass. */
  readonly wait: (ms: number) => Promise<void>
  /** ms after which the connector is asked again unasked. */
  readonly checkMs: number
}

interface Ended {
  readonly ended: SignInEnd
  readonly detail: string
}
export type Renewed = { readonly signIn: SignIn } | Ended

/** What an answer made of a sign-in. `isHeld`: what was given in it is, whether or not the sign-in itself is over. */
export type Settled = Renewed & { readonly isHeld: boolean }

/** ms for which an answer of the connector counts for what is asked next. */
const memoryMs = 5_000
/** How often, and for how long in all, it is looked whether another node has its answer. */
const waitMs = 100
const mostWaits = 100

interface Asked {
  readonly found: PersonOutcome
  readonly others: readonly SignInRecord[]
}

/**
 * Which answers end a sign-in. Whose groups cannot be known is not somebody in no group, nor somebody who is gone: nothing is given
 * while it lasts, as while the connector cannot be asked.
 */
const endsSignIn: Readonly<Record<PersonRejection, boolean>> = {
  unknown: true,
  password: true,
  disabled: true,
  locked: true,
  'account-expired': true,
  'password-expired': true,
  'password-must-change': true,
  'not-now': true,
  ambiguous: true,
  'no-id': true,
  groups: false,
  input: true,
  attempts: false,
  proof: true,
  'no-connector': true,
}

const over: Ended = { ended: 'over', detail: 'the sign-in is over' }

const another: PersonOutcome = { rejected: 'no-connector', detail: 'the connector is another one now' }

/** Why a record is nobody's sign-in any more. */
export function overOf(record: SignInRecord | undefined, now: Date): Ended | undefined {
  if (record === undefined) return over
  if (record.ended !== undefined) return { ended: record.ended.how, detail: record.ended.detail }
  return now.getTime() >= record.endsAt ? over : undefined
}

export type Renewal = ReturnType<typeof createRenewal>

export function createRenewal(parts: RenewalParts) {
  const { store, vault, table, allowed, findAgain, checkMs, random, wait } = parts

  async function end(record: SignInRecord, detail: string, now: Date): Promise<Settled> {
    const ending: Ending = { how: 'refused', detail }
    await endSignIn(parts, record.id, ending, now)
    return { ended: ending.how, detail, isHeld: false }
  }

  /** INVARIANT: only the same person goes on, and only while everything that was given to them is theirs still. */
  async function goOn(record: SignInRecord, found: Extract<PersonOutcome, { readonly person: unknown }>, now: Date) {
    const { person } = found
    if (person.connector !== record.connector || person.id !== record.personId)
      return end(record, 'the connector has another person under that name', now)
    const theirs = allowed(await table(), person)
    const sealed = sealContent(vault, record.id, person, found.renewal ?? openSignIn(vault, record).renewal)
    const dueAt = now.getTime() + spread(checkMs, random)
    const kept = await store.transact(async (tx) => {
      const current = await tx.get(signIns, [SYSTEM, record.id])
      if (current === undefined || current.ended !== undefined) return { current }
      const lost = lostOf(current, theirs)
      if (lost !== undefined) return { lost }
      // Another node has asked since: its answer is the newer one.
      if (current.confirmedAt > now.getTime()) return { current }
      // What is held is due again soon, until its hold is lifted.
      const due = current.dueAt === undefined || current.held !== undefined ? {} : { dueAt }
      const confirmed = { ...current, login: person.login, sealed, confirmedAt: now.getTime(), ...due }
      await tx.replace(signIns, confirmed)
      return { current: confirmed }
    })
    if (kept.lost !== undefined) return end(record, `the person may have ${kept.lost.what} no longer`, now)
    return answer(kept.current, now)
  }

  function answer(record: SignInRecord | undefined, now: Date): Settled {
    const isHeld = record?.held !== undefined
    const isOver = overOf(record, now)
    if (record === undefined || isOver !== undefined) return { ...(isOver ?? over), isHeld }
    return { signIn: openSignIn(vault, record), isHeld }
  }

  /**
   * What the connector's answer makes of a sign-in. INVARIANT: who vouched for the person, and no other under the connector's name, goes
   * on vouching, and nobody goes on for a grace meanwhile.
   */
  async function settle(record: SignInRecord, found: PersonOutcome, now: Date): Promise<Settled> {
    const current = await table()
    if (isOfAnother(current, record)) return end(record, 'the connector is another one now', now)
    if ('person' in found) return goOn(record, found, now)
    if (endsAll(found)) return end(record, `the connector lets the person in no more: ${detailOf(found)}`, now)
    // INVARIANT: what the table takes away is gone, whether or not the connector answers: the groups known last are asked with.
    const { connector, personId: id, login, groups, attributes } = openSignIn(vault, record)
    const lost = lostOf(record, allowed(current, { connector, id, login, groups, attributes }))
    if (lost !== undefined) return end(record, `the person may have ${lost.what} no longer`, now)
    const graceMs = 1000 * graceSecondsOf(current, record.connector)
    // INVARIANT: without a grace, nothing is given that the connector was not asked about, and in a held sign-in nothing.
    if (record.held === undefined && graceMs > 0 && now.getTime() - record.confirmedAt <= graceMs)
      return answer(record, now)
    const detail = `the connector cannot be asked: ${detailOf(found)}`
    return { ended: 'unavailable', detail, isHeld: record.held !== undefined }
  }

  /**
   * Asks about a sign-in, and does `then` with the answer. Undefined: somebody else asks this at the moment, or has since the record was read.
   * INVARIANT: what becomes of an answer is written before anybody asks anew: else it would put a refresh token back that was used since.
   */
  async function ask<T>(record: SignInRecord, now: Date, then: (asked: Asked) => Promise<T>): Promise<T | undefined> {
    const current = await table()
    // A refresh token of the one before is nothing for the one that has its name now.
    if (isOfAnother(current, record)) return then({ found: another, others: [] })
    const signIn = openSignIn(vault, record)
    if (signIn.renewal === undefined) return then(await asked(record, signIn, now))
    const question = questionOf(vault, current, record)
    return asOnlyOne(
      store,
      question,
      async () => {
        const current = await store.get(signIns, [SYSTEM, record.id])
        return current?.sealed === record.sealed ? then(await asked(record, signIn, now)) : undefined
      },
      now,
    )
  }

  async function asked(record: SignInRecord, signIn: SignIn, now: Date): Promise<Asked> {
    const found = await findAgain(signIn, now)
    const isLifted = 'person' in found && record.held !== undefined
    const isAboutOthers = found.renewal !== undefined || endsAll(found) || isLifted
    const others = isAboutOthers ? await othersOfQuestion(parts, await table(), record) : []
    if (found.renewal !== undefined) await keepRenewal(parts, [record, ...others], found.renewal)
    return { found, others }
  }

  async function renewed(first: SignInRecord, now: Date): Promise<Renewed> {
    let record = first
    for (let waits = 0; waits < mostWaits; waits++) {
      const asking = record
      const outcome = await ask(asking, now, (asked) => settleAll(asking, asked, now))
      if (outcome !== undefined) return outcome
      await wait(waitMs)
      const current = await store.get(signIns, [SYSTEM, record.id])
      const isOver = overOf(current, now)
      if (current === undefined || isOver !== undefined) return isOver ?? over
      // What it waited for is the answer, once what was held is lifted.
      if (current.confirmedAt > first.confirmedAt && current.held === undefined)
        return { signIn: openSignIn(vault, current) }
      record = current
    }
    return { ended: 'unavailable', detail: 'another node asks the connector, and has no answer yet' }
  }

  /**
   * Whoever is let in no more loses all sign-ins that the answer is about, and not only the one that was to be renewed; and whoever is let
   * in again has all that were held.
   */
  async function settleAll(record: SignInRecord, { found, others }: Asked, now: Date): Promise<Renewed> {
    const settled = await settle(record, found, now)
    const { isHeld, ...outcome } = settled
    const lifted = isAnsweredHeld(found, settled) ? [record.id] : []
    if (endsAll(found)) for (const other of others) await settle(other, found, now)
    else if ('person' in found) lifted.push(...(await settleHeld(others, found, now)))
    await liftAnswered(parts, lifted, now)
    return outcome
  }

  /** Settles the held ones of these. Answers those that go on. */
  async function settleHeld(records: readonly SignInRecord[], found: PersonOutcome, now: Date): Promise<string[]> {
    const lifted: string[] = []
    for (const record of records) {
      if (record.held === undefined) continue
      if (isAnsweredHeld(found, await settle(record, found, now))) lifted.push(record.id)
    }
    return lifted
  }

  /** How long the connector may be silent about a person until what they were given is held: its grace, and one check. */
  const silenceOf = (current: PeopleTable, { connector }: SignInRecord, found: PersonOutcome): Silence | undefined =>
    'person' in found || endsAll(found)
      ? undefined
      : { detail: detailOf(found), afterMs: 1000 * graceSecondsOf(current, connector) + checkMs }

  /** Who is being asked about: a burst of renewals asks once. */
  const asking = new Map<string, Promise<Renewed>>()

  return {
    ask,
    settle,
    silenceOf,
    /** The connector has said who it is, as somebody signed in once more: their other sign-ins go on, or end. */
    async signedInAgain(records: readonly SignInRecord[], found: PersonOutcome, now: Date): Promise<void> {
      await liftAnswered(parts, await settleHeld(records, found, now), now)
    },
    async renew(id: string, now: Date): Promise<Renewed> {
      const record = await store.get(signIns, [SYSTEM, id])
      const isOver = overOf(record, now)
      if (record === undefined || isOver !== undefined) return isOver ?? over
      const age = now.getTime() - record.confirmedAt
      if (age >= 0 && age < memoryMs) return { signIn: openSignIn(vault, record) }
      const asked = asking.get(id) ?? renewed(record, now).finally(() => asking.delete(id))
      asking.set(id, asked)
      return asked
    },
  }
}

/** Whether the connector's name stands for another than the one who vouched. One that is gone is asked about: it answers that. */
function isOfAnother(table: PeopleTable, record: SignInRecord): boolean {
  const connector = connectorNamed(table, record.connector)
  return connector !== undefined && authorityOf(connector) !== record.authority
}

/** Whether the connector has answered, and a hold is to be lifted. */
export const isAnsweredHeld = (found: PersonOutcome, { isHeld }: Settled): boolean => 'person' in found && isHeld

const endsAll = (found: PersonOutcome): boolean => 'rejected' in found && endsSignIn[found.rejected]

const detailOf = (found: Exclude<PersonOutcome, { readonly person: unknown }>): string =>
  'rejected' in found ? `${found.rejected}: ${found.detail}` : found.unavailable

/** At most a fourth less, so that people who came at once are not asked about at once for ever. */
export const spread = (ms: number, random: (bytes: number) => Buffer): number =>
  Math.floor(ms * (1 - random(1).readUInt8() / 1024))

function graceSecondsOf(table: PeopleTable, name: string): number {
  const connector = connectorNamed(table, name)
  return connector === undefined || connector.kind === 'saml' ? 0 : connector.graceSeconds
}
