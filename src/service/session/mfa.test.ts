// Attacks on MFA codes: many at once, twice, after the device changed its owner.
import assert from 'node:assert/strict'
import { beforeEach, describe, test } from 'node:test'
import type { Identity } from '../../core/identity.ts'
import { base32 } from '../../core/ids.ts'
import { codeOf, stepAt } from '../../core/totp.ts'
import { chaos } from '../../store/testing/chaos.ts'
import type { Parts } from '../parts.ts'
import { type MfaDevice, mfaDevices } from '../records.ts'
import { ACCOUNT, type Kit, NOW, openKit, refusalOf } from '../testing/operations-kit.ts'
import { presentedFactor, spending } from './mfa.ts'

const principal = 'AIDAANN2345678901234Z'
const serial = `arn:aws:iam::${ACCOUNT}:mfa/phone`
const key = Buffer.from('01234567890123456789')
const ann: Identity = { kind: 'user', account: ACCOUNT, principal, accessKeyId: 'AKIA' }
const right = codeOf(key, stepAt(NOW))
const wrongCodes = Array.from({ length: 100 }, (_, i) => String(i).padStart(6, '0')).filter(
  (code) => ![-1, 0, 1].some((drift) => codeOf(key, stepAt(NOW) + drift) === code),
)
const invalid = /^AccessDenied: MultiFactorAuthentication failed with invalid MFA one time pass code/

let b: Kit
let parts: Parts
const device = () => b.store.get(mfaDevices, [ACCOUNT, serial])
const look = (code: string, now = NOW) => presentedFactor(parts, ann, serial, code, now)
const change = (to: Partial<MfaDevice>) =>
  b.store.transact(async (tx) => {
    const there = await tx.get(mfaDevices, [ACCOUNT, serial])
    assert(there !== undefined)
    await tx.replace(mfaDevices, { ...there, ...to })
  })

beforeEach(async () => {
  b = await openKit()
  parts = { ...b.parts, store: chaos(b.store, { twice: true, yields: true }) }
  const seed = b.parts.vault.seal(ACCOUNT, serial, 'seed', base32(key))
  const unused = { lastStep: 0, failures: 0, lockedUntil: 0, tags: [], path: '/', createdAt: '2026-01-01T00:00:00Z' }
  await b.store.transact((tx) =>
    tx.create(mfaDevices, { ...unused, account: ACCOUNT, serial, name: 'phone', seed, principal }),
  )
})

describe('wrong codes', () => {
  test('a hundred at once: five are checked, and the device is locked', async () => {
    const answers = await Promise.all(wrongCodes.map((code) => refusalOf(look(code))))
    for (const answer of answers) assert.match(answer, invalid)
    const locked = await device()
    assert.equal(locked?.failures, 5)
    assert.equal(locked?.lockedUntil, NOW.getTime() + 30_000)
  })
  test('lock out the right one until the lock ends; each further one doubles the lock', async () => {
    for (const code of wrongCodes.slice(0, 5)) await refusalOf(look(code))
    assert.match(await refusalOf(look(right, new Date(NOW.getTime() + 29_999))), invalid)
    await refusalOf(look(wrongCodes[5] ?? '', new Date(NOW.getTime() + 30_000)))
    assert.equal((await device())?.lockedUntil, NOW.getTime() + 90_000)
  })
})

describe('a right code', () => {
  test('that is checked twice is spent once', async () => {
    const factors = await Promise.all([look(right), look(right)])
    const spend = (factor: (typeof factors)[number]) => parts.store.transact(spending(factor) ?? (() => assert.fail()))
    const answers = await Promise.all(factors.map((factor) => refusalOf(spend(factor))))
    assert.equal(answers.filter((answer) => answer === 'no refusal').length, 1)
  })
  const meanwhile = [
    { title: 'was given to another user', to: { principal: 'AIDABOB2345678901234Z' } },
    { title: 'has another seed', to: { seed: 'other' } },
  ]
  for (const { title, to } of meanwhile) {
    test(`is not spent when its device ${title} meanwhile`, async () => {
      const factor = await look(right)
      assert(factor !== undefined)
      await change(to)
      assert.match(await refusalOf(b.store.transact(spending(factor) ?? (() => assert.fail()))), invalid)
    })
  }
})
