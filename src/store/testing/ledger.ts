// A ledger that shows whether a store's commits are atomic: the Nth commit writes two records and a journal entry, and either
// all three must exist or none. Run as a program, it writes until it is killed or done:
//   node ledger.ts PLACE NAME COMMITS    prints each N once it is acknowledged, or 'refused N ERROR' and continues

import { argv, stdout } from 'node:process'
import { readAddress } from '../postgres/address.ts'
import { openSqlite } from '../sqlite.ts'
import type { Collection, Store } from '../store.ts'

export interface Line {
  readonly ledger: string
  readonly side: 'debit' | 'credit'
  readonly n: number
  readonly padding: string
}

export const lines: Collection<Line, 'number'> = {
  name: 'lines',
  key: ({ ledger, side, n }) => [ledger, side, n],
  indexes: { number: { of: ({ ledger, side, n }) => [ledger, n, side], unique: true } },
  shape: 1,
  upgrade: (old) => old as Line,
}

const FOREVER = new Date('2999-01-01T00:00:00Z')

/** Opens the ledger in a file, or in a database by its `postgres://` URL. */
export async function openLedger(place: string, maxBytes?: number): Promise<Store> {
  const how = { clock: () => new Date(), pollMs: 50 }
  if (!place.startsWith('postgres:'))
    return openSqlite(place, [lines], { ...how, ...(maxBytes !== undefined && { maxBytes }) })
  const address = readAddress(place.slice('postgres:'.length))
  if ('refused' in address) throw new TypeError(address.refused)
  const { openPostgres } = await import('../postgres.ts')
  return openPostgres([lines], { ...how, address })
}

export async function write(store: Store, ledger: string, n: number): Promise<void> {
  await store.transact(async (tx) => {
    for (const side of ['debit', 'credit'] as const)
      await tx.create(lines, { ledger, side, n, padding: 'x'.repeat(300) })
    tx.append(ledger, FOREVER, [`${n}`])
  })
}

/** The numbers in a ledger, once for each way to read them. */
export async function read(store: Store, ledger: string): Promise<readonly (readonly number[])[]> {
  const numbers = async (by: 'key' | 'number', side: Line['side']) => {
    const prefix = by === 'key' ? [ledger, side] : [ledger]
    const { items } = await store.list(lines, by, { prefix, limit: 1_000_000 })
    return items.filter((line) => line.side === side).map(({ n }) => n)
  }
  const journal: number[] = []
  for await (const { text } of store.scan(ledger, new Date(0))) journal.push(Number(text))
  return [
    await numbers('key', 'debit'),
    await numbers('key', 'credit'),
    await numbers('number', 'debit'),
    await numbers('number', 'credit'),
    journal.sort((a, b) => a - b),
  ]
}

if (import.meta.main) {
  const [, , place = '', ledger = '', commits = '0'] = argv
  const store = await openLedger(place)
  for (let n = 0; n < Number(commits); n += 3) {
    // Three at a time, so that they share a commit.
    await Promise.all(
      [n, n + 1, n + 2].map((number) =>
        write(store, ledger, number).then(
          () => stdout.write(`${number}\n`),
          (error: Error) => stdout.write(`refused ${number} ${error.name}\n`),
        ),
      ),
    )
  }
  stdout.write(`read ${JSON.stringify(await read(store, ledger))}\n`)
}
