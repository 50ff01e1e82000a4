// Certificate revocation lists (RFC 5280 5): whole ones, of the authority that issued the certificates. One that is for part of them, or
// changes another, is refused: what is not on it would count as good.
import { AsnConvert } from '@peculiar/asn1-schema'
import { CertificateList } from '@peculiar/asn1-x509'
import { type Certificate, readSerial } from './certificate.ts'
import { isDer } from './der.ts'
import { nameKey, readName } from './name.ts'
import { isSignedBy, readSignature, type Signature } from './signature.ts'

export interface RevocationList {
  readonly issuerKey: string
  /** In ms since 1970. */
  readonly thisUpdate: number
  /** The list says nothing after this time; undefined where it says none, which is no list that counts. */
  readonly nextUpdate: number | undefined
  readonly revoked: ReadonlySet<bigint>
  readonly signature: Signature
}

/** Longest encoding, in bytes: AWS's bound on what is imported. */
export const mostRevocationListBytes = 300_000
const bounds = { bytes: mostRevocationListBytes, elements: 80_000 }

/** Critical or not, these change what the list is about: changes to another list, and a part of the certificates. */
const partial: ReadonlySet<string> = new Set(['2.5.29.27', '2.5.29.28'])

/** Reads a list in distinguished encoding; undefined for any other bytes, and for a list that is not whole. */
export function readRevocationList(der: Buffer): RevocationList | undefined {
  if (!isDer(der, bounds)) return undefined
  try {
    return read(der)
  } catch {
    // The library throws at what it cannot read.
    return undefined
  }
}

function read(der: Buffer): RevocationList | undefined {
  const { tbsCertList: list, tbsCertListRaw: signed, ...beside } = AsnConvert.parse(der, CertificateList)
  const signature = readSignature(signed, list.signature, beside.signatureAlgorithm, beside.signature)
  const entries = list.revokedCertificates ?? []
  const extensions = list.crlExtensions ?? []
  const isWhole = extensions.every(({ extnID, critical }) => !critical && !partial.has(extnID))
  // A critical one of an entry says that another authority issued the certificate.
  const isPlain = entries.every((entry) => (entry.crlEntryExtensions ?? []).every(({ critical }) => !critical))
  if (signature === undefined || !isWhole || !isPlain) return undefined
  const revoked = new Set<bigint>()
  for (const { userCertificate } of entries) {
    const serial = readSerial(Buffer.from(userCertificate))
    if (serial === undefined) return undefined
    revoked.add(serial)
  }
  return {
    issuerKey: nameKey(readName(list.issuer)),
    thisUpdate: list.thisUpdate.getTime().getTime(),
    nextUpdate: list.nextUpdate?.getTime().getTime(),
    revoked,
    signature,
  }
}

/** The authority whose list it is: by its name, its key, and that key's being for lists. Undefined if it is none of these. */
export const issuerOf = (list: RevocationList, authorities: readonly Certificate[]): Certificate | undefined =>
  authorities.find(
    ({ subjectKey, usages, key }) =>
      subjectKey === list.issuerKey && usages?.includes('crlSign') === true && isSignedBy(list.signature, key),
  )
