// One connection as the store uses it: rows are arrays of cells, and a commit that did not commit is an error.
import type { ClientBase, QueryArrayResult } from 'pg'
import type { Cells } from '../cells.ts'

export interface Session {
  /** One statement. With a name it is prepared once a connection. */
  query(text: string, values?: readonly unknown[], name?: string): Promise<readonly Cells[]>
  /** Statements without values, in one round trip; the rows of the last. `withinMs` in place of the connection's deadline. */
  script(text: string, withinMs?: number): Promise<readonly Cells[]>
  /** @throws Error when the server rolled back instead */
  commit(): Promise<void>
}

/** Types of PostgreSQL (pg_type.dat): all others are read as text. */
const INT8 = 20
const INT2 = 21
const INT4 = 23
const BYTEA = 17
const BOOL = 16

const parsers: ReadonlyMap<number, (text: string) => unknown> = new Map<number, (text: string) => unknown>([
  [INT8, whole],
  [INT4, whole],
  [INT2, whole],
  [BYTEA, (text) => Buffer.from(text.slice(2), 'hex')],
  [BOOL, (text) => (text === 't' ? 1 : 0)],
])

function whole(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new TypeError(`${text} is no number of this store`)
  return value
}

export const types = {
  getTypeParser: (type: number) => parsers.get(type) ?? ((text: string) => text),
}

export function sessionOf(client: ClientBase): Session {
  return {
    async query(text, values = [], name) {
      const result = await client.query<Cells[]>({
        ...{ text, values: [...values], rowMode: 'array' },
        ...(name !== undefined && { name }),
      } as never)
      return result.rows as unknown as readonly Cells[]
    },
    async script(text, withinMs) {
      const deadline = withinMs === undefined ? {} : { query_timeout: withinMs }
      const result = (await client.query({ text, rowMode: 'array', ...deadline } as never)) as unknown as
        | QueryArrayResult
        | readonly QueryArrayResult[]
      const last = Array.isArray(result) ? result.at(-1) : result
      return (last?.rows ?? []) as unknown as readonly Cells[]
    },
    async commit() {
      const { command } = await client.query('COMMIT')
      if (command !== 'COMMIT') throw Object.assign(new Error('the server rolled back'), rolledBack)
    },
  }
}

/** As if the COMMIT had failed: it is known that nothing was committed. */
const rolledBack = { code: '40001', severity: 'ERROR' }
