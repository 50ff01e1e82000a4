// Machines and services of a restored backup: it knows no join token that was used since, and no machine or service that was disabled or
// removed.
import { everything } from '../../store/everything.ts'
import type { Transaction } from '../../store/store.ts'
import { disabled } from './machines.ts'
import { declaredServices, machines } from './records.ts'
import { serviceDisabled } from './services.ts'

/** Ends every join token: whoever used one since the backup would join with it again, and so would whoever found it. */
export async function endJoinTokens(tx: Transaction): Promise<void> {
  for (const { join, ...machine } of await everything(tx, machines))
    if (join !== undefined) await tx.replace(machines, machine)
}

/** Disables every machine and every service. */
export async function disableWorkloads(tx: Transaction): Promise<void> {
  for (const machine of await everything(tx, machines)) await tx.replace(machines, await disabled(tx, machine))
  for (const service of await everything(tx, declaredServices))
    await tx.replace(declaredServices, serviceDisabled(service))
}
