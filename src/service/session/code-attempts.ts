// Attempts at the codes of a device that shows them (RFC 6238; RFC 4226 section 7.3): what a code makes of what is stored of its
// device, for whoever the device belongs to. Pure: the caller reads and writes, both in one transaction.
import { stepOf } from '../../core/totp.ts'

/** What is stored of a device beside its seed. */
export interface CodeState {
  /** The step of the last code that was accepted. */
  readonly lastStep: number
  /** Wrong codes in a row. */
  readonly failures: number
  /** ms. Before it no code is checked. */
  readonly lockedUntil: number
}

/** Of a new device. */
export const unusedCodes: CodeState = { lastStep: 0, failures: 0, lockedUntil: 0 }

/** How many steps a device's clock may be off, each way. */
const driftSteps = 1
/** Wrong codes in a row that lock a device; each further one doubles the lock. */
const freeFailures = 5
const firstLockMs = 30_000
const longestLockMs = 3_600_000

/**
 * The step of a right code; or what is to be stored of a wrong one: undefined of a device that is locked, which answers as to a
 * wrong code, without checking it: guessing learns nothing.
 *
 * INVARIANT: the lock is read, the code checked and the failure counted in one transaction, so that guesses sent at once are as few as
 * guesses sent one by one.
 */
export function tryCode(
  key: Uint8Array | undefined,
  code: string,
  state: CodeState,
  now: Date,
): { readonly step: number } | { readonly failed: CodeState | undefined } {
  if (now.getTime() < state.lockedUntil) return { failed: undefined }
  const step = key && stepOf(key, code, now, state.lastStep, driftSteps)
  if (step !== undefined) return { step }
  const failures = state.failures + 1
  return { failed: { lastStep: state.lastStep, failures, lockedUntil: lockAfter(failures, state, now) } }
}

/** What is stored once a code was accepted. */
export const spentCode = (step: number): CodeState => ({ lastStep: step, failures: 0, lockedUntil: 0 })

function lockAfter(failures: number, { lockedUntil }: CodeState, now: Date): number {
  if (failures < freeFailures) return lockedUntil
  return now.getTime() + Math.min(longestLockMs, firstLockMs * 2 ** Math.min(20, failures - freeFailures))
}
