// The change feed: every change has a position, drawn from one counter in the same transaction as the change. The next
// transaction draws only after the one before has committed, so that a position that is seen is never followed by a lower
// one. It is read by polling; a notification only makes the next poll sooner.
import { bytes, type Cells, number, text } from '../cells.ts'
import { decodeKey } from '../key.ts'
import { type Hearing, type Own, openHearing } from '../optimistic/hearing.ts'
import type { Change } from '../store.ts'
import { qualified } from './names.ts'
import type { Primary } from './primary.ts'
import type { Session } from './session.ts'
import type { State } from './state.ts'

/** A change of another process, with its position. */
interface Heard {
  readonly position: number
  readonly change: Change
}

export interface Feed extends Pick<Hearing, 'heard' | 'heardAt' | 'watch'> {
  /** Reads other processes' changes up to a state's position, in the transaction that read the state. */
  catchUp(session: Session, state: State): Promise<readonly Heard[]>
  /**
   * Notes that this process has seen everything up to `position`, of which `own` are the last, as of a time; calls the
   * watchers for what they have not heard yet.
   */
  advance(position: number, at: Date, others: readonly Heard[], own: readonly Own[]): void
  /** Looks for other processes' changes. Never rejects: `heardAt` falls behind. */
  poll(): Promise<void>
}

interface Opening {
  readonly primary: Primary
  readonly schema: string
  readonly clock: () => Date
  readonly position: number
}

export function openFeed({ primary, schema, clock, position }: Opening): Feed {
  const hearing = openHearing(position, clock())
  const changes = qualified(schema, 'changes')
  // One statement sees one snapshot: the position and the changes up to it.
  const since = `SELECT s.position, s.trimmed, c.position, c.collection, c.key FROM ${qualified(schema, 'state')} s
    LEFT JOIN ${changes} c ON c.position > $1 AND c.position <= s.position ORDER BY c.position`
  const following = `SELECT position, collection, key FROM ${changes} WHERE position > $1 AND position <= $2 ORDER BY position`
  let polling: Promise<void> | undefined

  const resync = (position: number): readonly Heard[] => [{ position, change: 'resync' }]

  const heardOf = (cells: Cells, from: number): Heard => ({
    position: number(cells, from),
    change: { collection: text(cells, from + 1), key: decodeKey(bytes(cells, from + 2)) },
  })

  /** A poll and a commit overlap, and each may bring what the other has brought: the position only grows. */
  function advance(position: number, at: Date, others: readonly Heard[], own: readonly Own[]): void {
    const before = hearing.heard()
    const time = at > hearing.heardAt() ? at : hearing.heardAt()
    if (position <= before) {
      hearing.confirm(time)
      return
    }
    const news = others.filter((each) => each.position > before).map(({ change }) => change)
    const first = position - own.length + 1
    hearing.advance(position, time, news, own.slice(Math.max(0, before + 1 - first)))
  }

  async function pollOnce(): Promise<void> {
    const at = clock()
    const from = hearing.heard()
    try {
      const rows = await primary.read((session) => session.query(since, [from], 'feed'))
      const [first = []] = rows
      const position = number(first, 0)
      if (from < number(first, 1)) advance(position, at, resync(position), [])
      else advance(position, at, position > from ? rows.map((row) => heardOf(row, 2)) : [], [])
    } catch {
      // `heardAt` falls behind, which shows that the feed is not confirmed.
    }
  }

  return {
    ...{ heard: hearing.heard, heardAt: hearing.heardAt, watch: hearing.watch, advance },
    async catchUp(session, { position, trimmed }) {
      const from = hearing.heard()
      if (from >= position) return []
      if (from < trimmed) return resync(position)
      return (await session.query(following, [from, position], 'following')).map((row) => heardOf(row, 0))
    },
    poll() {
      polling ??= pollOnce().finally(() => {
        polling = undefined
      })
      return polling
    },
  }
}
