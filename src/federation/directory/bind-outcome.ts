// What a server's answer to a person's bind means (RFC 4511 section 4.2.2).
import type { PersonRejection } from '../person.ts'
import type { BindAnswer } from './connection.ts'
import { isServersFault, NoAnswer, Refused, success } from './failures.ts'

type BindOutcome =
  | { readonly bound: true }
  | { readonly rejected: PersonRejection; readonly detail: string }
  | { readonly unavailable: string }

/** Active Directory says why after `data`, as a Windows error code in hexadecimal (MS-ERREF section 2.2). */
const subCodes: ReadonlyMap<string, readonly [PersonRejection, meaning: string]> = new Map([
  ['525', ['unknown', 'no such user']],
  ['52e', ['password', 'wrong password']],
  ['52f', ['not-now', 'an account restriction']],
  ['530', ['not-now', 'outside the hours of the account']],
  ['531', ['not-now', 'not from this computer']],
  ['532', ['password-expired', 'password expired']],
  ['533', ['disabled', 'account disabled']],
  ['534', ['not-now', 'this kind of sign-in is not granted']],
  ['568', ['groups', 'in more groups than a token holds']],
  ['569', ['not-now', 'this kind of sign-in is not granted']],
  ['701', ['account-expired', 'account expired']],
  ['773', ['password-must-change', 'password must be changed']],
  ['775', ['locked', 'account locked']],
])

/** Errors of the password policy control, of those that a bind can have. */
const policyErrors: ReadonlyMap<number, readonly [PersonRejection, meaning: string]> = new Map([
  [0, ['password-expired', 'password expired']],
  [1, ['locked', 'account locked']],
  [2, ['password-must-change', 'password must be changed after its reset']],
])

const codes: ReadonlyMap<number, readonly [PersonRejection, meaning: string]> = new Map([
  // 389 Directory Server and FreeIPA: too many failures.
  [19, ['locked', 'too many failures']],
  [32, ['unknown', 'the entry is gone']],
  // The entry has no password, or none that a bind can use.
  [48, ['password', 'no password that a bind can use']],
  [49, ['password', 'wrong password']],
  [50, ['not-now', 'the server does not let them bind']],
])

/** @throws NoAnswer where the result says that the server cannot answer. */
export function bindOutcome(server: string, { code, message, policy }: BindAnswer): BindOutcome {
  const text = new Refused(code, message).message
  const rejected = ([rejection, meaning]: readonly [PersonRejection, string]): BindOutcome => ({
    rejected: rejection,
    detail: `${server}: ${meaning}: ${code === success ? 'the password policy control' : text}`,
  })
  // The control's error counts with a success too: the bind is for changing the password alone.
  if (policy?.error !== undefined && (code === success || code === 49))
    return rejected(policyErrors.get(policy.error) ?? ['not-now', `error ${policy.error} of the password policy`])
  if (code === success) {
    // Binds that are left after the password expired.
    if (policy?.graceAuthNsRemaining !== undefined) return rejected(['password-expired', 'password expired'])
    return { bound: true }
  }
  if (isServersFault(code)) throw new NoAnswer(`${server}: ${text}`)
  const subCode =
    code === 49 ? subCodes.get(/\bdata ([0-9a-f]{1,8})\b/i.exec(message)?.[1]?.toLowerCase() ?? '') : undefined
  // 389 Directory Server and FreeIPA say so of an account that is locked by its administrator.
  if (code === 53 && /inactivated|disabled/i.test(message)) return rejected(['disabled', 'account disabled'])
  const known = subCode ?? codes.get(code)
  return known === undefined ? { unavailable: `${server}: ${text}` } : rejected(known)
}
