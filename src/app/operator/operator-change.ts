// A change of a machine, a service or a cluster by an operator, with its record.
import { AdminRefusal } from '../../server/admin.ts'
import { AUDIT_JOURNAL } from '../../service/audit/journal.ts'
import { operatorEntry } from '../../service/audit/operator.ts'
import { OperatorProblem } from '../../service/operator-problem.ts'
import type { Transaction } from '../../store/store.ts'
import type { Engine } from '../engine.ts'

/** Does the work and writes its record in one transaction. @throws AdminRefusal with the sentence of a OperatorProblem */
export async function operatorChange<T>(
  { store, clock, audit, parts }: Engine,
  name: string,
  work: (tx: Transaction, now: Date) => Promise<T>,
  of: (done: T) => { readonly account?: string; readonly parameters: Readonly<Record<string, unknown>> },
): Promise<T> {
  const now = clock()
  const entry = operatorEntry(now, parts.random)
  try {
    return await store.transact(async (tx) => {
      const done = await work(tx, now)
      tx.append(AUDIT_JOURNAL, audit.expiryOf(now), [entry({ name, ...of(done) })])
      return done
    })
  } catch (error) {
    throw error instanceof OperatorProblem ? new AdminRefusal(error.message) : error
  }
}
