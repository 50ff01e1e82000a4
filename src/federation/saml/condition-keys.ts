// Which facts of a verified assertion become condition keys (IAM User Guide, "Available keys for SAML-based AWS STS
// federation", and the table of attributes in "Configure SAML assertions for the authentication response").
import { createHash } from 'node:crypto'
import type { ClaimValue, KeyClaims } from '../proof.ts'
import type { SamlAssertion } from './model.ts'

/** The provider as its account names it. */
export interface ProviderName {
  readonly account: string
  readonly name: string
}

const eduPerson = 'urn:oid:1.3.6.1.4.1.5923.1.1.1.'
const eduOrg = 'urn:oid:1.3.6.1.4.1.5923.1.2.1.'
const identityClaims = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/'
const person = '0.9.2342.19200300.100.1.'

/** `one`: AWS says that it has one value. `some`: that it has a list; of several keys it says both, and they have a list here. */
type Count = 'one' | 'some'

/**
 * By the attribute's Name. AWS's page prints the object identifiers of `givenName`, `uid` and `mail` with slips; only what X.500
 * and RFC 4519 give counts.
 */
const attributeKeys: ReadonlyMap<string, readonly [key: string, Count]> = new Map([
  [`${eduPerson}1`, ['eduPersonAffiliation', 'some']],
  [`${eduPerson}2`, ['eduPersonNickname', 'some']],
  [`${eduPerson}3`, ['eduPersonOrgDN', 'one']],
  [`${eduPerson}4`, ['eduPersonOrgUnitDN', 'some']],
  [`${eduPerson}5`, ['eduPersonPrimaryAffiliation', 'one']],
  [`${eduPerson}6`, ['eduPersonPrincipalName', 'one']],
  [`${eduPerson}7`, ['eduPersonEntitlement', 'some']],
  [`${eduPerson}8`, ['eduPersonPrimaryOrgUnitDN', 'one']],
  [`${eduPerson}9`, ['eduPersonScopedAffiliation', 'some']],
  [`${eduPerson}10`, ['eduPersonTargetedID', 'some']],
  [`${eduPerson}11`, ['eduPersonAssurance', 'some']],
  [`${eduOrg}2`, ['eduOrgHomePageURI', 'some']],
  [`${eduOrg}3`, ['eduOrgIdentityAuthNPolicyURI', 'some']],
  [`${eduOrg}4`, ['eduOrgLegalName', 'some']],
  [`${eduOrg}5`, ['eduOrgSuperiorURI', 'some']],
  [`${eduOrg}6`, ['eduOrgWhitePagesURI', 'some']],
  ['urn:oid:2.5.4.3', ['cn', 'some']],
  [`${identityClaims}name`, ['name', 'some']],
  ['http://schemas.xmlsoap.org/claims/CommonName', ['commonName', 'some']],
  [`${identityClaims}givenname`, ['givenName', 'some']],
  [`${identityClaims}surname`, ['surname', 'some']],
  [`${identityClaims}emailaddress`, ['mail', 'some']],
  ['http://schemas.microsoft.com/ws/2008/06/identity/claims/primarygroupsid', ['primaryGroupSID', 'some']],
  ['2.5.4.3', ['commonName', 'some']],
  ['2.5.4.4', ['surname', 'some']],
  ['2.5.4.42', ['givenName', 'some']],
  ['2.5.4.45', ['x500UniqueIdentifier', 'some']],
  [`${person}1`, ['uid', 'some']],
  [`${person}3`, ['mail', 'some']],
  [`${person}45`, ['organizationStatus', 'some']],
])

const attributeKeyNames: ReadonlySet<string> = new Set([...attributeKeys.values()].map(([key]) => key))

/** Two attributes that one key would stand for: AWS maps either; here neither is chosen, and the assertion is refused. */
export function doubleClaim({ attributes }: SamlAssertion): string | undefined {
  const seen = new Set<string>()
  for (const name of attributes.keys()) {
    const key = attributeKeys.get(name)?.[0]
    if (key === undefined) continue
    if (seen.has(key)) return key
    seen.add(key)
  }
  return undefined
}

/**
 * The condition keys of a verified assertion. Those of the subject outlive the proof, and the rest stand for the trust policy
 * alone. Of other `saml:` keys nothing is known, so that a Deny that names one applies.
 */
export function samlKeys(provider: ProviderName, assertion: SamlAssertion): KeyClaims {
  const trustPolicyOnly = new Map<string, ClaimValue>([
    ['aud', assertion.recipient],
    ['iss', assertion.issuer],
    ['doc', `${provider.account}/${provider.name}`],
  ])
  const unread: string[] = []
  const absent = new Set(attributeKeyNames)
  for (const [name, values] of assertion.attributes) {
    const [key, count] = attributeKeys.get(name) ?? []
    if (key === undefined || (values.length === 0 && !assertion.repeated.has(name))) continue
    absent.delete(key)
    const [value, ...more] = values
    const single = more.length === 0 && !assertion.repeated.has(name)
    if (value === undefined || values.includes('') || (count === 'one' && !single)) unread.push(key)
    else trustPolicyOnly.set(key, more.length === 0 ? value : values)
  }
  return {
    prefix: 'saml',
    wholeSession: new Map([
      ['namequalifier', nameQualifier(assertion.issuer, provider)],
      ['sub', assertion.nameId.value],
      ['sub_type', subjectType(assertion.nameId.format)],
    ]),
    ...{ trustPolicyOnly, unread, absent: [...absent], others: 'unknown' },
  }
}

/**
 * STS API Reference, AssumeRoleWithSAML, NameQualifier. The joined text is ambiguous, so that a person is known by the provider's
 * ARN and the NameID, never by this.
 */
export const nameQualifier = (issuer: string, { account, name }: ProviderName): string =>
  createHash('sha1').update(`${issuer}${account}/${name}`).digest('base64')

const saml2Format = 'urn:oasis:names:tc:SAML:2.0:nameid-format:'
/** What a NameID without a Format has (SAML core 2.2.2 and 8.3.1). */
const unspecified = 'urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified'

/** `persistent` and `transient` of the SAML 2.0 formats; formats of SAML 1.1 stay whole. */
export const subjectType = (format: string | undefined): string =>
  format?.startsWith(saml2Format) ? format.slice(saml2Format.length) : (format ?? unspecified)
