// A machine joins: for a join token it enrols the key that it made for itself. The token counts once, for one machine, until it ends.
import { createPublicKey } from 'node:crypto'
import { digest } from '../../core/digest.ts'
import { jwkThumbprint } from '../../core/jwk-thumbprint.ts'
import type { Reader, Store, Transaction } from '../../store/store.ts'
import { isoTime } from '../records.ts'
import { type JoinToken, type KeyRecord, type Machine, machines } from './records.ts'

/** What a join token begins with: it is known where it should not be. */
const BEGIN = 'hallpass-join-'
const pattern = /^hallpass-join-[A-Za-z0-9_-]{43}$/

/** How long a join token is good, if nothing else is said. */
export const JOIN_TOKEN_MS = 3_600_000

/** A join token, and what the machine's record keeps of it. `random`: 32 bytes. */
export function newJoinToken(
  random: Buffer,
  now: Date,
  ms = JOIN_TOKEN_MS,
): { readonly text: string; readonly kept: JoinToken } {
  const text = BEGIN + random.toString('base64url')
  return { text, kept: { digest: digest(text), until: now.getTime() + ms } }
}

/** A P-256 key as a record keeps it; undefined when its numbers are no point of the curve. */
export function machineKey(jwk: { readonly x: string; readonly y: string }): KeyRecord | undefined {
  const whole = { kty: 'EC', crv: 'P-256', x: jwk.x, y: jwk.y }
  try {
    const canonical = createPublicKey({ key: whole, format: 'jwk' }).export({ format: 'jwk' })
    if (canonical.x !== whole.x || canonical.y !== whole.y) return undefined
  } catch {
    return undefined
  }
  return { kid: jwkThumbprint(whole), jwk: whole }
}

export type JoinRejection = 'malformed' | 'unknown' | 'ended' | 'disabled'

/**
 * Enrols the key: its sessions are the machine's from now on, and those of an earlier key are dead. INVARIANT: one transaction finds the
 * token and removes it, so that of two who use it at once one joins.
 */
export async function join(
  store: Store,
  { token, key }: { readonly token: string; readonly key: KeyRecord },
  now: Date,
  /** Writes the audit's record. */
  note: (tx: Transaction, machine: Machine) => void,
): Promise<Machine | { readonly rejected: JoinRejection }> {
  if (!pattern.test(token)) return { rejected: 'malformed' }
  const pendingOf = async (reader: Reader) => (await reader.find(machines, 'join', [digest(token)]))?.record
  // A guess takes no turn from those who write.
  if ((await pendingOf(store)) === undefined) return { rejected: 'unknown' }
  return store.transact(async (tx) => {
    const found = await pendingOf(tx)
    if (found === undefined) return { rejected: 'unknown' }
    const { join: pending, ...machine } = found
    if (pending === undefined || now.getTime() >= pending.until) return { rejected: 'ended' }
    if (!machine.isEnabled) return { rejected: 'disabled' }
    const joined: Machine = {
      ...machine,
      incarnation: machine.incarnation + 1,
      key: { ...key, joinedAt: isoTime(now) },
    }
    await tx.replace(machines, joined)
    note(tx, joined)
    return joined
  })
}
