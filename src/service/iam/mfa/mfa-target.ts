// The virtual MFA device that an operation acts on.
import { parseArn } from '../../../core/arn.ts'
import type { Reader, Transaction } from '../../../store/store.ts'
import { accountOf } from '../../access/caller-account.ts'
import { iamResourceTagKeys } from '../../access/tag-keys.ts'
import type { Call } from '../../operation.ts'
import { concurrentModification, noMfaDevice } from '../../principals/refusals.ts'
import { type MfaDevice, mfaDevices } from '../../records.ts'
import { check } from '../checks.ts'
import type { IamName } from '../define.ts'

export interface DeviceTarget {
  readonly account: string
  readonly serial: string
  /** Whose it is to allow: the account in the serial number. */
  readonly owner: string
  readonly device: MfaDevice | undefined
}

/** Looks a device up by serial number. Reveals nothing about a missing one. */
export async function deviceTarget(reader: Reader, call: Call, serial: string): Promise<DeviceTarget> {
  const account = accountOf(call)
  const owner = parseArn(serial)?.account || account
  return { account, serial, owner, device: await reader.get(mfaDevices, [account, serial]) }
}

export const onDevice = (action: IamName, { serial, owner, device }: DeviceTarget) =>
  check(action, serial, owner, iamResourceTagKeys(device?.tags))

/** @throws NoSuchEntity */
export function presentDevice({ device, serial }: DeviceTarget, missing = noMfaDevice): MfaDevice {
  if (device === undefined) throw missing(serial)
  return device
}

/**
 * The device as the transaction sees it.
 *
 * INVARIANT: it is the device, with the tags, that was authorized.
 *
 * @throws NoSuchEntity, ConcurrentModification
 */
export async function currentDevice(tx: Transaction, target: DeviceTarget, missing = noMfaDevice): Promise<MfaDevice> {
  const then = presentDevice(target, missing)
  const now = await tx.get(mfaDevices, mfaDevices.key(then))
  if (now === undefined) throw missing(target.serial)
  if (now.seed !== then.seed || JSON.stringify(now.tags) !== JSON.stringify(then.tags)) throw concurrentModification()
  return now
}
