// A SAML provider for tests: keys with certificates, metadata, and responses: honest ones and any that no honest provider would make.
import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import { namespaces, success } from '../names.ts'
import type { SamlIdentityProvider } from '../provider.ts'
import { selfSignedCertificate } from '../self-signed.ts'
import { signatureOf, signedInfoOf, withSignature } from '../sign.ts'
import { encryptedAssertion } from './encrypt.ts'

export interface SamlKeys {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  /** PEM. */
  readonly certificate: string
}

export type Signs = 'assertion' | 'response' | 'both' | 'none'

export interface SignatureChoice {
  readonly keys?: SamlKeys
  /** An Algorithm URI; RSA-SHA256, or ECDSA-SHA256 of an EC key, if not said. */
  readonly algorithm?: string
  /** SHA-256 if not said. */
  readonly digest?: string
  /** Prefixes in exclusive c14n's InclusiveNamespaces. */
  readonly inclusive?: string
  /** Changes SignedInfo before it is signed. */
  readonly signedInfo?: (xml: string) => string
  /** Changes the whole Signature element after it was made. */
  readonly signature?: (xml: string) => string
}

export interface ResponseChoice {
  readonly id?: string
  readonly assertionId?: string
  readonly issuer?: string
  readonly now?: Date
  readonly destination?: string | undefined
  readonly recipient?: string
  readonly audiences?: readonly string[]
  readonly nameId?: string
  readonly nameIdFormat?: string | undefined
  /** Name and values, in order; a Name may come twice. */
  readonly attributes?: readonly (readonly [string, readonly string[]])[]
  readonly inResponseTo?: string | undefined
  readonly issueInstant?: Date
  readonly notBefore?: Date
  readonly notOnOrAfter?: Date
  readonly sessionNotOnOrAfter?: Date
  readonly sessionIndex?: string | undefined
  readonly status?: string
  readonly signs?: Signs
  readonly signature?: SignatureChoice
  readonly encryptFor?: KeyObject
  /** An xmlenc Algorithm URI: AES-256-GCM if not said. */
  readonly contentEncryption?: string
  /** An xmlenc Algorithm URI: RSA-OAEP-MGF1P if not said. */
  readonly keyTransport?: string
  /** Where the EncryptedKey stands: in the EncryptedData's KeyInfo (default), or beside the EncryptedData. */
  readonly encryptedKey?: 'inside' | 'beside'
  /** Hash of OAEP: SHA-1 if not said. */
  readonly oaepHash?: 'sha1' | 'sha256'
  /** Changes initialisation vector, ciphertext and tag. */
  readonly ciphertext?: (bytes: Buffer) => Buffer
  /** Changes the assertion before it is signed. */
  readonly beforeSigning?: (assertion: string) => string
  /** Changes the assertion after it was signed, and before it is encrypted. */
  readonly afterSigning?: (assertion: string) => string
  /** Changes the response before it is signed. */
  readonly response?: (xml: string) => string
  /** Changes the response after everything. */
  readonly finished?: (xml: string) => string
}

export interface SamlProviderForTests {
  readonly entityId: string
  readonly keys: SamlKeys
  readonly compiled: SamlIdentityProvider
  /** An EntityDescriptor with these keys (all of them for signing), or the provider's own. */
  metadata(keys?: readonly SamlKeys[]): string
  /** A response's XML. */
  respondXml(choice?: ResponseChoice): string
  /** The same in base64, as it is posted. */
  respond(choice?: ResponseChoice): string
}

export const seconds = (date: Date, n: number) => new Date(date.getTime() + n * 1000)
const stamp = (date: Date) => date.toISOString()
const text = (value: string) => value.replace(/[&<>"\r]/g, (c) => `&#${c.charCodeAt(0)};`)
const attribute = (name: string, value: string | undefined) => (value === undefined ? '' : ` ${name}="${text(value)}"`)

export function newSamlKeys(kind: 'rsa' | 'P-256' | 'P-384' | 'P-521' = 'rsa'): SamlKeys {
  const pair =
    kind === 'rsa'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: kind })
  const certificate = selfSignedCertificate({
    key: pair.privateKey,
    commonName: 'idp.example',
    notBefore: new Date('2026-01-01T00:00:00Z'),
    notAfter: new Date('2036-01-01T00:00:00Z'),
    serial: randomBytes(8),
  })
  return { ...pair, certificate }
}

/** What an IDPSSODescriptor with these keys is compiled to. */
export function compiledProvider(entityId: string, keys: readonly SamlKeys[]): SamlIdentityProvider {
  return {
    entityId,
    signingKeys: keys.map(({ publicKey }) => publicKey),
    singleSignOn: [{ binding: 'redirect', location: 'https://idp.example/sso' }],
    singleLogout: [],
    wantsSignedRequests: false,
    certificates: [],
  }
}

export const roleAttribute = 'https://aws.amazon.com/SAML/Attributes/Role'
export const sessionNameAttribute = 'https://aws.amazon.com/SAML/Attributes/RoleSessionName'
export const defaultRole = 'arn:aws:iam::111122223333:role/Reader,arn:aws:iam::111122223333:saml-provider/Company'
export const defaultRecipient = 'https://signin.aws.amazon.com/saml'
export const defaultAudience = 'urn:amazon:webservices'

/** A provider with keys of its own, if none are given. */
export function samlProvider(
  entityId = 'https://idp.example/saml',
  keys: SamlKeys = newSamlKeys(),
): SamlProviderForTests {
  return {
    entityId,
    keys,
    compiled: compiledProvider(entityId, [keys]),
    metadata: (all = [keys]) => metadataOf(entityId, all),
    respondXml: (choice = {}) => responseOf(entityId, keys, choice),
    respond: (choice = {}) => Buffer.from(responseOf(entityId, keys, choice)).toString('base64'),
  }
}

function metadataOf(entityId: string, all: readonly SamlKeys[]): string {
  const base64 = (pem: string) => pem.replace(/-----[A-Z ]+-----|\s/g, '')
  const descriptors = all.map(
    ({ certificate }) =>
      `<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="${namespaces.signature}"><ds:X509Data>` +
      `<ds:X509Certificate>${base64(certificate)}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>`,
  )
  const service = (name: string, binding: string, path: string) =>
    `<md:${name} Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-${binding}" Location="https://idp.example/${path}"/>`
  return (
    `<?xml version="1.0" encoding="UTF-8"?>\n` +
    `<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${text(entityId)}">` +
    `<md:IDPSSODescriptor WantAuthnRequestsSigned="false" protocolSupportEnumeration="${namespaces.protocol}">${descriptors.join('')}` +
    service('SingleLogoutService', 'Redirect', 'slo') +
    '<md:NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:persistent</md:NameIDFormat>' +
    service('SingleSignOnService', 'Redirect', 'sso') +
    service('SingleSignOnService', 'POST', 'sso') +
    '</md:IDPSSODescriptor></md:EntityDescriptor>'
  )
}

/** The assertion alone, unsigned. */
function assertionOf(entityId: string, choice: ResponseChoice, now: Date): string {
  const {
    issueInstant = now,
    notBefore = seconds(now, -60),
    notOnOrAfter = seconds(now, 300),
    recipient = defaultRecipient,
  } = choice
  const {
    attributes = [
      [roleAttribute, [defaultRole]],
      [sessionNameAttribute, ['jane']],
    ],
  } = choice
  const {
    audiences = [defaultAudience],
    nameId = 'jane@example.com',
    sessionNotOnOrAfter,
    sessionIndex = '_session',
  } = choice
  const format = 'nameIdFormat' in choice ? choice.nameIdFormat : 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent'
  const values = (all: readonly string[]) =>
    all
      .map(
        (value) =>
          '<saml:AttributeValue xmlns:xs="http://www.w3.org/2001/XMLSchema" ' +
          `xmlns:xsi="${namespaces.schemaInstance}" xsi:type="xs:string">${text(value)}</saml:AttributeValue>`,
      )
      .join('')
  const stated = attributes.map(
    ([name, all]) =>
      `<saml:Attribute Name="${text(name)}" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:uri">${values(all)}</saml:Attribute>`,
  )
  return (
    `<saml:Assertion xmlns:saml="${namespaces.assertion}" ID="${choice.assertionId ?? '_assertion'}"` +
    ` IssueInstant="${stamp(issueInstant)}" Version="2.0">` +
    `<saml:Issuer>${text(choice.issuer ?? entityId)}</saml:Issuer><saml:Subject>` +
    `<saml:NameID${attribute('Format', format)}>${text(nameId)}</saml:NameID>` +
    `<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">` +
    `<saml:SubjectConfirmationData${attribute('InResponseTo', choice.inResponseTo)}` +
    ` NotOnOrAfter="${stamp(notOnOrAfter)}" Recipient="${text(recipient)}"/></saml:SubjectConfirmation></saml:Subject>` +
    `<saml:Conditions NotBefore="${stamp(notBefore)}" NotOnOrAfter="${stamp(notOnOrAfter)}"><saml:AudienceRestriction>` +
    `${audiences.map((audience) => `<saml:Audience>${text(audience)}</saml:Audience>`).join('')}` +
    `</saml:AudienceRestriction></saml:Conditions>` +
    `<saml:AuthnStatement AuthnInstant="${stamp(issueInstant)}"${attribute('SessionIndex', sessionIndex)}` +
    `${attribute('SessionNotOnOrAfter', sessionNotOnOrAfter && stamp(sessionNotOnOrAfter))}>` +
    `<saml:AuthnContext><saml:AuthnContextClassRef>` +
    'urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport' +
    '</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>' +
    `${stated.length === 0 ? '' : `<saml:AttributeStatement>${stated.join('')}</saml:AttributeStatement>`}</saml:Assertion>`
  )
}

function responseOf(entityId: string, keys: SamlKeys, choice: ResponseChoice): string {
  const now = choice.now ?? new Date()
  const as = (xml: string) => xml
  const { signs = 'assertion', beforeSigning = as, afterSigning = as, response = as, finished = as } = choice
  const sign = (xml: string) => signedWith(xml, keys, choice.signature ?? {})
  const plain = beforeSigning(assertionOf(entityId, choice, now))
  const assertion = afterSigning(signs === 'assertion' || signs === 'both' ? sign(plain) : plain)
  const inside =
    choice.encryptFor === undefined
      ? assertion
      : encryptedAssertion(assertion, { ...choice, encryptFor: choice.encryptFor })
  const destination = 'destination' in choice ? choice.destination : (choice.recipient ?? defaultRecipient)
  const xml = response(
    `<samlp:Response xmlns:samlp="${namespaces.protocol}" xmlns:saml="${namespaces.assertion}"` +
      ` ID="${choice.id ?? '_response'}" Version="2.0" ` +
      `IssueInstant="${stamp(choice.issueInstant ?? now)}"${attribute('Destination', destination)}` +
      `${attribute('InResponseTo', choice.inResponseTo)}>` +
      `<saml:Issuer>${text(choice.issuer ?? entityId)}</saml:Issuer>` +
      `<samlp:Status><samlp:StatusCode Value="${choice.status ?? success}"/></samlp:Status>${inside}</samlp:Response>`,
  )
  return finished(signs === 'response' || signs === 'both' ? sign(xml) : xml)
}

/** A signed message, with the hooks of the choice. */
export function signedWith(xml: string, keys: SamlKeys, choice: SignatureChoice): string {
  const signing = {
    key: (choice.keys ?? keys).privateKey,
    certificate: (choice.keys ?? keys).certificate,
    ...(choice.algorithm !== undefined && { algorithm: choice.algorithm }),
    ...(choice.digest !== undefined && { digest: choice.digest }),
    ...(choice.inclusive !== undefined && { inclusive: choice.inclusive }),
  }
  const info = choice.signedInfo?.(signedInfoOf(xml, signing)) ?? signedInfoOf(xml, signing)
  const signature = signatureOf(info, signing)
  return withSignature(xml, choice.signature?.(signature) ?? signature)
}
