// Virtual MFA devices, through their operation records.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { inflateSync } from 'node:zlib'
import decodeQR from 'qr/decode.js'
import { unbase32 } from '../../../core/ids.ts'
import { codeOf, stepAt } from '../../../core/totp.ts'
import { mfaDevices } from '../../records.ts'
import { ACCOUNT, addUser, asUser, type Kit, NOW, questionsOf, refusalOf, run } from '../../testing/operations-kit.ts'
import { iamOperations } from '../operations.ts'
import { failingAtEachCall, openIam } from '../testing/iam-kit.ts'

async function device(b: Kit, name = 'phone') {
  const ops = iamOperations(b.parts)
  const { VirtualMFADevice } = await run(b, ops.CreateVirtualMFADevice, { VirtualMFADeviceName: name })
  const seed = Buffer.from(VirtualMFADevice?.Base32StringSeed ?? []).toString('ascii')
  const key = unbase32(seed) ?? Buffer.alloc(0)
  const step = stepAt(NOW)
  const codes = (first: number) => ({
    AuthenticationCode1: codeOf(key, first),
    AuthenticationCode2: codeOf(key, first + 1),
  })
  return { serial: VirtualMFADevice?.SerialNumber ?? '', seed, key, step, codes, out: VirtualMFADevice }
}

async function enabled(name = 'phone') {
  const { b, ops } = await openIam()
  const ada = await addUser(b, 'Ada')
  const d = await device(b, name)
  await run(b, ops.EnableMFADevice, { UserName: 'Ada', SerialNumber: d.serial, ...d.codes(d.step - 1) })
  return { b, ops, ada, d }
}

/** The pixels of a PNG of one bit a pixel, as lightness per pixel. */
function pixelsOf(png: Uint8Array) {
  const bytes = Buffer.from(png)
  assert.equal(bytes.subarray(0, 8).toString('hex'), '89504e470d0a1a0a')
  const side = bytes.readUInt32BE(16)
  const at = bytes.indexOf('IDAT')
  const rows = inflateSync(bytes.subarray(at + 4, at + 4 + bytes.readUInt32BE(at - 4)))
  const stride = 1 + Math.ceil(side / 8)
  const data = new Uint8ClampedArray(side * side * 4)
  for (let i = 0; i < side * side; i++) {
    const [x, y] = [i % side, Math.floor(i / side)]
    const white = ((rows[y * stride + 1 + (x >> 3)] ?? 0) >> (7 - (x & 7))) & 1
    data.set([white * 255, white * 255, white * 255, 255], i * 4)
  }
  return { width: side, height: side, data }
}

describe('CreateVirtualMFADevice', () => {
  test('answers a seed of 64 base32 characters and a picture that says the same', async () => {
    const { b } = await openIam()
    const { serial, seed, out } = await device(b)
    assert.equal(serial, `arn:aws:iam::${ACCOUNT}:mfa/phone`)
    assert.match(seed, /^[A-Z2-7]{64}$/)
    const text = decodeQR(pixelsOf(out?.QRCodePNG ?? new Uint8Array()))
    assert.equal(text, `otpauth://totp/phone@${ACCOUNT}?secret=${seed}`)
  })

  test('stores the seed sealed', async () => {
    const { b } = await openIam()
    const { serial, seed } = await device(b)
    const record = await b.store.get(mfaDevices, [ACCOUNT, serial])
    assert.ok(!JSON.stringify(record).includes(seed))
  })

  test('keeps seed and picture out of the audit', async () => {
    const { b, ops } = await openIam()
    const { out, seed } = await device(b)
    const target = { serial: 's' } as never
    const said = JSON.stringify(ops.CreateVirtualMFADevice.audit.response?.({ VirtualMFADevice: out }, target))
    assert.ok(!said.includes(seed))
    assert.deepEqual(JSON.parse(said), { virtualMFADevice: { serialNumber: 's' } })
  })

  const refused = [
    {
      title: 'a taken serial',
      input: { VirtualMFADeviceName: 'phone' },
      says: 'EntityAlreadyExists: MFADevice entity at the same path and name already exists.',
    },
    {
      title: 'a path without its last slash',
      input: { VirtualMFADeviceName: 'x', Path: '/a' },
      says: 'ValidationError: The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.',
    },
    {
      title: 'a serial number longer than any operation takes',
      input: { VirtualMFADeviceName: 'x', Path: `/${'a'.repeat(300)}/` },
      says: 'ValidationError: The specified value for virtualMFADeviceName is too long.',
    },
  ]
  for (const { title, input, says } of refused) {
    test(`refuses ${title}`, async () => {
      const { b, ops } = await openIam()
      await device(b)
      assert.equal(await refusalOf(run(b, ops.CreateVirtualMFADevice, input)), says)
    })
  }
})

describe('EnableMFADevice', () => {
  test('with two consecutive codes: the device is the user’s', async () => {
    const { b, ops, ada, d } = await enabled()
    const { MFADevices } = await run(b, ops.ListMFADevices, { UserName: 'Ada' })
    assert.deepEqual(MFADevices, [{ UserName: 'Ada', SerialNumber: d.serial, EnableDate: NOW }])
    const { VirtualMFADevices } = await run(b, ops.ListVirtualMFADevices, { AssignmentStatus: 'Assigned' })
    assert.equal(VirtualMFADevices?.[0]?.User?.UserId, ada.id)
    assert.equal((await b.store.get(mfaDevices, [ACCOUNT, d.serial]))?.lastStep, d.step)
    assert.deepEqual(await run(b, ops.GetMFADevice, { SerialNumber: d.serial }, { as: asUser(ada) }), {
      UserName: 'Ada',
      SerialNumber: d.serial,
      EnableDate: NOW,
    })
  })

  const wrong = 'InvalidAuthenticationCode: Authentication code for device is not valid.'
  const refused = [
    { title: 'the same code twice', first: 0, second: 0, says: wrong },
    { title: 'codes in the wrong order', first: 0, second: -1, says: wrong },
    { title: 'codes with one between', first: -2, second: 0, says: wrong },
    { title: 'codes of ten minutes ago', first: -20, second: -19, says: wrong },
  ]
  for (const { title, first, second, says } of refused) {
    test(`refuses ${title}`, async () => {
      const { b, ops } = await openIam()
      await addUser(b, 'Ada')
      const d = await device(b)
      const codes = {
        AuthenticationCode1: codeOf(d.key, d.step + first),
        AuthenticationCode2: codeOf(d.key, d.step + second),
      }
      const answer = refusalOf(run(b, ops.EnableMFADevice, { UserName: 'Ada', SerialNumber: d.serial, ...codes }))
      assert.equal(await answer, says)
      assert.equal((await b.store.get(mfaDevices, [ACCOUNT, d.serial]))?.principal, undefined)
    })
  }

  test('refuses a user, a device, that are not there, and a device in use', async () => {
    const { b, ops, d } = await enabled()
    await addUser(b, 'Byron')
    const codes = d.codes(d.step)
    const enable = (UserName: string, SerialNumber: string) =>
      refusalOf(run(b, ops.EnableMFADevice, { UserName, SerialNumber, ...codes }))
    assert.equal(await enable('Nobody', d.serial), 'NoSuchEntity: The user with name Nobody cannot be found.')
    assert.equal(
      await enable('Byron', `${d.serial}x`),
      `NoSuchEntity: MFA Device with serial number ${d.serial}x does not exist.`,
    )
    assert.equal(await enable('Byron', d.serial), 'EntityAlreadyExists: MFA Device is already in use.')
  })

  test('refuses the ninth device of a user', async () => {
    const { b, ops } = await openIam()
    await addUser(b, 'Ada')
    const enable = async (name: string) => {
      const d = await device(b, name)
      return refusalOf(run(b, ops.EnableMFADevice, { UserName: 'Ada', SerialNumber: d.serial, ...d.codes(d.step - 1) }))
    }
    for (let i = 0; i < 8; i++) assert.equal(await enable(`d${i}`), 'no refusal')
    assert.equal(await enable('ninth'), 'LimitExceeded: Cannot exceed quota for MFADevicesPerUser: 8')
  })

  test('asks about the user, and keeps the codes out of the audit', async () => {
    const { b, ops } = await openIam()
    await addUser(b, 'Ada', '/x/')
    const d = await device(b)
    const input = { UserName: 'Ada', SerialNumber: d.serial, ...d.codes(d.step) }
    const [question] = await questionsOf(ops.EnableMFADevice, input)
    assert.equal(question?.resource, `arn:aws:iam::${ACCOUNT}:user/x/Ada`)
    const said = JSON.stringify(ops.EnableMFADevice.audit.request?.(input, {} as never))
    assert.ok(!said.includes(input.AuthenticationCode1))
  })

  test('whichever store call fails, the device is enabled whole or not at all', async () => {
    await failingAtEachCall(
      async () => {
        const { b } = await openIam()
        await addUser(b, 'Ada')
        return { b, d: await device(b) }
      },
      (failing, { d }) => [
        failing.EnableMFADevice,
        { UserName: 'Ada', SerialNumber: d.serial, ...d.codes(d.step - 1) },
      ],
      async ({ b, d }, done) => {
        const record = await b.store.get(mfaDevices, [ACCOUNT, d.serial])
        assert.equal(record?.principal !== undefined, done)
        assert.equal(record?.lastStep, done ? d.step : 0)
      },
      5,
    )
  })
})

describe('after that', () => {
  test('a device in use is not deleted; deactivated it is, and a user with one is not deleted', async () => {
    const { b, ops, d } = await enabled()
    const SerialNumber = d.serial
    assert.equal(
      await refusalOf(run(b, ops.DeleteUser, { UserName: 'Ada' })),
      'DeleteConflict: Cannot delete entity, must delete MFA device first.',
    )
    assert.equal(
      await refusalOf(run(b, ops.DeleteVirtualMFADevice, { SerialNumber })),
      'DeleteConflict: MFA VirtualDevice in use. Must deactivate first.',
    )
    await run(b, ops.DeactivateMFADevice, { UserName: 'Ada', SerialNumber })
    assert.deepEqual((await run(b, ops.ListMFADevices, { UserName: 'Ada' })).MFADevices, [])
    await run(b, ops.DeleteVirtualMFADevice, { SerialNumber })
    assert.match(
      await refusalOf(run(b, ops.DeleteVirtualMFADevice, { SerialNumber })),
      /^NoSuchEntity: VirtualMFADevice with/,
    )
  })

  test('enabled again, its used codes are still used', async () => {
    const { b, ops, d } = await enabled()
    const input = { UserName: 'Ada', SerialNumber: d.serial }
    await run(b, ops.DeactivateMFADevice, input)
    assert.match(await refusalOf(run(b, ops.EnableMFADevice, { ...input, ...d.codes(d.step - 1) })), /^InvalidAuth/)
    assert.equal(await refusalOf(run(b, ops.EnableMFADevice, { ...input, ...d.codes(d.step + 1) })), 'no refusal')
  })

  test('resynchronising takes two later codes, and neither works again', async () => {
    const { b, ops, d } = await enabled()
    const input = { UserName: 'Ada', SerialNumber: d.serial }
    assert.match(await refusalOf(run(b, ops.ResyncMFADevice, { ...input, ...d.codes(d.step - 1) })), /^InvalidAuth/)
    await run(b, ops.ResyncMFADevice, { ...input, ...d.codes(d.step + 1) })
    assert.equal((await b.store.get(mfaDevices, [ACCOUNT, d.serial]))?.lastStep, d.step + 2)
  })

  test('nobody deactivates another user’s device in the name of their own', async () => {
    const { b, ops, d } = await enabled()
    await addUser(b, 'Byron')
    const input = { UserName: 'Byron', SerialNumber: d.serial }
    assert.match(await refusalOf(run(b, ops.DeactivateMFADevice, input)), /^NoSuchEntity/)
    assert.match(await refusalOf(run(b, ops.ResyncMFADevice, { ...input, ...d.codes(d.step + 1) })), /^NoSuchEntity/)
  })

  test('a renamed user keeps the device', async () => {
    const { b, ops } = await enabled()
    await run(b, ops.UpdateUser, { UserName: 'Ada', NewUserName: 'Byron' })
    assert.equal((await run(b, ops.ListMFADevices, { UserName: 'Byron' })).MFADevices?.[0]?.UserName, 'Byron')
  })
})
