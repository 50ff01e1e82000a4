// Virtual MFA devices: CreateVirtualMFADevice, DeleteVirtualMFADevice, EnableMFADevice, DeactivateMFADevice,
// ResyncMFADevice, GetMFADevice, ListMFADevices, ListVirtualMFADevices (IAM API Reference). Codes are in totp.ts.
import { encodeQR } from 'qr'
import { accountRootArn } from '../../../core/arn.ts'
import { base32, unbase32 } from '../../../core/ids.ts'
import { mostOf } from '../../../core/quotas.ts'
import { stepOfPair } from '../../../core/totp.ts'
import type { Reader } from '../../../store/store.ts'
import { modelled } from '../../../wire/errors.ts'
import { accountOf } from '../../access/caller-account.ts'
import { requestTagKeys } from '../../access/tag-keys.ts'
import type { Call } from '../../operation.ts'
import type { Parts } from '../../parts.ts'
import { checkName, checkPath, mfaArn } from '../../principals/names.ts'
import { count, uncount } from '../../principals/quotas.ts'
import {
  alreadyExists,
  deleteConflict,
  invalid,
  noMfaDevice,
  noVirtualMfaDevice,
  overQuota,
} from '../../principals/refusals.ts'
import { givenTags, tagsMember } from '../../principals/tag-rules.ts'
import { accounts, isoTime, type MfaDevice, mfaDevices, type Tag, users } from '../../records.ts'
import { check, listCheck, tagsToo } from '../checks.ts'
import { changes, type IamName, reads } from '../define.ts'
import { type ListingParts, listOfRecords, type PageRequest, pageOf, pageOfList } from '../paging.ts'
import { idOf, type Owner, onOwner, ownerOf } from '../principals/owner.ts'
import { currentOwner } from '../principals/targets.ts'
import { userInBrief } from '../principals/users.ts'
import { currentDevice, type DeviceTarget, deviceTarget, onDevice } from './mfa-target.ts'
import { pngOf } from './png.ts'

/** A seed of 40 bytes: 64 characters of base32. */
const SEED_BYTES = 40
/**
 * How far a device's clock may be off when two codes prove it.
 * DIVERGES: AWS's resynchronisation takes in any clock; here a device has no offset of its own, so a clock that is further
 * off would only lock its owner out until it is right.
 */
const DRIFT_STEPS = 2

const wrongCode = () =>
  modelled('iam', 'InvalidAuthenticationCodeException', 'Authentication code for device is not valid.')

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

async function ownerOfDevice(reader: Reader, device: MfaDevice) {
  if (device.principal === undefined) return {}
  const user = (await reader.find(users, 'id', [device.account, device.principal]))?.record
  if (user !== undefined) return { User: userInBrief(user) }
  const account = await reader.get(accounts, [device.account])
  return {
    User: {
      Path: undefined,
      UserName: undefined,
      UserId: device.account,
      Arn: accountRootArn(device.account),
      CreateDate: new Date(account?.createdAt ?? 0),
    },
  }
}

const enabledMember = ({ enabledAt }: MfaDevice) => (enabledAt === undefined ? {} : { EnableDate: new Date(enabledAt) })

export const mfaDeviceOperations = (parts: ListingParts) => {
  const { store, vault, random, quotas, inTurn } = parts
  type DeviceNamed = { readonly UserName?: string | undefined; readonly SerialNumber: string }
  const owned = async ({ UserName, SerialNumber }: DeviceNamed, call: Call) => ({
    owner: await ownerOf(store, call, UserName),
    device: await deviceTarget(store, call, SerialNumber),
  })
  /** What enabling and resynchronising have alike: two codes are to prove that the caller holds the device. */
  const proving = (action: IamName) => ({
    load: (input: DeviceNamed, call: Call): Promise<Proving> => owned(input, call),
    checks: (_: unknown, { owner }: Proving) => [onOwner(action, owner)],
    prepare: async (_: unknown, target: Proving) => ({ ...target, key: keyOf(parts, target.device.device) }),
    audit: {
      request: ({ UserName, SerialNumber }: DeviceNamed) => ({ userName: UserName, serialNumber: SerialNumber }),
    },
  })

  return {
    CreateVirtualMFADevice: changes<'CreateVirtualMFADevice'>()({
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
        const unused = { lastStep: 0, failures: 0, lockedUntil: 0 }
        await tx.create(mfaDevices, {
          account,
          serial,
          name,
          path,
          createdAt: isoTime(now),
          tags,
          seed: drawn.sealed,
          ...unused,
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
    }),

    DeleteVirtualMFADevice: changes<'DeleteVirtualMFADevice'>()({
      load: ({ SerialNumber }, call) => deviceTarget(store, call, SerialNumber),
      checks: (_, target) => [onDevice('DeleteVirtualMFADevice', target)],
      change: async (tx, _, target) => {
        const device = await currentDevice(tx, target, noVirtualMfaDevice)
        if (device.principal !== undefined) throw deleteConflict('MFA VirtualDevice in use. Must deactivate first.')
        await tx.delete(mfaDevices, mfaDevices.key(device))
        await uncount(tx, device.account, 'mfaDevices')
        return {}
      },
    }),

    EnableMFADevice: changes<'EnableMFADevice'>()({
      ...proving('EnableMFADevice'),
      change: async (tx, { AuthenticationCode1, AuthenticationCode2 }, { owner, device: target, key }, { now }) => {
        const principal = await currentOwner(tx, owner)
        const device = await currentDevice(tx, target)
        if (device.principal !== undefined) throw alreadyExists('MFA Device is already in use.')
        const most = quotas(device.account).MFADevicesPerUser
        const range = { prefix: [device.account, principal], limit: most }
        if ((await tx.list(mfaDevices, 'principal', range)).items.length >= most) {
          throw overQuota('MFADevicesPerUser', most)
        }
        const lastStep = provenStep(key, device, [AuthenticationCode1, AuthenticationCode2], now)
        await tx.replace(mfaDevices, { ...device, principal, enabledAt: isoTime(now), lastStep, failures: 0 })
        return {}
      },
    }),

    ResyncMFADevice: changes<'ResyncMFADevice'>()({
      ...proving('ResyncMFADevice'),
      change: async (tx, { AuthenticationCode1, AuthenticationCode2 }, { owner, device: target, key }, { now }) => {
        const principal = await currentOwner(tx, owner)
        const device = await currentDevice(tx, target)
        if (device.principal !== principal) throw noMfaDevice(device.serial)
        const lastStep = provenStep(key, device, [AuthenticationCode1, AuthenticationCode2], now)
        await tx.replace(mfaDevices, { ...device, lastStep, failures: 0 })
        return {}
      },
    }),

    DeactivateMFADevice: changes<'DeactivateMFADevice'>()({
      load: owned,
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
    }),

    GetMFADevice: reads<'GetMFADevice'>()({
      load: async ({ UserName, SerialNumber }, call) => ({
        owner: await ownerOf(store, call, UserName),
        device: await deviceTarget(store, call, SerialNumber),
      }),
      checks: (_, { owner }) => [onOwner('GetMFADevice', owner)],
      handle: (_, { owner, device: { device, serial } }) => {
        const id = idOf(owner)
        if (device?.principal !== id) throw noMfaDevice(serial)
        const named = owner.name === undefined ? {} : { UserName: owner.name }
        return { ...named, SerialNumber: serial, ...enabledMember(device) }
      },
    }),

    ListMFADevices: reads<'ListMFADevices'>()({
      load: ({ UserName }, call) => ownerOf(store, call, UserName),
      checks: (_, owner) => [onOwner('ListMFADevices', owner)],
      handle: async (input, owner) => {
        const id = idOf(owner)
        const range = { prefix: [owner.account, id], limit: mostOf('MFADevicesPerUser') }
        const { items } = await store.list(mfaDevices, 'principal', range)
        const { account } = owner
        const pageRequest: PageRequest = { vault, account, operation: 'ListMFADevices', filter: [id], input }
        const { items: shown, page } = pageOf(pageRequest, items, ({ serial }) => serial)
        const out = shown.map((device) => ({
          UserName: owner.name,
          SerialNumber: device.serial,
          EnableDate: new Date(device.enabledAt ?? 0),
        }))
        return { MFADevices: out, ...page }
      },
    }),

    ListVirtualMFADevices: reads<'ListVirtualMFADevices'>()({
      load: (_, call) => accountOf(call),
      checks: (_, account) => [listCheck('ListVirtualMFADevices', account, 'mfa/')],
      handle: async (input, account) => {
        const { AssignmentStatus = 'Any' } = input
        const filter = [AssignmentStatus]
        const pageRequest: PageRequest = { vault, account, operation: 'ListVirtualMFADevices', filter, input }
        const list = listOfRecords(store, account, mfaDevices, {
          wanted: ({ principal }) =>
            AssignmentStatus === 'Any' || (AssignmentStatus === 'Assigned') === (principal !== undefined),
          show: async (device, work) => {
            work.done++
            return {
              SerialNumber: device.serial,
              ...(await ownerOfDevice(store, device)),
              ...enabledMember(device),
            }
          },
        })
        const { items, page } = await pageOfList(pageRequest, inTurn, list)
        return { VirtualMFADevices: items, ...page }
      },
    }),
  }
}
