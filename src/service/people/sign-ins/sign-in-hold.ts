// Sign-ins whose connector cannot be asked are held, with all that was given in them, and go on once it answers. Nothing is revoked.
import type { Transaction } from '../../../store/store.ts'
import { AUDIT_JOURNAL } from '../../audit/journal.ts'
import { operatorEntry } from '../../audit/operator.ts'
import { hold } from '../../session/hold.ts'
import type { Revocation } from '../../session/revocations.ts'
import { SYSTEM } from './sign-in-content.ts'
import type { EndingParts } from './sign-in-end.ts'
import { type HeldRecord, type SignInRecord, signIns } from './sign-in-records.ts'

/** Why the connector cannot say anything of a person, and how many ms after its last answer that holds the sign-in. */
export interface Silence {
  readonly detail: string
  readonly afterMs: number
}

/**
 * Holds the sign-ins, by id, whose last answer is too old; the others are due when theirs is.
 * INVARIANT: what is read here decides: an answer that another node had meanwhile holds nobody.
 */
export function holdSilent(parts: EndingParts, silent: ReadonlyMap<string, Silence>, now: Date): Promise<void> {
  return change(parts, 'HoldSignIns', [...silent.keys()], now, async (tx, record) => {
    const silence = silent.get(record.id)
    if (silence === undefined || record.held !== undefined) return undefined
    const heldAt = record.confirmedAt + silence.afterMs
    if (now.getTime() >= heldAt) return { since: now.getTime(), detail: silence.detail }
    if (record.dueAt !== undefined && heldAt < record.dueAt) await tx.replace(signIns, { ...record, dueAt: heldAt })
    return undefined
  })
}

/** Lifts the hold of sign-ins, by id, of whom the connector has just said that they go on. */
export function liftAnswered(parts: EndingParts, ids: readonly string[], now: Date): Promise<void> {
  return change(parts, 'LiftSignIns', ids, now, async (_, record) =>
    record.held !== undefined && record.confirmedAt >= now.getTime() ? 'lift' : undefined,
  )
}

type Change = (tx: Transaction, record: SignInRecord) => Promise<HeldRecord | 'lift' | undefined>

/** Changes the live ones of these, what was given in them, and the audit: in one transaction. */
async function change(
  { store, audit, revocations, random }: EndingParts,
  name: 'HoldSignIns' | 'LiftSignIns',
  ids: readonly string[],
  now: Date,
  decide: Change,
): Promise<void> {
  if (ids.length === 0) return
  const made = await store.transact(async (tx) => {
    const changed: SignInRecord[] = []
    const written: Revocation[] = []
    for (const id of ids) {
      const record = await tx.get(signIns, [SYSTEM, id])
      const held = record?.dueAt === undefined ? undefined : await decide(tx, record)
      if (record === undefined || held === undefined) continue
      const { held: _, ...rest } = record
      const next = held === 'lift' ? rest : { ...rest, held }
      await tx.replace(signIns, next)
      written.push(...(await holdGiven(tx, next, now)))
      changed.push(next)
    }
    const entries = entriesOf(name, changed, now, random)
    if (entries.length > 0) tx.append(AUDIT_JOURNAL, audit.expiryOf(now), entries)
    return written
  })
  for (const one of made) revocations.learn(one)
}

/** INVARIANT: in the account of every broker user that gave something in it, as an end revokes. */
async function holdGiven(
  tx: Transaction,
  { id, given, held }: SignInRecord,
  now: Date,
): Promise<readonly Revocation[]> {
  const made: Revocation[] = []
  for (const account of new Set(given.flatMap(({ broker }) => broker ?? [])))
    made.push(await hold(tx, account, id, held !== undefined, now))
  return made
}

/** The audit's texts: one for each connector, however many people it is about. */
function entriesOf(
  name: 'HoldSignIns' | 'LiftSignIns',
  records: readonly SignInRecord[],
  now: Date,
  random: EndingParts['random'],
): readonly string[] {
  const byConnector = Map.groupBy(records, ({ connector }) => connector)
  return [...byConnector].map(([connector, theirs]) => {
    const reason = theirs[0]?.held?.detail
    const signIns = theirs.map(({ id, personId, login }) => ({ signIn: id, person: personId, login }))
    const parameters = { connector, ...(reason === undefined ? {} : { reason }), signIns }
    return operatorEntry(now, random, 'hallpass')({ name, parameters })
  })
}
