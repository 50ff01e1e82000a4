// A multi-factor code presented with a request (RFC 6238; STS: SerialNumber and TokenCode). A code is checked before the
// decision, because policies read `aws:MultiFactorAuthPresent`, and spent only with the success that it guards.
import type { Identity } from '../../core/identity.ts'
import { unbase32 } from '../../core/ids.ts'
import type { Transaction } from '../../store/store.ts'
import { refusal } from '../../wire/errors.ts'
import type { Parts } from '../parts.ts'
import { mfaDevices } from '../records.ts'
import { spentCode, tryCode } from './code-attempts.ts'

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
  if ((identity.kind !== 'user' && identity.kind !== 'root') || identity.accessKeyId === undefined)
    throw invalidSerial()
  const { account, principal } = identity
  const device = await parts.store.get(mfaDevices, [account, serial])
  if (device?.principal !== principal) throw invalidSerial()
  const key = unbase32(parts.vault.open(account, serial, 'seed', device.seed))
  const at = { account, serial, principal, seed: device.seed }
  const step = await parts.store.transact((tx) => checkCode(tx, at, key, code, now))
  if (step === undefined) throw invalidCode()
  return { ...at, step }
}

/** The step of a right code; undefined for a wrong one, which is counted in the same transaction. */
async function checkCode(
  tx: Transaction,
  at: Omit<Factor, 'step'>,
  key: Buffer | undefined,
  code: string,
  now: Date,
): Promise<number | undefined> {
  const device = await sameDevice(tx, at)
  if (device === undefined) return undefined
  const tried = tryCode(key, code, device, now)
  if ('step' in tried) return tried.step
  if (tried.failed !== undefined) await tx.replace(mfaDevices, { ...device, ...tried.failed })
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
  await tx.replace(mfaDevices, { ...device, ...spentCode(factor.step) })
}

async function sameDevice(tx: Transaction, { account, serial, principal, seed }: Omit<Factor, 'step'>) {
  const device = await tx.get(mfaDevices, [account, serial])
  return device?.principal === principal && device.seed === seed ? device : undefined
}
