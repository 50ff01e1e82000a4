// People with live sign-ins are asked about again every few minutes, though nobody renews anything: so that console and live
// credentials end soon after the person may no longer have them.
import type { PersonOutcome } from '../../federation/person.ts'
import type { PeopleConnectors, PeopleTable } from '../contracts/people.ts'
import type { Renewal, RenewalParts } from './renewal.ts'
import { openSignIn, SYSTEM } from './sign-in-content.ts'
import { type SignInRecord, signIns } from './sign-in-records.ts'

const batchSize = 100
/** Batches of one turn: the rest is due at the next. */
const mostBatches = 20
/** Questions under way at once. */
const width = 8
/** Until another node may take over what one has claimed, and an unreachable connector is tried again. */
const claimMs = 60_000

/** Asks about those whose turn it is. Answers how many sign-ins were ended. Rejects the first failure, after all were tried. */
export async function checkDue(parts: RenewalParts, { settle }: Renewal, now: Date): Promise<number> {
  const table = await parts.table()
  /** Connectors that could not be asked in this turn. */
  const silent = new Map<string, PersonOutcome>()
  const failures: unknown[] = []
  let ended = 0

  async function checkPerson(records: readonly [SignInRecord, ...SignInRecord[]]): Promise<void> {
    const [first] = records
    const found = silent.get(first.connector) ?? (await askOnce(parts, first, now))
    if ('unavailable' in found) silent.set(first.connector, found)
    for (const record of records) {
      const outcome = await settle(record, found, now)
      if ('ended' in outcome && outcome.ended === 'refused') ended++
    }
  }

  for (let batch = 0; batch < mostBatches; batch++) {
    const claimed = await claim(parts, now)
    await eachOf(together(claimed, table), (records) => checkPerson(records).catch((error) => failures.push(error)))
    if (claimed.length < batchSize) break
  }
  if (failures.length > 0) throw failures[0]
  return ended
}

const askOnce = (
  { vault, findAgain }: { readonly vault: RenewalParts['vault']; readonly findAgain: PeopleConnectors['findAgain'] },
  record: SignInRecord,
  now: Date,
): Promise<PersonOutcome> => findAgain(openSignIn(vault, record), now)

/**
 * Takes what is due. INVARIANT: of many nodes one asks about a sign-in, since the claim is committed before the question; and a node that
 * dies with a claim delays it by a minute.
 */
function claim({ store, checkMs, random }: RenewalParts, now: Date): Promise<readonly SignInRecord[]> {
  const spread = random(1).readUInt8() / 1024
  const next = now.getTime() + Math.min(claimMs, checkMs) * (1 - spread)
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
function together(
  records: readonly SignInRecord[],
  { connectors }: PeopleTable,
): readonly (readonly [SignInRecord, ...SignInRecord[]])[] {
  const directories = new Set(connectors.filter(({ kind }) => kind === 'directory').map(({ name }) => name))
  const groups = new Map<string, [SignInRecord, ...SignInRecord[]]>()
  for (const record of records) {
    const { connector, personId, id } = record
    const key = directories.has(connector) ? `${connector} ${personId}` : `${SYSTEM} ${id}`
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
