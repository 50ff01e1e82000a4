// Why a SAML response is refused, in AWS's sentences (STS API Reference, AssumeRoleWithSAML, "Errors"; IAM User Guide,
// "Troubleshoot SAML federation"; sentences as recorded from the service). One table: a reason that has no row does not compile.
import { modelled, type Refusal, refusal } from '../../wire/errors.ts'
import type { RejectedSaml, SamlReason } from '../contracts/saml.ts'

/** AWS hands on what a service behind STS told it, with that service's request id. */
const behind = (sentence: string, requestId: string) =>
  `${sentence} (Service: AWSOpenIdDiscoveryService; Status Code: 400; Error Code: AuthSamlInvalidSamlResponseException; Request ID: ${requestId}; Proxy: null)`

/** A sentence of InvalidIdentityToken, `behind` a service or not; of ExpiredToken; or an error of its own. */
type Row =
  | { readonly say: string; readonly behind?: true }
  | { readonly expired: string }
  | 'not-authorized'
  | 'idp-rejected'
  | 'tags'

/** DIVERGES: AWS's sentence of these is not known. */
const generic: Row = {
  say: 'The SAML response could not be validated. See the AssumeRoleWithSAML documentation for requirements.',
}
const signature: Row = { say: 'Response signature invalid' }

const rows: Readonly<Record<SamlReason, Row>> = {
  'too-large': generic,
  'not-base64': { say: 'Invalid base64 SAMLResponse', behind: true },
  'not-xml': generic,
  'document-type': generic,
  'processing-instruction': generic,
  comment: generic,
  cdata: generic,
  'too-deep': generic,
  namespace: generic,
  'id-attribute': generic,
  'duplicate-id': generic,
  'no-response': generic,
  status: 'idp-rejected',
  destination: generic,
  'not-one-assertion': generic,
  'not-encrypted': generic,
  encrypted: generic,
  decryption: generic,
  unsigned: signature,
  'signature-shape': signature,
  algorithm: signature,
  reference: signature,
  digest: signature,
  signature,
  issuer: { say: 'Issuer not present in specified provider', behind: true },
  audience: { say: 'Response does not contain the required audience.' },
  subject: 'not-authorized',
  'subject-confirmation': 'not-authorized',
  recipient: 'not-authorized',
  expired: { expired: 'Response has expired' },
  'not-yet': generic,
  stale: { expired: 'Token must be redeemed within 5 minutes of issuance' },
  'bad-value': generic,
  'role-value': generic,
  'no-session-name': { say: 'RoleSessionName is required in AuthnResponse' },
  'session-name': { say: 'RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}' },
  'session-duration': { say: 'SessionDuration in AuthnResponse must be a whole number from 900 to 43200' },
  'source-identity': {
    say: 'Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with "aws:"',
  },
  tags: 'tags',
  'unknown-attribute': generic,
  'two-claims': generic,
  'no-provider': { say: "Specified provider doesn't exist" },
  unusable: generic,
  'metadata-ended': generic,
  'session-ended': { expired: 'Response has expired' },
  'role-not-named': 'not-authorized',
  'reserved-role': 'not-authorized',
  used: { say: 'The SAML assertion has been used before.' },
  'many-providers': generic,
}

/** The refusal of a response that proves nothing. The detail is for the operator. */
export function samlRefusal({ rejected, detail }: RejectedSaml, requestId: string): Refusal {
  const row = rows[rejected]
  const more = { detail: `saml-${rejected}: ${detail}` }
  if (row === 'not-authorized')
    return refusal('AccessDenied', 403, 'Not authorized to perform sts:AssumeRoleWithSAML', more.detail)
  if (row === 'tags') return refusal('ValidationError', 400, 'Unable to validate tags', more.detail)
  if (row === 'idp-rejected')
    return modelled(
      'sts',
      'IDPRejectedClaimException',
      'The identity provider reported that authentication failed.',
      more,
    )
  if ('expired' in row) return modelled('sts', 'ExpiredTokenException', row.expired, more)
  return modelled('sts', 'InvalidIdentityTokenException', row.behind ? behind(row.say, requestId) : row.say, more)
}
