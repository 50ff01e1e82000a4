// Whose certificates count, and for how long: what begins a session with one, and what keeps it alive.
import type { Maybe } from '../../core/maybe.ts'
import type { Certificate } from '../../federation/x509/certificate.ts'
import type { Path, PathRejection } from '../../federation/x509/path.ts'
import type { KnownCertificates, PresentedCertificates } from '../../federation/x509/presented.ts'
import type { CertificateSubject, Profile } from '../rolesanywhere/records.ts'

export interface CertificatePlace {
  readonly account: string
  readonly region: string
  readonly id: string
}

/** Why a certificate begins no session: what a refusal's detail begins with, after `certificate-`. */
export type CertificateCause =
  | PathRejection
  | 'no-anchor'
  | 'revoked'
  | 'list-ended'
  | 'tags'
  | 'source-identity'
  | 'profile-absent'
  | 'profile-disabled'
  | 'profile-role'
  | 'profile-session-name'
  | 'profile-properties'

/** A trust anchor, read: its authorities, and the revocation lists that are enabled. */
export interface AnchorView extends CertificatePlace {
  readonly isEnabled: boolean
  readonly authorities: readonly Certificate[]
  /** Names the anchor and its authorities. */
  readonly fingerprint: string
  readonly lists: readonly {
    /** The key of the authority that issued it. */
    readonly issuer: string
    /** In ms since 1970. */
    readonly nextUpdate: number
    /** Serial numbers in hexadecimal. */
    readonly revoked: ReadonlySet<string>
  }[]
}

/** A certificate as its issuer knows it. */
export interface IssuedBy {
  /** The issuer's key. */
  readonly issuer: string
  /** In hexadecimal. */
  readonly serial: string
}

export interface CertificateTrust {
  readonly known: KnownCertificates
  /** Undefined for one that is not there, or whose account is closed. */
  anchor(place: CertificatePlace): Maybe<AnchorView | undefined>
  profile(place: CertificatePlace): Maybe<Profile | undefined>
  subject(place: CertificatePlace): Maybe<CertificateSubject | undefined>
  /** The path of a certificate to the anchor, at this time (ms since 1970). */
  pathTo(view: AnchorView, presented: PresentedCertificates, now: number): Path | { readonly rejected: PathRejection }
  /** What the anchor's revocation lists say of certificates. */
  standing(view: AnchorView, issued: readonly IssuedBy[], now: number): 'revoked' | 'list-ended' | undefined
}
