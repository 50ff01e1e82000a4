// What Active Directory and OpenLDAP do in ways of their own: how they say why an account is closed, and what they call an entry.
import type { AccountState, DirectoryEntry } from './entries.ts'

export interface Result {
  readonly code: number
  readonly message?: string
  /** Of the password policy control (draft-behera-ldap-password-policy section 6.2). */
  readonly policyError?: number
}

interface StateForm {
  /** What the entry shows of it. */
  readonly attributes?: Readonly<Record<string, string>>
  /** What a bind with the right password answers. */
  readonly bind: Result
}

export interface Dialect {
  readonly states: Readonly<Record<AccountState, StateForm>>
  readonly noSuchPerson: Result
  readonly wrongPassword: Result
  readonly notBound: Result
  /** In lower case. */
  readonly dnAttribute: string
  readonly hasTokenGroups: boolean
  /** What an entry binds as, beside its DN. */
  bindNames(entry: DirectoryEntry): readonly string[]
}

export const invalidCredentials = 49

/** MS-ADTS section 5.1.1.5; the codes are those of Windows. */
const windows = (data: string): Result => ({
  code: invalidCredentials,
  message: `80090308: LdapErr: DSID-0C09050F, comment: AcceptSecurityContext error, data ${data}, v4f7c`,
})

const text = (entry: DirectoryEntry, name: string) => {
  const value = entry.attributes[name]
  return typeof value === 'string' ? value : undefined
}

export const activeDirectory: Dialect = {
  states: {
    disabled: { attributes: { userAccountControl: '514' }, bind: windows('533') },
    locked: { attributes: { lockoutTime: '133500000000000000' }, bind: windows('775') },
    'account-expired': { attributes: { accountExpires: '132000000000000000' }, bind: windows('701') },
    'password-expired': { attributes: { 'msDS-User-Account-Control-Computed': '8388608' }, bind: windows('532') },
    'password-must-change': { attributes: { pwdLastSet: '0' }, bind: windows('773') },
    'not-now': { bind: windows('530') },
  },
  noSuchPerson: windows('525'),
  wrongPassword: windows('52e'),
  notBound: {
    code: 1,
    message:
      '000004DC: LdapErr: DSID-0C090ACD, comment: In order to perform this operation a successful bind must be completed on the connection., data 0, v4f7c',
  },
  dnAttribute: 'distinguishedname',
  hasTokenGroups: true,
  bindNames(entry) {
    const domain = /(?:^|,)dc=([^,]+)/i.exec(entry.dn)?.[1]
    const [principal, account] = [text(entry, 'userPrincipalName'), text(entry, 'sAMAccountName')]
    return [
      ...(principal === undefined ? [] : [principal]),
      ...(account === undefined || domain === undefined ? [] : [`${domain}\\${account}`]),
    ]
  },
}

const refused: Result = { code: invalidCredentials }

export const openLdap: Dialect = {
  states: {
    // OpenLDAP has no accounts that are disabled: an administrator locks them for good.
    disabled: { attributes: { pwdAccountLockedTime: '000001010000Z' }, bind: { ...refused, policyError: 1 } },
    locked: { attributes: { pwdAccountLockedTime: '20260101000000Z' }, bind: { ...refused, policyError: 1 } },
    'account-expired': { attributes: { pwdEndTime: '20200101000000Z' }, bind: refused },
    'password-expired': { bind: { ...refused, policyError: 0 } },
    'password-must-change': { attributes: { pwdReset: 'TRUE' }, bind: { code: 0, policyError: 2 } },
    'not-now': { attributes: { pwdStartTime: '99990101000000Z' }, bind: refused },
  },
  noSuchPerson: refused,
  wrongPassword: refused,
  notBound: { code: 50, message: 'authentication required' },
  dnAttribute: 'entrydn',
  hasTokenGroups: false,
  bindNames: () => [],
}
