// Group commit: everything that is ready when the commit before has ended shares one transaction of the server, and so its
// round trips and its fsync. One is under way at a time.
import type { Append } from '../optimistic/appends.ts'
import type { Attempt } from '../optimistic/attempt.ts'
import { Conflict, Unavailable } from '../store.ts'
import { openBatch, staleOf } from './compare.ts'
import { constraintOf, faultOf, isUnknownAtCommit, refusal } from './faults.ts'
import type { Feed } from './feed.ts'
import type { Journals } from './journal.ts'
import type { Layout } from './layout.ts'
import { qualified } from './names.ts'
import type { Session } from './session.ts'
import { type State, stateAfter, stateOf } from './state.ts'
import type { PostgresTable } from './table.ts'
import { again, type Transactions } from './transaction.ts'
import { insertions, type Part, runParts, writingOf } from './write.ts'

export interface Item {
  /** Absent for what only appends: there is nothing to compare. */
  readonly attempt?: Attempt<PostgresTable>
  /** The last feed position when the work began: if it is still the last, nothing that the work read has changed. */
  readonly base: number
  readonly appends: readonly Append[]
}

type Outcome = 'done' | 'stale' | { readonly failed: unknown }

interface Queued extends Item {
  settle(outcome: Outcome): void
}

export interface Committer {
  /** Resolves to `done` once the item is on disk; to `stale` when what it read has changed, and nothing was written. */
  commit(item: Item): Promise<'done' | 'stale'>
  /** Resolves when nothing is queued. */
  idle(): Promise<void>
}

interface Options {
  readonly transactions: Transactions
  readonly schema: string
  /** Identifies this open store among all that have ever been open. */
  readonly writer: string
  readonly clock: () => Date
  readonly feed: Feed
  readonly journals: Journals
  readonly layout: Layout
  readonly changesKept: number
  /** Called after a commit that changed records. */
  readonly onCommit: () => void
  /** How long to ask, in ms, whether a COMMIT whose connection was lost has committed. */
  readonly unknownMs: number
}

const ITEMS_AT_ONCE = 500

export function openCommitter(options: Options): Committer {
  const { transactions, schema, writer, clock, feed, journals, layout, changesKept, onCommit, unknownMs } = options
  const { primary, begin } = transactions
  const [state, changes] = [qualified(schema, 'state'), qualified(schema, 'changes')]
  const writers = qualified(schema, 'writers')
  const queued: Queued[] = []
  let running: Promise<void> | undefined
  /** The number of this writer's last commit that may have been made. */
  let commits = 0

  /** A commit's effects on this process, once it is known to have committed. */
  interface Made {
    readonly outcomes: readonly Outcome[]
    readonly heard: () => void
  }

  async function run(): Promise<void> {
    // After this turn's input, so that items that arrived together are committed together.
    await new Promise(setImmediate)
    while (queued.length > 0) await settle(queued.splice(0, ITEMS_AT_ONCE))
    running = undefined
  }

  async function settle(items: readonly Queued[]): Promise<void> {
    try {
      const { outcomes, heard } = await again(transactions, () => commitOnce(items))
      heard()
      for (const [at, item] of items.entries()) item.settle(outcomes[at] ?? 'stale')
    } catch (error) {
      // The comparison finds a key that is taken; what is left are rows that no attempt reads. One item is to blame.
      const isOne = items.length === 1
      if (!isOne && ['taken', 'refused', 'mistake'].includes(faultOf(error)) && !(error instanceof Unavailable)) {
        for (const item of items) await settle([item])
        return
      }
      for (const item of items)
        item.settle({ failed: faultOf(error) === 'taken' ? conflictOf(error) : refusal(error, primary.name) })
    }
  }

  /** One transaction of the server. @throws errors after which nothing is committed, or Unavailable when that is unknown */
  async function commitOnce(items: readonly Queued[]): Promise<Made> {
    const number = ++commits
    let made: Made | undefined
    try {
      return await primary.use(async (session) => {
        const at = clock()
        const before = stateOf((await session.script(begin))[0])
        const prepared = await prepare(session, items, before, at)
        if (prepared.isEmpty) {
          await session.script('ROLLBACK')
          return prepared
        }
        const writer = writerPart(number, prepared.after.at)
        await runParts(session, prepared.deletions)
        await runParts(session, [...prepared.rest, writer, statePart(prepared.after)])
        if (prepared.after.trimmed !== before.trimmed)
          await session.query(`DELETE FROM ${changes} WHERE position <= $1`, [prepared.after.trimmed])
        made = prepared
        await session.commit()
        if (prepared.changed) onCommit()
        return prepared
      })
    } catch (error) {
      if (made === undefined || !isUnknownAtCommit(error)) throw withoutPartition(error)
      if (await hasCommitted(number)) return made
      throw error
    }
  }

  /** Decides about each item, in order, and what the accepted ones write. */
  async function prepare(session: Session, items: readonly Queued[], before: State, at: Date) {
    await layout.refresh(session, before.layout)
    const others = await feed.catchUp(session, before)
    const doubtful = items.flatMap(({ attempt, base }) => (attempt && base !== before.position ? [attempt] : []))
    const stale = doubtful.length === 0 ? new Set() : await staleOf(session, doubtful)
    const batch = openBatch()
    const accepted: Queued[] = []
    const outcomes = items.map((item): Outcome => {
      const { attempt } = item
      if (attempt !== undefined) {
        if (stale.has(attempt) || batch.touches(attempt)) return 'stale'
        const refused = layout.refuses(attempt)
        if (refused !== undefined) return { failed: new Unavailable(refused) }
        batch.add(attempt)
      }
      accepted.push(item)
      return 'done'
    })
    const { own, deletions, rest } = writingOf(
      accepted.flatMap(({ attempt }) => attempt ?? []),
      before.position,
    )
    const position = before.position + own.length
    const now = Math.max(at.getTime(), before.at)
    const rows = await journals.prepare(
      session,
      accepted.flatMap(({ appends }) => appends),
      before,
      now,
    )
    const after = stateAfter(before, { position, entries: before.entries + rows.count, now, changesKept })
    const entered = insertions({
      table: changes,
      columns: { position: 'bigint', collection: 'text', key: 'bytea' },
      rows: own.map(({ collection, key }, place) => [before.position + place + 1, collection, key]),
    })
    return {
      ...{ outcomes, after, deletions, rest: [...rest, ...entered, ...rows.parts] },
      changed: own.length > 0,
      isEmpty: own.length === 0 && rows.count === 0,
      heard: () => feed.advance(position, at, others, own),
    }
  }

  const writerPart = (number: number, at: number): Part => ({
    sql: (from) => `INSERT INTO ${writers} (id, last, at) VALUES ($${from}, $${from + 1}, $${from + 2})
      ON CONFLICT (id) DO UPDATE SET last = excluded.last, at = excluded.at`,
    values: [writer, number, at],
  })

  const statePart = ({ position, trimmed, at, entries }: State): Part => ({
    sql: (from) =>
      `UPDATE ${state} SET position = $${from}, trimmed = $${from + 1}, at = $${from + 2}, entries = $${from + 3}`,
    values: [position, trimmed, at, entries],
  })

  /**
   * Whether a commit of this writer was made, whose connection was lost at the COMMIT. The transaction that asks waits for
   * the one that it asks about, if the server still runs that; and it writes, so that its own COMMIT is acknowledged only when
   * the synchronous standbys have both.
   * @throws Unavailable when it cannot be told in time
   */
  async function hasCommitted(number: number): Promise<boolean> {
    const until = performance.now() + unknownMs
    for (;;) {
      try {
        return await again(transactions, () =>
          primary.use(async (session) => {
            await session.script(begin)
            const rows = await session.query(`UPDATE ${writers} SET last = last WHERE id = $1 RETURNING last`, [writer])
            await session.commit()
            return rows[0]?.[0] === number
          }),
        )
      } catch (error) {
        if (performance.now() > until || primary.isClosed())
          throw new Unavailable(
            `${primary.name}: the connection was lost at a COMMIT, and whether it was made cannot be told`,
            { cause: error },
          )
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
    }
  }

  /** Another process may have dropped a partition that this one knew: the next try makes it again. */
  function withoutPartition(error: unknown): unknown {
    const isMissing = error instanceof Error && 'code' in error && error.code === '23514'
    if (!isMissing) return error
    journals.forget()
    return Object.assign(new Error(error.message, { cause: error }), { code: '40001' })
  }

  function conflictOf(error: unknown): unknown {
    const { collection, index } = layout.indexOfConstraint(constraintOf(error)) ?? {}
    return collection === undefined || index === undefined ? error : new Conflict(collection, index)
  }

  return {
    async commit(item) {
      if (primary.isClosed()) throw new Unavailable(`${primary.name} is closed`)
      const { promise, resolve, reject } = Promise.withResolvers<'done' | 'stale'>()
      const settle = (outcome: Outcome) => (typeof outcome === 'string' ? resolve(outcome) : reject(outcome.failed))
      queued.push({ ...item, settle })
      running ??= run()
      return promise
    },
    async idle() {
      while (running !== undefined) await running
    },
  }
}
