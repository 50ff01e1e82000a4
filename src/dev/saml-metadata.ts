// Metadata of development mode's SAML provider (SAML 2.0 metadata 2.4.3).
import { namespaces } from '../federation/saml/names.ts'
import { samlPath, singleLogoutPath, singleSignOnPath } from './saml-addresses.ts'
import { persistent } from './saml-messages.ts'

const binding = (name: string) => `urn:oasis:names:tc:SAML:2.0:bindings:HTTP-${name}`

/** `uuid` is of the IAM provider that it is registered as: without one, nothing is said of where people sign out. */
export function samlMetadata(publicUrl: string, certificate: string, uuid?: string): string {
  const key = certificate.replace(/-----[A-Z ]+-----|\s/g, '')
  const service = (name: string, by: string, path: string) =>
    `    <${name} Binding="${binding(by)}" Location="${publicUrl}${path}"/>\n`
  return `<?xml version="1.0" encoding="UTF-8"?>
<EntityDescriptor xmlns="${namespaces.metadata}" entityID="${publicUrl}${samlPath}">
  <IDPSSODescriptor WantAuthnRequestsSigned="false" protocolSupportEnumeration="${namespaces.protocol}">
    <KeyDescriptor use="signing">
      <KeyInfo xmlns="${namespaces.signature}"><X509Data><X509Certificate>${key}</X509Certificate></X509Data></KeyInfo>
    </KeyDescriptor>
${uuid === undefined ? '' : service('SingleLogoutService', 'Redirect', singleLogoutPath(uuid))}    <NameIDFormat>${persistent}</NameIDFormat>
${service('SingleSignOnService', 'Redirect', singleSignOnPath)}${service('SingleSignOnService', 'POST', singleSignOnPath)}  </IDPSSODescriptor>
</EntityDescriptor>
`
}
