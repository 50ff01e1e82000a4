// Names that SAML 2.0, XML Signature and XML Encryption give: namespaces and the few URIs we compare with.
export const namespaces = {
  protocol: 'urn:oasis:names:tc:SAML:2.0:protocol',
  assertion: 'urn:oasis:names:tc:SAML:2.0:assertion',
  metadata: 'urn:oasis:names:tc:SAML:2.0:metadata',
  signature: 'http://www.w3.org/2000/09/xmldsig#',
  encryption: 'http://www.w3.org/2001/04/xmlenc#',
  encryption11: 'http://www.w3.org/2009/xmlenc11#',
  exclusive: 'http://www.w3.org/2001/10/xml-exc-c14n#',
  schemaInstance: 'http://www.w3.org/2001/XMLSchema-instance',
} as const

export const exclusiveCanonicalisation = namespaces.exclusive
export const envelopedSignature = `${namespaces.signature}enveloped-signature`
export const success = 'urn:oasis:names:tc:SAML:2.0:status:Success'
/** The sender is at fault. */
export const requester = 'urn:oasis:names:tc:SAML:2.0:status:Requester'
export const bearer = 'urn:oasis:names:tc:SAML:2.0:cm:bearer'
export const encryptedElement = `${namespaces.encryption}Element`
/** The format of NameIDs that are one person's for ever (core 8.3.7). */
export const persistent = 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent'
