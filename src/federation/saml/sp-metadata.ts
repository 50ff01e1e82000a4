// Our own metadata, which a company's provider is set up with (SAML metadata 2.4.4). Names and attributes are AWS's, as in
// https://signin.aws.amazon.com/static/saml-metadata.xml; the addresses are ours.
import { namespaces, persistent } from './names.ts'
import { xmlText } from './requests.ts'

/** AWS’s own: providers have presets for AWS by this name. */
export const ownEntityId = 'urn:amazon:webservices'

const format = (name: string) => `urn:oasis:names:tc:SAML:${name}`
/** As AWS lists them. */
const nameIdFormats = [
  ...['transient', 'persistent'].map((name) => format(`2.0:nameid-format:${name}`)),
  ...['emailAddress', 'unspecified', 'X509SubjectName', 'WindowsDomainQualifiedName'].map((name) =>
    format(`1.1:nameid-format:${name}`),
  ),
  ...['kerberos', 'entity'].map((name) => format(`2.0:nameid-format:${name}`)),
]

const attributes = 'https://aws.amazon.com/SAML/Attributes/'
/** Name, friendly name, and whether no sign-in works without it. */
const requested: readonly (readonly [name: string, friendly: string, required: boolean])[] = [
  [`${attributes}Role`, 'RoleEntitlement', true],
  [`${attributes}RoleSessionName`, 'RoleSessionName', true],
  [`${attributes}SessionDuration`, 'SessionDuration', false],
  ['urn:oid:1.3.6.1.4.1.5923.1.1.1.1', 'eduPersonAffiliation', false],
  ['urn:oid:1.3.6.1.4.1.5923.1.1.1.6', 'eduPersonPrincipalName', false],
  ['urn:oid:1.3.6.1.4.1.5923.1.1.1.7', 'eduPersonEntitlement', false],
  ['urn:oid:0.9.2342.19200300.100.1.3', 'mail', false],
]

const attributeService: readonly string[] = [
  '<AttributeConsumingService index="1"><ServiceName xml:lang="en">AWS Management Console Single Sign-On</ServiceName>',
  ...requested.map(
    ([name, friendly, required]) =>
      `<RequestedAttribute isRequired="${required}" Name="${name}" FriendlyName="${friendly}"` +
      ` NameFormat="${format('2.0:attrname-format:uri')}"/>`,
  ),
  '</AttributeConsumingService>',
]

export interface ServiceProvider {
  /** Of a connector of people: it is known by this name, and asks for no attributes of AWS's. Absent: AWS's own. */
  readonly entityId?: string
  /** Of POST. The first is the usual one. */
  readonly consumers: readonly string[]
  /** Of redirects; a provider's own metadata alone has it. */
  readonly logout?: string
  /** PEM. */
  readonly signing: string
  /** PEM: what assertions for this provider's record may be encrypted for. */
  readonly encryption: readonly string[]
}

export function serviceProviderMetadata(about: ServiceProvider): string {
  const { entityId, consumers, logout, signing, encryption } = about
  const key = (use: 'signing' | 'encryption', pem: string) =>
    `<KeyDescriptor use="${use}"><ds:KeyInfo xmlns:ds="${namespaces.signature}"><ds:X509Data><ds:X509Certificate>` +
    `${pem.replace(/-----[A-Z ]+-----|\s/g, '')}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></KeyDescriptor>`
  const consumer = (location: string, at: number) =>
    `<AssertionConsumerService index="${at + 1}"${at === 0 ? ' isDefault="true"' : ''}` +
    ` Binding="${format('2.0:bindings:HTTP-POST')}" Location="${xmlText(location)}"/>`
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<EntityDescriptor xmlns="${namespaces.metadata}" entityID="${xmlText(entityId ?? ownEntityId)}">`,
    `<SPSSODescriptor protocolSupportEnumeration="${namespaces.protocol}" AuthnRequestsSigned="true" WantAssertionsSigned="true">`,
    key('signing', signing),
    ...encryption.map((pem) => key('encryption', pem)),
    ...(logout === undefined
      ? []
      : [`<SingleLogoutService Binding="${format('2.0:bindings:HTTP-Redirect')}" Location="${xmlText(logout)}"/>`]),
    ...(entityId === undefined ? nameIdFormats : [persistent]).map((name) => `<NameIDFormat>${name}</NameIDFormat>`),
    ...consumers.map(consumer),
    ...(entityId === undefined ? attributeService : []),
    '</SPSSODescriptor>',
    '</EntityDescriptor>\n',
  ].join('\n')
}
