// The role that somebody chose last, so that it stands first the next time. Kept here, by person: a cookie holds random ids alone.
import { removePast } from '../../store/batches.ts'
import type { Reader, Store, Transaction } from '../../store/store.ts'
import { lastRoles } from './records.ts'

const rememberedMs = 180 * 86_400_000

export const lastRoleOf = async (reader: Reader, account: string, person: string): Promise<string | undefined> =>
  (await reader.get(lastRoles, [account, person]))?.role

export async function rememberRole(
  tx: Transaction,
  account: string,
  person: string,
  role: string,
  now: Date,
): Promise<void> {
  const record = { account, person, role, until: now.getTime() + rememberedMs }
  if ((await tx.get(lastRoles, [account, person])) === undefined) await tx.create(lastRoles, record)
  else await tx.replace(lastRoles, record)
}

/** Forgets the choices of who was not here for long. Answers how many. */
export const sweepLastRoles = (store: Store, now: Date): Promise<number> => removePast(store, lastRoles, now)
