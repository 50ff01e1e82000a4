// Virtual MFA devices come and go: CreateVirtualMFADevice, DeleteVirtualMFADevice (IAM API Reference).
import { encodeQR } from 'qr'
import { base32 } from '../../../core/ids.ts'
import { accountOf } from '../../access/caller-account.ts'
import { requestTagKeys } from '../../access/tag-keys.ts'
import type { Parts } from '../../parts.ts'
import { checkName, checkPath, mfaArn } from '../../principals/names.ts'
import { count, uncount } from '../../principals/quotas.ts'
import { alreadyExists, deleteConflict, invalid, noVirtualMfaDevice } from '../../principals/refusals.ts'
import { givenTags, tagsMember } from '../../principals/tag-rules.ts'
import { isoTime, mfaDevices, type Tag } from '../../records.ts'
import { unusedCodes } from '../../session/code-attempts.ts'
import { check, tagsToo } from '../checks.ts'
import { changes } from '../define.ts'
import { currentDevice, deviceTarget, onDevice } from './mfa-target.ts'
import { pngOf } from './png.ts'

/** A seed of 40 bytes: 64 characters of base32. */
const SEED_BYTES = 40

/** What a new device has that costs something to make: a seed, sealed, and the picture that authenticators scan. */
interface Drawn {
  readonly seed: string
  readonly sealed: string
  readonly picture: Buffer
}

export interface NewDevice {
  readonly account: string
  readonly serial: string
  readonly name: string
  readonly path: string
  readonly tags: readonly Tag[]
  /** Made once the caller is allowed. */
  readonly drawn?: Drawn
}

export const createVirtualDevice = ({ vault, random, quotas }: Parts) =>
  changes<'CreateVirtualMFADevice'>()({
    load: ({ VirtualMFADeviceName: name, Path: path = '/', Tags }, call): NewDevice => {
      checkName('virtualMFADeviceName', name, 226)
      checkPath(path)
      const account = accountOf(call)
      const serial = mfaArn(account, path, name)
      if (serial.length > 256) throw invalid('The specified value for virtualMFADeviceName is too long.')
      return { account, serial, name, path, tags: givenTags(Tags) }
    },
    checks: (_, { account, serial, tags }) => [
      check('CreateVirtualMFADevice', serial, account, requestTagKeys(tags)),
      ...tagsToo('TagMFADevice', serial, account, tags),
    ],
    prepare: async (_, target) => {
      const { account, serial, name } = target
      const seed = base32(random(SEED_BYTES))
      const sealed = vault.seal(account, serial, 'seed', seed)
      const picture = pngOf(encodeQR(`otpauth://totp/${name}@${account}?secret=${seed}`, 'raw', { border: 4 }), 4)
      return { ...target, drawn: { seed, sealed, picture } }
    },
    change: async (tx, _, { account, serial, name, path, tags, drawn }, { now }) => {
      if (drawn === undefined) throw new TypeError('a device without a seed')
      if ((await tx.get(mfaDevices, [account, serial])) !== undefined) {
        throw alreadyExists('MFADevice entity at the same path and name already exists.')
      }
      await count(tx, account, 'mfaDevices', quotas)
      await tx.create(mfaDevices, {
        account,
        serial,
        name,
        path,
        createdAt: isoTime(now),
        tags,
        seed: drawn.sealed,
        ...unusedCodes,
      })
      return {
        VirtualMFADevice: {
          SerialNumber: serial,
          Base32StringSeed: Buffer.from(drawn.seed, 'ascii'),
          QRCodePNG: drawn.picture,
          ...tagsMember(tags),
        },
      }
    },
    audit: { response: (_, { serial }) => ({ virtualMFADevice: { serialNumber: serial } }) },
  })

export const deleteVirtualDevice = ({ store }: Parts) =>
  changes<'DeleteVirtualMFADevice'>()({
    load: ({ SerialNumber }, call) => deviceTarget(store, call, SerialNumber),
    checks: (_, target) => [onDevice('DeleteVirtualMFADevice', target)],
    change: async (tx, _, target) => {
      const device = await currentDevice(tx, target, noVirtualMfaDevice)
      if (device.principal !== undefined) throw deleteConflict('MFA VirtualDevice in use. Must deactivate first.')
      await tx.delete(mfaDevices, mfaDevices.key(device))
      await uncount(tx, device.account, 'mfaDevices')
      return {}
    },
  })
