// A user's MFA devices, and root's: EnableMFADevice, ResyncMFADevice, DeactivateMFADevice (IAM API Reference). Codes are in
// totp.ts.
import { unbase32 } from '../../../core/ids.ts'
import { stepOfPair } from '../../../core/totp.ts'
import { modelled } from '../../../wire/errors.ts'
import type { Call } from '../../operation.ts'
import type { Parts } from '../../parts.ts'
import { alreadyExists, noMfaDevice, overQuota } from '../../principals/refusals.ts'
import { isoTime, type MfaDevice, mfaDevices } from '../../records.ts'
import { changes, type IamName } from '../define.ts'
import { type Owner, onOwner, ownerOf } from '../principals/owner.ts'
import { currentOwner } from '../principals/targets.ts'
import { currentDevice, type DeviceTarget, deviceTarget } from './mfa-target.ts'

/**
 * How far a device's clock may be off when two codes prove it.
 * DIVERGES: AWS's resynchronisation takes in any clock; here a device has no offset of its own, so a clock that is further
 * off would only lock its owner out until it is right.
 */
const DRIFT_STEPS = 2

const wrongCode = () =>
  modelled('iam', 'InvalidAuthenticationCodeException', 'Authentication code for device is not valid.')

export interface Proving {
  readonly owner: Owner
  readonly device: DeviceTarget
  /** Opened once the caller is allowed. */
  readonly key?: Buffer | undefined
}

/** The seed's bytes. Opened before the transaction, since nothing is opened or sealed inside. */
function keyOf({ vault }: Parts, device: MfaDevice | undefined): Buffer | undefined {
  if (device === undefined) return undefined
  return unbase32(vault.open(device.account, device.serial, 'seed', device.seed))
}

/**
 * Two consecutive codes prove that the caller holds the device. Wrong ones are not counted here as they are where a code
 * is a login: two codes in a row are twelve digits, and whoever may enable devices gains nothing by guessing.
 */
function provenStep(key: Buffer | undefined, device: MfaDevice, codes: readonly [string, string], now: Date): number {
  if (now.getTime() < device.lockedUntil) throw wrongCode()
  const step = key && stepOfPair(key, codes, now, device.lastStep, DRIFT_STEPS)
  if (step === undefined) throw wrongCode()
  return step
}

interface DeviceNamed {
  readonly UserName?: string | undefined
  readonly SerialNumber: string
}

const owned = async ({ store }: Parts, { UserName, SerialNumber }: DeviceNamed, call: Call) => ({
  owner: await ownerOf(store, call, UserName),
  device: await deviceTarget(store, call, SerialNumber),
})

/** What enabling and resynchronising have alike: two codes are to prove that the caller holds the device. */
const proving = (parts: Parts, action: IamName) => ({
  load: (input: DeviceNamed, call: Call): Promise<Proving> => owned(parts, input, call),
  checks: (_: unknown, { owner }: Proving) => [onOwner(action, owner)],
  prepare: async (_: unknown, target: Proving) => ({ ...target, key: keyOf(parts, target.device.device) }),
  audit: {
    request: ({ UserName, SerialNumber }: DeviceNamed) => ({ userName: UserName, serialNumber: SerialNumber }),
  },
})

export const enableDevice = (parts: Parts) =>
  changes<'EnableMFADevice'>()({
    ...proving(parts, 'EnableMFADevice'),
    change: async (tx, { AuthenticationCode1, AuthenticationCode2 }, { owner, device: target, key }, { now }) => {
      const principal = await currentOwner(tx, owner)
      const device = await currentDevice(tx, target)
      if (device.principal !== undefined) throw alreadyExists('MFA Device is already in use.')
      const most = parts.quotas(device.account).MFADevicesPerUser
      const range = { prefix: [device.account, principal], limit: most }
      if ((await tx.list(mfaDevices, 'principal', range)).items.length >= most) {
        throw overQuota('MFADevicesPerUser', most)
      }
      const lastStep = provenStep(key, device, [AuthenticationCode1, AuthenticationCode2], now)
      await tx.replace(mfaDevices, { ...device, principal, enabledAt: isoTime(now), lastStep, failures: 0 })
      return {}
    },
  })

export const resyncDevice = (parts: Parts) =>
  changes<'ResyncMFADevice'>()({
    ...proving(parts, 'ResyncMFADevice'),
    change: async (tx, { AuthenticationCode1, AuthenticationCode2 }, { owner, device: target, key }, { now }) => {
      const principal = await currentOwner(tx, owner)
      const device = await currentDevice(tx, target)
      if (device.principal !== principal) throw noMfaDevice(device.serial)
      const lastStep = provenStep(key, device, [AuthenticationCode1, AuthenticationCode2], now)
      await tx.replace(mfaDevices, { ...device, lastStep, failures: 0 })
      return {}
    },
  })

export const deactivateDevice = (parts: Parts) =>
  changes<'DeactivateMFADevice'>()({
    load: (input: DeviceNamed, call) => owned(parts, input, call),
    checks: (_, { owner }) => [onOwner('DeactivateMFADevice', owner)],
    change: async (tx, _, { owner, device: target }) => {
      const owning = await currentOwner(tx, owner)
      const device = await currentDevice(tx, target)
      if (device.principal !== owning) throw noMfaDevice(device.serial)
      // The last step stays: enabled again, the device's used codes are still used.
      const { principal: _principal, enabledAt: _enabledAt, ...unassigned } = device
      await tx.replace(mfaDevices, unassigned)
      return {}
    },
  })
