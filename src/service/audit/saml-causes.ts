// What a refusal of a SAML response comes of, told to the operator with what to do about it. The cause stands at the beginning of
// the refusal's detail, after `saml-`.
import type { SamlReason } from '../contracts/saml.ts'

/** What it comes of, and what to do. */
export type Row = readonly [because: string, ...then: string[]]

const samlProvider =
  'Look at what the SAML provider sends: the browser’s developer tools show the response, in base64, where it is posted to /saml.'
const notSaml: Row = ['What was sent is no SAML response of the form that is taken.', samlProvider]
const notRead: Row = [
  'The XML holds what readers of XML take for different things, so nothing of it is read.',
  'Tell the provider to send plain elements and text.',
]
const samlSignature: Row = [
  'No key of the provider’s metadata here signed it in the one way that counts.',
  'Put the provider’s present metadata in with `aws iam update-saml-provider`; look at whether it is another provider’s response.',
  'It must sign the assertion itself. One that signs the response alone, or with SHA-1, is named under `saml:` in the file of --providers-file.',
]
const samlEncryption: Row = [
  'Its encryption is not what the provider’s record asks for, or no private key of the record opens it.',
  'Look at the provider’s AssertionEncryptionMode and PrivateKeyList here, and at which certificate it encrypts for.',
]
const samlClock = 'Sign in again; if it was fresh, compare the clocks of the provider and of this machine.'
const samlAddress: Row = [
  'It was made for an address that is not taken here.',
  'The provider’s recipient (ACS URL) is <public-url>/saml, <public-url>/saml/acs/<SAMLProviderUUID>, or AWS’s https://signin.aws.amazon.com/saml; with encryption Required, only the second form.',
]
const samlAttribute = (which: string): Row => [
  `What it says of ${which} is not of the form that AWS gives.`,
  'Correct the attribute that the provider sends for AWS.',
]

export const samlCauses: { readonly [C in SamlReason]: Row } = {
  'too-large': [
    'The response is longer than the 100,000 characters that AWS takes.',
    'Let the provider send fewer roles or attributes.',
  ],
  'not-base64': notSaml,
  'not-xml': notSaml,
  'document-type': notRead,
  'processing-instruction': notRead,
  comment: notRead,
  cdata: notRead,
  'too-deep': notSaml,
  namespace: notRead,
  'id-attribute': notRead,
  'duplicate-id': notRead,
  'no-response': notSaml,
  status: ['The provider says itself that nobody signed in.', 'Look at the provider’s own log.'],
  destination: samlAddress,
  'not-one-assertion': ['It does not hold exactly one assertion.', samlProvider],
  'not-encrypted': samlEncryption,
  encrypted: samlEncryption,
  decryption: samlEncryption,
  unsigned: samlSignature,
  'signature-shape': samlSignature,
  algorithm: samlSignature,
  reference: samlSignature,
  digest: samlSignature,
  signature: samlSignature,
  issuer: [
    'It is issued by another than the entity that the provider’s metadata here names.',
    'Look at which provider was named, or put its present metadata in with `aws iam update-saml-provider`.',
  ],
  audience: [
    'It was made for another audience.',
    'The provider’s audience (entity id of the service) is urn:amazon:webservices or https://signin.aws.amazon.com/saml.',
  ],
  subject: ['It names nobody: a NameID is needed.', 'Tell the provider to send a persistent NameID.'],
  'subject-confirmation': [
    'It has not exactly one confirmation of the subject, by bearer, with an address and an end.',
    samlProvider,
  ],
  recipient: samlAddress,
  expired: ['Its time has ended.', samlClock],
  'not-yet': ['Its time has not come.', samlClock],
  stale: ['It was issued more than five minutes ago.', samlClock],
  'bad-value': notSaml,
  'role-value': samlAttribute('a Role: `<role ARN>,<SAML provider ARN>`'),
  'no-session-name': ['It has no RoleSessionName.', 'Let the provider send it, such as the person’s mail address.'],
  'session-name': samlAttribute('the one RoleSessionName'),
  'session-duration': samlAttribute('the one SessionDuration, in seconds'),
  'source-identity': samlAttribute('the one SourceIdentity'),
  tags: samlAttribute(
    'tags: one value each, at most 50, no key twice or beginning with aws:, and every transitive key with its tag',
  ),
  'unknown-attribute': [
    'It has an attribute under AWS’s name for such attributes that is none of those that are read.',
    'Correct its name or leave it out: what it says would be lost.',
  ],
  'two-claims': [
    'Two of its attributes would be one condition key, and neither is chosen.',
    'Let the provider send one of the two.',
  ],
  'no-provider': [
    'No account here has the SAML provider that was named.',
    '`aws iam list-saml-providers` says which there are; names are compared to the letter.',
  ],
  unusable: [
    'The provider’s record cannot be used: its metadata or a private key of it cannot be read.',
    'Put metadata and keys in anew with `aws iam update-saml-provider`.',
  ],
  'metadata-ended': [
    'The provider’s metadata says that it has ended (validUntil).',
    'Put its present metadata in with `aws iam update-saml-provider`.',
  ],
  'session-ended': ['The session at the provider has ended.', samlClock],
  'role-not-named': [
    'It does not name this role with this provider.',
    'Let the provider send the pair of their ARNs as a value of Role, for whom may have it.',
  ],
  'reserved-role': [
    'The role is one of IAM Identity Center’s, which nobody assumes with a SAML response.',
    'Use a role of another name.',
  ],
  used: [
    'The assertion was used before, and the operator’s file says `one-use` of the provider.',
    'Sign in again; tools that use one assertion twice need `one-use: false`.',
  ],
  'many-providers': ['It names more providers than are looked at for one response.', samlProvider],
}
