// Whether an account lets its person in, as its entry says: for those who are looked for without their password, and where a server
// does not look at what it stores. What cannot be read does not let in.
import type { PersonRejection } from '../person.ts'
import { fileTimeMs } from './active-directory.ts'
import { bytesOf, type Entry, textsOf } from './entry.ts'

type State =
  | { readonly rejected: PersonRejection; readonly detail: string }
  /** The connector may not read it. */
  | { readonly unavailable: string }

/** Whether the attribute's value keeps the person out. */
type Rule = (value: string, nowMs: number, entry: Entry) => boolean

const isTrue: Rule = (value) => value.toUpperCase() !== 'FALSE'

/** RFC 4517 section 3.3.13; undefined for what is no time. */
export function generalizedTimeMs(text: string): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)?(\d\d)?(?:[.,]\d+)?(Z|[+-]\d\d(?:\d\d)?)$/.exec(text)
  if (match === null) return undefined
  const [, year, month, day, hour, minute = '00', second = '00', zone = 'Z'] = match
  const offset = zone === 'Z' ? zone : `${zone.slice(0, 3)}:${zone.slice(3) || '00'}`
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}${offset}`)
  return Number.isNaN(time) ? undefined : time
}

const isPast = (value: string, nowMs: number) => (generalizedTimeMs(value) ?? 0) <= nowMs
const isToCome = (value: string, nowMs: number) => (generalizedTimeMs(value) ?? Number.POSITIVE_INFINITY) > nowMs

/** Bits of userAccountControl (MS-ADTS section 2.2.16); undefined for what is no number. */
const bitsOf = (value: string) => (/^-?\d{1,10}$/.test(value) ? Number(value) : undefined)
const hasBit =
  (bit: number): Rule =>
  (value) =>
    ((bitsOf(value) ?? bit) & bit) !== 0
const passwordNeverExpires = 0x1_0000
/** Another domain's account here, a machine's or a managed service's, a domain controller's: they are users too, by their class. */
const isNoPersons = hasBit(0x800 | 0x1000 | 0x2000)

const fileTimeIsPast: Rule = (value, nowMs) => {
  const time = fileTimeMs(value)
  return time !== 'never' && (time ?? 0) <= nowMs
}

const dayMs = 86_400_000
const dayIsPast: Rule = (value, nowMs) =>
  /^-?\d{1,7}$/.test(value) ? Number(value) >= 0 && Number(value) * dayMs <= nowMs : true

/** The first that holds is said. */
const rules: readonly (readonly [attribute: string, rejected: PersonRejection, rule: Rule])[] = [
  // Active Directory.
  ['userAccountControl', 'disabled', hasBit(0x2)],
  // Whoever may add a machine to the domain has one more account, which stays when their own is closed.
  ['userAccountControl', 'unknown', isNoPersons],
  // Active Directory Lightweight Directory Services has this one instead.
  ['msDS-UserAccountDisabled', 'disabled', isTrue],
  ['accountExpires', 'account-expired', fileTimeIsPast],
  ['msDS-User-Account-Control-Computed', 'locked', hasBit(0x10)],
  // It stays when the lock has ended by itself: the computed bits know, where the server has them.
  [
    'lockoutTime',
    'locked',
    (value, _now, entry) => value !== '0' && textsOf(entry, 'msDS-User-Account-Control-Computed').length === 0,
  ],
  [
    'pwdLastSet',
    'password-must-change',
    (value, _now, entry) =>
      value === '0' &&
      !textsOf(entry, 'userAccountControl').some((bits) => ((bitsOf(bits) ?? 0) & passwordNeverExpires) !== 0),
  ],
  ['msDS-User-Account-Control-Computed', 'password-expired', hasBit(0x80_0000)],
  // FreeIPA and 389 Directory Server.
  ['nsAccountLock', 'disabled', isTrue],
  ['accountUnlockTime', 'locked', (value, nowMs) => value.startsWith('1970') || isToCome(value, nowMs)],
  ['krbPrincipalExpiration', 'account-expired', isPast],
  ['krbPasswordExpiration', 'password-expired', isPast],
  // The beginning of 1970 stands for "after the reset".
  ['passwordExpirationTime', 'password-must-change', (value) => value.startsWith('1970')],
  ['passwordExpirationTime', 'password-expired', isPast],
  // OpenLDAP's password policy (draft-behera-ldap-password-policy section 5.3). How long a lock lasts, its policy says: while the time
  // stands there, it counts.
  ['pwdAccountLockedTime', 'locked', () => true],
  ['pwdStartTime', 'not-now', isToCome],
  ['pwdEndTime', 'account-expired', isPast],
  ['pwdReset', 'password-must-change', isTrue],
  // RFC 2307's shadowAccount, eDirectory.
  ['shadowExpire', 'account-expired', dayIsPast],
  ['loginDisabled', 'disabled', isTrue],
]

/** What must be read of an entry for this. */
export const stateAttributes: readonly string[] = [
  ...new Set([...rules.map(([attribute]) => attribute), 'objectSid', 'objectGUID']),
]

/** Undefined: the account lets its person in. */
export function accountState(entry: Entry, now: Date): State | undefined {
  for (const [attribute, rejected, rule] of rules) {
    const value = textsOf(entry, attribute).find((one) => rule(one, now.getTime(), entry))
    if (value !== undefined) return { rejected, detail: `${attribute} of ${entry.dn} is ${value.slice(0, 40)}` }
  }
  return isHidden(entry) ? { unavailable: `the connector may not read userAccountControl of ${entry.dn}` } : undefined
}

/**
 * INVARIANT: an account of Active Directory says whether it is disabled. One that does not say it to the connector's bind, as in
 * domains where not everybody may read it, would never be cut off.
 */
function isHidden(entry: Entry): boolean {
  const has = (attribute: string) => bytesOf(entry, attribute).length > 0
  const isActiveDirectory = has('objectSid') || has('objectGUID')
  return isActiveDirectory && !has('userAccountControl') && !has('msDS-UserAccountDisabled')
}
