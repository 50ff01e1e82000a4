// MFA devices by the names of their operations (IAM API Reference).
import type { ListingParts } from '../paging.ts'
import { getDevice, listDevices, listVirtualDevices } from './listed-devices.ts'
import { deactivateDevice, enableDevice, resyncDevice } from './user-devices.ts'
import { createVirtualDevice, deleteVirtualDevice } from './virtual-devices.ts'

export const mfaDeviceOperations = (parts: ListingParts) => ({
  CreateVirtualMFADevice: createVirtualDevice(parts),
  DeleteVirtualMFADevice: deleteVirtualDevice(parts),
  EnableMFADevice: enableDevice(parts),
  ResyncMFADevice: resyncDevice(parts),
  DeactivateMFADevice: deactivateDevice(parts),
  GetMFADevice: getDevice(parts),
  ListMFADevices: listDevices(parts),
  ListVirtualMFADevices: listVirtualDevices(parts),
})
