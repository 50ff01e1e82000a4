// A provider's messages of single logout, as they come in a link (SAML core 3.7; profiles 4.4). The signature is the query's
// (sign.ts), so it vouches for the bytes that are read here.
import { type CanonicalElement, readCanonical } from './canonical.ts'
import { namespaces, success } from './names.ts'
import { redirected } from './redirect.ts'
import { scan } from './scan.ts'
import { BadValue, children, instant, one, optionalInstant, required, text } from './values.ts'
import { canonicalBytes, withDocument } from './xml.ts'

export interface LogoutRequest {
  readonly id: string
  readonly nameId: string
  /** None: of all sessions of that person. */
  readonly sessionIndexes: readonly string[]
}

export interface LogoutResponse {
  readonly inResponseTo: string | undefined
  readonly isDone: boolean
}

export interface ExpectedLogout {
  /** The provider's entity id. */
  readonly issuer: string
  /** The address of ours that it was sent to. */
  readonly destination: string
  readonly skewSeconds: number
}

export type RejectedLogout = { readonly rejected: string }

/** How long a message of single logout is good, beside what clocks may be off. */
const freshMs = 300_000
/** Names of sessions that one request may have. */
const mostIndexes = 100

export const readLogoutRequest = (
  base64: string,
  expected: ExpectedLogout,
  now: Date,
): LogoutRequest | RejectedLogout =>
  read(base64, 'LogoutRequest', expected, now, (request) => {
    const end = optionalInstant(request, 'NotOnOrAfter')
    if (end !== undefined && end.getTime() + expected.skewSeconds * 1000 <= now.getTime())
      throw new BadValue('expired', 'its time has ended')
    const indexes = children(request, 'SessionIndex', namespaces.protocol)
    if (indexes.length > mostIndexes) throw new BadValue('too-large', 'it names too many sessions')
    const nameId = text(one(request, 'NameID', 'subject'), 'subject')
    if (nameId === '') throw new BadValue('subject', 'an empty NameID')
    return { id: required(request, 'ID'), nameId, sessionIndexes: indexes.map((index) => text(index)) }
  })

export const readLogoutResponse = (
  base64: string,
  expected: ExpectedLogout,
  now: Date,
): LogoutResponse | RejectedLogout =>
  read(base64, 'LogoutResponse', expected, now, (response) => {
    const status = one(response, 'Status', 'status', namespaces.protocol)
    const code = required(one(status, 'StatusCode', 'status', namespaces.protocol), 'Value', 'status')
    return { inResponseTo: response.attributes.get('InResponseTo'), isDone: code === success }
  })

function read<T>(
  base64: string,
  name: 'LogoutRequest' | 'LogoutResponse',
  { issuer, destination, skewSeconds }: ExpectedLogout,
  now: Date,
  use: (message: CanonicalElement) => T,
): T | RejectedLogout {
  const bytes = redirected(base64)
  const scanned = bytes && scan(bytes)
  if (bytes === undefined || scanned === undefined || 'rejected' in scanned)
    return { rejected: 'it is no message of the form that is taken' }
  const message = withDocument(bytes, (document) => {
    const canonical = canonicalBytes(document, document.root)
    return canonical && { root: readCanonical(canonical) }
  })?.root
  if (message === undefined || message.local !== name || message.namespace !== namespaces.protocol)
    return { rejected: `it is no ${name}` }
  try {
    if (required(message, 'Version') !== '2.0') throw new BadValue('bad-value', 'another version of SAML')
    if (text(one(message, 'Issuer', 'issuer'), 'issuer') !== issuer)
      throw new BadValue('issuer', 'it is issued by another provider')
    // Bindings 3.4.5.2: what is signed says where it was sent to.
    if (message.attributes.get('Destination') !== destination)
      throw new BadValue('destination', 'it was made for another address')
    const age = now.getTime() - instant(required(message, 'IssueInstant')).getTime()
    if (age > freshMs + skewSeconds * 1000 || age < -skewSeconds * 1000)
      throw new BadValue('stale', 'it was issued more than five minutes ago, or in the future')
    return use(message)
  } catch (fault) {
    if (fault instanceof BadValue) return { rejected: fault.message }
    throw fault
  }
}
