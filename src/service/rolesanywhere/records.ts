// The records of IAM Roles Anywhere: whose certificates count, for which roles, which are revoked, and who has come with one.
import type { Collection } from '../../store/store.ts'
import type { Tag } from '../records.ts'

/** What all of them have. */
export interface Resource {
  readonly account: string
  readonly region: string
  /** A UUID that no other record has had: one that is made again is another. */
  readonly id: string
  readonly tags: readonly Tag[]
  /** ISO 8601, seconds. */
  readonly createdAt: string
  readonly updatedAt: string
}

export interface NotificationSetting {
  readonly event: string
  readonly enabled: boolean
  /** Days before the end. */
  readonly threshold: number
}

export interface TrustAnchor extends Resource {
  readonly name: string
  readonly isEnabled: boolean
  /** The authorities' certificates, in PEM, as they were given. */
  readonly bundle: string
  readonly notifications: readonly NotificationSetting[]
}

export const certificateFields = ['x509Subject', 'x509Issuer', 'x509SAN'] as const
export type CertificateField = (typeof certificateFields)[number]

/** Of each field of a certificate, which attributes become session tags. */
export type Mappings = { readonly [F in CertificateField]: readonly string[] }

export interface Profile extends Resource {
  readonly name: string
  readonly isEnabled: boolean
  /** ARN of who made it. */
  readonly createdBy: string
  /** ARNs of roles of this account. */
  readonly roles: readonly string[]
  readonly managedPolicies: readonly string[]
  readonly sessionPolicy?: string
  /** The longest session, in seconds. */
  readonly duration: number
  readonly acceptsSessionName: boolean
  readonly requiresInstanceProperties: boolean
  readonly mappings: Mappings
}

export interface RevocationListRecord extends Resource {
  readonly name: string
  readonly isEnabled: boolean
  /** Id of its trust anchor. */
  readonly anchor: string
  /** What was imported, in base64. */
  readonly data: string
  /** The key of the authority that issued it (federation/x509/certificate.ts, keyId). */
  readonly issuer: string
  /** In ms since 1970. */
  readonly thisUpdate: number
  readonly nextUpdate: number
  /** Serial numbers in hexadecimal. */
  readonly revoked: readonly string[]
}

export interface SeenCertificate {
  /** ISO 8601, seconds. */
  readonly seenAt: string
  /** In hexadecimal. */
  readonly serial: string
  readonly issuer: string
  /** In PEM. */
  readonly pem: string
}

export interface SeenProperties {
  readonly seenAt: string
  readonly properties: Readonly<Record<string, string>>
}

/** A certificate's subject that a session was issued to. */
export interface CertificateSubject extends Resource {
  /** In print, for people. */
  readonly name: string
  readonly lastSeenAt: string
  /** The last seen first. */
  readonly certificates: readonly SeenCertificate[]
  readonly properties: readonly SeenProperties[]
}

const key = ({ account, region, id }: Resource) => [account, region, id]
const asIs =
  <R>() =>
  (old: unknown) =>
    old as R

export const trustAnchors: Collection<TrustAnchor> = {
  ...{ name: 'trust_anchor', key, indexes: {}, shape: 1 },
  upgrade: asIs<TrustAnchor>(),
}
export const profiles: Collection<Profile> = {
  ...{ name: 'certificate_profile', key, indexes: {}, shape: 1 },
  upgrade: asIs<Profile>(),
}
export const revocationLists: Collection<RevocationListRecord, 'anchor'> = {
  ...{ name: 'revocation_list', key, shape: 1 },
  indexes: { anchor: { of: ({ account, region, anchor }) => [account, region, anchor] } },
  upgrade: asIs<RevocationListRecord>(),
}
export const certificateSubjects: Collection<CertificateSubject> = {
  ...{ name: 'certificate_subject', key, indexes: {}, shape: 1 },
  upgrade: asIs<CertificateSubject>(),
}

export const rolesanywhereCollections = [trustAnchors, profiles, revocationLists, certificateSubjects] as const
