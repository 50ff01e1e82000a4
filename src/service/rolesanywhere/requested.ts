// The session that a certificate's holder asks for: its name, length, tags and source identity, and the profile's policies.
import { MOST_SESSION_TAGS } from '../../core/tag-texts.ts'
import { type Certificate, serialHex } from '../../federation/x509/certificate.ts'
import { commonName } from '../../federation/x509/name.ts'
import type { SessionRequest } from '../session/assume.ts'
import { denied } from './define.ts'
import { type Mapped, mapAttributes } from './mapping.ts'
import type { SessionInput } from './proof.ts'
import type { Profile } from './records.ts'

/** @throws AccessDeniedException for a certificate whose attributes cannot be tags, or whose common name no source identity */
export function requestOf(input: SessionInput, profile: Profile, leaf: Certificate): SessionRequest {
  const { roleArn, roleSessionName, durationSeconds = profile.duration } = input
  return {
    roleArn,
    sessionName: roleSessionName ?? serialHex(leaf.serial),
    // What was asked for counts up to the profile's.
    duration: Math.min(durationSeconds, profile.duration),
    inlinePolicy: profile.sessionPolicy,
    managedArns: profile.managedPolicies,
    tags: tagsOf(roleArn, mapAttributes(profile.mappings, leaf)),
    transitive: [],
    sourceIdentity: sourceIdentityOf(roleArn, leaf),
  }
}

function tagsOf(roleArn: string, { tags, failed }: Mapped): Mapped['tags'] {
  const isWhole = Object.values(failed).every((specifiers) => specifiers.length === 0)
  const list = (specifiers: readonly string[]) => `[ ${specifiers.join(', ')} ]`
  if (!isWhole) {
    const { x509Issuer, x509Subject, x509SAN } = failed
    throw denied(
      `Unable to assume role for ${roleArn}. Some attributes failed to be mapped into session tags. Issuer: ${list(x509Issuer)}; Subject: ${list(x509Subject)}; SAN: ${list(x509SAN)}`,
      'tags',
    )
  }
  if (tags.length > MOST_SESSION_TAGS) {
    throw denied(
      `Unable to assume role for ${roleArn}. The certificate has more attributes than a session has tags.`,
      'tags',
    )
  }
  return tags
}

const sourceIdentityForm = /^CN=[A-Za-z0-9_+=,.@-]{1,61}$/

/**
 * `CN=` and the subject's common name; none where it has no common name.
 * DIVERGES: a common name that no source identity can be, and more than one, end the request. AWS's rule for them is not known; with
 * characters left out one workload would pass for another.
 */
function sourceIdentityOf(roleArn: string, { subject }: Certificate): string | undefined {
  const names = subject.flat().filter(({ type }) => type === commonName)
  const [name, another] = names
  if (name === undefined) return undefined
  const text = `CN=${name.text ?? ''}`
  if (another !== undefined || !sourceIdentityForm.test(text)) {
    throw denied(
      `Unable to assume role for ${roleArn}. The common name of the certificate cannot be the source identity of a session: it must be one, of at most 61 letters, digits and _+=,.@-.`,
      'source-identity',
    )
  }
  return text
}
