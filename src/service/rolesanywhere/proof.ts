// Whether a certificate is trusted by the anchor that the request names, and the profile lets it ask for the role.
import { isRoleOf } from '../../core/arn.ts'
import type { Path } from '../../federation/x509/path.ts'
import type { PresentedCertificates } from '../../federation/x509/presented.ts'
import { untrustedCertificate } from '../../wire/errors.ts'
import type { CertificateCause, CertificatePlace } from '../contracts/certificate-trust.ts'
import type { Parts } from '../parts.ts'
import { causeDetail, denied, invalid, type RolesanywhereInput } from './define.ts'
import type { Profile } from './records.ts'
import { anchorKind, placeOf, profileKind } from './targets.ts'
import { issuedOn } from './trust.ts'

export type SessionInput = RolesanywhereInput<'CreateSession'>

/**
 * The anchor and the profile of a request that is signed for a region.
 * INVARIANT: anchor, profile and role are of one account, anchor and profile of the region that was signed for.
 * @throws ValidationException
 */
export function placesOf(
  { trustAnchorArn, profileArn, roleArn }: SessionInput,
  region: string,
): { readonly anchor: CertificatePlace; readonly profile: CertificatePlace } {
  const [anchor, profile] = [placeOf(trustAnchorArn), placeOf(profileArn)]
  if (anchor?.resource !== anchorKind.resource) throw invalid(`Invalid trust anchor ARN: ${trustAnchorArn}`)
  if (profile?.resource !== profileKind.resource) throw invalid(`Invalid profile ARN: ${profileArn}`)
  if (anchor.region !== region || profile.region !== region) {
    throw invalid('The trust anchor and the profile must be of the region that the request is signed for.')
  }
  if (profile.account !== anchor.account || !isRoleOf(roleArn, anchor.account)) {
    throw invalid('The trust anchor, the profile and the role must be of one account.')
  }
  return { anchor, profile }
}

/** Why a certificate is not accepted, to its bearer. What is not here is said without a reason. */
const reasons: { readonly [C in CertificateCause]?: string } = {
  version: 'The certificate is not of version 3.',
  expired: 'The certificate, or one of an authority above it, has expired.',
  'not-yet-valid': 'The certificate, or one of an authority above it, is not valid yet.',
  weak: 'A key or a signature is too weak: RSA of 2048 to 4096 bits or P-256, P-384 or P-521, and SHA-256 or longer are accepted.',
  authority: 'The certificate is of an authority.',
  usage: 'The certificate needs the key usage digitalSignature and, where it has an extended key usage, clientAuth.',
  'empty-subject': 'The subject of the certificate is empty.',
  'unknown-critical-extension': 'A certificate has a critical extension that is not known.',
  'issuer-not-authority': 'A certificate was issued by one that is not for signing certificates.',
  'path-too-long': 'There are more certificates than are accepted between it and the trust anchor.',
  'name-constraints': 'An authority may not issue certificates with this name.',
  revoked: 'The certificate, or one of an authority above it, is revoked.',
  'list-ended': 'The revocation list of the trust anchor has expired.',
}

const untrusted = (cause: CertificateCause) => {
  const reason = reasons[cause]
  return denied(reason === undefined ? untrustedCertificate : `${untrustedCertificate}. ${reason}`, cause)
}

/**
 * The path of the certificate to that anchor.
 * INVARIANT: an anchor that is missing, disabled or of a closed account is refused as one that did not issue the certificate.
 * @throws AccessDeniedException
 */
export async function trustedPath(
  { certificates: trust }: Pick<Parts, 'certificates'>,
  place: CertificatePlace,
  presented: PresentedCertificates,
  now: Date,
): Promise<Path> {
  const view = await trust.anchor(place)
  if (view?.isEnabled !== true) throw untrusted('no-anchor')
  const path = trust.pathTo(view, presented, now.getTime())
  if ('rejected' in path) throw untrusted(path.rejected)
  const standing = trust.standing(view, issuedOn(path), now.getTime())
  if (standing !== undefined) throw untrusted(standing)
  return path
}

/** The profile, which must let the holder of a trusted certificate ask so. @throws AccessDeniedException, ValidationException */
export async function profileFor(
  { certificates: trust }: Pick<Parts, 'certificates'>,
  place: CertificatePlace,
  { roleArn, roleSessionName, instanceProperties }: SessionInput,
): Promise<Profile> {
  const profile = await trust.profile(place)
  const refused = `Unable to assume role for ${roleArn}`
  if (profile === undefined) throw denied(refused, 'profile-absent')
  if (!profile.isEnabled) throw denied(`${refused}. The profile is disabled.`, 'profile-disabled')
  if (!profile.roles.includes(roleArn)) throw denied(`${refused}. The profile does not have the role.`, 'profile-role')
  if (roleSessionName !== undefined && !profile.acceptsSessionName) {
    throw denied('Not authorized to set roleSessionName.', 'profile-session-name')
  }
  if (profile.requiresInstanceProperties && Object.keys(instanceProperties ?? {}).length === 0) {
    throw invalid('The profile requires instance properties.', causeDetail('profile-properties'))
  }
  return profile
}
