// What a response claims of itself before anything is verified: enough to find the provider records that are to verify it, and believed for nothing.
import type { CanonicalElement } from './canonical.ts'
import { namespaces } from './names.ts'
import { type PreparedResponse, prepareResponse } from './prepared.ts'

export interface UnverifiedResponse {
  readonly issuer: string | undefined
  readonly isEncrypted: boolean
  readonly inResponseTo: string | undefined
  readonly rolePairs: readonly { readonly role: string; readonly provider: string }[]
}

const roleAttribute = 'https://aws.amazon.com/SAML/Attributes/Role'

export function readUnverified({ envelope, assertion, encrypted }: PreparedResponse): UnverifiedResponse {
  const inside = (local: string) =>
    envelope.children.filter((child) => child.local === local && child.namespace === namespaces.assertion)
  const assertions = assertion === undefined ? inside('Assertion') : [assertion.element]
  const issuers = [
    ...inside('Issuer'),
    ...assertions.flatMap(({ children }) => children.filter(({ local }) => local === 'Issuer')),
  ]
  return {
    issuer: issuers[0]?.text,
    isEncrypted: encrypted !== undefined,
    inResponseTo: envelope.attributes.get('InResponseTo'),
    rolePairs: assertions.flatMap(roleValues).flatMap(pair),
  }
}

/** The Role pairs that a response claims; none of one that cannot be read, or is encrypted. */
export function rolePairsUnverified(base64: string): UnverifiedResponse['rolePairs'] {
  const prepared = prepareResponse(base64)
  return 'rejected' in prepared ? [] : readUnverified(prepared).rolePairs
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
