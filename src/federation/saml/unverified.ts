// What a response claims of itself before anything is verified: enough to find the provider records that are to verify it, and believed for nothing.
import { type CanonicalElement, readCanonical } from './canonical.ts'
import { namespaces } from './names.ts'
import { responseBytes } from './response.ts'
import { scan } from './scan.ts'
import { canonicalBytes, withDocument } from './xml.ts'

export interface UnverifiedResponse {
  readonly issuer: string | undefined
  readonly isEncrypted: boolean
  readonly inResponseTo: string | undefined
  readonly rolePairs: readonly { readonly role: string; readonly provider: string }[]
}

const roleAttribute = 'https://aws.amazon.com/SAML/Attributes/Role'

/** Undefined: it will be refused whatever record is asked. */
export function readUnverified(base64: string): UnverifiedResponse | undefined {
  const bytes = responseBytes(base64)
  if ('rejected' in bytes) return undefined
  const scanned = scan(bytes)
  if ('rejected' in scanned) return undefined
  const canonical = withDocument(scanned.utf8, (document) => canonicalBytes(document, document.root))
  const response = canonical && readCanonical(canonical)
  if (response === undefined) return undefined
  const inside = (local: string) =>
    response.children.filter((child) => child.local === local && child.namespace === namespaces.assertion)
  const issuers = [
    ...inside('Issuer'),
    ...inside('Assertion').flatMap(({ children }) => children.filter(({ local }) => local === 'Issuer')),
  ]
  return {
    issuer: issuers[0]?.text,
    isEncrypted: inside('EncryptedAssertion').length > 0,
    inResponseTo: response.attributes.get('InResponseTo'),
    rolePairs: inside('Assertion').flatMap(roleValues).flatMap(pair),
  }
}

/** The Role pairs that a response claims; none of one that cannot be read, or is encrypted. */
export function rolePairsUnverified(base64: string): readonly { readonly role: string; readonly provider: string }[] {
  return readUnverified(base64)?.rolePairs ?? []
}

function roleValues(assertion: CanonicalElement): string[] {
  const statements = assertion.children.filter(({ local }) => local === 'AttributeStatement')
  const attributes = statements
    .flatMap(({ children }) => children)
    .filter(({ attributes: of }) => of.get('Name') === roleAttribute)
  return attributes.flatMap(({ children }) => children.flatMap(({ text }) => text ?? []))
}

/** Role and provider in either order. */
function pair(value: string) {
  const parts = value.split(',').map((part) => part.trim())
  const role = parts.find((part) => /^arn:[^:]*:iam::\d{12}:role\//.test(part))
  const provider = parts.find((part) => /^arn:[^:]*:iam::\d{12}:saml-provider\//.test(part))
  return parts.length === 2 && role !== undefined && provider !== undefined ? [{ role, provider }] : []
}
