import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { accountState, generalizedTimeMs, stateAttributes } from './account-state.ts'
import type { Entry } from './entry.ts'

const now = new Date('2026-11-29T09:00:00Z')
const entry = (values: Readonly<Record<string, string>>): Entry => ({
  dn: 'cn=ann',
  values: new Map(Object.entries(values).map(([name, value]) => [name.toLowerCase(), [Buffer.from(value)]])),
})

const rows: readonly (readonly [values: Readonly<Record<string, string>>, expected: string | undefined])[] = [
  [{}, undefined],
  // Active Directory.
  [{ userAccountControl: '512' }, undefined],
  [{ userAccountControl: '514' }, 'disabled'],
  [{ userAccountControl: '66050' }, 'disabled'],
  [{ userAccountControl: '-2147483646' }, 'disabled'],
  [{ userAccountControl: 'x' }, 'disabled'],
  // Machines, domains that are trusted, and services whose password a machine keeps.
  [{ userAccountControl: '4096' }, 'unknown'],
  [{ userAccountControl: '532480' }, 'unknown'],
  [{ userAccountControl: '2080' }, 'unknown'],
  // An entry of Active Directory whose state the connector may not read.
  [{ objectSid: 'x' }, 'unavailable'],
  [{ objectGUID: 'x', 'msDS-User-Account-Control-Computed': '0' }, 'unavailable'],
  [{ objectSid: 'x', userAccountControl: '512' }, undefined],
  // Active Directory Lightweight Directory Services.
  [{ objectSid: 'x', 'msDS-UserAccountDisabled': 'FALSE' }, undefined],
  [{ objectSid: 'x', 'msDS-UserAccountDisabled': 'TRUE' }, 'disabled'],
  [{ accountExpires: '0' }, undefined],
  [{ accountExpires: '9223372036854775807' }, undefined],
  [{ accountExpires: '132223104000000000' }, 'account-expired'],
  [{ accountExpires: '135000000000000000' }, undefined],
  [{ accountExpires: 'soon' }, 'account-expired'],
  [{ 'msDS-User-Account-Control-Computed': '16' }, 'locked'],
  [{ 'msDS-User-Account-Control-Computed': '8388608' }, 'password-expired'],
  [{ 'msDS-User-Account-Control-Computed': '0', lockoutTime: '133500000000000000' }, undefined],
  [{ lockoutTime: '133500000000000000' }, 'locked'],
  [{ lockoutTime: '0' }, undefined],
  [{ pwdLastSet: '0', userAccountControl: '512' }, 'password-must-change'],
  [{ pwdLastSet: '0', userAccountControl: '66048' }, undefined],
  [{ pwdLastSet: '0' }, 'password-must-change'],
  [{ pwdLastSet: '133500000000000000' }, undefined],
  // FreeIPA and 389 Directory Server.
  [{ nsAccountLock: 'TRUE' }, 'disabled'],
  [{ nsAccountLock: 'true' }, 'disabled'],
  [{ nsAccountLock: 'FALSE' }, undefined],
  [{ nsAccountLock: 'perhaps' }, 'disabled'],
  [{ accountUnlockTime: '19700101000000Z' }, 'locked'],
  [{ accountUnlockTime: '20261129091000Z' }, 'locked'],
  [{ accountUnlockTime: '20261129085000Z' }, undefined],
  [{ krbPrincipalExpiration: '20261129090000Z' }, 'account-expired'],
  [{ krbPrincipalExpiration: '20261129090001Z' }, undefined],
  [{ krbPasswordExpiration: '20250101000000Z' }, 'password-expired'],
  [{ passwordExpirationTime: '19700101000000Z' }, 'password-must-change'],
  [{ passwordExpirationTime: '20250101000000Z' }, 'password-expired'],
  [{ passwordExpirationTime: '20380119031407Z' }, undefined],
  [{ krbPrincipalExpiration: 'never' }, 'account-expired'],
  // OpenLDAP.
  [{ pwdAccountLockedTime: '000001010000Z' }, 'locked'],
  [{ pwdAccountLockedTime: '20261129085959Z' }, 'locked'],
  [{ pwdStartTime: '20270101000000Z' }, 'not-now'],
  [{ pwdStartTime: '20250101000000Z' }, undefined],
  [{ pwdStartTime: 'x' }, 'not-now'],
  [{ pwdEndTime: '20250101000000Z' }, 'account-expired'],
  [{ pwdEndTime: '20270101000000Z' }, undefined],
  [{ pwdReset: 'TRUE' }, 'password-must-change'],
  [{ pwdReset: 'FALSE' }, undefined],
  // RFC 2307, eDirectory.
  [{ shadowExpire: '-1' }, undefined],
  [{ shadowExpire: '0' }, 'account-expired'],
  [{ shadowExpire: '20786' }, 'account-expired'],
  [{ shadowExpire: '20787' }, undefined],
  [{ shadowExpire: '' }, 'account-expired'],
  [{ loginDisabled: 'TRUE' }, 'disabled'],
]

describe('What an entry says of its account', () => {
  for (const [values, expected] of rows) {
    test(`${JSON.stringify(values)}: ${expected ?? 'lets in'}`, () => {
      const state = accountState(entry(values), now)
      assert.equal(state !== undefined && 'unavailable' in state ? 'unavailable' : state?.rejected, expected)
    })
  }
  test('every attribute that is looked at is asked for', () => {
    for (const name of rows.flatMap(([values]) => Object.keys(values))) assert.ok(stateAttributes.includes(name), name)
  })
})

describe('Generalized time (RFC 4517 3.3.13)', () => {
  for (const [text, expected] of [
    ['20261129090000Z', now.getTime()],
    ['20261129090000.123Z', now.getTime()],
    ['202611290900Z', now.getTime()],
    ['2026112909Z', now.getTime()],
    ['20261129110000+0200', now.getTime()],
    ['20261129110000+02', now.getTime()],
    ['20261329090000Z', undefined],
    ['20261129090000', undefined],
    ['2026', undefined],
  ] as const) {
    test(text, () => assert.equal(generalizedTimeMs(text), expected))
  }
})
