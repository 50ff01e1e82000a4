// A multi-factor code presented with a request (RFC 6238; STS: SerialNumber and TokenCode). A code is checked before the
// decision, because policies read `aws:MultiFactorAuthPresent`, and spent only with the success that it guards.
import type { Identity } from '../../core/identity.ts'
import { unbase32 } from '../../core/ids.ts'
import { stepOf } from '../../core/totp.ts'
import type { Transaction } from '../../store/store.ts'
import { refusal } from '../../wire/errors.ts'
import type { Parts } from '../parts.ts'
import { type MfaDevice, mfaDevices } from '../records.ts'

/** A code that was right when it was checked, with its device and the device's owner. */
export interface Factor {
  readonly account: string
  readonly serial: string
  readonly principal: string
  /** The device's seed, sealed. */
  readonly seed: string
  readonly step: number
}

const invalidCode = () =>
  refusal('AccessDenied', 403, 'MultiFactorAuthentication failed with invalid MFA one time pass code. ')
const invalidSerial = () =>
  refusal(
    'AccessDenied',
    403,
    'MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.',
  )
const bothNeeded = () =>
  refusal(
    'AccessDenied',
    403,
    'MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.',
  )

/** How many steps a device's clock may be off, each way. */
const driftSteps = 1
/** Wrong codes in a row that lock a device; each further one doubles the lock. */
const freeFailures = 5
const firstLockMs = 30_000
const longestLockMs = 3_600_000

/**
 * Checks a code: undefined when none was passed. Throws AWS's refusal for a wrong one, and counts it first. The device
 * must be the caller's own: long-term keys of a user or of root present codes, sessions do not.
 */
export async function presentedFactor(
  parts: Parts,
  identity: Identity,
  serial: string | undefined,
  code: string | undefined,
  now: Date,
): Promise<Factor | undefined> {
  if (serial === undefined && code === undefined) return undefined
  if (serial === undefined || code === undefined) throw bothNeeded()
  if (identity.kind !== 'user' && identity.kind !== 'root') throw invalidSerial()
  const { account, principal } = identity
  const device = await parts.store.get(mfaDevices, [account, serial])
  if (device?.principal !== principal) throw invalidSerial()
  const key = unbase32(parts.vault.open(account, serial, 'seed', device.seed))
  const at = { account, serial, principal, seed: device.seed }
  const step = await parts.store.transact((tx) => checkCode(tx, at, key, code, now))
  if (step === undefined) throw invalidCode()
  return { ...at, step }
}

/**
 * The step of a right code; undefined for a wrong one, which is counted.
 * INVARIANT: the lock is read, the code checked and the failure counted in one transaction, so that guesses sent at once are
 * as few as guesses sent one by one.
 */
async function checkCode(
  tx: Transaction,
  at: Omit<Factor, 'step'>,
  key: Buffer | undefined,
  code: string,
  now: Date,
): Promise<number | undefined> {
  const device = await sameDevice(tx, at)
  // A locked device answers as to a wrong code, without checking it: guessing learns nothing.
  if (device === undefined || now.getTime() < device.lockedUntil) return undefined
  const step = key && stepOf(key, code, now, device.lastStep, driftSteps)
  if (step !== undefined) return step
  const failures = device.failures + 1
  await tx.replace(mfaDevices, { ...device, failures, lockedUntil: lockAfter(failures, device, now) })
  return undefined
}

/**
 * Spends a code, in the transaction of the audit record of the success. It throws when the code was spent meanwhile, or its
 * device changed: then nothing is issued. A request that is refused leaves its code unspent.
 */
export const spending = (factor: Factor | undefined) =>
  factor === undefined ? undefined : (tx: Transaction) => spend(tx, factor)

async function spend(tx: Transaction, factor: Factor): Promise<void> {
  const device = await sameDevice(tx, factor)
  if (device === undefined || factor.step <= device.lastStep) throw invalidCode()
  await tx.replace(mfaDevices, { ...device, lastStep: factor.step, failures: 0, lockedUntil: 0 })
}

async function sameDevice(tx: Transaction, { account, serial, principal, seed }: Omit<Factor, 'step'>) {
  const device = await tx.get(mfaDevices, [account, serial])
  return device?.principal === principal && device.seed === seed ? device : undefined
}

function lockAfter(failures: number, device: MfaDevice, now: Date): number {
  if (failures < freeFailures) return device.lockedUntil
  return now.getTime() + Math.min(longestLockMs, firstLockMs * 2 ** Math.min(20, failures - freeFailures))
}
