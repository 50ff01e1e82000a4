// What development mode's SAML provider reads and says (SAML 2.0 core 3.2 to 3.7, bindings 3.4 and 3.5): requests to sign in and
// out, of which it verifies nothing, and its answers, of which it signs the assertion.
import { bearer, namespaces, success } from '../federation/saml/names.ts'
import { redirected, redirectTo } from '../federation/saml/redirect.ts'
import { logoutResponse, xmlText } from '../federation/saml/requests.ts'
import { scan } from '../federation/saml/scan.ts'
import { signElement } from '../federation/saml/sign.ts'
import { isNamed, withDocument } from '../federation/saml/xml.ts'
import type { Person } from './people.ts'
import type { SamlSigner } from './saml-signer.ts'

export const persistent = 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent'
/** AWS refuses what is older (IAM User Guide, "Troubleshoot SAML federation with IAM"). */
const freshMs = 300_000
/** How long a session may be, in seconds: as long as the roles allow. */
export const sessionSeconds = 14_400

export interface SamlRequest {
  readonly id: string
  /** AssertionConsumerServiceURL: where the answer is to be sent. */
  readonly consumer: string | undefined
}

export type RequestName = 'AuthnRequest' | 'LogoutRequest'

/** A request as a browser brought it: base64, and compressed when it came in a query. Undefined when it is none of that name. */
export function readSamlRequest(base64: string, name: RequestName, isCompressed: boolean): SamlRequest | undefined {
  const xml = isCompressed ? redirected(base64) : Buffer.from(base64, 'base64')
  const scanned = xml && scan(xml)
  if (scanned === undefined || 'rejected' in scanned) return undefined
  return withDocument(scanned.utf8, ({ root }) => {
    const id = root.attr('ID')?.value
    if (id === undefined || !isNamed(root, namespaces.protocol, name)) return undefined
    return { id, consumer: root.attr('AssertionConsumerServiceURL')?.value }
  })
}

export interface Answer {
  readonly entityId: string
  readonly now: Date
  /** Ids that nobody has had. */
  readonly newId: () => string
  /** ID of the request that is answered; undefined when nobody asked. */
  readonly request: string | undefined
  readonly destination: string
}

/** A Response with one signed assertion about a person. */
export function samlResponse(person: Person, roles: readonly string[], signer: SamlSigner, answer: Answer): string {
  const { entityId, now, newId, request, destination } = answer
  const at = now.toISOString()
  const end = new Date(now.getTime() + freshMs).toISOString()
  const inResponseTo = request === undefined ? '' : ` InResponseTo="${xmlText(request)}"`
  const assertion =
    `<saml:Assertion xmlns:saml="${namespaces.assertion}" ID="${newId()}" IssueInstant="${at}" Version="2.0"><saml:Issuer>${xmlText(entityId)}</saml:Issuer>` +
    `<saml:Subject><saml:NameID Format="${persistent}">${xmlText(person.name)}</saml:NameID><saml:SubjectConfirmation Method="${bearer}">` +
    `<saml:SubjectConfirmationData${inResponseTo} NotOnOrAfter="${end}" Recipient="${xmlText(destination)}"/></saml:SubjectConfirmation></saml:Subject>` +
    `<saml:Conditions NotBefore="${at}" NotOnOrAfter="${end}"><saml:AudienceRestriction><saml:Audience>urn:amazon:webservices</saml:Audience>` +
    `</saml:AudienceRestriction></saml:Conditions><saml:AuthnStatement AuthnInstant="${at}" SessionIndex="${newId()}"><saml:AuthnContext>` +
    '<saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>' +
    `<saml:AttributeStatement>${attributesOf(person, roles)}</saml:AttributeStatement></saml:Assertion>`
  return (
    `<samlp:Response xmlns:samlp="${namespaces.protocol}" xmlns:saml="${namespaces.assertion}" ID="${newId()}" Version="2.0" IssueInstant="${at}" ` +
    `Destination="${xmlText(destination)}"${inResponseTo}><saml:Issuer>${xmlText(entityId)}</saml:Issuer><samlp:Status>` +
    `<samlp:StatusCode Value="${success}"/></samlp:Status>${signElement(assertion, signer)}</samlp:Response>`
  )
}

/** IAM User Guide, "Configure SAML assertions for the authentication response". */
function attributesOf({ name, email, team }: Person, roles: readonly string[]): string {
  const attributes: Readonly<Record<string, readonly string[]>> = {
    Role: roles,
    RoleSessionName: [email],
    SessionDuration: [String(sessionSeconds)],
    SourceIdentity: [name],
    'PrincipalTag:team': [team],
    TransitiveTagKeys: ['team'],
  }
  return Object.entries(attributes)
    .map(([attribute, values]) => {
      const inside = values.map((value) => `<saml:AttributeValue>${xmlText(value)}</saml:AttributeValue>`).join('')
      return `<saml:Attribute Name="https://aws.amazon.com/SAML/Attributes/${attribute}">${inside}</saml:Attribute>`
    })
    .join('')
}

/** The link that says: signed out (core 3.7.3.1). */
export function logoutAnswer(
  asked: SamlRequest,
  relay: string | undefined,
  { key }: SamlSigner,
  answer: Answer,
): string {
  const { entityId: issuer, newId, now, destination } = answer
  const xml = logoutResponse({ id: newId(), issuer, now, destination }, asked.id, true)
  return redirectTo(destination, 'SAMLResponse', xml, relay, key)
}
