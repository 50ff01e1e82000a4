// People with live sign-ins are asked about again every few minutes, though nobody renews anything: so that console and live
// credentials end soon after the person may no longer have them.
import type { PersonOutcome } from '../../federation/person.ts'
import type { PeopleTable } from '../contracts/people.ts'
import type { Vault } from '../parts.ts'
import { type Renewal, type RenewalParts, spread } from './renewal.ts'
import { questionOf } from './same-question.ts'
import { type SignInRecord, signIns } from './sign-in-records.ts'

type Alike = readonly [SignInRecord, ...SignInRecord[]]

const batchSize = 100
/** Batches of one turn: the rest is due at the next. */
const mostBatches = 20
/** Questions under way at once. */
const width = 8
/** Questions without any answer, after which a connector is left alone until the next turn. A few people's say nothing of the others'. */
const mostSilence = 4 * width
const isSilent: PersonOutcome = { unavailable: 'it did not answer about others' }
/** Until another node may take over what one has claimed, and an unreachable connector is tried again. */
const claimMs = 60_000

/** Asks about those whose turn it is. Answers how many sign-ins were ended. Rejects the first failure, after all were tried. */
export async function checkDue(parts: RenewalParts, { ask, settle }: Renewal, now: Date): Promise<number> {
  const table = await parts.table()
  /** How often a connector could not be asked in this turn, while it has not answered about anybody. */
  const silences = new Map<string, number>()
  const failures: unknown[] = []
  let ended = 0

  async function checkPerson(records: Alike): Promise<void> {
    const [first] = records
    const silence = silences.get(first.connector) ?? 0
    // Where another node asks, for somebody who waits, those that its answer leaves are due again within a minute.
    if (silence < mostSilence) await ask(first, now, ({ found }) => settleAlike(records, found))
    else await settleAlike(records, isSilent)
  }

  async function settleAlike(records: Alike, found: PersonOutcome): Promise<void> {
    const [first] = records
    silences.set(
      first.connector,
      'unavailable' in found ? (silences.get(first.connector) ?? 0) + 1 : Number.NEGATIVE_INFINITY,
    )
    for (const record of records) {
      const outcome = await settle(record, found, now)
      if ('ended' in outcome && outcome.ended === 'refused') ended++
    }
  }

  for (let batch = 0; batch < mostBatches; batch++) {
    const claimed = await claim(parts, now)
    await eachOf(together(parts.vault, table, claimed), (records) =>
      checkPerson(records).catch((error) => failures.push(error)),
    )
    if (claimed.length < batchSize) break
  }
  if (failures.length > 0) throw failures[0]
  return ended
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
