// A multi-factor code presented with a request (RFC 6238; STS: SerialNumber and TokenCode). A code is looked at before the
// decision, because policies read `aws:MultiFactorAuthPresent`, and spent only with the success it guards.
import type { Identity } from '../../core/identity.ts'
import { unbase32 } from '../../core/ids.ts'
import type { Transaction } from '../../store/store.ts'
import { refusal } from '../../wire/errors.ts'
import { stepOf } from '../iam/totp.ts'
import type { Parts } from '../parts.ts'
import { type MfaDevice, mfaDevices } from '../records.ts'

/** A code that was right when it was looked at. */
export interface Factor {
  readonly account: string
  readonly serial: string
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
/** Wrong codes in a row before a device locks; each further one doubles the lock. */
const freeFailures = 5
const firstLockMs = 30_000
const longestLockMs = 3_600_000

/**
 * Looks at a code: undefined when none was passed. Throws AWS's refusal for a wrong one, and counts it first. The device
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
  // A locked device answers as a wrong code does, and does not look: guessing learns nothing from it.
  if (now.getTime() < device.lockedUntil) throw invalidCode()
  const seed = unbase32(parts.vault.open(account, serial, 'seed', device.seed))
  const step = seed && stepOf(seed, code, now, device.lastStep, driftSteps)
  if (step === undefined) {
    await parts.store.transact((tx) => countFailure(tx, account, serial, now))
    throw invalidCode()
  }
  return { account, serial, step }
}

/** Spends a code, in the transaction of the success it guards. Throws when it was spent meanwhile. */
export async function spendFactor(tx: Transaction, factor: Factor) {
  const device = await tx.get(mfaDevices, [factor.account, factor.serial])
  if (device === undefined || factor.step <= device.lastStep) throw invalidCode()
  await tx.replace(mfaDevices, { ...device, lastStep: factor.step, failures: 0, lockedUntil: 0 })
}

/** Counts a wrong code and locks the device when there were too many in a row. */
export async function countFailure(tx: Transaction, account: string, serial: string, now: Date) {
  const device = await tx.get(mfaDevices, [account, serial])
  if (device === undefined) return
  const failures = device.failures + 1
  await tx.replace(mfaDevices, { ...device, failures, lockedUntil: lockAfter(failures, device, now) })
}

function lockAfter(failures: number, device: MfaDevice, now: Date): number {
  if (failures < freeFailures) return device.lockedUntil
  return now.getTime() + Math.min(longestLockMs, firstLockMs * 2 ** Math.min(20, failures - freeFailures))
}
