// Subjects: who has come with a certificate and got a session. GetSubject and ListSubjects (API Reference), and what they answer from.
import { createHash } from 'node:crypto'
import { writePem } from '../../core/pem.ts'
import type { Certificate } from '../../federation/x509/certificate.ts'
import { serialHex } from '../../federation/x509/certificate.ts'
import { printedName } from '../../federation/x509/name.ts'
import type { Transaction } from '../../store/store.ts'
import type { CertificatePlace } from '../contracts/certificate-trust.ts'
import type { Parts } from '../parts.ts'
import { isoTime } from '../records.ts'
import { reads } from './define.ts'
import { listing } from './listing.ts'
import { getting, type Shown } from './one-record.ts'
import { type CertificateSubject, certificateSubjects, type SeenCertificate, type SeenProperties } from './records.ts'
import { arnOf, subjectKind } from './targets.ts'

/** Kept of each subject. */
const mostCertificates = 10
const mostProperties = 10
/** DIVERGES: when a subject was last seen is written once an hour. */
const everyMs = 3_600_000

/** The place of a certificate's subject: the same name is the same subject, whichever authority of the account says so. */
export function subjectPlace(account: string, region: string, { subjectKey }: Certificate): CertificatePlace {
  const digest = createHash('sha256')
    .update(JSON.stringify([account, region, subjectKey]))
    .digest('hex')
  const id = [8, 12, 16, 20, 32].map((end, at) => digest.slice([0, 8, 12, 16, 20][at], end)).join('-')
  return { account, region, id }
}

/** What was seen of a subject. */
export interface Seen {
  readonly certificate: Certificate
  readonly properties: Readonly<Record<string, string>> | undefined
  readonly now: Date
}

/** Whether what was seen is to be written. */
export function isNews(before: CertificateSubject | undefined, { certificate, properties, now }: Seen): boolean {
  if (before === undefined || now.getTime() - Date.parse(before.lastSeenAt) >= everyMs) return true
  const isKnown = before.certificates.some(isOf(certificate))
  return !isKnown || (properties !== undefined && !before.properties.some(isLike(properties)))
}

const isOf = (certificate: Certificate) => {
  const [serial, issuer] = [serialHex(certificate.serial), printedName(certificate.issuer)]
  return (seen: SeenCertificate) => seen.serial === serial && seen.issuer === issuer
}
const isLike = (properties: Readonly<Record<string, string>>) => {
  const text = JSON.stringify(Object.entries(properties).sort())
  return (seen: SeenProperties) => JSON.stringify(Object.entries(seen.properties).sort()) === text
}

/** Writes what was seen, unless somebody just did. */
export async function noteSubject(tx: Transaction, place: CertificatePlace, seen: Seen): Promise<void> {
  const { certificate, properties, now } = seen
  const { account, region, id } = place
  const before = await tx.get(certificateSubjects, [account, region, id])
  // Many may have come at once.
  if (!isNews(before, seen)) return
  const seenAt = isoTime(now)
  const own: SeenCertificate = {
    ...{ seenAt, serial: serialHex(certificate.serial), issuer: printedName(certificate.issuer) },
    pem: writePem(certificate.der, 'CERTIFICATE'),
  }
  const others = (before?.certificates ?? []).filter((one) => !isOf(certificate)(one))
  const ownProperties = properties === undefined ? [] : [{ seenAt, properties }]
  const otherProperties = (before?.properties ?? []).filter(
    (one) => properties === undefined || !isLike(properties)(one),
  )
  const record: CertificateSubject = {
    ...place,
    ...{ name: printedName(certificate.subject), tags: before?.tags ?? [], createdAt: before?.createdAt ?? seenAt },
    ...{ updatedAt: seenAt, lastSeenAt: seenAt },
    certificates: [own, ...others].slice(0, mostCertificates),
    properties: [...ownProperties, ...otherProperties].slice(0, mostProperties),
  }
  if (before === undefined) await tx.create(certificateSubjects, record)
  else await tx.replace(certificateSubjects, record)
}

const summary = (subject: CertificateSubject) => ({
  subjectArn: arnOf(subjectKind, subject),
  subjectId: subject.id,
  enabled: true,
  x509Subject: subject.name,
  lastSeenAt: new Date(subject.lastSeenAt),
  createdAt: new Date(subject.createdAt),
  updatedAt: new Date(subject.updatedAt),
})

const detail = (subject: CertificateSubject) => ({
  ...summary(subject),
  credentials: subject.certificates.map(({ seenAt, serial, issuer, pem }) => ({
    ...{ seenAt: new Date(seenAt), serialNumber: serial, issuer, enabled: true },
    ...{ x509CertificateData: pem, failed: false },
  })),
  instanceProperties: subject.properties.map(({ seenAt, properties }) => ({
    ...{ seenAt: new Date(seenAt), properties: { ...properties }, failed: false },
  })),
})

const shown: Shown<CertificateSubject, { readonly subjectId: string }, { subject: ReturnType<typeof detail> }> = {
  kind: subjectKind,
  idOf: ({ subjectId }) => subjectId,
  show: (subject) => ({ subject: detail(subject) }),
}

export const subjectOperations = (parts: Parts) => ({
  GetSubject: reads<'GetSubject'>()(getting(parts, 'GetSubject', shown)),
  ListSubjects: listing(parts, 'ListSubjects', subjectKind, (subjects) => ({ subjects: subjects.map(summary) })),
})
