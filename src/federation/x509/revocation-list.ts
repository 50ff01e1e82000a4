// Certificate revocation lists (RFC 5280 5): whole ones, of the authority that issued the certificates. One that is for part of them, or
// changes another, is refused: what is not on it would count as good.
import { type Certificate, readSerial } from './certificate.ts'
import { isDer } from './der.ts'
import {
  contentOf,
  generalizedTime,
  only,
  part,
  partsOf,
  Sequence,
  tags,
  timeOf,
  utcTime,
  type Value,
  valueAt,
} from './der-values.ts'
import { readExtensionList } from './extensions.ts'
import { nameKey, readName } from './name.ts'
import { isSignedBy, readSigned, type Signature } from './signature.ts'

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
    // Readers of values throw at what they cannot read.
    return undefined
  }
}

function read(der: Buffer): RevocationList {
  const { body, signature } = readSigned(valueAt(der), (fields) => fields.optional(tags.integer))
  const { fields } = body
  const issuerKey = nameKey(readName(fields.next()))
  const thisUpdate = timeOf(fields.next())
  const nextUpdate = fields.optional(utcTime, generalizedTime)
  const entries = fields.optional(tags.sequence)
  const extensions = fields.optional(part(0))
  fields.end()
  const own = extensions === undefined ? [] : readExtensionList(only(extensions, part(0)))
  if (own.some(({ type, isCritical }) => isCritical || partial.has(type))) throw new TypeError('not a whole list')
  const revoked = entries === undefined ? [] : partsOf(entries, tags.sequence).map(readEntry)
  return {
    issuerKey,
    thisUpdate,
    nextUpdate: nextUpdate === undefined ? undefined : timeOf(nextUpdate),
    revoked: new Set(revoked),
    signature,
  }
}

function readEntry(entry: Value): bigint {
  const fields = new Sequence(entry)
  const serial = readSerial(contentOf(fields.next(), tags.integer))
  timeOf(fields.next())
  const extensions = fields.optional(tags.sequence)
  fields.end()
  // A critical one says that another authority issued the certificate.
  if (extensions !== undefined && readExtensionList(extensions).some(({ isCritical }) => isCritical)) {
    throw new TypeError('an entry of another authority')
  }
  return serial
}

/** The authority whose list it is: by its name, its key, and that key's being for lists. Undefined if it is none of these. */
export const issuerOf = (list: RevocationList, authorities: readonly Certificate[]): Certificate | undefined =>
  authorities.find(
    ({ subjectKey, usages, key }) =>
      subjectKey === list.issuerKey && usages?.includes('crlSign') === true && isSignedBy(list.signature, key),
  )
