// Messages that we send to a SAML provider: requests to sign in and out, and the answer to its own (SAML core 3.4.1 and 3.7).
import { namespaces, requester, success } from './names.ts'

/** What every message begins with. */
export interface Message {
  /** An NCName that nobody has had. */
  readonly id: string
  /** Our entity id. */
  readonly issuer: string
  /** Where it is sent: the provider's endpoint. */
  readonly destination: string
  readonly now: Date
}

/** A value between tags or in an attribute in double quotes. */
export const xmlText = (value: string): string => value.replace(/[&<>"\t\r\n]/g, (sign) => `&#${sign.charCodeAt(0)};`)

const attribute = (name: string, value: string | undefined) =>
  value === undefined ? '' : ` ${name}="${xmlText(value)}"`

function message(name: string, { id, issuer, destination, now }: Message, attributes: string, content: string): string {
  return (
    `<samlp:${name} xmlns:samlp="${namespaces.protocol}" xmlns:saml="${namespaces.assertion}" ID="${xmlText(id)}" Version="2.0"` +
    ` IssueInstant="${now.toISOString()}" Destination="${xmlText(destination)}"${attributes}>` +
    `<saml:Issuer>${xmlText(issuer)}</saml:Issuer>${content}</samlp:${name}>`
  )
}

/**
 * Asks a provider to sign somebody in, and to post its response to `consumer`; with a NameID of that format, where
 * one is given. `isAfresh`: whatever session they have at the provider.
 */
export const authnRequest = (about: Message, consumer: string, nameIdFormat?: string, isAfresh = false): string =>
  message(
    'AuthnRequest',
    about,
    attribute('ForceAuthn', isAfresh ? 'true' : undefined) +
      attribute('ProtocolBinding', 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST') +
      attribute('AssertionConsumerServiceURL', consumer),
    `<samlp:NameIDPolicy${attribute('Format', nameIdFormat)} AllowCreate="true"></samlp:NameIDPolicy>`,
  )

/** Of whom a provider is told that they sign out, as its own assertion named them. */
export interface SignedOut {
  readonly nameId: string
  readonly format: string | undefined
  readonly sessionIndex: string | undefined
}

export const logoutRequest = (about: Message, { nameId, format, sessionIndex }: SignedOut): string =>
  message(
    'LogoutRequest',
    about,
    attribute('Reason', 'urn:oasis:names:tc:SAML:2.0:logout:user'),
    `<saml:NameID${attribute('Format', format)}>${xmlText(nameId)}</saml:NameID>` +
      (sessionIndex === undefined ? '' : `<samlp:SessionIndex>${xmlText(sessionIndex)}</samlp:SessionIndex>`),
  )

/** Answers a provider's request to sign somebody out. */
export const logoutResponse = (about: Message, inResponseTo: string, isDone: boolean): string =>
  message(
    'LogoutResponse',
    about,
    attribute('InResponseTo', inResponseTo),
    `<samlp:Status><samlp:StatusCode Value="${isDone ? success : requester}"></samlp:StatusCode></samlp:Status>`,
  )
