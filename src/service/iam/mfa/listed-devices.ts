// What is answered of MFA devices: GetMFADevice, ListMFADevices, ListVirtualMFADevices (IAM API Reference).
import { mostOf } from '../../../core/quotas.ts'
import type { Reader } from '../../../store/store.ts'
import { accountOf } from '../../access/caller-account.ts'
import type { Parts } from '../../parts.ts'
import { noMfaDevice } from '../../principals/refusals.ts'
import { type MfaDevice, mfaDevices, users } from '../../records.ts'
import { listCheck } from '../checks.ts'
import { reads } from '../define.ts'
import { type ListingParts, listOfRecords, type PageRequest, pageOf, pageOfList } from '../paging.ts'
import { idOf, onOwner, ownerOf } from '../principals/owner.ts'
import { rootAsUser, userInBrief } from '../principals/users.ts'
import { deviceTarget } from './mfa-target.ts'

async function ownerOfDevice(reader: Reader, { account, principal }: MfaDevice) {
  if (principal === undefined) return {}
  const user = (await reader.find(users, 'id', [account, principal]))?.record
  return { User: user === undefined ? await rootAsUser(reader, account) : userInBrief(user) }
}

const enabledMember = ({ enabledAt }: MfaDevice) => (enabledAt === undefined ? {} : { EnableDate: new Date(enabledAt) })

export const getDevice = ({ store }: Parts) =>
  reads<'GetMFADevice'>()({
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
  })

export const listDevices = ({ store, vault }: Parts) =>
  reads<'ListMFADevices'>()({
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
  })

export const listVirtualDevices = ({ store, vault, inTurn }: ListingParts) =>
  reads<'ListVirtualMFADevices'>()({
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
  })
