import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { bindOutcome } from './bind-outcome.ts'
import { NoAnswer } from './failures.ts'

const windows = (data: string) =>
  `80090308: LdapErr: DSID-0C09044E, comment: AcceptSecurityContext error, data ${data}, v2580\0`

const rows: readonly (readonly [
  title: string,
  answer: Omit<Parameters<typeof bindOutcome>[1], 'policy'> & Partial<Parameters<typeof bindOutcome>[1]>,
  expected: string,
])[] = [
  ['success', { code: 0, message: '' }, 'bound'],
  ['wrong password', { code: 49, message: '' }, 'password'],
  ['52e', { code: 49, message: windows('52e') }, 'password'],
  ['525', { code: 49, message: windows('525') }, 'unknown'],
  ['530', { code: 49, message: windows('530') }, 'not-now'],
  ['531', { code: 49, message: windows('531') }, 'not-now'],
  ['532', { code: 49, message: windows('532') }, 'password-expired'],
  ['533', { code: 49, message: windows('533') }, 'disabled'],
  ['568', { code: 49, message: windows('568') }, 'groups'],
  ['701', { code: 49, message: windows('701') }, 'account-expired'],
  ['773', { code: 49, message: windows('773') }, 'password-must-change'],
  ['775', { code: 49, message: windows('775') }, 'locked'],
  ['a sub-code that nobody knows', { code: 49, message: windows('9ff') }, 'password'],
  ['a sub-code with a success says nothing', { code: 0, message: windows('533') }, 'bound'],
  ['the policy: expired', { code: 49, message: '', policy: { error: 0 } }, 'password-expired'],
  ['the policy: locked', { code: 49, message: '', policy: { error: 1 } }, 'locked'],
  ['the policy: reset, with a success', { code: 0, message: '', policy: { error: 2 } }, 'password-must-change'],
  ['the policy: locked, with a success', { code: 0, message: '', policy: { error: 1 } }, 'locked'],
  ['the policy: an error that no bind has', { code: 0, message: '', policy: { error: 6 } }, 'not-now'],
  [
    'the policy: a few binds are left',
    { code: 0, message: '', policy: { graceAuthNsRemaining: 3 } },
    'password-expired',
  ],
  ['the policy: the password ends in a while', { code: 0, message: '', policy: {} }, 'bound'],
  ['389: too many failures', { code: 19, message: 'Exceed password retry limit. Please try later.' }, 'locked'],
  ['389: inactivated', { code: 53, message: 'Account inactivated. Contact system administrator.' }, 'disabled'],
  ['unwilling', { code: 53, message: 'unauthenticated bind (DN with no password) disallowed' }, 'unavailable'],
  ['the entry is gone', { code: 32, message: '' }, 'unknown'],
  ['no password to bind with', { code: 48, message: '' }, 'password'],
  ['no right to bind', { code: 50, message: '' }, 'not-now'],
  ['TLS is needed', { code: 13, message: '' }, 'unavailable'],
  ['signing is needed', { code: 8, message: '' }, 'unavailable'],
  ['a referral', { code: 10, message: '' }, 'unavailable'],
  ['another step', { code: 14, message: '' }, 'unavailable'],
  ['the answer of a comparison', { code: 6, message: '' }, 'unavailable'],
  ['a code of the future', { code: 4711, message: '' }, 'unavailable'],
  ...[1, 2, 51, 52, 80].map((code) => [`the server's fault: ${code}`, { code, message: '' }, 'no answer'] as const),
]

describe("What a bind's answer means", () => {
  for (const [title, answer, expected] of rows) {
    test(`${title}: ${expected}`, () => {
      const outcome = () => bindOutcome('ldaps://dc1', { policy: undefined, ...answer })
      if (expected === 'no answer') return assert.throws(outcome, NoAnswer)
      const found = outcome()
      assert.equal('bound' in found ? 'bound' : 'rejected' in found ? found.rejected : 'unavailable', expected)
    })
  }
})
