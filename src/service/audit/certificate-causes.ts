// What a refusal of a certificate comes of, told to the operator with what to do about it. The cause stands at the beginning of the refusal's
// detail, after `certificate-`.
import type { CertificateCause } from '../contracts/certificate-trust.ts'
import type { Row } from './saml-causes.ts'

const issueAnother = 'Let the authority issue another.'
const profile = '`aws rolesanywhere get-profile` shows it.'

export const certificateCauses: { readonly [C in CertificateCause]: Row } = {
  'no-anchor': [
    'There is no such trust anchor in the account, or it is disabled.',
    '`aws rolesanywhere list-trust-anchors` shows those that there are; `enable-trust-anchor` enables one.',
  ],
  untrusted: [
    'No chain of certificates leads from the certificate to the trust anchor.',
    'Send the intermediates with it, at most five; compare its issuer with the bundle of the trust anchor.',
  ],
  version: ['A certificate is of an X.509 version before 3.', issueAnother],
  expired: [
    'The certificate, or one of an authority above it, has expired.',
    'Renew it; if it is new, compare the clocks.',
  ],
  'not-yet-valid': [
    'The certificate, or one of an authority above it, is not valid yet.',
    'Compare the clocks of the authority and of this machine.',
  ],
  weak: [
    'A key or a signature is too weak: RSA of 2048 to 4096 bits or P-256, P-384 or P-521, and SHA-256 or longer are accepted.',
    issueAnother,
  ],
  authority: ['The certificate is one of an authority.', 'Give the workload one of its own.'],
  usage: [
    'The certificate is not for signing: it needs the key usage digitalSignature and, where it has an extended key usage, clientAuth.',
    issueAnother,
  ],
  'empty-subject': ['The subject of the certificate is empty.', issueAnother],
  'unknown-critical-extension': ['A certificate has a critical extension that is not known here.', issueAnother],
  'issuer-not-authority': [
    'A certificate on the way was issued by one that is not for signing certificates: it needs CA:TRUE and the key usage keyCertSign.',
  ],
  'path-too-long': [
    'There are more certificates between it and the trust anchor than five, or than an authority on the way allows.',
  ],
  'name-constraints': ['The name constraints of an authority do not let it issue certificates with this name.'],
  revoked: [
    'A revocation list of the trust anchor has the certificate, or one of an authority above it.',
    '`aws rolesanywhere list-crls` shows the lists.',
  ],
  'list-ended': [
    'A revocation list of the trust anchor has expired: what was revoked since is not known, so nobody gets in.',
    'Import the authority’s present list: `aws rolesanywhere update-crl`.',
  ],
  tags: [
    'Attributes of the certificate cannot be session tags, as the message to the caller says.',
    'Issue another, or leave those attributes out: `aws rolesanywhere delete-attribute-mapping`.',
  ],
  'source-identity': [
    'The common name of the certificate cannot be a source identity: it must be one, of at most 61 letters, digits and _+=,.@-.',
    issueAnother,
  ],
  'profile-absent': [
    'There is no such profile in the account.',
    '`aws rolesanywhere list-profiles` shows those that there are.',
  ],
  'profile-disabled': ['The profile is disabled.', '`aws rolesanywhere enable-profile` enables it.'],
  'profile-role': ['The profile does not have the role.', `${profile} \`update-profile --role-arns\` gives it others.`],
  'profile-session-name': [
    'The request names its session, and the profile does not accept that.',
    `${profile} \`update-profile --accept-role-session-name\` lets it.`,
  ],
  'profile-properties': ['The profile requires instance properties, and the request has none.', profile],
}
