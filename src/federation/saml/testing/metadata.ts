// Metadata for tests, as the providers in common use write it.
import { generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto'
import { selfSignedCertificate } from '../self-signed.ts'

const saml2 = 'urn:oasis:names:tc:SAML:2.0:protocol'
export const redirect = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect'
export const post = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST'

export interface CertificateChoice {
  readonly subject?: string
  /** Before 2050. */
  readonly notAfter?: Date
}

/** A certificate of a private key, signed by itself. */
export function certificateOf(
  key: KeyObject,
  { subject = 'idp.example', notAfter = new Date('2049-01-01') }: CertificateChoice = {},
): X509Certificate {
  const notBefore = new Date('2015-01-01')
  const serial = Buffer.from([1])
  return new X509Certificate(selfSignedCertificate({ key, commonName: subject, notBefore, notAfter, serial }))
}

/** Of a new RSA key. */
export const rsaCertificate = (bits = 2048, choice: CertificateChoice = {}) =>
  certificateOf(generateKeyPairSync('rsa', { modulusLength: bits }).privateKey, choice)

/** Of a new key on an elliptic curve. */
export const ecCertificate = (namedCurve: string) => certificateOf(generateKeyPairSync('ec', { namedCurve }).privateKey)

export const keyDescriptor = (certificates: readonly X509Certificate[], use = ' use="signing"') =>
  `<md:KeyDescriptor${use}><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#">${certificates
    .map((one) => `<ds:X509Data><ds:X509Certificate>${one.raw.toString('base64')}</ds:X509Certificate></ds:X509Data>`)
    .join('')}</ds:KeyInfo></md:KeyDescriptor>`

export const singleSignOn = (binding = redirect, location = 'https://idp.example/sso') =>
  `<md:SingleSignOnService Binding="${binding}" Location="${location}"/>`

export const idpDescriptor = (inside: string, attributes = '', protocols = saml2) =>
  `<md:IDPSSODescriptor protocolSupportEnumeration="${protocols}"${attributes}>${inside}</md:IDPSSODescriptor>`

export const entity = (inside: string, attributes = '', id = 'https://idp.example/saml') =>
  `<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${id}"${attributes}>${inside}</md:EntityDescriptor>`

export const entities = (inside: string, attributes = '') =>
  `<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata"${attributes}>${inside}</md:EntitiesDescriptor>`

/** A whole document of one provider that signs with these keys. AWS takes none below 1,000 characters. */
export const metadataOf = (certificates: readonly X509Certificate[], attributes = '', id?: string) =>
  entity(
    idpDescriptor(certificates.map((one) => keyDescriptor([one])).join('') + singleSignOn()),
    attributes,
    id,
  ).padEnd(1000, '\n')

/** As Microsoft Entra ID and ADFS write it: signed, with roles of WS-Federation before the one that counts. */
export const metadataOfEntra = (certificate: X509Certificate) => {
  const base64 = certificate.raw.toString('base64')
  const keyInfo = `<KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>${base64}</X509Certificate></X509Data></KeyInfo>`
  const role = (type: string) =>
    `<RoleDescriptor xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:fed="http://docs.oasis-open.org/wsfed/federation/200706" xsi:type="${type}" protocolSupportEnumeration="http://docs.oasis-open.org/wsfed/federation/200706"><KeyDescriptor use="signing">${keyInfo}</KeyDescriptor></RoleDescriptor>`
  return `<?xml version="1.0" encoding="utf-8"?><EntityDescriptor ID="_1" entityID="https://sts.windows.net/0b1c/" xmlns="urn:oasis:names:tc:SAML:2.0:metadata"><Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><SignedInfo/><SignatureValue>AA==</SignatureValue>${keyInfo}</Signature>${role('fed:SecurityTokenServiceType')}${role('fed:ApplicationServiceType')}<IDPSSODescriptor protocolSupportEnumeration="${saml2}"><KeyDescriptor use="signing">${keyInfo}</KeyDescriptor><SingleLogoutService Binding="${redirect}" Location="https://login.microsoftonline.com/0b1c/saml2" /><SingleSignOnService Binding="${redirect}" Location="https://login.microsoftonline.com/0b1c/saml2" /><SingleSignOnService Binding="${post}" Location="https://login.microsoftonline.com/0b1c/saml2" /></IDPSSODescriptor></EntityDescriptor>`
}

/** As Keycloak writes it: keys without a use in a KeyName, artifact and SOAP bindings beside those that count. */
export const metadataOfKeycloak = (certificate: X509Certificate, realm = 'https://sso.example/realms/staff') => {
  const soap = 'urn:oasis:names:tc:SAML:2.0:bindings:SOAP'
  const service = (name: string, binding: string) =>
    `<md:${name} Binding="${binding}" Location="${realm}/protocol/saml"/>`
  return `<md:EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" entityID="${realm}"><md:IDPSSODescriptor WantAuthnRequestsSigned="true" protocolSupportEnumeration="${saml2}"><md:KeyDescriptor use="signing"><ds:KeyInfo><ds:KeyName>kid</ds:KeyName><ds:X509Data><ds:X509Certificate>${certificate.raw.toString('base64')}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor><md:ArtifactResolutionService Binding="${soap}" Location="${realm}/protocol/saml/resolve" index="0"/>${[post, redirect, soap].map((one) => service('SingleLogoutService', one)).join('')}<md:NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:persistent</md:NameIDFormat>${[post, redirect, soap].map((one) => service('SingleSignOnService', one)).join('')}</md:IDPSSODescriptor></md:EntityDescriptor>`
}
