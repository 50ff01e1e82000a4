// A sign-in ends, and everything that descends from it is revoked, in one transaction with the audit's record.
import { everything } from '../../../store/everything.ts'
import type { Store, Transaction } from '../../../store/store.ts'
import { AUDIT_JOURNAL, type Audit } from '../../audit/journal.ts'
import type { SignInEnd } from '../../contracts/sign-ins.ts'
import type { Revocations } from '../../session/revocations.ts'
import { revoke } from '../../session/revoke.ts'
import { SYSTEM } from './sign-in-content.ts'
import { signInEvents } from './sign-in-events.ts'
import { type SignInRecord, signIns } from './sign-in-records.ts'

export interface EndingParts {
  readonly store: Store
  readonly audit: Pick<Audit, 'expiryOf'>
  readonly revocations: Pick<Revocations, 'learn'>
  readonly random: (bytes: number) => Buffer
}

export interface Ending {
  readonly how: SignInEnd
  /** Why, for the operator and for programs of the person. Never a secret. */
  readonly detail: string
}

const defined = <T>(value: T | undefined): value is T => value !== undefined

/** A record of one that ended: nothing of the person is kept that is not needed to say how. */
function endedRecord(record: SignInRecord, ended: Ending): SignInRecord {
  const { dueAt, held, ...rest } = record
  return { ...rest, sealed: '', ended }
}

/**
 * Ends every sign-in of a restored backup: the backup knows no end that came after it. What they gave is revoked with everything else.
 */
export async function endRestored(tx: Transaction): Promise<void> {
  const ending: Ending = { how: 'ended', detail: 'a backup was restored' }
  for (const record of await everything(tx, signIns))
    await tx.replace(signIns, endedRecord(record, record.ended ?? ending))
}

/**
 * Ends the sign-in of that id. False: it was not there, or had ended.
 *
 * INVARIANT: it is revoked in the account of every broker user that gave something in it. What a target gave cannot be taken
 * back from here, and lasts until it expires: the record of the end names those targets.
 */
export async function endSignIn(parts: EndingParts, id: string, ending: Ending, now: Date): Promise<boolean> {
  const { store, audit, revocations, random } = parts
  const entry = signInEvents(now, random)
  const made = await store.transact(async (tx) => {
    const record = await tx.get(signIns, [SYSTEM, id])
    if (record === undefined || record.ended !== undefined) return undefined
    await tx.replace(signIns, endedRecord(record, ending))
    const accounts = [...new Set(record.given.map(({ broker }) => broker).filter(defined))]
    const targets = [...new Set(record.given.map(({ target }) => target).filter(defined))]
    const written = []
    for (const account of accounts) written.push(await revoke(tx, account, { kind: 'session', id }, now))
    const data = {
      ...{ end: ending.how, reason: ending.detail, revokedIn: accounts },
      ...(targets.length === 0 ? {} : { lastsUntilItExpiresAt: targets }),
    }
    tx.append(AUDIT_JOURNAL, audit.expiryOf(now), [entry({ name: 'EndSignIn', of: record, data })])
    return written
  })
  for (const one of made ?? []) revocations.learn(one)
  return made !== undefined
}
