// People with live sign-ins are asked about again every few minutes, though nobody renews anything: so that console and live
// credentials end soon after the person may no longer have them.
import type { PersonOutcome } from '../../../federation/person.ts'
import type { PeopleTable } from '../../contracts/people-table.ts'
import type { Vault } from '../../parts.ts'
import { isAnsweredHeld, type Renewal, type RenewalParts, spread } from './renewal.ts'
import { questionOf } from './same-question.ts'
import { holdSilent, liftAnswered, type Silence } from './sign-in-hold.ts'
import { type SignInRecord, signIns } from './sign-in-records.ts'

type Alike = readonly [SignInRecord, ...SignInRecord[]]

const batchSize = 100
/** Batches of one turn: the rest is due at the next. */
const mostBatches = 20
/** Questions under way at once. */
const width = 8
/**
 * People about whom a connector did not answer, while it has answered about nobody, after which it is left alone until the next turn. A few
 * people's say nothing of the others', who would be held for it.
 */
const mostSilent = 4 * width
/** Questions about one person without an answer: whoever has many sign-ins at a provider does not use up the others' time. */
const mostQuestions = 4
const isSilent: PersonOutcome = { unavailable: 'it did not answer about others' }
const isAsked: PersonOutcome = { unavailable: 'it is being asked' }
const isFailure: PersonOutcome = { unavailable: 'the check failed' }
/** Until another node may take over what one has claimed, and an unreachable connector is tried again. */
const claimMs = 60_000

/** What a batch's answers leave to be written at once: who was not answered about, and whose hold is lifted. */
interface Batch {
  readonly silent: Map<string, Silence>
  readonly answered: string[]
}

/** Asks about those whose turn it is. Answers how many sign-ins were ended. Rejects the first failure, after all were tried. */
export async function checkDue(parts: RenewalParts, { ask, settle, silenceOf }: Renewal, now: Date): Promise<number> {
  const table = await parts.table()
  const silences = createSilences()
  const failures: unknown[] = []
  let ended = 0

  async function checkPerson(records: Alike, batch: Batch): Promise<void> {
    const [first] = records
    if (!silences.asks(first)) return settleAlike(records, isSilent, batch)
    const settled = await ask(first, now, async ({ found }) => {
      silences.note(first, found)
      await settleAlike(records, found, batch)
      return true
    })
    // Another asks, for somebody who waits. INVARIANT: whoever renews all the time is held like everybody else.
    if (settled === undefined) for (const record of records) noteSilence(record, isAsked, batch)
  }

  async function settleAlike(records: Alike, found: PersonOutcome, batch: Batch): Promise<void> {
    for (const record of records) {
      const outcome = await settle(record, found, now)
      if ('ended' in outcome && outcome.ended === 'refused') ended++
      if (isAnsweredHeld(found, outcome)) batch.answered.push(record.id)
      noteSilence(record, found, batch)
    }
  }

  function noteSilence(record: SignInRecord, found: PersonOutcome, { silent }: Batch): void {
    const silence = silenceOf(table, record, found)
    if (silence !== undefined) silent.set(record.id, silence)
  }

  for (let count = 0; count < mostBatches; count++) {
    const claimed = await claim(parts, now)
    const batch: Batch = { silent: new Map(), answered: [] }
    await eachOf(together(parts.vault, table, claimed), (records) =>
      checkPerson(records, batch).catch((error) => {
        failures.push(error)
        // INVARIANT: whom the check fails for is not known to be let in.
        for (const record of records) noteSilence(record, isFailure, batch)
      }),
    )
    await liftAnswered(parts, batch.answered, now).catch((error) => failures.push(error))
    await holdSilent(parts, batch.silent, now).catch((error) => failures.push(error))
    if (claimed.length < batchSize) break
  }
  if (failures.length > 0) throw failures[0]
  return ended
}

/** About whom a connector did not answer in this turn, how often, and whether it has answered about anybody. */
function createSilences() {
  const answers = new Set<string>()
  const silent = new Map<string, Map<string, number>>()
  return {
    asks({ connector, personId }: SignInRecord): boolean {
      const people = silent.get(connector)
      if ((people?.get(personId) ?? 0) >= mostQuestions) return false
      return answers.has(connector) || (people?.size ?? 0) < mostSilent
    },
    note({ connector, personId }: SignInRecord, found: PersonOutcome): void {
      // Said by the table, and not by the connector.
      if ('rejected' in found && found.rejected === 'no-connector') return
      if (!('unavailable' in found)) return void answers.add(connector)
      const people = silent.get(connector) ?? new Map<string, number>()
      silent.set(connector, people.set(personId, (people.get(personId) ?? 0) + 1))
    },
  }
}

/**
 * Takes what is due. INVARIANT: of many nodes one asks about a sign-in, since the claim is committed before the question; and a node that
 * dies with a claim delays it by a minute.
 */
function claim({ store, checkMs, random }: RenewalParts, now: Date): Promise<readonly SignInRecord[]> {
  const next = now.getTime() + spread(Math.min(claimMs, checkMs), random)
  return store.transact(async (tx) => {
    const { items } = await tx.list(signIns, 'due', { prefix: [], limit: batchSize })
    const due = items.filter(({ dueAt }) => dueAt !== undefined && dueAt <= now.getTime())
    const live: SignInRecord[] = []
    for (const record of due) {
      const { dueAt, ...over } = record
      const lives = now.getTime() < Math.max(record.endsAt, record.givenUntil ?? 0)
      await tx.replace(signIns, lives ? { ...record, dueAt: next } : over)
      if (lives) live.push(record)
    }
    return live
  })
}

/** A directory is asked once about a person, however many sign-ins are theirs. */
function together(vault: Vault, table: PeopleTable, records: readonly SignInRecord[]): readonly Alike[] {
  const keyOf = (record: SignInRecord) => {
    try {
      return questionOf(vault, table, record)
    } catch {
      // One that does not open fails by itself, when it is asked about.
      return record.id
    }
  }
  const groups = new Map<string, [SignInRecord, ...SignInRecord[]]>()
  for (const record of records) {
    const key = keyOf(record)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [record])
    else group.push(record)
  }
  return [...groups.values()]
}

async function eachOf<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  const waiting = items.values()
  const worker = async () => {
    for (const item of waiting) await work(item)
  }
  await Promise.all(Array.from({ length: width }, worker))
}
