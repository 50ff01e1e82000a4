// What an engine must give, tried on it: engines that speak PostgreSQL's protocol accept statements whose promises they do
// not keep (repeatable read for SERIALIZABLE, locks that are stubs). Two connections are needed for each trial.
import { randomUUID } from 'node:crypto'
import { Unavailable } from '../store.ts'
import { codeOf, faultOf } from './faults.ts'
import { qualified } from './names.ts'
import { isNotOffered, type Primary } from './primary.ts'
import type { Session } from './session.ts'

export interface Engine {
  /** Whether LOCK TABLE excludes others. */
  readonly locks: boolean
}

/** @throws Unavailable for an engine that cannot hold this store */
export async function probe(primary: Primary, schema: string): Promise<Engine> {
  const refuse = (why: string) => new Unavailable(`${primary.name} cannot hold a store: ${why}`)
  const [[encoding] = []] = await primary.read((session) => session.query('SHOW server_encoding'))
  if (encoding !== 'UTF8') throw refuse(`its encoding is ${encoding}; create the database with ENCODING 'UTF8'`)
  if (!(await isSerializable(primary, schema)))
    throw refuse('its SERIALIZABLE transactions are not: two that each read what the other wrote both committed')
  const locks = await tableLocks(primary, schema)
  if (locks === 'lies') throw refuse('it says that it has locked a table which another connection has locked')
  return { locks: locks === 'holds' }
}

/**
 * Write skew: two transactions each read both rows, and each changes another one. One after the other, the second would have
 * seen the first's change; so at least one must fail.
 */
async function isSerializable(primary: Primary, schema: string): Promise<boolean> {
  const table = qualified(schema, 'probe')
  const [one, two] = [randomUUID(), randomUUID()]
  await primary.use((session) => session.query(`INSERT INTO ${table} (id, value) VALUES ($1, 1), ($2, 1)`, [one, two]))
  const begin = async (session: Session) => {
    await session.script('BEGIN ISOLATION LEVEL SERIALIZABLE')
    await session.query(`SELECT value FROM ${table} WHERE id IN ($1, $2)`, [one, two])
  }
  const end = async (session: Session, id: string) => {
    await session.query(`UPDATE ${table} SET value = 0 WHERE id = $1`, [id])
    await session.commit()
  }
  try {
    return await withTwo(primary, async (first, second) => {
      await begin(first)
      await begin(second)
      // An engine with locks makes one wait for the other: both must be under way.
      const ended = await Promise.allSettled([end(first, one), end(second, two)])
      const failures = ended.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []))
      for (const failure of failures) if (faultOf(failure) !== 'again') throw failure
      return failures.length > 0
    })
  } finally {
    await primary.use((session) => session.query(`DELETE FROM ${table} WHERE id IN ($1, $2)`, [one, two]))
  }
}

async function tableLocks(primary: Primary, schema: string): Promise<'holds' | 'lies' | 'none'> {
  const lock = `LOCK TABLE ${qualified(schema, 'turn')} IN EXCLUSIVE MODE`
  return withTwo(primary, async (first, second) => {
    try {
      await first.script(`BEGIN; ${lock}`)
    } catch (error) {
      if (isNotOffered(error)) return 'none'
      throw error
    }
    try {
      await second.script(`BEGIN; ${lock} NOWAIT`)
      return 'lies'
    } catch (error) {
      if (isNotOffered(error)) return 'none'
      if (codeOf(error) === '55P03') return 'holds'
      throw error
    }
  })
}

/** Runs work on two connections, whose transactions it may leave open. */
function withTwo<T>(primary: Primary, work: (first: Session, second: Session) => Promise<T>): Promise<T> {
  return primary.use((first) =>
    primary.use(async (second) => {
      try {
        return await work(first, second)
      } finally {
        await Promise.allSettled([first, second].map((session) => session.script('ROLLBACK')))
      }
    }),
  )
}
